// The bound that several parts of a structure share.
#include "escrow/budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

using namespace escrow;

TEST(Budget, WhatWouldPassTheBoundIsRefusedAndNotCounted) {
  budget b;
  b.open(100);
  EXPECT_TRUE(b.charge(60));
  EXPECT_FALSE(b.charge(41));
  EXPECT_EQ(b.held(), 60u);
  EXPECT_TRUE(b.charge(40));
  EXPECT_FALSE(b.charge(1));
  EXPECT_FALSE(b.charge(~0ull)) << "a sum that wraps is no room";
  b.refund(1);
  EXPECT_TRUE(b.charge(1));
  b.open(0);
  EXPECT_TRUE(b.charge(1ull << 60)) << "without a bound";
}

TEST(Budget, ThreadsTogetherGetWhatThereIsAndNoMore) {
  budget b;
  b.open(10'000);
  std::atomic<unsigned> got{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) got.fetch_add(b.charge(1) ? 1 : 0);
    });
  for (auto &t : threads) t.join();
  EXPECT_EQ(got.load(), 10'000u);
  EXPECT_EQ(b.held(), 10'000u);
}
