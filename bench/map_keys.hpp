// bench/map_keys.hpp: keys and values of the map contests, and the hash that every C++ map uses.
//
// A key is made from its index by a multiplication, without memory and without a division, so that
// what is waited for is the map. Its value is 1 - tag(index): what a read adds to the checksum is
// 1 exactly when it found the right value.
#ifndef ESCROW_BENCH_MAP_KEYS_HPP
#define ESCROW_BENCH_MAP_KEYS_HPP

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "block.hpp"
#include "escrow/hash.hpp"

namespace bench {

constexpr u64 map_seed = 7;

/// escrow's hash with one seed for all maps. Every bit of the result depends on every bit of the
/// key: boost is told so, since it mixes again what is not.
class map_hash {
 public:
  using is_avalanching = std::true_type;
  using is_transparent = void;

  [[gnu::always_inline]] std::size_t operator()(u64 key) const {
    return escrow::hash_word(key, seed_);
  }
  [[gnu::always_inline]] std::size_t operator()(std::string_view key) const {
    return escrow::hash_bytes(key.data(), key.size(), seed_);
  }

 private:
  escrow::hash_seed seed_ = escrow::hash_seed::from(map_seed);
};

/// Keys of 8 bytes.
struct number_keys {
  static constexpr char const *name = "u64";
  using stored = u64;  // as a map holds it
  using made = u64;    // as at() makes it
  using asked = u64;   // as it is looked up

  [[gnu::always_inline]] static u64 tag(u64 index) { return index * 0xD1B54A32D192ED03u; }
  [[gnu::always_inline]] static made at(u64 index) { return tag(index); }
};

/// Keys of 16 to 32 bytes.
struct text_keys {
  static constexpr char const *name = "bytes:16-32";
  struct made {
    char bytes[32];
    u64 size;
    [[gnu::always_inline]] operator std::string_view() const { return {bytes, size}; }
  };
  using stored = std::string;
  using asked = std::string_view;

  [[gnu::always_inline]] static u64 tag(u64 index) { return number_keys::tag(index); }
  [[gnu::always_inline]] static made at(u64 index) {
    u64 const first = tag(index);
    u64 const words[4] = {first, index, ~first, first ^ index};
    made key;
    std::memcpy(key.bytes, words, sizeof key.bytes);
    key.size = 16 + ((first >> 32) * 17 >> 32);
    return key;
  }
};

/// Indices below `range` in no order: a linear congruence and a shift.
class uniform {
 public:
  uniform(u64 range, u64 start) : state_(start), range_(range) {}
  [[gnu::always_inline]] u64 next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 32) * range_ >> 32;
  }
  /// Bits that next() did not use.
  [[nodiscard, gnu::always_inline]] u64 spare() const { return state_ >> 16 & 127; }

 private:
  u64 state_;
  u64 range_;
};

/// 2^20 indices below `range` by Zipf's law with exponent 0.99, after Gray et al. 1994.
inline std::vector<std::uint32_t> zipf_indices(u64 range) {
  constexpr double theta = 0.99;
  double zeta = 0;
  for (u64 i = 1; i <= range; ++i) zeta += std::pow(static_cast<double>(i), -theta);
  double const n = static_cast<double>(range);
  double const two = 1 + std::pow(0.5, theta);
  double const eta = (1 - std::pow(2 / n, 1 - theta)) / (1 - two / zeta);
  std::vector<std::uint32_t> indices(u64{1} << 20);
  uniform random(u64{1} << 32, 7);
  for (std::uint32_t &index : indices) {
    double const u = static_cast<double>(random.next()) * 0x1p-32;
    double const uz = u * zeta;
    double rank = n * std::pow(eta * u - eta + 1, 1 / (1 - theta));
    if (uz < two) rank = 1;
    if (uz < 1) rank = 0;
    index = static_cast<std::uint32_t>(std::min(rank, n - 1));
  }
  return indices;
}

/// Walks through precomputed indices, again and again.
class precomputed {
 public:
  precomputed(std::vector<std::uint32_t> const &indices, u64 start)
      : indices_(indices.data()), mask_(indices.size() - 1), at_(start * 104729) {}
  [[gnu::always_inline]] u64 next() { return indices_[at_++ & mask_]; }
  /// 0 .. 127, not the index's own bits.
  [[nodiscard, gnu::always_inline]] u64 spare() const { return at_ * 0x9E3779B97F4A7C15u >> 57; }

 private:
  std::uint32_t const *indices_;
  u64 mask_;
  u64 at_;
};

}  // namespace bench

#endif
