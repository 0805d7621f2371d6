#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "blob_fixture.hpp"

namespace {

struct BlobEvacuation : blob_fixture {};

}  // namespace

TEST_F(BlobEvacuation, AnEvacuationForgetsStrayRecordsOfItsChunks) {
  std::vector<record> all;
  for (int i = 0; i < 3000; ++i) all.push_back(make(3000));
  for (u32 i = 0; i < blob_store::lanes; ++i) store.stripe(i).guard.acquire();
  for (auto const &r : all) end(r);
  for (u32 i = 0; i < blob_store::lanes; ++i) store.stripe(i).guard.release();
  all.clear();
  EXPECT_GT(shrink(all), 8u << 20);
  std::set<u64> seen;
  for (int i = 0; i < 3000; ++i) {
    all.push_back(make(3000));
    ASSERT_TRUE(seen.insert(all.back().reference).second) << "a record came twice";
  }
  for (auto const &r : all) end(r);
}

TEST_F(BlobEvacuation, ShrinkGivesTheMemoryOfErasedRecordsBack) {
  std::vector<record> all;
  for (int i = 0; i < 100'000; ++i) all.push_back(make(16 + random() % 600));
  for (int i = 0; i < 20; ++i) all.push_back(make(blob_store::largest));
  auto const full = store.stats();
  EXPECT_LE(static_cast<double>(full.bytes_held),
            1.1 * static_cast<double>(full.bytes_live) + 2 * blob_store::touch_ahead);
  for (u64 const kept_of_1000 : {900, 800, 400, 100, 1}) {
    std::vector<record> kept;
    for (auto const &r : all) {
      if (random() % 1000 < kept_of_1000) {
        kept.push_back(r);
      } else {
        end(r);
      }
    }
    all = kept;
    u64 const before = store.stats().bytes_held;
    u64 const given_back = shrink(all);
    auto const after = store.stats();
    if (kept_of_1000 <= 400) {
      EXPECT_GT(given_back, 0u);
      EXPECT_LT(after.bytes_held, before);
    }
    EXPECT_LE(after.bytes_held,
              after.bytes_live * 4 / 3 + u64{blob_store::lanes} * 2 * blob_store::touch_ahead);
    std::printf("%llu of 1000 kept: live %llu KiB, held %llu KiB, before %llu KiB\n",
                static_cast<unsigned long long>(kept_of_1000),
                static_cast<unsigned long long>(after.bytes_live >> 10),
                static_cast<unsigned long long>(after.bytes_held >> 10),
                static_cast<unsigned long long>(before >> 10));
    for (auto const &r : all) ASSERT_TRUE(is_whole(r));
  }
  for (auto const &r : all) end(r);
  all.clear();
  (void)shrink(all);
  EXPECT_EQ(store.stats().bytes_held, 0u);
  EXPECT_EQ(store.stats().chunks, 0u);
}

TEST_F(BlobEvacuation, AnOldReferenceStaysReadableAfterItsMemoryWentBack) {
  std::vector<record> all;
  for (int i = 0; i < 2000; ++i) all.push_back(make(4096));
  std::vector<record> const old = all;
  for (auto const &r : all) end(r);
  all.clear();
  EXPECT_GT(shrink(all), 7u << 20);
  for (auto const &r : old) ASSERT_EQ(residence(store.at(r.reference), 4096).resident, 0u);
  for (auto const &r : old) {
    for (u64 i = 0; i < 512; i += 73) ASSERT_EQ(store.at(r.reference)[i].load(), 0u);
  }
  // Emptied chunks are used again before new ones.
  auto const made = old.back().reference >> chunk_table::unit_bits;
  for (int i = 0; i < 1900; ++i) {
    all.push_back(make(4096));
    ASSERT_LE(all.back().reference >> chunk_table::unit_bits, made);
  }
  for (auto const &r : all) end(r);
}

TEST_F(BlobEvacuation, AChunkWhoseRecordsStayedIsUsedAgain) {
  std::vector<record> all;
  for (int i = 0; i < 2000; ++i) all.push_back(make(4096));
  std::vector<record> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 4 == 0) {
      kept.push_back(all[i]);
    } else {
      end(all[i]);
    }
  }
  ASSERT_GT(store.begin_evacuation(), 0u);
  EXPECT_EQ(store.begin_evacuation(), 0u) << "one at a time";
  EXPECT_EQ(store.end_evacuation(), 0u) << "nothing was moved";
  EXPECT_EQ(store.end_evacuation(), 0u);
  for (auto const &r : kept) {
    EXPECT_FALSE(store.must_move(r.reference));
    ASSERT_TRUE(is_whole(r));
  }
  EXPECT_GT(shrink(kept), 4u << 20) << "the next one finds the chunks again";
  for (auto const &r : kept) end(r);
}

TEST_F(BlobEvacuation, NothingIsAllocatedInAChunkThatIsLeft) {
  std::vector<record> all;
  for (int i = 0; i < 4000; ++i) all.push_back(make(2048));
  for (auto const &r : all) end(r);
  ASSERT_GT(store.begin_evacuation(), 0u);
  std::vector<record> during;
  for (int i = 0; i < 4000; ++i) {
    during.push_back(make(2048));
    ASSERT_FALSE(store.must_move(during.back().reference));
  }
  (void)store.end_evacuation();
  for (auto const &r : during) end(r);
}
