// After close and after destroy: references are ended, everything else gets its code.
// Guarantee I of docs/trust.md.
#include <string.h>

#include "calls.h"

static void close_with_references_out(void) {
  escrow_pool const pool = open_pool(default_options());
  char *payload = NULL;
  escrow_handle const h = acquire(pool, 64, (void **)&payload), lent = acquire(pool, 64, NULL);
  escrow_handle d = 0;
  escrow_loan loan = 0;
  escrow_view view = {0};
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_lend(lent, &loan, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_borrow(lent, &view), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_E_BUSY);
  uint64_t live = dirt;
  EXPECT_STATUS(escrow_pool_close(pool, 0x80, &live), ESCROW_E_OPTION);
  EXPECT(live == 0);
  EXPECT_STATUS(escrow_pool_close(pool, 0, &live), ESCROW_OK);
  EXPECT(live == 2);
  EXPECT_STATUS(escrow_pool_close(pool, 0, &live), ESCROW_E_CLOSED);
  EXPECT(live == 2);
  EXPECT_STATUS(escrow_pool_close(pool, 0, NULL), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_E_LEAK);

  EXPECT_STATUS(call_acquire(pool), ESCROW_E_CLOSED);
  EXPECT_STATUS(call_acquire_n(pool), ESCROW_E_CLOSED);
  EXPECT_STATUS(call_trim(pool), ESCROW_E_CLOSED);
  uint64_t const held[] = {h, d};
  for (int i = 0; i < 2; ++i) {
    EXPECT_STATUS(call_dup(held[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_lend(held[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_borrow(held[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_move_out(held[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_validate(held[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_read(held[i]), ESCROW_OK);
  }
  payload[63] = 1;  // still ours
  EXPECT_STATUS(call_read_stats(pool), ESCROW_OK);
  EXPECT_STATUS(call_read_classes(pool), ESCROW_OK);
  EXPECT_STATUS(call_inspect(pool), ESCROW_OK);
  EXPECT_STATUS(call_drain(pool), ESCROW_OK);

  EXPECT_STATUS(escrow_release(h), ESCROW_OK);
  EXPECT_STATUS(escrow_release(lent), ESCROW_DEFERRED);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_FREED);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_release_deferred(d), ESCROW_FREED);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);

  // The pool is gone; its names are good for nothing, and finalizers may come late.
  EXPECT_POOL_CALLS(pool, ESCROW_E_STALE);
  uint64_t const dead[] = {h, lent, d, loan};
  for (int i = 0; i < 4; ++i) EXPECT_REFERENCE_CALLS(dead[i], ESCROW_E_STALE);
  EXPECT_STATUS(escrow_validate(h, pool, 0), ESCROW_E_STALE);
}

static void a_lost_ticket_is_reclaimed_only_where_asked(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle const sent = acquire(pool, 64, NULL), shared = acquire(pool, 64, NULL);
  escrow_handle d = 0;
  escrow_ticket t = 0, u = 0;
  EXPECT_STATUS(escrow_move_out(sent, &t), ESCROW_OK);
  EXPECT_STATUS(escrow_dup(shared, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(d, &u), ESCROW_OK);
  EXPECT_STATUS(escrow_release(shared), ESCROW_OK);
  uint64_t live = dirt;
  EXPECT_STATUS(escrow_pool_close(pool, 0, &live), ESCROW_OK);
  EXPECT(live == 2);
  EXPECT_STATUS(call_move_in(t), ESCROW_E_REVOKED);
  EXPECT_STATUS(call_move_in(u), ESCROW_E_REVOKED);
  EXPECT_STATUS(escrow_pool_close(pool, ESCROW_CLOSE_RECLAIM_TICKETS, &live), ESCROW_E_CLOSED);
  EXPECT(live == 0);
  EXPECT_REFERENCE_CALLS(t, ESCROW_E_STALE);
  EXPECT_REFERENCE_CALLS(u, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
}

/// The memory of a dead pool serves the next one; the old names stay dead.
static void names_of_dead_pools_never_come_back(void) {
  enum { rounds = 50, each = 20 };
  static escrow_handle handles[rounds * each];
  static escrow_pool pools[rounds];
  for (int i = 0; i < rounds; ++i) {
    pools[i] = open_pool(default_options());
    for (int k = 0; k < i; ++k) EXPECT(pools[k] != pools[i]);
    for (int k = 0; k < each; ++k) handles[i * each + k] = acquire(pools[i], 64, NULL);
    for (int k = 0; k < i * each; ++k)
      EXPECT_STATUS(escrow_release_deferred(handles[k]), ESCROW_E_STALE);
    EXPECT(stats_of(pools[i]).live == each);
    for (int k = 0; k < each; ++k)
      EXPECT_STATUS(escrow_release(handles[i * each + k]), ESCROW_FREED);
    end_pool(pools[i]);
  }
  for (int i = 0; i < rounds; ++i) EXPECT_POOL_CALLS(pools[i], ESCROW_E_STALE);
}

int main(void) {
  close_with_references_out();
  a_lost_ticket_is_reclaimed_only_where_asked();
  names_of_dead_pools_never_come_back();
  return expect_result();
}
