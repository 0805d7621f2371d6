// escrow/record.hpp: a key and a value as words in memory that stale readers may look at. [L2]
#ifndef ESCROW_RECORD_HPP
#define ESCROW_RECORD_HPP

#include <cstring>

#include "bytes.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Header (key bytes << 32 | value bytes), then the key, then the value, each padded to 8 with
/// zeros. A map with word keys has no key in it, one with word values no value.
///
/// Written once, with release, before a bucket names it; read with acquire. A reader that came late
/// sees words of whatever came after it, and with them the version that moved before: so it asks
/// look(), which says whether the bucket is unchanged, before it believes a size, and again in the
/// end. [M1]
///
/// `Atomic` is std::atomic, or that of tests/model.
template <template <class> class Atomic>
struct basic_record {
  static constexpr u64 most_key = 64u << 10;
  static constexpr u64 most_value = 64u << 10;

  Atomic<u64> *words;

  [[nodiscard]] static constexpr u64 bytes_for(u64 key, u64 value) noexcept {
    return 8 + align_up(key, 8) + align_up(value, 8);
  }
  [[nodiscard]] static constexpr u64 key_bytes(u64 header) noexcept { return header >> 32; }
  [[nodiscard]] static constexpr u64 value_bytes(u64 header) noexcept {
    return header & 0xFFFFFFFF;
  }

  /// Only for those who know that it is not being reused: under its bucket's lock.
  [[nodiscard]] u64 header() const noexcept { return words[0].load(std::memory_order_acquire); }
  [[nodiscard]] u64 bytes_held() const noexcept {
    u64 const h = header();
    return bytes_for(key_bytes(h), value_bytes(h));
  }

  void write(bytes key, bytes value) const noexcept {
    words[0].store(key.size << 32 | value.size, std::memory_order_release);
    store(words + 1, key);
    store(words + 1 + (key.size + 7) / 8, value);
  }

  /// False, too, when the record is not what it was: the caller looks again in the end.
  template <class Look>
  [[nodiscard, gnu::always_inline]] inline bool has_key(bytes key,
                                                        Look const &look) const noexcept {
    if (key_bytes(header()) != key.size || !look()) return false;
    Atomic<u64> const *at = words + 1;
    u64 i = 0;
    for (; i + 8 <= key.size; i += 8)
      if ((at++)->load(std::memory_order_acquire) != word_at(key.data + i, 8)) return false;
    return i == key.size ||
           at->load(std::memory_order_acquire) == word_at(key.data + i, key.size - i);
  }
  /// Copies at most `capacity` bytes of the value. False: it is not what it was.
  template <class Look>
  [[nodiscard]] bool copy_value(char *out, u64 capacity, u64 &out_bytes,
                                Look const &look) const noexcept {
    u64 const h = header();
    if (!look()) return false;
    out_bytes = value_bytes(h);
    load(out, words + 1 + (key_bytes(h) + 7) / 8, out_bytes < capacity ? out_bytes : capacity);
    return true;
  }
  /// Under the lock of its bucket.
  void copy_to(basic_record other) const noexcept {
    u64 const n = bytes_held() / 8;
    for (u64 i = 0; i < n; ++i)
      other.words[i].store(words[i].load(std::memory_order_acquire), std::memory_order_release);
  }
  void copy_key(char *out, u64 n) const noexcept { load(out, words + 1, n); }
  /// Of a record whose header was `h`, with the padding.
  void copy_padded_key(char *out, u64 h) const noexcept {
    load(out, words + 1, align_up(key_bytes(h), 8));
  }
  void copy_padded_value(char *out, u64 h) const noexcept {
    load(out, words + 1 + (key_bytes(h) + 7) / 8, align_up(value_bytes(h), 8));
  }
  /// The first 8 bytes of the value as a number, missing ones 0: what conditions look at.
  [[nodiscard]] u64 leading_value() const noexcept {
    u64 const h = header();
    if (value_bytes(h) == 0) return 0;
    return words[1 + (key_bytes(h) + 7) / 8].load(std::memory_order_acquire);  // padded with zeros
  }
  [[nodiscard, gnu::always_inline]] inline bool has_value(bytes value) const noexcept {
    u64 const h = header();
    if (value_bytes(h) != value.size) return false;
    Atomic<u64> const *at = words + 1 + (key_bytes(h) + 7) / 8;
    for (u64 i = 0; i < value.size; i += 8, ++at) {
      u64 const n = value.size - i < 8 ? value.size - i : 8;
      if (at->load(std::memory_order_acquire) != word_at(value.data + i, n)) return false;
    }
    return true;
  }

 private:
  /// The n bytes as a word, 1 to 8 of them; without a call, for which a leaf has no stack.
  [[nodiscard, gnu::always_inline]] static inline u64 word_at(char const *from, u64 n) noexcept {
    u64 w = 0;
    if (n == 8) {
      std::memcpy(&w, from, 8);
    } else if (n >= 4) {
      u32 low = 0;
      u32 high = 0;
      std::memcpy(&low, from, 4);
      std::memcpy(&high, from + n - 4, 4);
      w = low | u64{high} << 8 * (n - 4);
    } else if (n != 0) {
      auto const byte = [from](u64 i) noexcept {
        return u64{static_cast<unsigned char>(from[i])} << 8 * i;
      };
      w = byte(0) | byte(n / 2) | byte(n - 1);
    }
    return w;
  }
  /// The other way.
  [[gnu::always_inline]] static inline void put_bytes(char *to, u64 w, u64 n) noexcept {
    if (n >= 4) {
      u32 const low = static_cast<u32>(w);
      u32 const high = static_cast<u32>(w >> 8 * (n - 4));
      std::memcpy(to, &low, 4);
      std::memcpy(to + n - 4, &high, 4);
    } else if (n != 0) {
      to[0] = static_cast<char>(w);
      to[n / 2] = static_cast<char>(w >> 8 * (n / 2));
      to[n - 1] = static_cast<char>(w >> 8 * (n - 1));
    }
  }
  static void store(Atomic<u64> *to, bytes from) noexcept {
    for (u64 i = 0; i < from.size; i += 8, ++to) {
      u64 const n = from.size - i < 8 ? from.size - i : 8;
      to->store(word_at(from.data + i, n), std::memory_order_release);  // release: [M1]
    }
  }
  [[gnu::always_inline]] static inline void load(char *to, Atomic<u64> const *from,
                                                 u64 n) noexcept {
    u64 i = 0;
    for (; i + 8 <= n; i += 8, ++from) {
      u64 const w = from->load(std::memory_order_acquire);  // acquire: before the last look [M1]
      std::memcpy(to + i, &w, 8);
    }
    if (i == n) return;
    u64 const w = from->load(std::memory_order_acquire);
    put_bytes(to + i, w, n - i);
  }
};
using record = basic_record<std::atomic>;

}  // namespace escrow::inline ESCROW_ABI

#endif
