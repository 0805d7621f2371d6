// Overflow nodes: each is somebody's alone, they are used again, and their memory is bounded.
#include "escrow/overflow.hpp"

#include "map_fixture.hpp"

#include <set>
#include <thread>

struct Overflow : ::testing::Test {
  void SetUp() override {
    memory.open(0);
    nodes->open(memory);
  }
  void TearDown() override { nodes->close(); }
  u32 take() {
    u32 n = 0;
    EXPECT_EQ(nodes->take<false>(n), ESCROW_OK);
    return n;
  }
  budget memory;
  std::unique_ptr<overflow> nodes = std::make_unique<overflow>();
};

TEST_F(Overflow, EveryNodeIsGivenToOneAndLiesInAPlaceOfItsOwn) {
  std::set<u32> numbers;
  std::set<bucket *> places;
  for (int i = 0; i < 5000; ++i) {
    u32 const n = take();
    EXPECT_NE(n, 0u);
    EXPECT_TRUE(numbers.insert(n).second);
    EXPECT_TRUE(places.insert(&nodes->at(n)).second);
    nodes->at(n).fill(6, 1, n, n);
  }
  for (u32 const n : numbers) EXPECT_EQ(nodes->at(n).key(6), n);
  EXPECT_EQ(nodes->used(), 5000u);
  EXPECT_GE(nodes->bytes(), 5000 * sizeof(bucket));
  EXPECT_EQ(memory.held(), nodes->bytes());
}

TEST_F(Overflow, WhatIsGivenBackIsUsedBeforeAnythingIsMade) {
  std::vector<u32> mine;
  for (int i = 0; i < 1000; ++i) mine.push_back(take());
  u64 const bytes = nodes->bytes();
  for (int round = 0; round < 100; ++round) {
    for (u32 const n : mine) nodes->give_back(n);
    EXPECT_EQ(nodes->used(), 0u);
    for (u32 &n : mine) n = take();
  }
  EXPECT_EQ(nodes->bytes(), bytes);
  EXPECT_EQ(std::set<u32>(mine.begin(), mine.end()).size(), mine.size());
}

TEST_F(Overflow, ALeafGetsWhatIsAtHandAndElseBusy) {
  u32 n = 0;
  EXPECT_EQ(nodes->take<true>(n), ESCROW_E_BUSY);
  (void)take();
  EXPECT_EQ(nodes->take<true>(n), ESCROW_OK);
  EXPECT_NE(n, 0u);
}

TEST_F(Overflow, TheBudgetBoundsWhatIsMade) {
  memory.open(3 * 4096);
  u32 n = 0;
  unsigned got = 0;
  escrow_status s = ESCROW_OK;
  while (got <= 96 && (s = nodes->take<false>(n)) == ESCROW_OK) ++got;
  EXPECT_EQ(s, ESCROW_E_FULL);
  EXPECT_EQ(got, 96u);
  nodes->give_back(n);
  EXPECT_EQ(nodes->take<false>(n), ESCROW_OK) << "full is no dead end";
}

TEST_F(Overflow, ThreadsThatTakeAndGiveBackNeverShareANode) {
  constexpr unsigned threads = 4;
  std::vector<std::thread> workers;
  std::atomic<unsigned> shared{0};
  for (unsigned t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      std::vector<u32> mine;
      for (unsigned i = 0; i < 20'000; ++i) {
        if (mine.size() < 20 || i % 3 == 0) {
          u32 n = 0;
          if (nodes->take<false>(n) != ESCROW_OK) continue;
          nodes->at(n).at[0].key.store(t + 1);
          mine.push_back(n);
        }
        u32 const n = mine[i % mine.size()];
        if (nodes->at(n).at[0].key.load() != t + 1) shared.fetch_add(1);
        if (i % 3 != 0) {
          nodes->give_back(mine.back());
          mine.pop_back();
        }
      }
      for (u32 const n : mine) nodes->give_back(n);
    });
  for (auto &w : workers) w.join();
  EXPECT_EQ(shared.load(), 0u);
  EXPECT_EQ(nodes->used(), 0u);
}

TEST_F(Overflow, AClosedOneCanBeReadAndOpenedAgain) {
  u32 const n = take();
  nodes->close();
  EXPECT_EQ(bucket_word::occupied(nodes->at(n).ctl.load()), 0u) << "the address stays readable";
  EXPECT_EQ(nodes->bytes(), 0u);
  memory.open(0);
  nodes->open(memory);
  EXPECT_EQ(take(), n);
}
