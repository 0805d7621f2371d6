// Functions for managed callers: each does what its namesake does, and notes no refusal by site.
#include "escrow/managed.h"

#include "calls.h"
#include "escrow/ledger.h"
#include "escrow/misuse.h"

static uint32_t refusals(void) {
  escrow_misuse_site sites[ESCROW_MISUSE_SITES_MOST];
  uint32_t n = 9;
  EXPECT_STATUS(escrow_misuse_list(sites, ESCROW_MISUSE_SITES_MOST, &n, NULL), ESCROW_OK);
  return n;
}

static escrow_handle managed_acquire(escrow_pool pool, uint64_t bytes) {
  escrow_handle h = 0;
  EXPECT_STATUS(escrow1_managed_acquire(pool, bytes, &h), ESCROW_OK);
  EXPECT(h != 0);
  return h;
}

static void references(escrow_pool pool) {
  escrow_handle const root = managed_acquire(pool, 40);
  escrow_handle dup = 0, taken = 0;
  escrow_ticket ticket = 0;
  escrow_view view = {0};
  EXPECT_STATUS(escrow1_managed_read(root, &view), ESCROW_OK);
  EXPECT(view.payload != NULL && view.size == 40 && view.root == root);
  EXPECT_STATUS(escrow1_managed_dup(root, &dup), ESCROW_OK);
  EXPECT(dup != 0 && dup != root);
  EXPECT_STATUS(escrow1_managed_borrow(dup, &view), ESCROW_OK);
  EXPECT(view.root == root);
  EXPECT_STATUS(escrow1_managed_return(view.root), ESCROW_OK);
  EXPECT_STATUS(escrow1_managed_release(dup), ESCROW_OK);
  EXPECT_STATUS(escrow1_managed_move_out(root, &ticket), ESCROW_OK);
  EXPECT_STATUS(escrow1_managed_read(root, &view), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow1_managed_move_in(ticket, &taken), ESCROW_OK);
  EXPECT_STATUS(escrow1_managed_move_in(ticket, &dup), ESCROW_E_STALE);
  EXPECT(dup == 0);
  EXPECT_STATUS(escrow1_managed_revoke(taken), ESCROW_OK);
  EXPECT_STATUS(escrow1_managed_borrow(taken, &view), ESCROW_E_REVOKED);
  EXPECT_STATUS(escrow1_managed_release_deferred(taken), ESCROW_FREED);
  EXPECT_STATUS(escrow1_managed_release(taken), ESCROW_E_STALE);
}

static void batches(escrow_pool pool) {
  escrow_handle many[5] = {0};
  EXPECT_STATUS(escrow1_managed_acquire_n(pool, 64, 5, many), ESCROW_OK);
  for (int i = 0; i < 5; ++i) EXPECT_STATUS(escrow1_managed_release(many[i]), ESCROW_FREED);
  escrow_handle none = dirt;
  EXPECT_STATUS(escrow1_managed_acquire(pool, 64, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_managed_acquire(0, 64, &none), ESCROW_E_NULL);
  EXPECT(none == 0);
}

int main(void) {
  escrow_pool_options options = {.struct_size = sizeof options, .name = "managed"};
  escrow_pool const pool = open_pool(options);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_SAMPLED, 1u << 31), ESCROW_OK);
  references(pool);
  batches(pool);
  uint64_t bytes = 0, ran = dirt, live = dirt;
  EXPECT_STATUS(escrow1_managed_pool_trim(pool, &bytes), ESCROW_OK);
  EXPECT(bytes != 0);
  EXPECT_STATUS(escrow1_managed_pool_drain(pool, 0, &ran), ESCROW_OK);
  EXPECT(ran == 0);

  escrow_handle const kept = managed_acquire(pool, 8);
  EXPECT_STATUS(escrow1_managed_pool_close(pool, 0, &live), ESCROW_OK);
  EXPECT(live == 1);
  EXPECT_STATUS(escrow1_managed_pool_destroy(pool), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow1_managed_release(kept), ESCROW_FREED);
  EXPECT_STATUS(escrow1_managed_release(kept), ESCROW_E_STALE);
  EXPECT(refusals() == 0);
  EXPECT_STATUS(escrow_release(kept), ESCROW_E_STALE);  // its namesake notes it
  EXPECT(refusals() == 1);
  EXPECT_STATUS(escrow1_managed_pool_destroy(pool), ESCROW_OK);
  EXPECT_STATUS(escrow1_managed_pool_trim(pool, &bytes), ESCROW_E_STALE);
  return expect_result();
}
