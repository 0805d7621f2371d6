// bench/map_hash_fallback.hpp: stands for escrow/hash.hpp while there is none.
#ifndef ESCROW_BENCH_MAP_HASH_FALLBACK_HPP
#define ESCROW_BENCH_MAP_HASH_FALLBACK_HPP

#include <cstring>

#include "harness.hpp"

namespace escrow {

struct hash_seed {
  std::uint64_t offset;
  std::uint64_t multiplier;
  static hash_seed from(std::uint64_t seed) {
    return {seed * 0x9E3779B97F4A7C15u, 0xD6E8FEB86659FD93u};
  }
};

inline std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  auto const product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hash_word(std::uint64_t key, hash_seed const &seed) {
  return folded_product(key ^ seed.offset, seed.multiplier);
}

/// At least 8 bytes.
inline std::uint64_t hash_bytes(char const *at, std::uint64_t size, hash_seed const &seed) {
  auto const word = [](char const *from) {
    std::uint64_t bits;
    std::memcpy(&bits, from, sizeof bits);
    return bits;
  };
  std::uint64_t state = seed.offset ^ size;
  for (std::uint64_t i = 0; i + 8 < size; i += 8)
    state = folded_product(state ^ word(at + i), seed.multiplier);
  return folded_product(state ^ word(at + size - 8), seed.multiplier);
}

}  // namespace escrow

#endif
