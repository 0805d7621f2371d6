#include "escrow/blob_lane.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace escrow;

TEST(RecordClass, EverySizeFitsItsClassAndNotTheOneBelow) {
  for (u64 n = 1; n <= record_class::largest; ++n) {
    u32 const c = record_class::of(n);
    ASSERT_LT(c, record_class::count);
    ASSERT_GE(record_class::bytes(c), n);
    ASSERT_EQ(record_class::bytes(c) % 16, 0u);
    if (c > 0) {
      ASSERT_LT(record_class::bytes(c - 1), n);
    }
    if (n > 128) {
      ASSERT_LE(8 * (record_class::bytes(c) - n), n);
    }
  }
  // A key and a value of 64 KiB each behind 16 bytes.
  EXPECT_LT(record_class::of((64u << 10) + (64u << 10) + 16), record_class::count);
}

namespace {

struct BlobLane : ::testing::Test {
  void SetUp() override {
    ASSERT_EQ(chunks.open(), ESCROW_OK);
    u32 number = 0;
    ASSERT_EQ(chunks.take(number), ESCROW_OK);
    lane.use(number, 16);
    lane.touched = 4096;
  }
  void TearDown() override { chunks.close(); }

  chunk_table chunks;
  blob_lane lane{};
};

}  // namespace

TEST_F(BlobLane, CutsUpToTheTouchedPagesAndNoFurther) {
  u32 const record = record_class::of(48);
  std::set<u64> seen;
  while (u64 const reference = lane.cut(record)) seen.insert(reference);
  EXPECT_EQ(seen.size(), (4096u - 16) / 48);
  EXPECT_EQ(*seen.begin(), 1u);
  EXPECT_FALSE(lane.may_have(record));
  EXPECT_FALSE(lane.has_room(record_class::of(16)));
}

TEST_F(BlobLane, AFreeListIsLastInFirstOut) {
  u32 const record = record_class::of(100);
  u64 const a = lane.cut(record);
  u64 const b = lane.cut(record);
  EXPECT_EQ(lane.pop(chunks, record), 0u);
  lane.push(chunks, record, a);
  lane.push(chunks, record, b);
  EXPECT_EQ(lane.pop(chunks, record + 1), 0u);
  EXPECT_EQ(lane.pop(chunks, record), b);
  EXPECT_EQ(lane.pop(chunks, record), a);
  EXPECT_EQ(lane.pop(chunks, record), 0u);
}

TEST_F(BlobLane, RecordsOfALeavingChunkAreForgottenAFewAtATime) {
  u32 const record = record_class::of(16);
  u32 other = 0;
  ASSERT_EQ(chunks.take(other), ESCROW_OK);
  u64 const stays = chunk_table::reference_to(other, 64);
  lane.push(chunks, record, stays);
  for (u32 i = 0; i < blob_lane::most_dropped + 4; ++i) lane.push(chunks, record, lane.cut(record));
  chunks.numbered(0).state = chunk::leaving;
  EXPECT_EQ(lane.pop(chunks, record), 0u);
  EXPECT_TRUE(lane.may_have(record));
  EXPECT_EQ(lane.pop(chunks, record), stays);
  EXPECT_EQ(lane.pop(chunks, record), 0u);
}

TEST_F(BlobLane, ForgetLeavingKeepsWhatStays) {
  u32 const record = record_class::of(16);
  u32 other = 0;
  ASSERT_EQ(chunks.take(other), ESCROW_OK);
  std::set<u64> stay;
  for (u32 i = 0; i < 100; ++i) {
    lane.push(chunks, record, lane.cut(record));
    stay.insert(chunk_table::reference_to(other, 16 * i));
    lane.push(chunks, record, chunk_table::reference_to(other, 16 * i));
  }
  chunks.numbered(0).state = chunk::leaving;
  lane.forget_leaving(chunks);
  chunks.numbered(0).state = chunk::held;
  std::set<u64> left;
  while (u64 const reference = lane.pop(chunks, record)) left.insert(reference);
  EXPECT_EQ(left, stay);
}
