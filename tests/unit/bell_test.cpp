#include "escrow/bell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using escrow::bell;
using escrow::deadline;
using escrow::u32;
using escrow::u64;

TEST(Bell, WhoLooksAtWhatIsThereDoesNotSleep) {
  bell b;
  EXPECT_TRUE(b.until([] { return true; }, deadline::after(deadline::never)));
}

TEST(Bell, WhoWaitsInVainIsBackWhenTheTimeIsUp) {
  bell b;
  u32 looks = 0;
  EXPECT_FALSE(b.until([&] { return ++looks == 100; }, deadline::after(0)));
  EXPECT_EQ(looks, 2u);
  u64 const before = escrow::read_clock(CLOCK_MONOTONIC);
  EXPECT_FALSE(b.until([] { return false; }, deadline::after(2'000'000)));
  EXPECT_GE(escrow::read_clock(CLOCK_MONOTONIC) - before, 2'000'000u);
}

TEST(Bell, ARingWakesAllWhoWait) {
  bell b;
  std::atomic<u32> round{0};
  std::atomic<u32> woken{0};
  constexpr u32 rounds = 200;
  auto const wait = [&] {
    for (u32 r = 1; r <= rounds; ++r) {
      if (b.until([&] { return round.load() >= r; }, deadline::after(deadline::never))) ++woken;
    }
  };
  std::thread one(wait);
  std::thread two(wait);
  for (u32 r = 1; r <= rounds; ++r) {
    round = r;
    b.ring();
    if (r % 16 == 0) std::this_thread::yield();
  }
  one.join();
  two.join();
  EXPECT_EQ(woken, 2 * rounds);
}

TEST(Deadline, DoesNotOverflow) {
  EXPECT_EQ(deadline::after(deadline::never).left(), deadline::never);
  EXPECT_EQ(deadline::after(deadline::never - 1).left(), deadline::never);
  EXPECT_EQ(deadline::after(0).left(), 0u);
  EXPECT_GT(deadline::after(1'000'000'000'000).left(), 0u);
}
