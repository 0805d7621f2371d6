// Pools: options, limits, memory given back, statistics and lists.
#include <string.h>

#include "calls.h"

static void expect_refused(escrow_pool_options options, escrow_status why, int line) {
  escrow_pool pool = dirt;
  expect_status(escrow_pool_open(&options, &pool), why, __FILE__, line, "escrow_pool_open");
  expect_true(pool == 0, __FILE__, line, "out_pool is zeroed");
}

static void options_out_of_range_are_refused(void) {
  escrow_pool_options o = default_options();
  o.struct_size += 8;  // a caller from the future
  expect_refused(o, ESCROW_E_VERSION, __LINE__);
  o.struct_size = UINT32_MAX;
  expect_refused(o, ESCROW_E_VERSION, __LINE__);
  o.struct_size = 0;
  expect_refused(o, ESCROW_E_VERSION, __LINE__);
  o = default_options();
  o.flags = ~(uint32_t)ESCROW_POOL_HUGE_PAGES;
  expect_refused(o, ESCROW_E_OPTION, __LINE__);
  o = default_options();
  o.name = "a name of thirty-two characters!";
  expect_refused(o, ESCROW_E_OPTION, __LINE__);
  o = default_options();
  o.alignment = 24;
  expect_refused(o, ESCROW_E_OPTION, __LINE__);
  o.alignment = 8192;
  expect_refused(o, ESCROW_E_OPTION, __LINE__);
  o = default_options();
  o.fixed_size = 1ull << 32;
  expect_refused(o, ESCROW_E_OPTION, __LINE__);
  o = default_options();
  o.reserve_bytes = 4096;  // of which size?
  expect_refused(o, ESCROW_E_OPTION, __LINE__);
  o.fixed_size = 64;
  o.limit_bytes = 2048;
  expect_refused(o, ESCROW_E_FULL, __LINE__);
}

static void a_limit_is_exact_and_room_comes_back(void) {
  escrow_pool_options o = default_options();
  o.fixed_size = 64;
  o.limit_bytes = 640;
  escrow_pool const pool = open_pool(o);
  escrow_handle held[10], more = dirt;
  void *payload = held;
  for (int i = 0; i < 10; ++i) held[i] = acquire(pool, 64, NULL);
  EXPECT_STATUS(escrow_acquire(pool, 64, &more, &payload), ESCROW_E_FULL);
  EXPECT(more == 0 && payload == NULL);
  EXPECT_STATUS(escrow_release(held[3]), ESCROW_FREED);
  held[3] = acquire(pool, 1, NULL);
  for (int i = 0; i < 10; ++i) EXPECT_STATUS(escrow_release(held[i]), ESCROW_FREED);
  EXPECT_STATUS(escrow_acquire(pool, 0, &more, NULL), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_acquire(pool, 65, &more, NULL), ESCROW_E_SIZE);
  escrow_pool_stats const n = stats_of(pool);
  EXPECT(n.bytes_limit == 640 && n.bytes_peak == 640);
  EXPECT(n.misuse[-ESCROW_E_FULL] == 1 && n.misuse[-ESCROW_E_SIZE] == 2);
  end_pool(pool);
}

static void memory_is_zero_for_every_holder(void) {
  uint64_t const sizes[] = {1, 16, 100, 1024, 1025, 5000, 70000};
  escrow_pool_options o = default_options();
  o.alignment = 64;
  escrow_pool const pool = open_pool(o);
  for (int round = 0; round < 70; ++round)  // more than a slab has slots
    for (int i = 0; i < 7; ++i) {
      unsigned char *payload = NULL;
      escrow_handle const h = acquire(pool, sizes[i], (void **)&payload);
      EXPECT((uintptr_t)payload % 64 == 0);
      uint64_t dirty = 0;
      for (uint64_t k = 0; k < sizes[i]; ++k) dirty += payload[k] != 0;
      EXPECT(dirty == 0);
      memset(payload, 0xA5, sizes[i]);
      EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
    }
  end_pool(pool);
}

