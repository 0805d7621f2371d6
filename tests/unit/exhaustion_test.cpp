// Every end that a bounded table has is reached, by what a program could do: the build with small
// counts has 31 generations, 7 references, 3 loans and 262,144 slots.
#define ESCROW_SMALL_COUNTS
#include <gtest/gtest.h>

#include <vector>

#include "escrow/table.hpp"
#include "pool_fixture.hpp"

using escrow::u64;

namespace {

constexpr u64 all_slots = u64{escrow::slot_table::most_segments} * escrow::segment::slots;

escrow_pool_options of_64_bytes() {
  return options([](auto &o) { o.fixed_size = 64; });
}

/// Acquires until no slot is left.
std::vector<escrow_handle> take_all(test_pool const &p) {
  std::vector<escrow_handle> held;
  escrow_handle h = 0;
  escrow_status s = ESCROW_OK;
  while ((s = escrow_acquire(p.id, 64, &h, nullptr)) == ESCROW_OK) held.push_back(h);
  EXPECT_EQ(s, ESCROW_E_EXHAUSTED);
  EXPECT_EQ(h, 0u);
  return held;
}

}  // namespace

// A slot that nothing else takes from the table is missing below, so this comes first.
TEST(Exhaustion, TheLastSlotIsHandedOutAndThenACodeSaysSo) {
  test_pool p(of_64_bytes());
  auto const held = take_all(p);
  EXPECT_EQ(held.size(), all_slots);
  EXPECT_EQ(p.stats().live, all_slots);
  EXPECT_EQ(p.stats().retired, 0u);

  // References are slots, too: none is left for them, and nothing else has changed.
  escrow_handle out = 1;
  EXPECT_EQ(escrow_dup(held[0], &out), ESCROW_E_EXHAUSTED);
  EXPECT_EQ(out, 0u);
  EXPECT_EQ(escrow_lend(held[0], &out, nullptr), ESCROW_E_EXHAUSTED);
  EXPECT_EQ(p.stats().duplicates, 0u);
  EXPECT_EQ(p.stats().loans, 0u);
  // What takes no slot still works.
  escrow_view view{};
  EXPECT_EQ(escrow_borrow(held[0], &view), ESCROW_OK);
  EXPECT_EQ(escrow_return(view.root), ESCROW_OK);
  escrow_ticket ticket = 0;
  EXPECT_EQ(escrow_move_out(held[1], &ticket), ESCROW_OK);
  EXPECT_EQ(escrow_release(ticket), ESCROW_FREED);
  if constexpr (escrow::slot_build::checked) {  // the slot that came back rests
    EXPECT_EQ(escrow_acquire(p.id, 64, &out, nullptr), ESCROW_E_EXHAUSTED);
  } else {  // it is the only one, and serves
    EXPECT_EQ(escrow_acquire(p.id, 64, &out, nullptr), ESCROW_OK);
    escrow_handle none = 0;
    EXPECT_EQ(escrow_acquire(p.id, 64, &none, nullptr), ESCROW_E_EXHAUSTED);
    EXPECT_EQ(escrow_release(out), ESCROW_FREED);
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (i != 1) {
      ASSERT_EQ(escrow_release(held[i]), ESCROW_FREED);
    }
  }
}

TEST(Exhaustion, ABatchThatFindsTooFewSlotsTakesNone) {
  if constexpr (escrow::slot_build::checked)
    GTEST_SKIP() << "of checked slots, those that were released last rest, and none is found";
  test_pool p(of_64_bytes());
  auto held = take_all(p);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(escrow_release(held.back()), ESCROW_FREED);
    held.pop_back();
  }
  escrow_handle four[4] = {9, 9, 9, 9};
  void *memory[4];
  EXPECT_EQ(escrow_acquire_n(p.id, 64, 4, four, memory), ESCROW_E_EXHAUSTED);
  for (auto const h : four) EXPECT_EQ(h, 0u);
  EXPECT_EQ(p.stats().live, held.size());
  EXPECT_EQ(escrow_acquire_n(p.id, 64, 3, four, memory), ESCROW_OK);
  for (int i = 0; i < 3; ++i) held.push_back(four[i]);
  for (auto const h : held) ASSERT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Exhaustion, ReferencesLoansAndGenerationsEndAsWell) {
  test_pool p(of_64_bytes());
  escrow_handle const h = p.acquire(64);
  std::vector<escrow_handle> duplicates;
  escrow_handle out = 0;
  while (escrow_dup(h, &out) == ESCROW_OK) duplicates.push_back(out);
  EXPECT_EQ(escrow_dup(h, &out), ESCROW_E_LIMIT);
  EXPECT_EQ(duplicates.size() + 1, escrow::word::most_refs);
  unsigned borrowed = 0;
  escrow_view view{};
  while (escrow_borrow(h, &view) == ESCROW_OK) ++borrowed;
  EXPECT_EQ(escrow_borrow(h, &view), ESCROW_E_LIMIT);
  EXPECT_EQ(escrow_lend(h, &out, nullptr), ESCROW_E_LIMIT);
  EXPECT_EQ(borrowed, escrow::word::most_lends);
  for (; borrowed != 0; --borrowed) EXPECT_EQ(escrow_return(h), ESCROW_OK);
  for (auto const d : duplicates) EXPECT_EQ(escrow_release(d), ESCROW_OK);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);

  for (u64 i = 0; i < 2 * escrow::slab::slots * escrow::word::last_generation; ++i)
    ASSERT_EQ(escrow_release(p.acquire(64)), ESCROW_FREED);
  EXPECT_GE(p.stats().retired, escrow::slab::slots);
}
