// Destructors: once for each object, where the caller said, and never inside one another.
// Guarantee H of docs/trust.md.
#include <string.h>

#include "calls.h"

struct log {
  escrow_pool pool;
  unsigned runs;
  uint64_t bytes;
  unsigned depth, deepest;
  escrow_status inner[4];  // release, drain, close, destroy from inside
};

/// The payload begins with the handle of another object to release, or 0.
static void destroy(void *payload, uint64_t size, void *context) {
  struct log *const l = context;
  if (++l->depth > l->deepest) l->deepest = l->depth;
  ++l->runs;
  l->bytes += size;
  escrow_handle next = 0;
  memcpy(&next, payload, sizeof next);
  if (next != 0) l->inner[0] = escrow_release(next);
  l->inner[1] = call_drain(l->pool);
  l->inner[2] = call_close(l->pool);
  l->inner[3] = escrow_pool_destroy(l->pool);
  --l->depth;
}

static escrow_pool open_logged(struct log *l) {
  escrow_pool_options o = default_options();
  o.destructor = destroy;
  o.context = l;
  l->pool = open_pool(o);
  return l->pool;
}

static void release_runs_it_and_a_deferred_release_owes_it(void) {
  struct log l = {0};
  escrow_pool const pool = open_logged(&l);
  uint64_t const sizes[] = {40, 2000, 100000};
  for (unsigned i = 0; i < 3; ++i) {
    l.runs = 0;
    l.bytes = 0;
    escrow_handle h = acquire(pool, sizes[i], NULL);
    EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
    EXPECT(l.runs == 1 && l.bytes == sizes[i]);
    h = acquire(pool, sizes[i], NULL);
    EXPECT_STATUS(escrow_release_deferred(h), ESCROW_PENDING);
    EXPECT_REFERENCE_CALLS(h, ESCROW_E_STALE);
    EXPECT(l.runs == 1);
    EXPECT(stats_of(pool).pending == 1 && stats_of(pool).live == 1);
    uint64_t ran = 0;
    EXPECT_STATUS(escrow_pool_drain(pool, 0, &ran), ESCROW_OK);
    EXPECT(ran == 1 && l.runs == 2);
  }
  end_pool(pool);
}

/// What a destructor left behind is gone before the slot has another holder.
static void memory_is_zero_after_a_destructor(void) {
  struct log l = {0};
  escrow_pool const pool = open_logged(&l);
  for (int round = 0; round < 70; ++round) {
    unsigned char *payload = NULL;
    escrow_handle const h = acquire(pool, 5000, (void **)&payload);
    uint64_t dirty = 0;
    for (int k = 0; k < 5000; ++k) dirty += payload[k] != 0;
    EXPECT(dirty == 0);
    memset(payload + sizeof h, 0xA5, 5000 - sizeof h);
    EXPECT_STATUS(round % 2 == 0 ? escrow_release(h) : escrow_release_deferred(h),
                  round % 2 == 0 ? ESCROW_FREED : ESCROW_PENDING);
    EXPECT_STATUS(escrow_pool_drain(pool, 0, NULL), ESCROW_OK);
  }
  EXPECT(l.runs == 70);
  end_pool(pool);
}

static void borrowers_and_finalizers_run_none(void) {
  struct log l = {0};
  escrow_pool const pool = open_logged(&l);
  escrow_handle const lent = acquire(pool, 40, NULL), borrowed = acquire(pool, 40, NULL);
  escrow_handle const shared = acquire(pool, 40, NULL), sent = acquire(pool, 40, NULL);
  escrow_loan loan = 0;
  escrow_view view;
  escrow_handle d = 0;
  escrow_ticket t = 0;
  EXPECT_STATUS(escrow_lend(lent, &loan, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_borrow(borrowed, &view), ESCROW_OK);
  EXPECT_STATUS(escrow_dup(shared, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(sent, &t), ESCROW_OK);
  EXPECT_STATUS(escrow_release(lent), ESCROW_DEFERRED);
  EXPECT_STATUS(escrow_release(borrowed), ESCROW_DEFERRED);
  EXPECT_STATUS(escrow_release(shared), ESCROW_OK);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_PENDING);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_PENDING);
  EXPECT_STATUS(escrow_release_deferred(d), ESCROW_PENDING);
  EXPECT_STATUS(escrow_release_deferred(t), ESCROW_PENDING);
  EXPECT(l.runs == 0);
  uint64_t ran = 0;
  EXPECT_STATUS(escrow_pool_drain(pool, 3, &ran), ESCROW_OK);
  EXPECT(ran == 3 && l.runs == 3);
  EXPECT_STATUS(escrow_pool_drain(pool, 3, &ran), ESCROW_OK);
  EXPECT(ran == 1 && l.runs == 4);
  end_pool(pool);
}

static void a_chain_of_owners_does_not_recurse(void) {
  struct log l = {0};
  escrow_pool const pool = open_logged(&l);
  escrow_handle head = 0;
  for (int i = 0; i < 500; ++i) {
    void *payload = NULL;
    escrow_handle const h = acquire(pool, 16, &payload);
    memcpy(payload, &head, sizeof head);
    head = h;
  }
  EXPECT_STATUS(escrow_release(head), ESCROW_PENDING);
  EXPECT(l.runs == 1);
  EXPECT_STATUS(l.inner[0], ESCROW_PENDING);
  EXPECT_STATUS(l.inner[1], ESCROW_E_BUSY);
  EXPECT_STATUS(l.inner[2], ESCROW_E_BUSY);
  EXPECT_STATUS(l.inner[3], ESCROW_E_BUSY);
  EXPECT_STATUS(escrow_pool_drain(pool, 0, NULL), ESCROW_OK);
  EXPECT(l.runs == 500 && l.deepest == 1);
  end_pool(pool);
}

static void close_runs_what_is_owed(void) {
  struct log l = {0};
  escrow_pool const pool = open_logged(&l);
  for (int i = 0; i < 100; ++i)
    EXPECT_STATUS(escrow_release_deferred(acquire(pool, 8 + 40u * (unsigned)i, NULL)),
                  ESCROW_PENDING);
  escrow_handle const last = acquire(pool, 40, NULL);
  uint64_t live = dirt;
  EXPECT_STATUS(escrow_pool_close(pool, 0, &live), ESCROW_OK);
  EXPECT(l.runs == 100 && live == 1);
  EXPECT_STATUS(escrow_release_deferred(last), ESCROW_PENDING);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_pool_close(pool, 0, &live), ESCROW_E_CLOSED);
  EXPECT(l.runs == 101 && live == 0);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
}

int main(void) {
  release_runs_it_and_a_deferred_release_owes_it();
  memory_is_zero_after_a_destructor();
  borrowers_and_finalizers_run_none();
  a_chain_of_owners_does_not_recurse();
  close_runs_what_is_owed();
  return expect_result();
}
