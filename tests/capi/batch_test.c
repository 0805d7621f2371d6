// Batches: all objects or none, and a code for each release.
#include <string.h>

#include "calls.h"

enum { many = 1000 };

static void a_batch_is_all_or_nothing(void) {
  escrow_pool_options o = default_options();
  o.fixed_size = 48;
  o.limit_bytes = 48ull * many;
  escrow_pool const pool = open_pool(o);
  static escrow_handle handles[many + 1];
  static void *payloads[many + 1];
  static escrow_status statuses[many + 1];
  memset(handles, 0xD1, sizeof handles);
  memset(payloads, 0xD1, sizeof payloads);
  EXPECT_STATUS(escrow_acquire_n(pool, 48, many + 1, handles, payloads), ESCROW_E_FULL);
  for (int i = 0; i <= many; ++i) EXPECT(handles[i] == 0 && payloads[i] == NULL);
  EXPECT(stats_of(pool).live == 0);

  EXPECT_STATUS(escrow_acquire_n(pool, 48, many, handles, payloads), ESCROW_OK);
  EXPECT(stats_of(pool).live == many);
  for (int i = 0; i < many; ++i) {
    EXPECT(((char *)payloads[i])[47] == 0);
    memset(payloads[i], i % 128, 48);
  }
  for (int i = 0; i < many; ++i) EXPECT(((char *)payloads[i])[47] == i % 128);

  // One twice, one null, one that was ended before: the others end all the same.
  handles[many] = handles[0];
  EXPECT_STATUS(escrow_release(handles[5]), ESCROW_FREED);
  escrow_handle const sixth = handles[6];
  handles[6] = 0;
  EXPECT_STATUS(escrow_release_n(handles, many + 1, statuses), ESCROW_E_STALE);
  for (int i = 0; i <= many; ++i) {
    escrow_status const want = i == 5 || i == many ? ESCROW_E_STALE
                               : i == 6            ? ESCROW_ALREADY
                                                   : ESCROW_FREED;
    EXPECT_STATUS(statuses[i], want);
  }
  EXPECT(stats_of(pool).live == 1);
  EXPECT_STATUS(escrow_release_n(&sixth, 1, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_release_n(&sixth, 0, NULL), ESCROW_OK);
  end_pool(pool);
}

static void counts_and_sizes_out_of_range_are_refused(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle handles[2] = {dirt, dirt};
  EXPECT_STATUS(escrow_acquire_n(pool, 48, 0, handles, NULL), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_acquire_n(pool, 48, 65537, handles, NULL), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_acquire_n(pool, 48, ~0ull, handles, NULL), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_acquire_n(pool, 0, 2, handles, NULL), ESCROW_E_SIZE);
  EXPECT(handles[0] == 0 && handles[1] == 0);
  handles[0] = handles[1] = dirt;
  EXPECT_STATUS(escrow_acquire_n(pool, 1ull << 32, 2, handles, NULL), ESCROW_E_SIZE);
  EXPECT(handles[0] == 0 && handles[1] == 0);
  end_pool(pool);
}

static void batches_carry_every_kind_of_reference(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle const object = acquire(pool, 100, NULL), sent = acquire(pool, 100, NULL);
  escrow_handle d = 0;
  escrow_ticket t = 0;
  escrow_loan loan = 0;
  EXPECT_STATUS(escrow_dup(object, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(sent, &t), ESCROW_OK);
  EXPECT_STATUS(escrow_lend(object, &loan, NULL), ESCROW_OK);
  uint64_t const all[] = {d, t, loan, object, pool};
  escrow_status statuses[5];
  EXPECT_STATUS(escrow_release_n(all, 5, statuses), ESCROW_E_KIND);
  EXPECT_STATUS(statuses[0], ESCROW_OK);
  EXPECT_STATUS(statuses[1], ESCROW_FREED);
  EXPECT_STATUS(statuses[2], ESCROW_E_KIND);
  EXPECT_STATUS(statuses[3], ESCROW_DEFERRED);
  EXPECT_STATUS(statuses[4], ESCROW_E_KIND);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_FREED);
  end_pool(pool);
}

int main(void) {
  a_batch_is_all_or_nothing();
  counts_and_sizes_out_of_range_are_refused();
  batches_carry_every_kind_of_reference();
  return expect_result();
}
