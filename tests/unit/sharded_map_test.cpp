// Maps of C++ types: which types lie in words, which in records, and that a map closes itself.
#include "escrow/sharded_map.hpp"

#include "map_fixture.hpp"

namespace {

enum class colour : std::uint16_t { red = 1, green = 2 };

struct point {  // 24 bytes without padding
  u64 x;
  u64 y;
  u32 z;
  u32 w;
  bool operator==(point const &) const = default;
};
struct pair_of_ints {
  int a;
  int b;
};

template <class Key, class Value>
sharded_map<Key, Value> opened(map_options const &o = {}) {
  sharded_map<Key, Value> m;
  EXPECT_EQ((sharded_map<Key, Value>::open(o, m)), ESCROW_OK);
  return m;
}

}  // namespace

TEST(ShardedMap, KeysAndValuesOfEverySizeAreFound) {
  auto small = opened<colour, char>();
  EXPECT_EQ(small.put(colour::red, 'r'), ESCROW_CREATED);
  char c = 0;
  EXPECT_EQ(small.get(colour::red, c), ESCROW_OK);
  EXPECT_EQ(c, 'r');
  EXPECT_EQ(small.get(colour::green, c), ESCROW_E_ABSENT);

  auto ints = opened<int, pair_of_ints>();
  for (int i = -500; i < 500; ++i) ASSERT_EQ(ints.put(i, {i, -i}), ESCROW_CREATED);
  pair_of_ints p{};
  EXPECT_EQ(ints.get(-3, p), ESCROW_OK);
  EXPECT_EQ(p.a, -3);
  EXPECT_EQ(p.b, 3);
  EXPECT_EQ(ints.length(), 1000u);

  auto points = opened<point, point>();
  for (u32 i = 0; i < 1000; ++i) ASSERT_EQ(points.put({i, 0, i, 1}, {i, i, i, i}), ESCROW_CREATED);
  point q{};
  for (u32 i = 0; i < 1000; ++i) {
    ASSERT_EQ(points.get({i, 0, i, 1}, q), ESCROW_OK);
    ASSERT_EQ(q, (point{i, i, i, i}));
  }
  EXPECT_EQ(points.get({1, 0, 1, 2}, q), ESCROW_E_ABSENT);
  EXPECT_EQ(points.erase({1, 0, 1, 1}), ESCROW_OK);
  EXPECT_EQ(points.stats().bytes_records_live, 999 * 64u);
}

TEST(ShardedMap, EveryOperationOnWordsAndOnRecords) {
  auto words = opened<u64, u32>();
  u32 out = 0;
  EXPECT_EQ(words.fetch_add(1, 0xFFFFFFFF, out), ESCROW_CREATED);
  EXPECT_EQ(words.fetch_add(1, 2, out), ESCROW_OK);
  EXPECT_EQ(out, 0xFFFFFFFFu);
  EXPECT_EQ(words.get(1, out), ESCROW_OK);
  EXPECT_EQ(out, 1u) << "modulo 2^32, as the type says";
  EXPECT_EQ(words.put_if_absent(1, 9, out), ESCROW_OK);
  EXPECT_EQ(out, 1u);
  EXPECT_EQ(words.put_if_absent(2, 9, out), ESCROW_CREATED);
  EXPECT_EQ(out, 9u);
  EXPECT_EQ(words.compare_and_swap(2, 8, 1), ESCROW_E_DIFFERS);
  EXPECT_EQ(words.compare_and_swap(2, 9, 1), ESCROW_OK);
  EXPECT_EQ(words.swap(2, 5, out), ESCROW_OK);
  EXPECT_EQ(out, 1u);
  EXPECT_EQ(words.erase_if(2, map_condition::less, 5), ESCROW_E_DIFFERS);
  EXPECT_EQ(words.take(2, out), ESCROW_OK);
  EXPECT_EQ(out, 5u);
  EXPECT_EQ(words.purge(map_condition::equal, 1), 1u);
  EXPECT_EQ(words.length(), 0u);

  auto records = opened<u64, point>();
  point const a{1, 2, 3, 4};
  point const b{5, 6, 7, 8};
  point there{};
  EXPECT_EQ(records.put_if_absent(1, a, there), ESCROW_CREATED);
  EXPECT_EQ(there, a);
  EXPECT_EQ(records.put_if_absent(1, b, there), ESCROW_OK);
  EXPECT_EQ(there, a);
  EXPECT_EQ(records.compare_and_swap(1, b, a), ESCROW_E_DIFFERS);
  EXPECT_EQ(records.swap(1, b, there), ESCROW_OK);
  EXPECT_EQ(there, a);
  EXPECT_EQ(records.take(1, there), ESCROW_OK);
  EXPECT_EQ(there, b);
  EXPECT_EQ(records.stats().bytes_records_live, 0u);
}

TEST(ShardedMap, BytesAreCopiedInAndOut) {
  auto m = opened<bytes, bytes>();
  std::string key = "key";
  std::string value = "value";
  EXPECT_EQ(m.put(of(key), of(value)), ESCROW_CREATED);
  key = "???";
  value = "?????";
  char room[16];
  byte_buffer out{room, sizeof room, 0};
  EXPECT_EQ(m.get({"key", 3}, out), ESCROW_OK);
  EXPECT_EQ(std::string(room, out.size), "value");
}

TEST(ShardedMap, AMoveLeavesNothingBehindAndTheLastOwnerCloses) {
  u64 name = 0;
  {
    auto a = opened<u64, u64>();
    ASSERT_EQ(a.put(1, 1), ESCROW_CREATED);
    auto b = std::move(a);
    EXPECT_FALSE(static_cast<bool>(a));  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(b.length(), 1u);
    a = std::move(b);
    EXPECT_EQ(a.length(), 1u);
    auto c = opened<u64, u64>();
    c = std::move(a);
    EXPECT_EQ(c.length(), 1u);
    u64 other = 0;
    ASSERT_EQ(map_lifecycle::open(map_keys_kind::word, map_values_kind::word, {}, other),
              ESCROW_OK);
    name = other;
    EXPECT_EQ(map_lifecycle::close(other), ESCROW_OK);
    EXPECT_EQ(map_lifecycle::destroy(other), ESCROW_OK);
  }
  map_control *control = nullptr;
  EXPECT_EQ(open_map(name, control), ESCROW_E_STALE);
}

TEST(ShardedMap, WhatIsExpectedIsReservedOrRefused) {
  map_options o;
  o.expected = 10'000;
  auto const m = opened<u64, u64>(o);
  EXPECT_GE(m.stats().buckets, 10'000u * 4 / 15);
  o.limit_bytes = 100'000;
  sharded_map<u64, u64> refused;
  EXPECT_EQ((sharded_map<u64, u64>::open(o, refused)), ESCROW_E_FULL);
  EXPECT_FALSE(static_cast<bool>(refused));
  o.limit_bytes = 0;
  o.expected = ~0ull;
  EXPECT_EQ((sharded_map<u64, u64>::open(o, refused)), ESCROW_E_SIZE);
}

TEST(ShardedMap, ClearSweepReserveAndShrink) {
  auto m = opened<u64, point>();
  for (u64 key = 0; key < 10'000; ++key) ASSERT_EQ(m.put(key, {}), ESCROW_CREATED);
  m.clear();
  EXPECT_EQ(m.length(), 0u);
  m.sweep();
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
  EXPECT_GT(m.shrink(), 0u);
  EXPECT_EQ(m.reserve(10'000), ESCROW_OK);
  EXPECT_EQ(m.put(1, {}), ESCROW_CREATED);
}
