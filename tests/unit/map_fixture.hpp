// What the tests of maps share: a map that is opened for a test and gives everything back, and
// hashes that the test chooses.
#ifndef ESCROW_TESTS_UNIT_MAP_FIXTURE_HPP
#define ESCROW_TESTS_UNIT_MAP_FIXTURE_HPP

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "address_space.hpp"
#include "escrow/byte_map.hpp"
#include "escrow/handle_map.hpp"
#include "escrow/map_census.hpp"
#include "escrow/map_control.hpp"
#include "escrow/sharded_map.hpp"
#include "escrow/word_map.hpp"

using namespace escrow;

/// The key is its own hash, so a test says which bucket a key belongs to, and which tag it has.
struct chosen_hash {
  hash_seed seed;
  u64 operator()(u64 key) const noexcept { return key; }
};
/// Every key belongs into the same bucket, however many there are.
struct colliding_hash {
  hash_seed seed;
  u64 operator()(u64 key) const noexcept { return key << 60; }
  u64 operator()(bytes const &key) const noexcept { return key.size << 60; }
};

/// A map of class `Map`; the test ends it, so that what it holds can be looked at afterwards.
template <class Map>
struct test_map {
  static constexpr bool holds_handles = requires(Map m) { m.release_all(); };

  map_control *control = nullptr;
  u64 name = 0;
  Map map;

  explicit test_map(map_options const &o = {}) {
    using rules = typename Map::rules_type;
    auto const keys = rules::byte_keys ? map_keys_kind::bytes : map_keys_kind::word;
    auto const values = holds_handles        ? map_values_kind::handle
                        : rules::byte_values ? map_values_kind::bytes
                                             : map_values_kind::word;
    EXPECT_EQ(map_lifecycle::open(keys, values, o, name), ESCROW_OK);
    if (name == 0) return;
    EXPECT_EQ(find_map(name, control), ESCROW_OK);
    rules r{};
    r.keys.hasher.seed = control->seed;
    r.blobs = &control->blobs;
    map = Map(control->state, r);
  }
  test_map(test_map const &) = delete;
  test_map &operator=(test_map const &) = delete;
  ~test_map() {
    EXPECT_EQ(map_lifecycle::close(name), ESCROW_OK);
    if constexpr (holds_handles) map.release_all();
    EXPECT_EQ(map_lifecycle::destroy(name), ESCROW_OK);
  }
  Map *operator->() { return &map; }
  [[nodiscard]] auto &index() { return map.index(); }
  [[nodiscard]] u64 length() { return map.index().length(); }
  [[nodiscard]] map_stats stats() { return map_census(map.index()); }
  [[nodiscard]] u64 shrink() { return map_shrink(map.index()); }
  void clear() { index_walk<typename Map::index_type>::clear(map.index()); }
  void sweep() { index_walk<typename Map::index_type>::sweep(map.index()); }
  [[nodiscard]] escrow_status reserve(u64 entries) {
    return index_growth<typename Map::index_type>::reserve(map.index(), entries);
  }
};

using words_to_words = word_map<word_keys<seeded_hash<u64>>>;
using words_by_choice = word_map<word_keys<chosen_hash>>;
using words_in_one_bucket = word_map<word_keys<colliding_hash>>;
using bytes_to_words = word_map<byte_keys<seeded_hash<bytes>>>;
using bytes_to_bytes = byte_map<byte_keys<seeded_hash<bytes>>>;
using words_to_bytes = byte_map<word_keys<seeded_hash<u64>>>;

inline bytes of(std::string const &s) {
  return {s.data(), s.size()};
}

/// Everything a map of words holds, as a scan in steps of `capacity` shows it; the test fails when
/// a key comes twice.
template <class Map>
std::unordered_map<u64, u64> content(Map &map, u64 capacity = 256) {
  std::unordered_map<u64, u64> all;
  std::vector<word_entry> some(capacity);
  for (u64 cursor = 0; cursor != map_cursor_end;) {
    u64 n = 0;
    EXPECT_EQ(map.scan(cursor, some.data(), capacity, n), ESCROW_OK);
    for (u64 i = 0; i < n; ++i)
      EXPECT_TRUE(all.emplace(some[i].key, some[i].value).second) << "twice: " << some[i].key;
  }
  return all;
}

/// Bytes that the process has in memory.
inline u64 resident_bytes() {
  std::FILE *const f = std::fopen("/proc/self/statm", "r");
  unsigned long long size = 0;
  unsigned long long resident = 0;
  if (f == nullptr || std::fscanf(f, "%llu %llu", &size, &resident) != 2) ADD_FAILURE();
  if (f != nullptr) std::fclose(f);
  return resident * pages::size();
}

#endif
