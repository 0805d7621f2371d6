// escrow/map_keys.hpp: what the words of an index mean: keys in words, or words that name records.
// [L3]
#ifndef ESCROW_MAP_KEYS_HPP
#define ESCROW_MAP_KEYS_HPP

#include "blob_store.hpp"
#include "bytes.hpp"
#include "hash.hpp"
#include "locked_bucket.hpp"
#include "platform.hpp"
#include "record.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Where a reference ends in a word that holds one.
constexpr u32 reference_bits = 36;
[[nodiscard]] constexpr u64 reference_in(u64 word) noexcept {
  return word & ((1ull << reference_bits) - 1);
}

/// Keys of up to 8 bytes: the key word is the key.
template <class Hash>
struct word_keys {
  using key_type = u64;
  static constexpr bool in_records = false;

  Hash hasher;

  [[nodiscard]] u64 hash(u64 key) const noexcept { return hasher(key); }
  [[nodiscard]] u64 hash_of(u64 word) const noexcept { return hasher(word); }
  [[nodiscard]] auto is(blob_store const *, u64 key, u64) const noexcept {
    return [key](u64 word, auto const &) noexcept { return word == key; };
  }
  [[nodiscard]] static u64 word_for(u64 key, u64, u64) noexcept { return key; }
  /// What a record holds of the key.
  [[nodiscard]] static bytes in_record(u64 const &) noexcept { return {nullptr, 0}; }
};

/// Whether a key word is that of a key; `upper` are the bits of its hash in place.
struct same_bytes {
  blob_store const *blobs;
  bytes key;
  u64 upper;

  template <class Look>
  [[nodiscard, gnu::always_inline]] inline bool operator()(u64 word,
                                                           Look const &look) const noexcept {
    return (word ^ upper) >> reference_bits == 0 &&
           record{blobs->at(reference_in(word))}.has_key(key, look);
  }
};

/// Byte strings: the key word is 28 bits of the hash above the reference of a record, so that most
/// comparisons, and all splits, need no look at the record.
template <class Hash>
struct byte_keys {
  using key_type = bytes;
  static constexpr bool in_records = true;

  Hash hasher;

  [[nodiscard]] u64 hash(bytes key) const noexcept { return hasher(key); }
  [[nodiscard]] u64 hash_of(u64 word) const noexcept { return word >> reference_bits; }
  [[nodiscard]] auto is(blob_store const *blobs, bytes key, u64 h) const noexcept {
    return same_bytes{blobs, key, h << reference_bits};
  }
  [[nodiscard]] static u64 word_for(bytes, u64 h, u64 reference) noexcept {
    return h << reference_bits | reference;
  }
  [[nodiscard]] static bytes in_record(bytes const &key) noexcept { return key; }
};

/// The rules of an index with these keys; `values_are_bytes`: the record holds the value, too.
template <class Keys, bool values_are_bytes>
struct map_rules {
  static constexpr bool byte_keys = Keys::in_records;
  static constexpr bool byte_values = values_are_bytes;
  static constexpr bool has_records = byte_keys || byte_values;

  Keys keys;
  blob_store *blobs;

  /// The record of an entry.
  [[nodiscard]] u64 reference(u64 key, u64 value) const noexcept {
    return reference_in(Keys::in_records ? key : value);
  }
  [[nodiscard, gnu::always_inline]] inline record record_of(u64 key, u64 value) const noexcept {
    return {blobs->at(reference(key, value))};
  }
  [[gnu::noinline]] void release(u64 reference) const noexcept {
    blobs->release(reference, record{blobs->at(reference)}.bytes_held());
  }

  /// The edit of an entry whose record is at `to` from now on.
  [[nodiscard]] edit moved(u64 key, u64 value, u64 to) const noexcept {
    if constexpr (Keys::in_records) key = key - reference_in(key) + to;
    if constexpr (!Keys::in_records) value = to;
    return {edit::replace, ESCROW_OK, key, value};
  }

  [[nodiscard]] u64 hash_of(u64 key, u64) const noexcept { return keys.hash_of(key); }
  /// The whole hash, for scans. False: what was read is not there any more.
  template <class Look>
  [[nodiscard]] bool whole_hash(u64 key, u64, Look const &look, u64 &out) const noexcept {
    if constexpr (!Keys::in_records) {
      out = keys.hash_of(key);
      return true;
    } else {
      return hash_record(key, look, out);
    }
  }
  void discard(u64 key, u64 value) const noexcept {
    if constexpr (has_records) release(reference(key, value));
  }

 private:
  // Of scans alone: the bound on frames that capi.hpp speaks of is not for these two.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#endif
  /// By way of a copy, which is only as long as the key was when the bucket was looked at.
  template <class Look>
  [[nodiscard, gnu::noinline]] bool hash_record(u64 key, Look const &look,
                                                u64 &out) const noexcept {
    record const r{blobs->at(reference_in(key))};
    u64 const n = record::key_bytes(r.header());
    if (!look() || n > record::most_key) return false;
    alignas(8) char few[256];
    if (n > sizeof few) return hash_long(r, n, look, out);
    r.copy_key(few, n);
    out = keys.hash({few, n});
    return look();
  }
  template <class Look>
  [[nodiscard, gnu::noinline]] bool hash_long(record r, u64 n, Look const &look,
                                              u64 &out) const noexcept {
    alignas(8) char many[record::most_key];
    r.copy_key(many, n);
    out = keys.hash({many, n});
    return look();
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
};

}  // namespace escrow::inline ESCROW_ABI

#endif
