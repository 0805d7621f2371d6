#include "escrow/fingerprint.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

using namespace escrow;

namespace {

call_stack stack_of(u64 first, u32 count) {
  call_stack s;
  s.clear();
  for (u32 i = 0; i < count; ++i) s.add(first + i);
  return s;
}

}  // namespace

TEST(Fingerprint, EntersAStackOnceAndCountsItOften) {
  auto *const all = fingerprints::reserve();
  ASSERT_NE(all, nullptr);
  u32 const a = all->enter(stack_of(0x1000, 3)), b = all->enter(stack_of(0x2000, 3));
  EXPECT_NE(a, 0u);
  EXPECT_NE(a, b);
  EXPECT_EQ(all->enter(stack_of(0x1000, 3)), a);
  call_stack s;
  u64 seen = 0;
  ASSERT_TRUE(all->read(a, s, seen));
  EXPECT_EQ(seen, 2u);
  EXPECT_EQ(s.count, 3u);
  EXPECT_EQ(s.native, 3u);
  EXPECT_EQ(s.frames[2], 0x1002u);
  all->take_back(a);
  ASSERT_TRUE(all->read(a, s, seen));
  EXPECT_EQ(seen, 1u);
}

TEST(Fingerprint, KeepsTheEmptyStack) {
  auto *const all = fingerprints::reserve();
  u32 const a = all->enter(stack_of(0, 0));
  call_stack s;
  u64 seen = 0;
  ASSERT_TRUE(all->read(a, s, seen));
  EXPECT_EQ(s.count, 0u);
}

TEST(Fingerprint, ANumberThatWasNeverGivenNamesNothing) {
  auto *const all = fingerprints::reserve();
  call_stack s;
  u64 seen = 0;
  for (u32 const number : {0u, 1u, fingerprints::places, fingerprints::places + 1, ~0u})
    EXPECT_FALSE(all->read(number, s, seen)) << number;
  all->take_back(0);
  all->take_back(~0u);
}

TEST(Fingerprint, CountsWhatFindsNoPlaceAndKeepsWhatIsThere) {
  auto *const all = fingerprints::reserve();
  std::set<u32> numbers;
  for (u64 i = 1; i <= 2 * fingerprints::places; ++i) {
    u32 const n = all->enter(stack_of(i * 0x10000, 2));
    if (n != 0) {
      EXPECT_TRUE(numbers.insert(n).second);
    }
  }
  EXPECT_GT(numbers.size(), fingerprints::places * 9 / 10);
  EXPECT_LE(numbers.size(), fingerprints::places);
  EXPECT_EQ(all->lost(), 2 * fingerprints::places - numbers.size());
  EXPECT_TRUE(numbers.contains(all->enter(stack_of(0x10000, 2))));
}

TEST(Fingerprint, ThreadsThatEnterTheSameStackGetOneNumberAndReadWholeStacks) {
  auto *const all = fingerprints::reserve();
  constexpr u64 kinds = 200;
  constexpr int threads = 4;
  std::vector<std::vector<u32>> got(threads, std::vector<u32>(kinds));
  std::vector<std::thread> crowd;
  std::atomic<bool> torn{false};
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&, t] {
      for (u64 i = 0; i < kinds; ++i) {
        u32 const n = all->enter(stack_of((i + 1) << 20, 20));
        got[static_cast<std::size_t>(t)][i] = n;
        call_stack s;
        u64 seen;
        if (!all->read(n, s, seen)) continue;  // another thread is still writing it
        for (u32 k = 0; k < s.count; ++k)
          if (s.frames[k] != s.frames[0] + k || s.count != 20) torn = true;
      }
    });
  for (auto &one : crowd) one.join();
  EXPECT_FALSE(torn);
  for (auto const &one : got) EXPECT_EQ(one, got[0]);
  call_stack s;
  u64 seen;
  for (u32 const n : got[0]) {
    ASSERT_TRUE(all->read(n, s, seen));
    EXPECT_EQ(seen, u64{threads});
  }
}
