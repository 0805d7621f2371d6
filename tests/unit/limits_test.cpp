// With small counts, limits and retirement are reached in milliseconds.
// Guarantee B of docs/trust.md.
#define ESCROW_SMALL_COUNTS
#include <gtest/gtest.h>

#include <algorithm>

#include "pool_fixture.hpp"

TEST(Limits, DuplicatesAndLoansStopWithACodeAndNothingChanges) {
  test_pool p;
  escrow_handle const h = p.acquire(64);
  std::vector<escrow_handle> duplicates;
  escrow_handle d = 0;
  escrow_status s = ESCROW_OK;
  while ((s = escrow_dup(h, &d)) == ESCROW_OK) duplicates.push_back(d);
  EXPECT_EQ(s, ESCROW_E_LIMIT);
  EXPECT_EQ(d, 0u);
  EXPECT_EQ(duplicates.size(), escrow::word::most_refs - 1);
  std::vector<escrow_loan> loans;
  escrow_loan loan = 0;
  while ((s = escrow_lend(h, &loan, nullptr)) == ESCROW_OK) loans.push_back(loan);
  EXPECT_EQ(s, ESCROW_E_LIMIT);
  EXPECT_EQ(loans.size(), escrow::word::most_lends);
  escrow_view view;
  EXPECT_EQ(escrow_borrow(h, &view), ESCROW_E_LIMIT);
  EXPECT_EQ(p.stats().duplicates, duplicates.size());
  EXPECT_EQ(p.stats().loans, loans.size());
  for (auto const x : loans) EXPECT_EQ(escrow_give_back(x), ESCROW_OK);
  for (auto const x : duplicates) EXPECT_EQ(escrow_release(x), ESCROW_OK);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Limits, GenerationsNeverWrapAndUsedUpSlotsRetire) {
  test_pool p(options([](auto &o) { o.fixed_size = 64; }));
  std::vector<escrow_handle> dead;
  for (int i = 0; i < 20'000; ++i) {
    escrow_handle const h = p.acquire(64);
    dead.push_back(h);
    ASSERT_EQ(escrow_release(h), ESCROW_FREED);
  }
  for (std::size_t i = 0; i < dead.size(); i += 17)
    ASSERT_EQ(escrow_release(dead[i]), ESCROW_E_STALE);
  std::sort(dead.begin(), dead.end());
  EXPECT_EQ(std::adjacent_find(dead.begin(), dead.end()), dead.end()) << "a handle came twice";
  EXPECT_GT(p.stats().retired, 0u);
}

TEST(Limits, APoolAtItsLimitIsNotFullOfRetiredSlots) {
  test_pool p(options([](auto &o) { o.limit_bytes = 4 * 65536; }));
  for (int i = 0; i < 1000; ++i) {
    escrow_handle h = 0;
    ASSERT_EQ(escrow_acquire(p.id, 65536, &h, nullptr), ESCROW_OK) << "after " << i;
    ASSERT_EQ(escrow_release(h), ESCROW_FREED);
  }
}

TEST(Limits, GenerationsOfLargeBlocksNeverWrapEither) {
  test_pool p;
  for (int i = 0; i < 1000; ++i) {
    escrow_handle const h = p.acquire(100'000);
    ASSERT_LE(escrow::handle::generation(h), escrow::word::last_generation);
    ASSERT_EQ(escrow_release(h), ESCROW_FREED);
  }
}

TEST(Limits, AnObjectMovedTooOftenSaysSoAndStays) {
  test_pool p;
  std::vector<escrow_handle> worn;  // by the tests before
  escrow_handle h = p.acquire(64);
  while (escrow::handle::generation(h) > 10) {
    worn.push_back(h);
    h = p.acquire(64);
  }
  escrow_ticket t = 0;
  escrow_status s = ESCROW_OK;
  unsigned moves = 0;
  while ((s = escrow_move_out(h, &t)) == ESCROW_OK) {
    ASSERT_EQ(escrow_move_in(t, &h), ESCROW_OK);
    ++moves;
  }
  EXPECT_EQ(s, ESCROW_E_EXHAUSTED);
  EXPECT_GT(moves, 5u);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  for (auto const w : worn) EXPECT_EQ(escrow_release(w), ESCROW_FREED);
}

TEST(Limits, ReferenceSlotsRetireToo) {
  test_pool p;
  escrow_handle const h = p.acquire(64);
  for (int i = 0; i < 20'000; ++i) {
    escrow_handle d = 0;
    ASSERT_EQ(escrow_dup(h, &d), ESCROW_OK);
    ASSERT_EQ(escrow_release(d), ESCROW_OK);
    ASSERT_EQ(escrow_release(d), ESCROW_E_STALE);
  }
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Limits, ObjectsWithADestructorRetireAfterItRan) {
  static unsigned runs;
  runs = 0;
  test_pool p(options([](auto &o) {
    o.fixed_size = 64;
    o.destructor = [](void *, std::uint64_t, void *) { ++runs; };
  }));
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(escrow_release(p.acquire(64)), ESCROW_FREED);
  EXPECT_EQ(runs, 5000u);
  EXPECT_GT(p.stats().retired, 0u);
}
