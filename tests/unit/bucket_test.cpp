// Buckets: what their words mean, and that a match is exact.
#include "escrow/bucket.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace escrow;

TEST(BucketWord, FieldsDoNotOverlapAndTogetherFillTheWord) {
  u64 const fields[] = {bucket_word::all_slots,  bucket_word::open,
                        bucket_word::lock,       bucket_word::more,
                        bucket_word::all_depths, ~0ull << bucket_word::version_shift};
  u64 all = 0;
  for (u64 const f : fields) {
    EXPECT_EQ(all & f, 0u);
    all |= f;
  }
  EXPECT_EQ(all, ~0ull);
  EXPECT_EQ(bucket_word::version(~0ull), (1ull << 49) - 1);
}

TEST(BucketWord, ABucketIsOpenJustWhenItHasADepth) {
  for (u32 d = 0; d <= bucket_word::most_depth; ++d) {
    u64 const w = bucket_word::at(77, d, 5);
    EXPECT_EQ(bucket_word::depth(w), d);
    EXPECT_EQ(bucket_word::version(w), 77u);
    EXPECT_EQ(bucket_word::occupied(w), 5u);
    EXPECT_EQ((w & bucket_word::open) != 0, d != 0);
    EXPECT_EQ(bucket_word::with_depth(w | bucket_word::lock, 0),
              bucket_word::at(77, 0, 5) | bucket_word::lock);
  }
}

TEST(BucketWord, ABucketCoversTheHashesWithItsLowBits) {
  u64 const w = bucket_word::at(1, 4, 0);
  EXPECT_TRUE(bucket_word::covers(w, 0xFFF3, 3));
  EXPECT_FALSE(bucket_word::covers(w, 0xFFF4, 3));
  EXPECT_FALSE(bucket_word::covers(bucket_word::at(1, 0, 0), 0, 0)) << "not split off";
}

TEST(BucketWord, ReadersMindVersionAndDepthAndNothingElse) {
  u64 const w = bucket_word::at(9, 4, 3);
  EXPECT_FALSE(bucket_word::changed(w, w));
  EXPECT_FALSE(bucket_word::changed(w | bucket_word::lock, w));
  EXPECT_FALSE(bucket_word::changed(w | bucket_word::more, w));
  EXPECT_FALSE(bucket_word::changed(w | bucket_word::slot << 6, w)) << "an insert disturbs nobody";
  EXPECT_TRUE(bucket_word::changed(w + bucket_word::version_one, w));
  EXPECT_TRUE(bucket_word::changed(bucket_word::with_depth(w, 5), w));
  EXPECT_TRUE(bucket_word::changed(bucket_word::with_depth(w, 0), w));
}

TEST(BucketWord, ANodesWordHoldsItsSuccessorAndItsSlots) {
  u64 const w = bucket_word::node(0x1FFFFFFFFull, 0x55);
  EXPECT_EQ(bucket_word::next(w), 0x1FFFFFFFFull);
  EXPECT_EQ(bucket_word::occupied(w), 0x55u);
}

TEST(BucketTags, AMatchIsExactForEveryPatternOfEqualBytes) {
  std::mt19937_64 random(1);
  for (unsigned equal = 0; equal < 256; ++equal) {
    for (int round = 0; round < 64; ++round) {
      u64 const needle = random();
      u64 tags = needle;
      for (unsigned s = 0; s < 8; ++s) {
        if ((equal >> s & 1) != 0) continue;
        // Also bytes that differ in one bit, where a subtraction would borrow.
        u64 const difference = round % 2 == 0 ? 1ull << random() % 8 : 1 + random() % 255;
        tags ^= difference << 8 * s;
      }
      ASSERT_EQ(bucket_tags::match(tags, needle), equal) << std::hex << tags << ' ' << needle;
    }
  }
}

TEST(BucketTags, TheNeedleHasTheTopByteOfTheHashSevenTimesAndTheEpoch) {
  u64 const n = bucket_tags::needle(0xAB12345678ull << 24, bucket_tags::of_epoch(0x107));
  EXPECT_EQ(n, 0x07ABABABABABABABull);
  EXPECT_EQ(bucket_tags::with(n, 3, 0x11), 0x07ABABAB11ABABABull);
  EXPECT_EQ(bucket_tags::tag(bucket_tags::with(n, 3, 0x11), 3), 0x11u);
}

TEST(Bucket, OnlyOneLocksAWordAndOnlyIfItIsStillTheSame) {
  auto const b = std::make_unique<bucket>();
  b->publish(bucket_word::at(1, 4, 0));
  u64 const seen = b->ctl.load();
  EXPECT_TRUE(b->try_lock(seen));
  EXPECT_FALSE(b->try_lock(seen));
  b->fill(2, 0xCD, 11, 22);
  EXPECT_FALSE(b->changed(seen)) << "an insert and a lock disturb nobody";
  b->publish(seen | bucket_word::slot << 2);
  EXPECT_FALSE(b->try_lock(seen)) << "an entry came";
  EXPECT_EQ(b->key(2), 11u);
  EXPECT_EQ(b->value(2), 22u);
  EXPECT_EQ(b->tag(2), 0xCDu);
}

TEST(Bucket, WhatIsSeenIsOpenAndOccupiedAndOfTheEpoch) {
  auto const b = std::make_unique<bucket>();
  u64 const h = 0xCDull << 56;
  b->set_epoch(5);
  b->fill(0, 0xCD, 1, 1);
  b->fill(4, 0xCD, 2, 2);
  b->fill(5, 0xCE, 3, 3);
  u64 const c = bucket_word::at(1, 4, 1 | 1 << 5);  // slot 4 is not occupied
  EXPECT_EQ(b->seen(c, bucket_tags::needle(h, bucket_tags::of_epoch(5))), bucket_word::open | 1);
  EXPECT_EQ(b->seen(c, bucket_tags::needle(h, bucket_tags::of_epoch(6))) & bucket_word::open, 0u);
  EXPECT_EQ(b->candidates(c, bucket_tags::needle(h, 0)), 1u);
  EXPECT_EQ(b->epoch_byte(), 5u);
  b->set_epoch(0xFE);
  EXPECT_EQ(b->tag(4), 0xCDu) << "the tags stay";
}
