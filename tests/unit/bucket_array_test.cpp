// The memory of buckets: it grows in steps, reads as zero, and goes back.
#include "escrow/bucket_array.hpp"

#include "map_fixture.hpp"

namespace {

u64 up_to(bucket_array &a, u64 buckets) {
  while (a.ready() < buckets)
    if (!a.extend()) return a.ready();
  return a.ready();
}

}  // namespace

TEST(BucketArray, GrowsByDoublingThenByHugePagesAndReadsAsZero) {
  bucket_array a;
  ASSERT_TRUE(a.open());
  u64 before = 0;
  while (a.ready() < 4 * bucket_array::huge_step) {
    u64 const step = a.next_step();
    EXPECT_LE(step, before == 0 ? 32 : std::min(before, bucket_array::huge_step));
    EXPECT_EQ(a.next_step_bytes(), step * (sizeof(bucket) + 4));
    ASSERT_TRUE(a.extend());
    EXPECT_EQ(a.ready(), before + step);
    for (u64 i = before; i < a.ready(); i += 7) {
      ASSERT_EQ(a.at(i).ctl.load(), 0u);
      ASSERT_EQ(a.link(i).load(), 0u);
    }
    before = a.ready();
  }
  a.close();
  EXPECT_EQ(a.ready(), 0u);
}

TEST(BucketArray, WhatIsGivenBackReadsAsZeroAndTheRestStays) {
  bucket_array a;
  ASSERT_TRUE(a.open());
  for (u64 const keep : {1ull, 16ull, 33ull, 1000ull, 1024ull, 20'000ull, 40'000ull}) {
    u64 const had = up_to(a, 50'000);
    for (u64 i = 0; i < had; ++i) {
      a.at(i).ctl.store(i + 1);
      a.at(i).at[6].value.store(i + 1);
      a.link(i).store(static_cast<u32>(i + 1));
    }
    u64 const given = a.give_back(keep);
    EXPECT_GT(given, 0u);
    EXPECT_GE(a.ready(), keep);
    EXPECT_LT(a.ready(), keep + bucket_array::huge_step);
    for (u64 i = 0; i < had; ++i) {
      u64 const want = i < a.ready() ? i + 1 : 0;
      ASSERT_EQ(a.at(i).ctl.load(), want) << i;
      ASSERT_EQ(a.at(i).at[6].value.load(), want) << i;
      ASSERT_EQ(a.link(i).load(), want) << i;
    }
    a.close();
  }
}

TEST(BucketArray, WithLittleAddressSpaceItGoesOnInSegments) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  bucket_array a;
  {
    address_space const tight(8u << 20);
    ASSERT_TRUE(a.open());
  }
  ASSERT_LE(a.flat(), 1ull << 15);
  u64 const flat = a.flat();
  u64 const had = up_to(a, 9 * flat);
  ASSERT_GE(had, 9 * flat);
  for (u64 i = 0; i < had; ++i) {
    ASSERT_EQ(a.at(i).ctl.load(), 0u);
    ASSERT_EQ(a.link(i).load(), 0u);
    a.at(i).ctl.store(~i);
    a.link(i).store(static_cast<u32>(i));
  }
  for (u64 i = 0; i < had; ++i) {
    ASSERT_EQ(a.at(i).ctl.load(), ~i) << "two buckets in one place";
    ASSERT_EQ(a.link(i).load(), static_cast<u32>(i));
  }
  EXPECT_GT(a.give_back(flat / 2), 0u);
  for (u64 i = 0; i < had; ++i) ASSERT_EQ(a.at(i).ctl.load(), i < a.ready() ? ~i : 0) << i;
  a.close();
}

TEST(BucketArray, WithoutAddressSpaceSaysSo) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  bucket_array a;
  {
    address_space const none(0);
    EXPECT_FALSE(a.open());
  }
  EXPECT_TRUE(a.open());
}
