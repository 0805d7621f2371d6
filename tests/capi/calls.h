// Every call that takes a reference or a pool, with one signature each, so that a test can make all
// of them with the same argument. Each begins with dirty outputs and expects them zero on failure.
#ifndef ESCROW_TESTS_CAPI_CALLS_H
#define ESCROW_TESTS_CAPI_CALLS_H

#include <string.h>

#include "expect.h"

/// What outputs hold before a call.
static uint64_t const dirt = 0xD1D1D1D1D1D1D1D1ull;

static inline escrow_status call_with_handle(escrow_status (*call)(uint64_t, uint64_t *),
                                             uint64_t bits) {
  uint64_t out = dirt;
  escrow_status const s = call(bits, &out);
  EXPECT(s < 0 ? out == 0 : out != 0);
  return s;
}
static inline escrow_status call_with_view(escrow_status (*call)(uint64_t, escrow_view *),
                                           uint64_t bits) {
  escrow_view out = {&out, dirt, dirt};
  escrow_status const s = call(bits, &out);
  if (s < 0) {
    EXPECT(out.payload == NULL && out.size == 0 && out.root == 0);
  } else {
    EXPECT(out.payload != NULL && out.size != 0 && out.root != 0);
  }
  return s;
}
static inline escrow_status call_dup(uint64_t bits) {
  return call_with_handle(escrow_dup, bits);
}
static inline escrow_status call_release_n(uint64_t bits) {
  escrow_status each = ESCROW_OK;
  escrow_status const s = escrow_release_n(&bits, 1, &each);
  EXPECT(s < 0 ? s == each : s == ESCROW_OK);
  // A null entry is skipped, so it is no error here.
  return bits == 0 && each == ESCROW_ALREADY ? ESCROW_E_NULL : s;
}
static inline escrow_status call_lend(uint64_t bits) {
  escrow_loan loan = dirt;
  escrow_view view = {&view, dirt, dirt};
  escrow_status const s = escrow_lend(bits, &loan, &view);
  EXPECT(s >= 0 || (loan == 0 && view.payload == NULL && view.size == 0 && view.root == 0));
  return s;
}
static inline escrow_status call_borrow(uint64_t bits) {
  return call_with_view(escrow_borrow, bits);
}
static inline escrow_status call_move_out(uint64_t bits) {
  return call_with_handle(escrow_move_out, bits);
}
static inline escrow_status call_move_in(uint64_t bits) {
  return call_with_handle(escrow_move_in, bits);
}
static inline escrow_status call_validate(uint64_t bits) {
  return escrow_validate(bits, 0, 0);
}
static inline escrow_status call_read(uint64_t bits) {
  return call_with_view(escrow_read, bits);
}

struct call {
  char const *name;
  escrow_status (*make)(uint64_t);
};

static struct call const on_references[] = {
    {"dup", call_dup},
    {"release", escrow_release},
    {"release_deferred", escrow_release_deferred},
    {"release_n", call_release_n},
    {"lend", call_lend},
    {"give_back", escrow_give_back},
    {"borrow", call_borrow},
    {"return", escrow_return},
    {"move_out", call_move_out},
    {"move_in", call_move_in},
    {"revoke", escrow_revoke},
    {"validate", call_validate},
    {"read", call_read},
};
enum { reference_calls = sizeof on_references / sizeof on_references[0] };

static inline escrow_status call_acquire(uint64_t bits) {
  escrow_handle h = dirt;
  void *payload = &h;
  escrow_status const s = escrow_acquire(bits, 64, &h, &payload);
  EXPECT(s < 0 ? h == 0 && payload == NULL : h != 0 && payload != NULL);
  return s;
}
static inline escrow_status call_acquire_n(uint64_t bits) {
  escrow_handle h[2] = {dirt, dirt};
  void *payloads[2] = {h, h};
  escrow_status const s = escrow_acquire_n(bits, 64, 2, h, payloads);
  for (int i = 0; i < 2; ++i)
    EXPECT(s < 0 ? h[i] == 0 && payloads[i] == NULL : h[i] != 0 && payloads[i] != NULL);
  return s;
}
/// CLOSED is the one refusal that still reports what is live.
static inline escrow_status call_close(uint64_t bits) {
  uint64_t live = dirt;
  escrow_status const s = escrow_pool_close(bits, 0, &live);
  EXPECT(s >= 0 || s == ESCROW_E_CLOSED || live == 0);
  EXPECT(live != dirt);
  return s;
}
static inline escrow_status call_drain(uint64_t bits) {
  uint64_t ran = dirt;
  escrow_status const s = escrow_pool_drain(bits, 0, &ran);
  EXPECT(s >= 0 ? ran != dirt : ran == 0);
  return s;
}
static inline escrow_status call_trim(uint64_t bits) {
  uint64_t bytes = dirt;
  escrow_status const s = escrow_pool_trim(bits, &bytes);
  EXPECT(s >= 0 ? bytes != dirt : bytes == 0);
  return s;
}
static inline escrow_status call_read_stats(uint64_t bits) {
  escrow_pool_stats const zero = {0};
  escrow_pool_stats stats;
  memset(&stats, 0xD1, sizeof stats);
  stats.struct_size = sizeof stats;
  escrow_status const s = escrow_pool_read_stats(bits, &stats);
  EXPECT(s >= 0 || memcmp(&stats, &zero, sizeof stats) == 0);
  return s;
}
static inline escrow_status call_read_classes(uint64_t bits) {
  escrow_class_stats classes[2];
  uint32_t count = 9999;
  escrow_status const s = escrow_pool_read_classes(bits, classes, 2, &count);
  EXPECT(s >= 0 ? count != 9999 : count == 0);
  return s;
}
static inline escrow_status call_inspect(uint64_t bits) {
  escrow_reference_info info[2];
  uint64_t cursor = 0;
  uint32_t count = 9999;
  escrow_status const s = escrow_pool_inspect(bits, &cursor, info, 2, &count);
  EXPECT(s >= 0 ? count <= 2 : count == 0 && cursor == 0);
  return s;
}

static struct call const on_pools[] = {
    {"acquire", call_acquire},
    {"acquire_n", call_acquire_n},
    {"pool_close", call_close},
    {"pool_destroy", escrow_pool_destroy},
    {"pool_drain", call_drain},
    {"pool_trim", call_trim},
    {"pool_read_stats", call_read_stats},
    {"pool_read_classes", call_read_classes},
    {"pool_inspect", call_inspect},
};
enum { pool_calls = sizeof on_pools / sizeof on_pools[0] };

/// Makes every call of a list with `bits` and expects the same code of each.
static inline void expect_all(struct call const *calls, int count, uint64_t bits,
                              escrow_status want, char const *file, int line) {
  for (int i = 0; i < count; ++i)
    expect_status(calls[i].make(bits), want, file, line, calls[i].name);
}
#define EXPECT_REFERENCE_CALLS(bits, status) \
  expect_all(on_references, reference_calls, (bits), (status), __FILE__, __LINE__)
#define EXPECT_POOL_CALLS(bits, status) \
  expect_all(on_pools, pool_calls, (bits), (status), __FILE__, __LINE__)

#endif