static void trim_gives_free_memory_back(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle held[100];
  for (int i = 0; i < 100; ++i) held[i] = acquire(pool, 4096, NULL);
  uint64_t const committed = stats_of(pool).bytes_committed;
  EXPECT(committed >= sizeof held / sizeof held[0] * 4096u);
  uint64_t bytes = dirt;
  for (int i = 0; i < 100; ++i) EXPECT_STATUS(escrow_release(held[i]), ESCROW_FREED);
  EXPECT_STATUS(escrow_pool_trim(pool, &bytes), ESCROW_OK);
  EXPECT(bytes == committed);
  EXPECT(stats_of(pool).bytes_committed == 0);
  EXPECT_STATUS(escrow_pool_trim(pool, &bytes), ESCROW_OK);
  EXPECT(bytes == 0);
  EXPECT_STATUS(escrow_pool_trim(pool, NULL), ESCROW_OK);
  end_pool(pool);
}

static void stats_count_each_kind(void) {
  escrow_pool_options o = default_options();
  o.name = "thirty-one characters, no more.";
  o.type_id = 77;
  escrow_pool const pool = open_pool(o);
  escrow_handle const a = acquire(pool, 100, NULL), b = acquire(pool, 3000, NULL);
  escrow_handle d = 0;
  escrow_loan loan = 0;
  escrow_ticket t = 0;
  escrow_view view;
  EXPECT_STATUS(escrow_dup(a, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_lend(a, &loan, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_borrow(a, &view), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(b, &t), ESCROW_OK);
  escrow_pool_stats n = stats_of(pool);
  EXPECT(strcmp(n.name, o.name) == 0);
  EXPECT(n.type_id == 77 && n.live == 2 && n.duplicates == 1 && n.loans == 1 && n.borrows == 2);
  EXPECT(n.tickets == 1 && n.pending == 0 && n.bytes_live == 3100);

  escrow_class_stats classes[2];
  uint32_t count = 0;
  EXPECT_STATUS(escrow_pool_read_classes(pool, classes, 2, &count), ESCROW_OK);
  EXPECT(count == 2 && classes[0].slot_bytes < classes[1].slot_bytes);
  EXPECT(classes[0].live == 1 && classes[0].bytes_live == 100 && classes[1].bytes_live == 3000);
  EXPECT_STATUS(escrow_pool_read_classes(pool, NULL, 0, &count), ESCROW_OK);
  EXPECT(count == 2);

  int kinds[7] = {0};
  uint64_t cursor = 0;
  do {
    escrow_reference_info info = {0};
    EXPECT_STATUS(escrow_pool_inspect(pool, &cursor, &info, 1, &count), ESCROW_OK);
    EXPECT(count <= 1);
    if (count == 1) {
      EXPECT(info.kind >= ESCROW_KIND_OBJECT && info.kind <= ESCROW_KIND_PENDING);
      ++kinds[info.kind % 7];
    }
    if (count == 1 && info.kind == ESCROW_KIND_OBJECT)
      EXPECT(info.handle == a && info.root == a && info.references == 2 && info.loans == 2);
  } while (cursor != 0);
  EXPECT(kinds[ESCROW_KIND_OBJECT] == 1 && kinds[ESCROW_KIND_DUPLICATE] == 1);
  EXPECT(kinds[ESCROW_KIND_LOAN] == 1 && kinds[ESCROW_KIND_TICKET] == 1);

  escrow_handle refused = dirt;
  EXPECT_STATUS(escrow_release(b), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow_dup(t, &refused), ESCROW_E_TRANSIT);
  EXPECT(refused == 0);
  EXPECT_STATUS(escrow_validate(t, pool, 0), ESCROW_E_TRANSIT); /* a question: not counted */
  n = stats_of(pool);
  EXPECT(n.misuse[-ESCROW_E_MOVED] == 1 && n.misuse[-ESCROW_E_TRANSIT] == 1);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_OK);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_OK);
  EXPECT_STATUS(escrow_release(d), ESCROW_OK);
  EXPECT_STATUS(escrow_release(a), ESCROW_FREED);
  EXPECT_STATUS(escrow_release(t), ESCROW_FREED);
  end_pool(pool);
}

int main(void) {
  options_out_of_range_are_refused();
  a_limit_is_exact_and_room_comes_back();
  memory_is_zero_for_every_holder();
  trim_gives_free_memory_back();
  stats_count_each_kind();
  return expect_result();
}
