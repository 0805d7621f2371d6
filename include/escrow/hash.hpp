// escrow/hash.hpp: the seeded hash of keys: one function of a family that only the seed names. [L1]
//
// Both ends of a hash are used: the low bits name a bucket, the top byte is compared first inside
// it. Not a cryptographic hash: it withstands keys that were chosen without knowing the seed, so a
// seed stays in the process. The values are the same in every process on every supported machine.
#ifndef ESCROW_HASH_HPP
#define ESCROW_HASH_HPP

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "bytes.hpp"
#include "lane.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

static_assert(std::endian::native == std::endian::little,
              "hashes are defined by little-endian words; their golden values would differ");

/// One function of the family.
struct hash_seed {
  u64 offset;      // hides which keys meet a weak product
  u64 multiplier;  // odd, top bit set, 24 to 40 bits set: every key bit reaches about half the bits

  /// The function numbered `seed`; neighbouring seeds give unrelated functions.
  [[nodiscard]] static hash_seed from(u64 seed) noexcept {
    hash_seed made{};
    made.offset = next(seed);
    do {
      made.multiplier = next(seed) | 1ull << 63 | 1;
    } while (bits_set(made.multiplier) < 24 || bits_set(made.multiplier) > 40);
    return made;
  }

  /// One step of splitmix64 (Steele, Lea, Flood 2014), a permutation of the states: the loop above
  /// ends.
  [[nodiscard]] static u64 next(u64 &state) noexcept {
    state += 0x9E3779B97F4A7C15ull;
    u64 z = state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
  }
};

/// A number that nobody outside the process can guess, for hash_seed::from(). Where the system has
/// no randomness yet it is only unlikely to repeat. A system call.
[[nodiscard]] inline u64 random_seed() noexcept {
  u64 seed = 0;
#if defined(__linux__)
  constexpr unsigned nonblock = 1;  // GRND_NONBLOCK
  if (::syscall(SYS_getrandom, &seed, sizeof seed, nonblock) == sizeof seed) return seed;
#elif defined(__APPLE__)
  ::arc4random_buf(&seed, sizeof seed);
  return seed;
#endif
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  u64 state = thread_token() ^ reinterpret_cast<u64>(&now);
  seed = hash_seed::next(state) ^ static_cast<u64>(now.tv_nsec);
  state = seed ^ static_cast<u64>(now.tv_sec) << 32;
  return hash_seed::next(state);
}

/// The whole product of two words.
struct wide_product {
  u64 low;
  u64 high;

  [[nodiscard]] static wide_product of(u64 a, u64 b) noexcept {
    __extension__ using wide = unsigned __int128;
    wide const product = static_cast<wide>(a) * b;
    return {static_cast<u64>(product), static_cast<u64>(product >> 64)};
  }
  [[nodiscard]] u64 folded() const noexcept { return low ^ high; }
};

/// The hash of a word. Its halves are multiplied once more, because one folded product is a
/// straight line through the keys: for one seed in seven, some stride of a power of two crowds the
/// buckets (355 keys in one where 4 belong). Feeding the halves in as they come, without folding
/// first, takes a cycle off the second round.
[[nodiscard]] inline u64 hash_word(u64 key, hash_seed const &seed) noexcept {
  auto const first = wide_product::of(key ^ seed.offset, seed.multiplier);
  return wide_product::of(first.low, first.high).folded();
}

/// Little-endian words at any address.
struct unaligned {
  [[nodiscard]] static u64 eight(char const *at) noexcept {
    u64 word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  [[nodiscard]] static u64 four(char const *at) noexcept {
    u32 word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
};

/// The hash of `size` bytes; reads those and no other. Both factors of every product hide behind
/// the seed, so no input makes one of them zero but by chance.
[[nodiscard]] inline u64 hash_bytes(char const *data, u64 size, hash_seed const &seed) noexcept {
  u64 const mask = seed.multiplier;
  u64 state = seed.offset;
  u64 a = 0;
  u64 b = 0;
  if (size > 16) {
    auto const step = [](char const *at, u64 hidden, u64 before) {
      return wide_product::of(unaligned::eight(at) ^ hidden, unaligned::eight(at + 8) ^ before)
          .folded();
    };
    char const *at = data;
    u64 left = size;
    if (left > 48) {
      // Three products in flight; turned masks keep equal thirds from cancelling out.
      u64 second = std::rotl(state, 21);
      u64 third = std::rotl(state, 42);
      do {
        state = step(at, mask, state);
        second = step(at + 16, std::rotl(mask, 21), second);
        third = step(at + 32, std::rotl(mask, 42), third);
        at += 48;
        left -= 48;
      } while (left > 48);
      state ^= second ^ third;
    }
    for (; left > 16; left -= 16, at += 16) state = step(at, mask, state);
    // The last 16 bytes; a part of them may have been read before.
    a = unaligned::eight(at + left - 16);
    b = unaligned::eight(at + left - 8);
  } else if (size >= 8) {
    a = unaligned::eight(data);
    b = unaligned::eight(data + size - 8);
  } else if (size >= 4) {
    a = unaligned::four(data);
    b = unaligned::four(data + size - 4);
  } else if (size > 0) {
    auto const byte = [data](u64 i) { return static_cast<u64>(static_cast<u8>(data[i])); };
    a = byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
  }
  auto const last = wide_product::of(a ^ mask, b ^ state);
  // The length tells apart what the overlapping reads above do not.
  return wide_product::of(last.low ^ size ^ mask, last.high ^ seed.offset).folded();
}

/// Keys whose equality is that of their bytes: no padding, and no floating point, where 0.0 equals
/// -0.0 and NaN nothing.
template <class Key>
concept plain_key =
    std::is_trivially_copyable_v<Key> && std::has_unique_object_representations_v<Key>;

/// The hash that a container uses unless it is given another.
template <class Key>
struct seeded_hash {
  static_assert(plain_key<Key>, "a key with padding or floating point needs a hash of its own");
  hash_seed seed;

  [[nodiscard]] u64 operator()(Key const &key) const noexcept {
    if constexpr (sizeof(Key) <= sizeof(u64)) {
      u64 word = 0;
      std::memcpy(&word, &key, sizeof key);
      return hash_word(word, seed);
    } else {
      return hash_bytes(reinterpret_cast<char const *>(&key), sizeof key, seed);
    }
  }
};

/// By content.
template <>
struct seeded_hash<bytes> {
  hash_seed seed;

  [[nodiscard]] u64 operator()(bytes const &key) const noexcept {
    return hash_bytes(key.data, key.size, seed);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
