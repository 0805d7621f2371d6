// What a finalizer may call: release_deferred takes no lock and leaves the destructor to a drain.
//
// It prints:
//     finalizers answer: ESCROW_PENDING
//     destructors so far: 0, owed: 3
//     drain ran 3, destructors so far: 3
//     a finalizer after the pool's end: ESCROW_E_STALE
#include <stdio.h>

#include "escrow/escrow.h"

enum { objects = 3 };

/// Runs on whichever thread drains, with no lock of escrow held.
static void count(void *payload, uint64_t size, void *context) {
  (void)payload;
  (void)size;
  ++*(unsigned *)context;
}

/// Called by a garbage collector on a thread that must not wait and must not run foreign code.
static escrow_status finalize(escrow_handle object) {
  escrow_status s;
  do s = escrow_release_deferred(object);
  while (s == ESCROW_E_BUSY);  // many lost races in a row; nothing has happened
  return s;
}

static int failed(char const *what, escrow_status why) {
  (void)fprintf(stderr, "%s: %s\n", what, escrow_status_text(why));
  return 1;
}

int main(void) {
  unsigned destroyed = 0;
  escrow_pool_options const options = {
      .struct_size = sizeof options,
      .destructor = count,
      .context = &destroyed,
  };
  escrow_pool pool = 0;
  escrow_status s = escrow_pool_open(&options, &pool);
  if (s != ESCROW_OK) return failed("open", s);

  escrow_handle held[objects];
  s = escrow_acquire_n(pool, 100, objects, held, NULL);
  if (s != ESCROW_OK) return failed("acquire", s);
  for (int i = 0; i < objects; ++i) s = finalize(held[i]);
  printf("finalizers answer: %s\n", escrow_status_name(s));

  escrow_pool_stats stats = {.struct_size = sizeof stats};
  s = escrow_pool_read_stats(pool, &stats);
  if (s != ESCROW_OK) return failed("read stats", s);
  printf("destructors so far: %u, owed: %llu\n", destroyed, (unsigned long long)stats.pending);

  // Now and then, on a thread that may wait. Close does it, too.
  uint64_t ran = 0;
  s = escrow_pool_drain(pool, 0, &ran);
  if (s != ESCROW_OK) return failed("drain", s);
  printf("drain ran %llu, destructors so far: %u\n", (unsigned long long)ran, destroyed);

  s = escrow_pool_close(pool, 0, NULL);
  if (s == ESCROW_OK) s = escrow_pool_destroy(pool);
  if (s != ESCROW_OK) return failed("end", s);
  printf("a finalizer after the pool's end: %s\n", escrow_status_name(finalize(held[0])));
  return 0;
}
