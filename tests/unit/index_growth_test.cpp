// Growth and shrinking in place: no entry is ever out of sight, versions never come again, and what
// fails leaves the index as it was.
#include "escrow/index_growth.hpp"

#include "map_fixture.hpp"

#include <thread>

namespace {

template <class Map>
void expect_content(test_map<Map> &m, std::unordered_map<u64, u64> const &oracle) {
  ASSERT_EQ(m.length(), oracle.size());
  for (auto const &[key, value] : oracle) {
    u64 out = 0;
    ASSERT_EQ(m->get(key, out), ESCROW_OK) << key;
    ASSERT_EQ(out, value);
  }
  ASSERT_EQ(content(m.map), oracle);
}

}  // namespace

TEST(IndexGrowth, EverySizeOnTheWayUpAndDownHoldsTheSame) {
  test_map<words_to_words> m;
  std::unordered_map<u64, u64> oracle;
  for (u64 key = 0; key < 300; ++key) {
    (void)m->put(key, ~key);
    oracle[key] = ~key;
  }
  for (u64 entries = 300; entries < 3000; entries += 37) {
    ASSERT_EQ(m.reserve(entries), ESCROW_OK);
    expect_content(m, oracle);
  }
  while (oracle.size() > 10) {
    for (int i = 0; i < 10; ++i) {
      u64 const key = oracle.begin()->first;
      ASSERT_EQ(m->erase(key), ESCROW_OK);
      oracle.erase(key);
    }
    (void)m.shrink();
    expect_content(m, oracle);
  }
}

TEST(IndexGrowth, APutSplitsOneBucketAndGrowthKeepsUp) {
  test_map<words_to_words> m;
  using growth = index_growth<words_to_words::index_type>;
  auto const &state = m.control->state;
  u64 before = state.buckets();
  for (u64 key = 0; key < 200'000; ++key) {
    ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
    ASSERT_LE(state.buckets(), before + 1) << "of entry " << key;
    before = state.buckets();
    ASSERT_LE(growth::wanted(key + 1), before + 2) << "of entry " << key;
  }
  // What only overwrites or erases neither grows the map nor keeps it from growing later.
  for (u64 key = 0; key < 1000; ++key) ASSERT_EQ(m->put(key, 2), ESCROW_OK);
  EXPECT_LE(state.buckets(), before + 1);
}

