#include "escrow/keyed_places.hpp"

#include <gtest/gtest.h>

#include <atomic>

using namespace escrow;

namespace {

struct place {
  std::atomic<u64> key{0};
};

}  // namespace

TEST(KeyedPlaces, AKeyIsFreshOnceAndStaysWhereItIs) {
  place all[8];
  bool fresh = false;
  u32 const at = keyed_places::claim<8>(all, 7, fresh);
  ASSERT_LT(at, 8u);
  EXPECT_TRUE(fresh);
  EXPECT_EQ(all[at].key.load(), 7u);
  EXPECT_EQ(keyed_places::claim<8>(all, 7, fresh), at);
  EXPECT_FALSE(fresh);
}

TEST(KeyedPlaces, EachKeyHasItsOwnPlaceUntilNoneIsLeft) {
  place all[8];
  bool fresh = false;
  u32 seen = 0;
  for (u64 key = 1; key <= 8; ++key) {
    u32 const at = keyed_places::claim<8>(all, key, fresh);
    ASSERT_LT(at, 8u);
    EXPECT_TRUE(fresh);
    seen |= 1u << at;
  }
  EXPECT_EQ(seen, 0xFFu);
  EXPECT_EQ(keyed_places::claim<8>(all, 9, fresh), keyed_places::none);
  EXPECT_FALSE(fresh);
  EXPECT_LT(keyed_places::claim<8>(all, 8, fresh), 8u);
  EXPECT_FALSE(fresh);
}
