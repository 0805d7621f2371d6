// A map of handles: it owns a reference for each key, and gives out others.
//
// It prints:
//     stored, and the caller's handle is ESCROW_E_STALE
//     read from the map: a document
//     removed, but what was got is still ESCROW_OK
//     after the object was revoked: ESCROW_E_REVOKED, purged 1
//     left in the pool: 0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escrow/escrow.h"
#include "escrow/map_handles.h"

static int ok(char const *what, escrow_status status) {
  if (status >= 0) return 1;
  fprintf(stderr, "%s: %s\n", what, escrow_status_text(status));
  return 0;
}

int main(void) {
  escrow_pool_options const in_pool = {.struct_size = sizeof in_pool};
  escrow_map_options const by_path = {
      .struct_size = sizeof by_path, .keys = ESCROW_MAP_BYTES, .values = ESCROW_MAP_HANDLE};
  escrow_pool pool;
  escrow_map map;
  if (!ok("pool", escrow_pool_open(&in_pool, &pool)) || !ok("map", escrow_map_open(&by_path, &map)))
    return 1;

  // The map takes the reference over under a handle of its own: nobody else can end it.
  escrow_handle document, got;
  void *text;
  if (!ok("acquire", escrow_acquire(pool, 64, &document, &text))) return 1;
  memcpy(text, "a document", sizeof "a document");
  if (!ok("put", escrow_map_put_handle(map, "/a", 2, document))) return 1;
  printf("stored, and the caller's handle is %s\n", escrow_status_name(escrow_release(document)));

  // Lent for a moment, or a reference of one's own.
  escrow_view view;
  if (!ok("borrow", escrow_map_borrow_handle(map, "/a", 2, &view))) return 1;
  printf("read from the map: %s\n", (char const *)view.payload);
  if (!ok("return", escrow_return(view.root))) return 1;
  if (!ok("get", escrow_map_get_handle(map, "/a", 2, &got))) return 1;
  if (!ok("erase", escrow_map_erase_handle(map, "/a", 2))) return 1;
  printf("removed, but what was got is still %s\n",
         escrow_status_name(escrow_validate(got, pool, 0)));

  // What can no longer be had is removed in bulk.
  if (!ok("put", escrow_map_put_handle(map, "/b", 2, got))) return 1;
  if (!ok("get", escrow_map_get_handle(map, "/b", 2, &got))) return 1;
  if (!ok("revoke", escrow_revoke(got)) || !ok("release", escrow_release(got))) return 1;
  escrow_status const revoked = escrow_map_get_handle(map, "/b", 2, &got);
  uint64_t purged, left;
  if (!ok("purge", escrow_map_purge_stale(map, &purged))) return 1;
  printf("after the object was revoked: %s, purged %" PRIu64 "\n", escrow_status_name(revoked),
         purged);

  // Closing refuses new calls; destroying releases what the map still holds.
  if (!ok("close", escrow_map_close(map)) || !ok("destroy", escrow_map_destroy(map))) return 1;
  if (!ok("close", escrow_pool_close(pool, 0, &left))) return 1;
  printf("left in the pool: %" PRIu64 "\n", left);
  return ok("destroy", escrow_pool_destroy(pool)) ? 0 : 1;
}
