// Bytes become operations on four maps at once (words and byte strings, to words and bytes), and
// each answer is compared with what std::unordered_map gives. The hash has eight values a bucket's
// worth of bits, so that chains, splits and merges come soon.
// Guarantee J of docs/trust.md.
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "escrow/byte_map.hpp"
#include "escrow/map_census.hpp"
#include "escrow/map_control.hpp"
#include "escrow/word_map.hpp"
#include "op_stream.hpp"

namespace {

using namespace escrow;
using fuzz::source;

/// Few different hashes, spread over both ends.
struct crowded_hash {
  hash_seed seed;
  u64 operator()(u64 key) const noexcept { return (key & 63) * 0x0101000001000001ull; }
  u64 operator()(bytes const &b) const noexcept {
    u64 sum = b.size;
    for (u64 i = 0; i < b.size; ++i) sum += static_cast<u8>(b.data[i]);
    return (sum & 63) * 0x0101000001000001ull;
  }
};

bytes of(std::string const &s) {
  return {s.data(), s.size()};
}
bool fits(std::string const &s) {
  return s.size() <= record::most_key;
}
bool fits(u64) {
  return true;
}
bytes native(std::string const &s) {
  return of(s);
}
u64 native(u64 k) {
  return k;
}
void take_key(source &in, std::string &out) {
  out = in.text();
}
void take_key(source &in, u64 &out) {
  out = in.word();
}

/// A map and its oracle.
template <class Map, class Key, class Value>
class subject {
 public:
  subject() {
    using rules = typename Map::rules_type;
    auto const k = rules::byte_keys ? map_keys_kind::bytes : map_keys_kind::word;
    auto const v = rules::byte_values ? map_values_kind::bytes : map_values_kind::word;
    FUZZ_EXPECT(map_lifecycle::open(k, v, {}, name_) == ESCROW_OK);
    FUZZ_EXPECT(find_map(name_, control_) == ESCROW_OK);
    rules r{};
    r.blobs = &control_->blobs;
    map_ = Map(control_->state, r);
  }
  ~subject() {
    check_all();
    for (auto const &[key, value] : oracle_) FUZZ_EXPECT(map_.erase(native(key)) == ESCROW_OK);
    // What a clear left in buckets that nobody has written to since goes only now.
    index_walk<typename Map::index_type>::sweep(map_.index());
    FUZZ_EXPECT(map_census(map_.index()).nodes == 0);
    FUZZ_EXPECT(map_census(map_.index()).bytes_records_live == 0);
    FUZZ_EXPECT(map_lifecycle::close(name_) == ESCROW_OK);
    FUZZ_EXPECT(map_lifecycle::destroy(name_) == ESCROW_OK);
  }
  subject(subject const &) = delete;
  subject &operator=(subject const &) = delete;

  void step(source &in) {
    u8 const what = in.byte();
    Key key{};
    take_key(in, key);
    auto const at = oracle_.find(key);
    bool const there = at != oracle_.end();
    escrow_status const absent = fits(key) ? ESCROW_E_ABSENT : ESCROW_E_SIZE;
    switch (what % 13) {
      case 0:
      case 1:
      case 2:
        put(in, key, there);
        return;
      case 3:
        FUZZ_EXPECT(map_.erase(native(key)) == (there ? ESCROW_OK : absent));
        oracle_.erase(key);
        return;
      case 4:
        check(key);
        return;
      case 5:
        exchange(in, key, there);
        return;
      case 6:
        compare_and_swap(in, key);
        return;
      case 7: {
        auto const s = map_.erase_if(native(key), map_condition::less, 40);
        if (!there) {
          FUZZ_EXPECT(s == absent);
        } else {
          bool const goes = leading(at->second) < 40;
          FUZZ_EXPECT(s == (goes ? ESCROW_OK : ESCROW_E_DIFFERS));
          if (goes) oracle_.erase(at);
        }
        return;
      }
      case 8: {
        u64 const limit = in.byte();
        u64 erased = 0;
        for (auto i = oracle_.begin(); i != oracle_.end();) {
          bool const goes = leading(i->second) < limit;
          erased += goes ? 1 : 0;
          i = goes ? oracle_.erase(i) : std::next(i);
        }
        FUZZ_EXPECT(map_.purge(map_condition::less, limit) == erased);
        return;
      }
      case 9:
        if (in.byte() % 8 != 0) return;
        index_walk<typename Map::index_type>::clear(map_.index());
        oracle_.clear();
        return;
      case 10:
        FUZZ_EXPECT(index_growth<typename Map::index_type>::reserve(
                        map_.index(), u64{in.byte()} * 8) == ESCROW_OK);
        return;
      case 11:
        (void)map_shrink(map_.index());
        return;
      default:
        check_all();
    }
  }

