// The count of a map's entries: exact when nobody writes, and empty after a clear whoever comes
// late.
#include "escrow/tally.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

using namespace escrow;

struct Tally : ::testing::Test {
  void SetUp() override { counts->open(); }
  std::unique_ptr<tally> counts = std::make_unique<tally>();
};

TEST_F(Tally, WhatOneThreadAddsAnotherMayTakeAway) {
  for (int i = 0; i < 1000; ++i) counts->add(0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 125; ++i) counts->subtract(0);
    });
  for (auto &t : threads) t.join();
  EXPECT_EQ(counts->total(0), 0u);
}

TEST_F(Tally, AClearEmptiesAllLanesAndThoseWhoComeLateCountNoMore) {
  for (int i = 0; i < 10; ++i) counts->add(0);
  EXPECT_EQ(counts->total(0), 10u);
  EXPECT_EQ(counts->total(1), 0u);
  counts->add(1);
  counts->add(0);       // late
  counts->subtract(0);  // late
  EXPECT_EQ(counts->total(1), 1u);
}

TEST_F(Tally, ALaneThatNobodyUsedForSixteenMillionClearsIsNotTakenForFresh) {
  for (int i = 0; i < 5; ++i) counts->add(3);
  u64 const wrapped = 3 + (1ull << 24);
  for (u64 epoch = 3; epoch < wrapped; epoch += 200) counts->refresh(epoch);
  counts->refresh(wrapped);
  EXPECT_EQ(counts->total(wrapped), 0u);
  counts->add(wrapped);
  EXPECT_EQ(counts->total(wrapped), 1u);
}

TEST_F(Tally, RefreshKeepsWhatIsOfTheEpoch) {
  for (int i = 0; i < 5; ++i) counts->add(7);
  counts->refresh(7);
  counts->refresh(6);
  EXPECT_EQ(counts->total(7), 5u);
}

TEST_F(Tally, ALookIsDueAfterAsManyEntriesAsWasSaid) {
  EXPECT_TRUE(counts->is_due()) << "the first asks";
  counts->look_after(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(counts->is_due());
    counts->add(0);
  }
  EXPECT_TRUE(counts->is_due());
  counts->subtract(0);
  EXPECT_FALSE(counts->is_due()) << "what left makes room";
}

TEST_F(Tally, AfterAClearOrAShrinkTheNextEntryLooks) {
  counts->add(0);
  counts->look_after(1'000'000);
  EXPECT_FALSE(counts->is_due());
  counts->look_again();
  EXPECT_TRUE(counts->is_due());
  counts->look_after(1'000'000);
  EXPECT_FALSE(counts->is_due());
  counts->add(1);
  EXPECT_TRUE(counts->is_due()) << "what was said before a clear was about other entries";
}

// Threads count in the newest epoch they know while another moves it; with a fetch_add that is
// taken back when it went to a newer epoch, a few of a thousand rounds are wrong by one.
TEST_F(Tally, CountsOfTwoEpochsNeverMix) {
  constexpr int threads = 4;
  for (u64 round = 0; round < 300; ++round) {
    u64 const old = 3 * round;
    std::atomic<u64> epoch{old};
    std::vector<std::thread> workers;
    std::atomic<u64> want{0};
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          u64 const e = epoch.load();
          counts->add(e);
          if (e == old + 2) want.fetch_add(1);
        }
      });
    epoch.store(old + 1);
    epoch.store(old + 2);
    for (auto &w : workers) w.join();
    ASSERT_EQ(counts->total(old + 2), want.load()) << "in round " << round;
  }
}
