// What a map says of itself.
#include "escrow/map_census.hpp"

#include "map_fixture.hpp"

TEST(MapCensus, AnEmptyMapHasItsFirstBucketsAndNothingElse) {
  test_map<words_to_words> m;
  auto const s = m.stats();
  EXPECT_EQ(s.entries, 0u);
  EXPECT_EQ(s.buckets, 16u);
  EXPECT_EQ(s.nodes, 0u);
  EXPECT_EQ(s.retries, 0u);
  EXPECT_EQ(s.bytes_index, 32 * (sizeof(bucket) + 4));
  EXPECT_EQ(s.bytes_records_held, 0u);
}

TEST(MapCensus, ProbesCountTheEntriesOfEachNodeOfAChain) {
  test_map<words_in_one_bucket> m;
  for (u64 key = 0; key < 7 * 10; ++key) ASSERT_EQ(m->put(key << 4, 1), ESCROW_CREATED);
  auto const s = m.stats();
  for (u32 i = 0; i + 1 < map_stats::probe_steps; ++i) EXPECT_EQ(s.probes[i], 7u) << i;
  EXPECT_EQ(s.probes[map_stats::probe_steps - 1], 7u * 3);
  EXPECT_EQ(s.nodes, 9u);
}

TEST(MapCensus, ClearedEntriesAreNotCounted) {
  test_map<bytes_to_words> m;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(m->put(of(std::to_string(i)), 1), ESCROW_CREATED);
  EXPECT_EQ(m.stats().bytes_records_live, 100 * 16u);
  m.clear();
  auto const s = m.stats();
  EXPECT_EQ(s.entries, 0u);
  for (u64 const p : s.probes) EXPECT_EQ(p, 0u);
  EXPECT_EQ(s.bytes_records_live, 100 * 16u) << "until somebody sweeps";
}

TEST(MapCensus, AShrinkOfAnEmptyMapGivesBackWhatItCanAndNothingTwice) {
  test_map<bytes_to_words> m;
  for (int i = 0; i < 50'000; ++i) ASSERT_EQ(m->put(of(std::to_string(i)), 1), ESCROW_CREATED);
  m.clear();
  EXPECT_GT(m.shrink(), 0u);
  auto const s = m.stats();
  EXPECT_EQ(s.bytes_records_live, 0u);
  EXPECT_LE(s.buckets, 17u);
  EXPECT_EQ(m.shrink(), 0u);
}
