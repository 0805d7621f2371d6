// Numbers that are given once: both kinds, their limits, and every thread at once.
#include "escrow/sequence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace {

using escrow::sequence;
using escrow::u64;

u64 next(sequence &s) {
  u64 n = 0;
  EXPECT_EQ(s.next(n), ESCROW_OK);
  return n;
}

TEST(Sequence, OrderedNumbersFollowEachOther) {
  sequence s;
  ASSERT_EQ(s.init(7, 0), ESCROW_OK);
  for (u64 want = 7; want < 1000; ++want) ASSERT_EQ(next(s), want);
  u64 first = 0;
  ASSERT_EQ(s.next_n(100, first), ESCROW_OK);
  EXPECT_EQ(first, 1000u);
  EXPECT_EQ(next(s), 1100u);
}

TEST(Sequence, BlocksAreUsedUpBeforeTheNext) {
  sequence s;
  ASSERT_EQ(s.init(100, 8), ESCROW_OK);
  for (u64 want = 100; want < 100 + 64; ++want) ASSERT_EQ(next(s), want);  // one thread, one lane
  u64 first = 0;
  ASSERT_EQ(s.next_n(10, first), ESCROW_OK);
  EXPECT_EQ(first, 164u);
  EXPECT_EQ(next(s), 180u);  // 10 numbers are two whole blocks
}

TEST(Sequence, BadOptionsAreRefused) {
  sequence s;
  for (u64 block : {1ull, 3ull, 65535ull, 131072ull}) EXPECT_EQ(s.init(0, block), ESCROW_E_OPTION);
  EXPECT_EQ(s.init(1ull << 63, 0), ESCROW_E_OPTION);
  ASSERT_EQ(s.init(0, 65536), ESCROW_OK);
  u64 first = 0;
  EXPECT_EQ(s.next_n(0, first), ESCROW_E_SIZE);
  EXPECT_EQ(s.next_n((1ull << 32) + 1, first), ESCROW_E_SIZE);
}

TEST(Sequence, TheEndIsACodeAndStaysOne) {
  for (u64 block : {0ull, 4ull}) {
    sequence s;
    ASSERT_EQ(s.init(sequence::last - 7, block), ESCROW_OK);
    for (u64 want = sequence::last - 7; want <= sequence::last; ++want) ASSERT_EQ(next(s), want);
    for (int again = 0; again < 3; ++again) {
      u64 n = 0;
      EXPECT_EQ(s.next(n), ESCROW_E_EXHAUSTED);
      EXPECT_EQ(s.next_n(2, n), ESCROW_E_EXHAUSTED);
      EXPECT_EQ(n, 0u);
    }
  }
}

/// More threads than cores, so that threads meet in a lane and are interrupted between two steps.
void expect_unique(u64 block) {
  constexpr std::size_t threads = 8, each = 100'000;
  static sequence s;
  ASSERT_EQ(s.init(1, block), ESCROW_OK);
  std::vector<std::vector<u64>> given(threads, std::vector<u64>(each));
  {
    std::vector<std::jthread> running;
    for (auto &mine : given)
      running.emplace_back([&mine] {
        for (u64 &n : mine)
          while (s.next(n) == ESCROW_E_BUSY) {
          }
      });
  }
  std::vector<u64> all;
  for (auto const &mine : given) {
    if (block == 0) {
      EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    }
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end()) << "a number was given twice";
  EXPECT_GE(all.front(), 1u);
  if (block == 0) {
    EXPECT_EQ(all.back(), threads * each);
  }
}

TEST(Sequence, OrderedNumbersAreGivenOnce) {
  expect_unique(0);
}
TEST(Sequence, SmallBlocksAreGivenOnce) {
  expect_unique(2);
}
TEST(Sequence, LargeBlocksAreGivenOnce) {
  expect_unique(1024);
}

}  // namespace
