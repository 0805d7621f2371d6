// A pool, an object in it, and what becomes of a handle that is used once too often.
//
// It prints:
//     the object says: in C memory
//     released: ESCROW_FREED
//     released again: ESCROW_E_STALE
#include <stdio.h>
#include <string.h>

#include "escrow/escrow.h"

static int failed(char const *what, escrow_status why) {
  (void)fprintf(stderr, "%s: %s\n", what, escrow_status_text(why));
  return 1;
}

int main(void) {
  escrow_pool_options const options = {
      .struct_size = sizeof options,
      .name = "example",
      .limit_bytes = 1 << 20,
  };
  escrow_pool pool = 0;
  escrow_status s = escrow_pool_open(&options, &pool);
  if (s != ESCROW_OK) return failed("open", s);

  // The memory is zeroed, and stays where it is until the handle is released.
  char const text[] = "in C memory";
  escrow_handle object = 0;
  void *memory = NULL;
  s = escrow_acquire(pool, sizeof text, &object, &memory);
  if (s != ESCROW_OK) return failed("acquire", s);
  memcpy(memory, text, sizeof text);

  // Whoever holds the handle finds the memory again through it.
  escrow_view view;
  s = escrow_read(object, &view);
  if (s != ESCROW_OK) return failed("read", s);
  printf("the object says: %s\n", (char const *)view.payload);

  s = escrow_release(object);
  if (s < 0) return failed("release", s);
  printf("released: %s\n", escrow_status_name(s));

  // A mistake is a code, whatever lives in that memory by now.
  s = escrow_release(object);
  printf("released again: %s\n", escrow_status_name(s));

  uint64_t live = 0;
  s = escrow_pool_close(pool, 0, &live);
  if (s != ESCROW_OK || live != 0) return failed("close", s);
  s = escrow_pool_destroy(pool);
  return s == ESCROW_OK ? 0 : failed("destroy", s);
}
