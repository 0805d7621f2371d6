#include "escrow/arena.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

using namespace escrow;

TEST(Arena, RangesNeverOverlapAndReadZeroWhenAsked) {
  auto const a = std::make_unique<arena>();
  struct held {
    range memory;
    u64 bytes;
    unsigned char mark;
  };
  std::vector<held> all;
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    if (random() % 3 != 0 || all.empty()) {
      u64 const bytes = 1 + random() % (random() % 20 == 0 ? 2'000'000 : 30'000);
      u64 const alignment = 1ull << random() % 13;
      bool const zeroed = random() % 2 == 0;
      range r{};
      ASSERT_TRUE(a->take(bytes, alignment, random() % 4 == 0, zeroed, r));
      ASSERT_EQ(reinterpret_cast<u64>(r.first) % alignment, 0u);
      ASSERT_GE(u64{r.units} * region::unit_bytes, bytes);
      for (u64 k = 0; zeroed && k < bytes; ++k) ASSERT_EQ(r.first[k], 0);
      auto const mark = static_cast<unsigned char>(1 + random() % 255);
      std::memset(r.first, mark, bytes);
      all.push_back({r, bytes, mark});
    } else {
      std::swap(all[random() % all.size()], all.back());
      held const h = all.back();
      all.pop_back();
      for (u64 k = 0; k < h.bytes; ++k)
        ASSERT_EQ(static_cast<unsigned char>(h.memory.first[k]), h.mark);
      a->give_back(h.memory);
    }
  }
  for (auto const &h : all) a->give_back(h.memory);
}

TEST(Arena, AddressSpaceIsReused) {
  auto const a = std::make_unique<arena>();
  range first{};
  ASSERT_TRUE(a->take(64 * 1024, 16, false, false, first));
  a->give_back(first);
  for (int i = 0; i < 1000; ++i) {
    range r{};
    ASSERT_TRUE(a->take(64 * 1024, 16, false, true, r));
    ASSERT_EQ(r.first, first.first);
    a->give_back(r);
  }
  range block{};
  ASSERT_TRUE(a->take(8u << 20, 4096, false, false, block));
  a->give_back(block);
  range again{};
  ASSERT_TRUE(a->take(8u << 20, 4096, false, false, again));
  EXPECT_EQ(again.first, block.first);
}

TEST(Arena, HugeRegionsBeginOnAHugePage) {
  auto const a = std::make_unique<arena>();
  range r{};
  ASSERT_TRUE(a->take(1024, 16, true, false, r));
  EXPECT_EQ(reinterpret_cast<u64>(r.first) % pages::huge_bytes, 0u);
}

TEST(Region, FindsTheLastSetBit) {
  u64 bits[region::words] = {};
  region::put(bits, 100, 3, true);
  EXPECT_EQ(region::last_set(bits, 0, 4096), 103u);
  EXPECT_EQ(region::last_set(bits, 0, 101), 101u);
  EXPECT_EQ(region::last_set(bits, 0, 100), 0u);
  EXPECT_EQ(region::last_set(bits, 103, 500), 103u);
  region::put(bits, 60, 80, false);
  EXPECT_EQ(region::last_set(bits, 0, 4096), 0u);
}
