// What the C programs share: an expectation that names its place, and a pool that must end empty.
#ifndef ESCROW_TESTS_CAPI_EXPECT_H
#define ESCROW_TESTS_CAPI_EXPECT_H

#include <stdio.h>

#include "escrow/escrow.h"

static int expect_failures;

static inline void expect_true(int holds, char const *file, int line, char const *text) {
  if (holds) return;
  ++expect_failures;
  (void)fprintf(stderr, "%s:%d: expected %s\n", file, line, text);
}
static inline void expect_status(escrow_status got, escrow_status want, char const *file, int line,
                                 char const *text) {
  if (got == want) return;
  ++expect_failures;
  (void)fprintf(stderr, "%s:%d: %s is %s, expected %s\n", file, line, text, escrow_status_name(got),
                escrow_status_name(want));
}
#define EXPECT(condition) expect_true((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
#define EXPECT_STATUS(call, status) expect_status((call), (status), __FILE__, __LINE__, #call)

/// What main returns.
static inline int expect_result(void) {
  return expect_failures == 0 ? 0 : 1;
}

static inline escrow_pool_options default_options(void) {
  return (escrow_pool_options){.struct_size = sizeof(escrow_pool_options)};
}
static inline escrow_pool open_pool(escrow_pool_options options) {
  escrow_pool pool = 0;
  EXPECT_STATUS(escrow_pool_open(&options, &pool), ESCROW_OK);
  return pool;
}
static inline escrow_handle acquire(escrow_pool pool, uint64_t bytes, void **out_payload) {
  escrow_handle h = 0;
  EXPECT_STATUS(escrow_acquire(pool, bytes, &h, out_payload), ESCROW_OK);
  EXPECT(h != 0);
  return h;
}
static inline escrow_pool_stats stats_of(escrow_pool pool) {
  escrow_pool_stats stats = {.struct_size = sizeof stats};
  EXPECT_STATUS(escrow_pool_read_stats(pool, &stats), ESCROW_OK);
  return stats;
}
/// Ends an open pool in which nothing is left.
static inline void end_pool(escrow_pool pool) {
  uint64_t live = ~0ull;
  EXPECT_STATUS(escrow_pool_close(pool, 0, &live), ESCROW_OK);
  EXPECT(live == 0);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
}

#endif
