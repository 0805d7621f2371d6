// Reads and writes that others get in the way of, made to happen: what find() and update() are
// given to call does the others' work, at the moment between two steps.
#include "escrow/word_index.hpp"

#include "map_fixture.hpp"

namespace {

using map_type = words_by_choice;
using index_type = map_type::index_type;

auto is(u64 key) {
  return [key](u64 word, auto const &) noexcept { return word == key; };
}

/// Reads `key`; `between` runs once, after its value was read and before it is believed.
template <bool at_once = false, class Between>
escrow_status read_while(index_type const &index, u64 key, u64 &out, Between const &between) {
  bool first = true;
  return index.find<at_once>(key, is(key), [&](u64, u64 value, auto const &) noexcept {
    out = value;
    if (first) between();
    first = false;
    return true;
  });
}

}  // namespace

// Keys are their own hashes: 0 and 16 << 4 share bucket 0, and a tag.
constexpr u64 mine = 0;
constexpr u64 other = 1ull << 20;

TEST(WordIndex, AReadThatAnErasureOvertakesIsNotBelieved) {
  for (bool const in_chain : {false, true}) {
    test_map<map_type> m;
    if (in_chain) {
      for (u64 k = 2; k < 10; ++k) ASSERT_EQ(m->put(k << 21, 1), ESCROW_CREATED);
    }
    ASSERT_EQ(m->put(mine, 5), ESCROW_CREATED);
    u64 out = 0;
    EXPECT_EQ(read_while(m.index(), mine, out,
                         [&] {
                           EXPECT_EQ(m->erase(mine), ESCROW_OK);
                           EXPECT_EQ(m->put(other, 77), ESCROW_CREATED);  // into its slot
                         }),
              ESCROW_E_ABSENT);
  }
}

TEST(WordIndex, AReadThatIsOvertakenByTheSameKeyAgainSeesTheNewValue) {
  test_map<map_type> m;
  ASSERT_EQ(m->put(mine, 5), ESCROW_CREATED);
  u64 out = 0;
  EXPECT_EQ(read_while(m.index(), mine, out,
                       [&] {
                         EXPECT_EQ(m->erase(mine), ESCROW_OK);
                         EXPECT_EQ(m->put(mine, 6), ESCROW_CREATED);
                       }),
            ESCROW_OK);
  EXPECT_EQ(out, 6u);
}

TEST(WordIndex, AReadIsNotDisturbedByInsertsOverwritesAndLocks) {
  test_map<map_type> m;
  ASSERT_EQ(m->put(mine, 5), ESCROW_CREATED);
  u64 out = 0;
  EXPECT_EQ(read_while(m.index(), mine, out,
                       [&] {
                         EXPECT_EQ(m->put(other, 1), ESCROW_CREATED);
                         EXPECT_EQ(m->put(mine, 6), ESCROW_OK);
                         auto &b = m.control->state.array.at(0);
                         EXPECT_TRUE(b.try_lock(b.ctl.load()));  // and its holder is descheduled
                       }),
            ESCROW_OK);
  EXPECT_EQ(out, 5u);
  EXPECT_EQ(m->get(mine, out), ESCROW_OK) << "nor does a later one wait for the lock";
  EXPECT_EQ(out, 6u);
  EXPECT_EQ(m.control->state.retries.load(), 0u);
  EXPECT_EQ(m->put<true>(mine, 7), ESCROW_E_BUSY) << "a writer does";
  auto &b = m.control->state.array.at(0);
  b.publish(b.ctl.load() & ~bucket_word::lock);
}

