#include "escrow/clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

using namespace escrow;

TEST(Clock, CountsNanoseconds) {
  u64 const before = read_clock(CLOCK_MONOTONIC);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  u64 const passed = read_clock(CLOCK_MONOTONIC) - before;
  EXPECT_GE(passed, 5'000'000u);
  EXPECT_LT(passed, 60'000'000'000u);
}

TEST(Clock, KnowsTheDate) {
  constexpr u64 in_2020 = 1'577'836'800'000'000'000u;
  EXPECT_GT(read_clock(CLOCK_REALTIME), in_2020);
}
