#include "escrow/misuse_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

using namespace escrow;

namespace {

constexpr refusal stale{7, ESCROW_OPERATION_RELEASE, 1234, ESCROW_E_STALE};

std::vector<escrow_misuse_site> all_of(misuse_table const &t) {
  std::vector<escrow_misuse_site> all;
  escrow_misuse_site s;
  for (u32 i = 0; i < misuse_table::places; ++i)
    if (t.read(i, s)) all.push_back(s);
  return all;
}

}  // namespace

TEST(MisuseTable, CountsWhatIsAlikeInOnePlace) {
  auto *const t = misuse_table::reserve();
  ASSERT_NE(t, nullptr);
  EXPECT_TRUE(all_of(*t).empty());
  t->enter(stale, 10);
  t->enter(stale, 20);
  auto const all = all_of(*t);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].site, 7u);
  EXPECT_EQ(all[0].operation, u32{ESCROW_OPERATION_RELEASE});
  EXPECT_EQ(all[0].pool, 1234u);
  EXPECT_EQ(all[0].status, ESCROW_E_STALE);
  EXPECT_EQ(all[0].count, 2u);
  EXPECT_EQ(all[0].last, 20u);
}

TEST(MisuseTable, WhatDiffersInOneFieldHasAPlaceOfItsOwn) {
  auto *const t = misuse_table::reserve();
  t->enter(stale, 1);
  for (auto const change : {0, 1, 2, 3}) {
    refusal r = stale;
    if (change == 0) r.site = 0;  // its stack found no place
    if (change == 1) r.operation = ESCROW_OPERATION_BORROW;
    if (change == 2) r.pool = 0;
    if (change == 3) r.status = ESCROW_E_MOVED;
    t->enter(r, 1);
  }
  EXPECT_EQ(all_of(*t).size(), 5u);
}

TEST(MisuseTable, CountsWhatFindsNoPlaceAndKeepsWhatIsThere) {
  auto *const t = misuse_table::reserve();
  t->enter(stale, 1);
  for (u32 i = 0; i < 2 * misuse_table::places; ++i) t->enter({i, 1, 5, ESCROW_E_KIND}, 2);
  auto const all = all_of(*t);
  EXPECT_GT(all.size(), misuse_table::places * 9 / 10);
  EXPECT_EQ(all.size() + t->lost(), 1 + 2 * u64{misuse_table::places});
  t->enter(stale, 3);
  u64 of_stale = 0;
  for (auto const &s : all_of(*t))
    if (s.status == ESCROW_E_STALE) of_stale = s.count;
  EXPECT_EQ(of_stale, 2u);
}

TEST(MisuseTable, ThreadsThatEnterTheSameLoseNoneAndReadWholeOnes) {
  auto *const t = misuse_table::reserve();
  constexpr u32 kinds = 100, rounds = 200;
  constexpr u32 threads = 4;
  std::atomic<bool> torn{false};
  std::vector<std::thread> crowd;
  for (u32 n = 0; n < threads; ++n)
    crowd.emplace_back([&] {
      for (u32 round = 0; round < rounds; ++round)
        for (u32 k = 1; k <= kinds; ++k) {
          t->enter({k, k, k, -1 - static_cast<escrow_status>(k % 20)}, round);
          if (k != 1) continue;
          for (auto const &s : all_of(*t))
            if (s.operation != s.site || s.pool != s.site ||
                s.status != -1 - static_cast<escrow_status>(s.site % 20))
              torn = true;
        }
    });
  for (auto &one : crowd) one.join();
  EXPECT_FALSE(torn);
  auto const all = all_of(*t);
  EXPECT_EQ(all.size(), u64{kinds});
  for (auto const &s : all) EXPECT_EQ(s.count, u64{threads} * rounds);
}