TEST(WordIndex, AReadThatASplitOrAMergeOvertakesFindsTheEntryWhereItIsNow) {
  test_map<map_type> m;
  u64 const key = 1ull << 12 | 3;
  ASSERT_EQ(m->put(key, 5), ESCROW_CREATED);
  u64 out = 0;
  EXPECT_EQ(read_while(m.index(), key, out, [&] { EXPECT_EQ(m.reserve(50'000), ESCROW_OK); }),
            ESCROW_OK);
  EXPECT_EQ(out, 5u);
  EXPECT_EQ(read_while(m.index(), key, out, [&] { (void)m.shrink(); }), ESCROW_OK);
  EXPECT_EQ(out, 5u);
  EXPECT_EQ(read_while(m.index(), key, out,
                       [&] {
                         EXPECT_EQ(m.reserve(50'000), ESCROW_OK);
                         (void)m.shrink();
                         EXPECT_EQ(m->erase(key), ESCROW_OK);
                         EXPECT_EQ(m.reserve(50'000), ESCROW_OK);
                       }),
            ESCROW_E_ABSENT);
}

TEST(WordIndex, AReadThatIsDisturbedEachTimeGivesUpWithBusyAfterABoundedNumber) {
  test_map<map_type> m;
  ASSERT_EQ(m->put(mine, 5), ESCROW_CREATED);
  unsigned tries = 0;
  auto const s = m.index().find<true>(mine, is(mine), [&](u64, u64, auto const &) noexcept {
    ++tries;
    EXPECT_EQ(m->erase(mine), ESCROW_OK);
    EXPECT_EQ(m->put(mine, 5), ESCROW_CREATED);
    return true;
  });
  EXPECT_EQ(s, ESCROW_E_BUSY);
  EXPECT_EQ(tries, 1 + max_lost_races);
}

TEST(WordIndex, AWriteThatAClearOvertakesWritesIntoTheClearedMap) {
  test_map<map_type> m;
  ASSERT_EQ(m->put(mine, 5), ESCROW_CREATED);
  bool first = true;
  auto const clearing = [&](u64 word, auto const &) noexcept {
    if (first) m.clear();
    first = false;
    return word == mine;
  };
  unsigned decided = 0;
  auto const s =
      m.index().update<false, true>(mine, clearing, [&](bool found, u64, u64) noexcept -> edit {
        ++decided;
        EXPECT_FALSE(found) << "what a clear took";
        return {found ? edit::set_value : edit::insert, found ? ESCROW_OK : ESCROW_CREATED, mine,
                9};
      });
  EXPECT_EQ(s, ESCROW_CREATED);
  EXPECT_EQ(decided, 1u);
  EXPECT_EQ(m.length(), 1u);
  u64 out = 0;
  EXPECT_EQ(m->get(mine, out), ESCROW_OK);
  EXPECT_EQ(out, 9u);
}

TEST(WordIndex, AWriteThatAnotherOvertakesDecidesOnceAboutWhatIsThereThen) {
  test_map<map_type> m;
  ASSERT_EQ(m->put(mine, 5), ESCROW_CREATED);
  bool first = true;
  auto const overtaken = [&](u64 word, auto const &) noexcept {
    if (first) {
      EXPECT_EQ(m->erase(mine), ESCROW_OK);
      EXPECT_EQ(m->put(other, 7), ESCROW_CREATED);  // into its slot
    }
    first = false;
    return word == mine;
  };
  EXPECT_EQ(m.index().remove<false>(mine, overtaken), ESCROW_E_ABSENT);
  u64 out = 0;
  EXPECT_EQ(m->get(other, out), ESCROW_OK) << "it removed somebody else's entry";
  EXPECT_EQ(out, 7u);
}

TEST(WordIndex, WhatCreatesNothingTakesNoNodeAndIsNeverRefused) {
  map_options o;
  o.limit_bytes = 32 * (sizeof(bucket) + 4);  // not one node
  test_map<map_type> m(o);
  for (u64 k = 1; k <= 7; ++k) ASSERT_EQ(m->put(k << 20, k), ESCROW_CREATED);
  EXPECT_EQ(m->put(8 << 20, 1), ESCROW_E_FULL);
  u64 out = 0;
  EXPECT_EQ(m->erase(8 << 20), ESCROW_E_ABSENT);
  EXPECT_EQ(m->take(8 << 20, out), ESCROW_E_ABSENT);
  EXPECT_EQ(m->compare_and_swap(8 << 20, 1, 1), ESCROW_E_ABSENT);
  EXPECT_EQ(m->erase_if(8 << 20, map_condition::equal, 1), ESCROW_E_ABSENT);
  EXPECT_EQ(m->put(7 << 20, 9), ESCROW_OK);
  EXPECT_EQ(m->erase(7 << 20), ESCROW_OK);
  EXPECT_EQ(m->put(8 << 20, 1), ESCROW_CREATED);
}

TEST(WordIndex, ALeafWritesIntoNodesAsTheOrdinaryCallDoes) {
  test_map<map_type> m;
  u64 out = 0;
  for (u64 k = 1; k <= 7; ++k) ASSERT_EQ(m->put<true>(k << 20, k), ESCROW_CREATED);
  EXPECT_EQ(m->put<true>(8 << 20, 8), ESCROW_E_BUSY) << "no node is at hand";
  EXPECT_EQ(m->get(8 << 20, out), ESCROW_E_ABSENT);
  EXPECT_EQ(m.length(), 7u);
  EXPECT_EQ(m->put(8 << 20, 8), ESCROW_CREATED) << "which makes some";
  for (u64 k = 9; k <= 20; ++k) ASSERT_EQ(m->put<true>(k << 20, k), ESCROW_CREATED);
  EXPECT_EQ(m.stats().nodes, 2u);
  EXPECT_EQ(m->put<true>(20 << 20, 21), ESCROW_OK);
  EXPECT_EQ(m->swap<true>(19 << 20, 20, out), ESCROW_OK);
  EXPECT_EQ(out, 19u);
  EXPECT_EQ(m->put_if_absent<true>(18 << 20, 1, out), ESCROW_OK);
  EXPECT_EQ(out, 18u);
  EXPECT_EQ(m->compare_and_swap<true>(19 << 20, 20, 19), ESCROW_OK);
  EXPECT_EQ(m->fetch_add<true>(20 << 20, u64{0} - 1, out), ESCROW_OK);
  // Out of the bucket, which pulls up; out of a node; until both nodes are given back.
  u64 gone = 0;
  for (u64 const k : {1, 20, 2, 19, 8, 3, 14, 15, 4, 16, 17, 9, 5}) {
    EXPECT_EQ(m->take<true>(k << 20, out), ESCROW_OK);
    EXPECT_EQ(out, k);
    EXPECT_EQ(m->erase<true>(k << 20), ESCROW_E_ABSENT);
    EXPECT_EQ(m.length(), 20 - ++gone);
  }
  EXPECT_EQ(m.stats().nodes, 0u);
  for (u64 const k : {6, 7, 10, 11, 12, 13, 18}) {
    EXPECT_EQ(m->get<true>(k << 20, out), ESCROW_OK);
    EXPECT_EQ(out, k);
  }
}

TEST(WordIndex, ALeafLeavesLongChainsAndWhatAClearTookToTheOrdinaryCall) {
  test_map<map_type> m;
  constexpr u64 seen = 7 + 8 * 7;  // what a leaf looks at
  for (u64 k = 1; k <= seen; ++k) ASSERT_EQ(m->put(k << 20, k), ESCROW_CREATED);
  EXPECT_EQ(m->erase<true>(1ull << 40), ESCROW_E_ABSENT);
  EXPECT_EQ(m->put((seen + 1) << 20, 1), ESCROW_CREATED);
  EXPECT_EQ(m->erase<true>(1ull << 40), ESCROW_E_BUSY) << "a ninth node";
  EXPECT_EQ(m->put<true>(1ull << 40, 1), ESCROW_E_BUSY);
  EXPECT_EQ(m.length(), seen + 1);
  m.clear();
  EXPECT_EQ(m->put<true>(1 << 20, 1), ESCROW_E_BUSY);
  EXPECT_EQ(m.length(), 0u);
  EXPECT_EQ(m->put(1 << 20, 1), ESCROW_CREATED);
  EXPECT_EQ(m->put<true>(1 << 20, 2), ESCROW_OK);
}
