// Traces through the facade: outputs, refusals, rates, what a caller enters by itself.
#include "escrow/trace.h"

#include "calls.h"
#include "escrow/ledger.h"

int main(void) {
  escrow_pool_options options = {.struct_size = sizeof options, .name = "trace"};
  escrow_pool pool = 0;
  escrow_handle early = 0, h = 0;
  EXPECT_STATUS(escrow_pool_open(&options, &pool), ESCROW_OK);
  EXPECT_STATUS(escrow_acquire(pool, 100, &early, NULL), ESCROW_OK);
  uint64_t const pcs[2] = {0x1000, 0x2000};
  escrow_trace_event events[16], e = {.operation = ESCROW_OPERATION_RELEASE};
  uint64_t cursor = 0, root = 9, of = 9;
  uint32_t n = 9;
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 16, &n), ESCROW_OK);
  EXPECT(n == 0 && cursor == 0);  // no pool was ever traced
  EXPECT_STATUS(escrow_trace_append(&e, pcs, 2), ESCROW_E_NOMEM);
  EXPECT_STATUS(escrow_trace_begin(early, 7, pcs, 2), ESCROW_E_NOMEM);

  EXPECT_STATUS(escrow_pool_set_trace(pool, (1u << 31) + 1), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_pool_set_trace(0, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_set_trace(early, 1), ESCROW_E_KIND);
  uint64_t const *watched = NULL, *limits = NULL;
  EXPECT_STATUS(escrow_pool_watch_limits(pool, &watched, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_watch_limits(pool, NULL, &limits), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_watch_limits(early, &watched, &limits), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_pool_watch_limits(pool, &watched, &limits), ESCROW_OK);
  EXPECT(*watched == 0 && *limits == 0 && *escrow_trace_switch() == 0);
  EXPECT_STATUS(escrow_pool_set_trace(pool, 1), ESCROW_OK);
  EXPECT(*limits == (uint64_t)1 << 63 && *watched == UINT64_MAX && *escrow_trace_switch() == 1);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  EXPECT(*limits == ((uint64_t)1 << 63 | (uint64_t)1 << 31));
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_OFF, 0), ESCROW_OK);
  EXPECT(*limits == (uint64_t)1 << 63);
  EXPECT_STATUS(escrow_pool_set_trace(pool, 1000), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_SAMPLED, 4), ESCROW_OK);
  EXPECT(*watched == ((uint64_t)1 << 62) - 1);  // the larger of the two
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_OFF, 0), ESCROW_OK);
  EXPECT(*watched == ((*limits >> 32) << 33) - 1 && *limits >> 32 == 2147484);
  EXPECT_STATUS(escrow_pool_set_trace(pool, 1), ESCROW_OK);

  EXPECT_STATUS(escrow_acquire(pool, 100, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_trace_root(h, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_root(h, &root, &of), ESCROW_OK);
  EXPECT(root == h && of == pool);
  uint64_t const others[] = {0, early, pool, ~(uint64_t)0, h + 1};
  for (int i = 0; i < 5; ++i) {
    EXPECT_STATUS(escrow_trace_root(others[i], &root, &of), ESCROW_OK);
    EXPECT(root == 0 && of == 0);
  }
  EXPECT_STATUS(escrow_trace_begin(0, 7, pcs, 2), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_begin(pool, 7, pcs, 2), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_trace_begin(early, 7, NULL, 2), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_begin(early, 7, pcs, 2), ESCROW_OK);
  EXPECT_STATUS(escrow_trace_root(early, &root, NULL), ESCROW_OK);
  EXPECT(root == early);
  e.handle = e.root = early;
  e.status = ESCROW_E_LENT;
  e.goroutine = 7;
  EXPECT_STATUS(escrow_trace_append(NULL, pcs, 2), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_append(&e, NULL, 2), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_append(&e, pcs, 2), ESCROW_OK);

  EXPECT_STATUS(escrow_trace_list(0, NULL, events, 16, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, NULL, 16, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 16, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 0, &n), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 2, &n), ESCROW_OK);
  EXPECT(n == 2 && cursor == 3 && events[0].handle == h && events[1].handle == early);
  EXPECT(events[0].operation == ESCROW_OPERATION_ACQUIRE && events[0].goroutine == 0);
  EXPECT(events[1].operation == ESCROW_OPERATION_ACQUIRE && events[1].goroutine == 7);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 2, &n), ESCROW_OK);
  EXPECT(n == 1 && cursor == 4 && events[0].status == ESCROW_E_LENT && events[0].sequence == 3);
  escrow_ledger_site site;
  EXPECT_STATUS(escrow_ledger_read_site(events[0].site, &site), ESCROW_OK);
  EXPECT(site.count == 2 && site.native == 0 && site.frames[0] == 0x1000);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 2, &n), ESCROW_OK);
  EXPECT(n == 0 && cursor == 4);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_STATUS(escrow_release(early), ESCROW_FREED);
  EXPECT_STATUS(escrow_trace_list(0, &cursor, events, 16, &n), ESCROW_OK);  // goes on
  EXPECT(n == 2 && events[0].handle == h && events[1].status == ESCROW_FREED);
  cursor = 0;
  EXPECT_STATUS(escrow_trace_list(early, &cursor, events, 16, &n), ESCROW_OK);
  EXPECT(n == 3 && events[0].root == early && events[2].root == early);

  escrow_handle batch[2];
  escrow_status statuses[2];
  EXPECT_STATUS(escrow_acquire_n(pool, 64, 2, batch, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_release_n(batch, 2, statuses), ESCROW_OK);
  EXPECT(statuses[0] == ESCROW_FREED && statuses[1] == ESCROW_FREED);
  cursor = 0;
  EXPECT_STATUS(escrow_trace_list(batch[1], &cursor, events, 16, &n), ESCROW_OK);
  EXPECT(n == 2 && events[1].operation == ESCROW_OPERATION_RELEASE);

  EXPECT_STATUS(escrow_pool_set_trace(pool, 0), ESCROW_OK);
  EXPECT(*limits == 0 && *escrow_trace_switch() == 0);
  EXPECT_STATUS(escrow_pool_set_trace(pool, 1), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_close(pool, 0, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_set_trace(pool, 1), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
  EXPECT(*escrow_trace_switch() == 0);
  EXPECT_STATUS(escrow_pool_set_trace(pool, 1), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_pool_watch_limits(pool, &watched, &limits), ESCROW_E_STALE);
  return expect_result();
}
