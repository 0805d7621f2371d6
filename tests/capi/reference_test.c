// Objects and their duplicates: who keeps what alive, and what each handle answers when it is over.
#include <string.h>

#include "calls.h"

static void a_handle_is_ended_exactly_once(escrow_pool pool) {
  char *payload = NULL;
  escrow_handle const h = acquire(pool, 20, (void **)&payload);
  memset(payload, 'x', 20);
  escrow_view view = {0};
  EXPECT_STATUS(escrow_read(h, &view), ESCROW_OK);
  EXPECT(view.payload == payload && view.size == 20 && view.root == h);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_REFERENCE_CALLS(h, ESCROW_E_STALE);
  // The slot's next holder is out of reach of the old name.
  escrow_handle const next = acquire(pool, 20, NULL);
  EXPECT(next != h);
  EXPECT_REFERENCE_CALLS(h, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_validate(next, pool, 0), ESCROW_OK);
  EXPECT_STATUS(escrow_release(next), ESCROW_FREED);
}

static void duplicates_hold_the_object_on_their_own(escrow_pool pool) {
  char *payload = NULL;
  escrow_handle const h = acquire(pool, 20, (void **)&payload);
  escrow_handle d = 0, e = 0;
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_dup(d, &e), ESCROW_OK);
  EXPECT(d != h && e != h && d != e);
  payload[0] = 'k';
  EXPECT_STATUS(escrow_release(h), ESCROW_OK);
  EXPECT_REFERENCE_CALLS(h, ESCROW_E_STALE);
  escrow_view view = {0};
  EXPECT_STATUS(escrow_read(e, &view), ESCROW_OK);
  EXPECT(view.payload == payload && payload[0] == 'k');
  EXPECT_STATUS(escrow_release(d), ESCROW_OK);
  EXPECT_REFERENCE_CALLS(d, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(e), ESCROW_FREED);
  EXPECT_REFERENCE_CALLS(e, ESCROW_E_STALE);
}

static void revocation_stops_what_is_new(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 20, NULL);
  escrow_handle d = 0;
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_revoke(d), ESCROW_OK);
  EXPECT_STATUS(escrow_revoke(h), ESCROW_ALREADY);
  uint64_t const both[] = {h, d};
  for (int i = 0; i < 2; ++i) {
    EXPECT_STATUS(call_dup(both[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_lend(both[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_borrow(both[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_move_out(both[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_validate(both[i]), ESCROW_E_REVOKED);
    EXPECT_STATUS(call_read(both[i]), ESCROW_OK);
  }
  EXPECT_STATUS(escrow_release(h), ESCROW_OK);
  EXPECT_STATUS(escrow_release(d), ESCROW_FREED);
}

static void validate_tells_pools_and_types_apart(void) {
  escrow_pool_options o = default_options();
  o.type_id = 7;
  escrow_pool const mine = open_pool(o), other = open_pool(default_options());
  escrow_handle const h = acquire(mine, 20, NULL);
  escrow_handle d = 0;
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  uint64_t const both[] = {h, d};
  for (int i = 0; i < 2; ++i) {
    EXPECT_STATUS(escrow_validate(both[i], 0, 0), ESCROW_OK);
    EXPECT_STATUS(escrow_validate(both[i], mine, 7), ESCROW_OK);
    EXPECT_STATUS(escrow_validate(both[i], mine, 8), ESCROW_E_KIND);
    EXPECT_STATUS(escrow_validate(both[i], other, 7), ESCROW_E_FOREIGN);
    EXPECT_STATUS(escrow_validate(both[i], h, 0), ESCROW_E_KIND);  // no pool
  }
  EXPECT_STATUS(escrow_release(d), ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  end_pool(other);
  end_pool(mine);
}

static void outputs_that_are_required_are_required(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 20, NULL);
  EXPECT_STATUS(escrow_acquire(pool, 20, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_acquire_n(pool, 20, 1, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_dup(h, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_lend(h, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_borrow(h, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_move_out(h, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_move_in(h, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_read(h, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_release_n(NULL, 1, NULL), ESCROW_E_NULL);
  escrow_pool_options const o = default_options();
  escrow_pool none = dirt;
  EXPECT_STATUS(escrow_pool_open(&o, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_open(NULL, &none), ESCROW_E_NULL);
  EXPECT(none == 0);
  escrow_reference_info info;
  uint64_t cursor = 0;
  uint32_t count = 9999;
  EXPECT_STATUS(escrow_pool_read_stats(pool, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_read_classes(pool, NULL, 1, &count), ESCROW_E_NULL);
  EXPECT(count == 0);
  EXPECT_STATUS(escrow_pool_read_classes(pool, NULL, 0, NULL), ESCROW_E_NULL);
  count = 9999;
  EXPECT_STATUS(escrow_pool_inspect(pool, NULL, &info, 1, &count), ESCROW_E_NULL);
  EXPECT(count == 0);
  EXPECT_STATUS(escrow_pool_inspect(pool, &cursor, NULL, 1, &count), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_inspect(pool, &cursor, &info, 0, &count), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_pool_inspect(pool, &cursor, &info, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_drain(pool, 0, NULL), ESCROW_OK);
  // None of these has changed anything.
  EXPECT_STATUS(escrow_validate(h, pool, 0), ESCROW_OK);
  escrow_pool_stats const n = stats_of(pool);
  EXPECT(n.live == 1 && n.borrows == 0 && n.duplicates == 0 && n.loans == 0 && n.tickets == 0);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
}

static void statistics_of_another_size_are_refused(escrow_pool pool) {
  escrow_pool_stats stats = {.struct_size = sizeof stats + 8};
  EXPECT_STATUS(escrow_pool_read_stats(pool, &stats), ESCROW_E_VERSION);
  EXPECT(stats.live == 0 && stats.bytes_committed == 0);
  stats.struct_size = 0;
  EXPECT_STATUS(escrow_pool_read_stats(pool, &stats), ESCROW_E_VERSION);
}

int main(void) {
  escrow_pool const pool = open_pool(default_options());
  a_handle_is_ended_exactly_once(pool);
  duplicates_hold_the_object_on_their_own(pool);
  revocation_stops_what_is_new(pool);
  validate_tells_pools_and_types_apart();
  outputs_that_are_required_are_required(pool);
  statistics_of_another_size_are_refused(pool);
  end_pool(pool);
  return expect_result();
}