 private:
  static u64 leading(u64 v) { return v; }
  static u64 leading(std::string const &v) {
    u64 w = 0;
    std::memcpy(&w, v.data(), v.size() < 8 ? v.size() : 8);
    return w;
  }
  static constexpr bool word_values = std::is_same_v<Value, u64>;

  void put(source &in, Key const &key, bool there) {
    Value value{};
    take_key(in, value);
    auto const s = map_.put(native(key), native(value));
    if (!fits(key) || !fits(value)) {
      FUZZ_EXPECT(s == ESCROW_E_SIZE);
      return;
    }
    FUZZ_EXPECT(s == (there ? ESCROW_OK : ESCROW_CREATED));
    oracle_[key] = value;
  }
  void exchange(source &in, Key const &key, bool there) {
    Value value{};
    take_key(in, value);
    if (!fits(key) || !fits(value)) return;
    escrow_status s = ESCROW_OK;
    Value before{};
    if constexpr (word_values) {
      s = map_.swap(native(key), value, before);
    } else {
      before.resize(record::most_value);
      byte_buffer b{before.data(), before.size(), 0};
      s = map_.swap(native(key), of(value), b);
      before.resize(b.size);
    }
    FUZZ_EXPECT(s == (there ? ESCROW_OK : ESCROW_CREATED));
    if (there) FUZZ_EXPECT(before == oracle_[key]);
    oracle_[key] = value;
  }
  void compare_and_swap(source &in, Key const &key) {
    Value expected{};
    Value desired{};
    take_key(in, expected);
    take_key(in, desired);
    if (!fits(key) || !fits(desired)) return;
    auto const at = oracle_.find(key);
    auto const s = map_.compare_and_swap(native(key), native(expected), native(desired));
    if (at == oracle_.end()) {
      FUZZ_EXPECT(s == ESCROW_E_ABSENT);
      return;
    }
    FUZZ_EXPECT(s == (at->second == expected ? ESCROW_OK : ESCROW_E_DIFFERS));
    if (s == ESCROW_OK) at->second = desired;
  }
  void check(Key const &key) {
    auto const at = oracle_.find(key);
    Value value{};
    escrow_status s = ESCROW_OK;
    if constexpr (word_values) {
      s = map_.get(native(key), value);
    } else {
      value.resize(record::most_value);
      byte_buffer b{value.data(), value.size(), 0};
      s = map_.get(native(key), b);
      value.resize(b.size);
    }
    if (!fits(key)) {
      FUZZ_EXPECT(s == ESCROW_E_SIZE);
    } else if (at == oracle_.end()) {
      FUZZ_EXPECT(s == ESCROW_E_ABSENT);
    } else {
      FUZZ_EXPECT(s == ESCROW_OK && value == at->second);
    }
  }
  /// A scan shows what the oracle has, once.
  void check_all() {
    FUZZ_EXPECT(map_.index().length() == oracle_.size());
    std::vector<char> room(record::bytes_for(record::most_key, record::most_value) * 2);
    std::unordered_map<Key, u64> seen;
    for (u64 cursor = 0; cursor != map_cursor_end;) {
      record_sink sink{room.data(), room.size()};
      auto const s = map_.scan(cursor, sink);
      // More entries of one hash than there is room for: nothing to compare.
      if (s == ESCROW_E_SIZE) return;
      FUZZ_EXPECT(s == ESCROW_OK);
      char const *at = room.data();
      for (u64 i = 0; i < sink.count; ++i) {
        u64 header = 0;
        std::memcpy(&header, at, 8);
        Key key{};
        if constexpr (std::is_same_v<Key, u64>) {
          std::memcpy(&key, at + 8, 8);
        } else {
          key.assign(at + 8, header >> 32);
        }
        FUZZ_EXPECT(seen[key]++ == 0 && oracle_.count(key) == 1);
        at += record::bytes_for(header >> 32, header & 0xFFFFFFFF);
      }
    }
    FUZZ_EXPECT(seen.size() == oracle_.size());
    for (auto const &[key, value] : oracle_) check(key);
  }

  Map map_;
  u64 name_ = 0;
  map_control *control_ = nullptr;
  std::unordered_map<Key, Value> oracle_;
};

}  // namespace

void fuzz::run(u8 const *data, std::size_t size) {
  source in{data, size};
  subject<word_map<word_keys<crowded_hash>>, u64, u64> words;
  subject<word_map<byte_keys<crowded_hash>>, std::string, u64> keyed;
  subject<byte_map<word_keys<crowded_hash>>, u64, std::string> valued;
  subject<byte_map<byte_keys<crowded_hash>>, std::string, std::string> texts;
  while (!in.over()) {
    switch (in.byte() % 4) {
      case 0:
        words.step(in);
        break;
      case 1:
        keyed.step(in);
        break;
      case 2:
        valued.step(in);
        break;
      default:
        texts.step(in);
    }
  }
}