TEST(IndexGrowth, AMapThatFellBehindCatchesUp) {
  test_map<words_to_words> m;
  using growth = index_growth<words_to_words::index_type>;
  auto &state = m.control->state;
  u64 key = 0;
  state.growing.acquire();  // somebody who grows it, and sleeps
  for (; key < 5000; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
  state.growing.release();
  ASSERT_GT(growth::wanted(key), 16 * state.buckets());
  for (; key < 7500; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
  EXPECT_LE(growth::wanted(key), state.buckets() + 16 + state.buckets() / 64);
}

TEST(IndexGrowth, ChainsAreSplitAndMergedWithTheirNodes) {
  test_map<words_by_choice> m;
  std::unordered_map<u64, u64> oracle;
  // Hashes whose lowest five bits are those of four buckets: chains that splits divide unevenly.
  std::mt19937_64 random(5);
  for (int i = 0; i < 600; ++i) {
    u64 const key = random() % 4 | random() << 5;
    oracle[key] = static_cast<u64>(i);
    (void)m->put(key, static_cast<u64>(i));
  }
  EXPECT_GT(m.stats().nodes, 10u);
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(m.reserve(4000), ESCROW_OK);
    expect_content(m, oracle);
    (void)m.shrink();
    expect_content(m, oracle);
    EXPECT_LT(m.stats().nodes, 200u);
  }
}

TEST(IndexGrowth, ABucketThatComesAgainHasAVersionItNeverHad) {
  test_map<words_to_words> m;
  auto &state = m.control->state;
  u64 highest = 0;
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(m.reserve(10'000), ESCROW_OK);
    u64 const c = state.array.at(2000).ctl.load();
    ASSERT_NE(bucket_word::depth(c), 0u);
    ASSERT_GT(bucket_word::version(c), highest) << "in round " << round;
    // Entries that come and go move its version, and that of others.
    for (u64 key = 0; key < 5000; ++key) (void)m->put(key, 1);
    for (u64 key = 0; key < 5000; ++key) (void)m->erase(key);
    highest = bucket_word::version(state.array.at(2000).ctl.load());
    (void)m.shrink();
    ASSERT_EQ(bucket_word::depth(state.array.at(2000).ctl.load()), 0u);
    ASSERT_GE(state.floor, highest);
  }
}

TEST(IndexGrowth, AReaderOfAMergedBucketIsToldByItsVersion) {
  test_map<words_to_words> m;
  ASSERT_EQ(m.reserve(10'000), ESCROW_OK);
  auto const &b = m.control->state.array.at(1000);
  u64 const seen = b.ctl.load();
  EXPECT_FALSE(b.changed(seen));
  (void)m.shrink();
  EXPECT_TRUE(b.changed(seen)) << "given back, or merged away";
  ASSERT_EQ(m.reserve(10'000), ESCROW_OK);
  EXPECT_TRUE(b.changed(seen));
}

TEST(IndexGrowth, ASplitOfABucketOfAnOlderEpochSplitsItEmpty) {
  test_map<words_to_words> m;
  for (u64 key = 0; key < 1000; ++key) (void)m->put(key, 1);
  m.clear();
  ASSERT_EQ(m.reserve(10'000), ESCROW_OK);
  EXPECT_EQ(m.length(), 0u);
  EXPECT_TRUE(content(m.map).empty());
  u64 out = 0;
  for (u64 key = 0; key < 1000; ++key) ASSERT_EQ(m->get(key, out), ESCROW_E_ABSENT);
  m.clear();
  (void)m.shrink();
  for (u64 key = 0; key < 1000; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
}

TEST(IndexGrowth, WithLittleAddressSpaceItGrowsIntoSegments) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  // A control block that no map has had: it keeps the address space of its first map. 16 MiB are
  // enough for it and for 32768 buckets flat.
  std::vector<std::unique_ptr<test_map<words_to_words>>> maps;
  for (int i = 0; i < 64; ++i) {
    address_space const tight(16u << 20);
    maps.push_back(std::make_unique<test_map<words_to_words>>());
    if (maps.back()->control->state.array.flat() <= 1u << 16) break;
  }
  auto &m = *maps.back();
  u64 const flat = m.control->state.array.flat();
  ASSERT_LE(flat, 1u << 16);
  std::unordered_map<u64, u64> oracle;
  for (u64 key = 0; key < flat * 10; ++key) {
    ASSERT_EQ(m->put(key, ~key), ESCROW_CREATED);
    oracle[key] = ~key;
  }
  EXPECT_GT(m.stats().buckets, 2 * flat);
  expect_content(m, oracle);
  for (u64 key = 0; key < flat * 10; ++key) {
    if (key % 50 == 0) continue;
    ASSERT_EQ(m->erase(key), ESCROW_OK);
    oracle.erase(key);
  }
  EXPECT_GT(m.shrink(), 0u);
  expect_content(m, oracle);
}

TEST(IndexGrowth, EntriesAreNeverOutOfSightWhileItGrowsAndShrinks) {
  test_map<words_to_words> m;
  constexpr u64 staying = 200;
  for (u64 key = 0; key < staying; ++key) (void)m->put(key, ~key);
  std::atomic<bool> stop{false};
  std::atomic<u64> missed{0};
  std::thread reader([&] {
    while (!stop.load()) {
      for (u64 key = 0; key < staying; ++key) {
        u64 out = 0;
        if (m->get(key, out) != ESCROW_OK || out != ~key) missed.fetch_add(1);
      }
    }
  });
  for (int round = 0; round < 200; ++round) {
    ASSERT_EQ(m.reserve(20'000), ESCROW_OK);
    (void)m.shrink();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(missed.load(), 0u);
}
