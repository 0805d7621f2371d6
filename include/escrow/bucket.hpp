// escrow/bucket.hpp: 128 bytes of a map: a control word, seven tags, seven pairs of words. [L2]
#ifndef ESCROW_BUCKET_HPP
#define ESCROW_BUCKET_HPP

#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// The control word of a bucket.
///
///     63 .. 15 | 14 .. 10 | 9    | 8    | 7    | 6 .. 0
///     version  | depth    | more | lock | open | occupied
///
///     occupied  bit s: slot s holds an entry
///     open      depth is not 0; where the tags have the epoch's byte, so that one AND of the word
///               and what matched says both that the bucket can be believed and where to look
///     lock      writers only; readers do not look at it
///     more      overflow nodes hang off the bucket's link
///     depth     d: the bucket holds the hashes whose low d bits are its index; 0: not split off
///     yet,
///               its entries are in its parent
///     version   moves when an entry leaves the bucket, or changes in more than its value word
///
/// 49 bits of version: a reader would have to sleep inside one read for 260 days while 25 million
/// entries a second leave that very bucket, to meet its version again. 32 bits would be 3 minutes.
///
/// A node's control word has `occupied` at the same place, and the index of the next node where a
/// bucket has its version.
struct bucket_word {
  static constexpr u32 depth_shift = 10;
  static constexpr u32 version_shift = 15;
  static constexpr u64 slot = 1;  // of slot 0
  static constexpr u64 all_slots = 127;
  static constexpr u64 open = 1ull << 7;
  static constexpr u64 lock = 1ull << 8;
  static constexpr u64 more = 1ull << 9;
  static constexpr u64 all_depths = 31ull << depth_shift;
  static constexpr u64 version_one = 1ull << version_shift;
  /// What must not have changed for a read to count: an insert, a lock and an overwrite of a value
  /// word leave it alone.
  static constexpr u64 stable = ~(lock | more | all_slots);

  static constexpr u32 most_depth = 28;

  [[nodiscard]] static constexpr u32 occupied(u64 c) noexcept {
    return static_cast<u32>(c & all_slots);
  }
  [[nodiscard]] static constexpr u32 depth(u64 c) noexcept {
    return static_cast<u32>(c >> depth_shift) & 31;
  }
  [[nodiscard]] static constexpr u64 version(u64 c) noexcept { return c >> version_shift; }
  [[nodiscard]] static constexpr u64 at(u64 version, u32 depth, u64 slots) noexcept {
    return version << version_shift | with_depth(slots, depth);
  }
  [[nodiscard]] static constexpr u64 with_depth(u64 c, u32 depth) noexcept {
    return (c & ~(all_depths | open)) | u64{depth} << depth_shift | (depth != 0 ? open : 0);
  }
  /// Does bucket `i` with this word hold the entries of hash `h`?
  [[nodiscard]] static constexpr bool covers(u64 c, u64 h, u64 i) noexcept {
    u32 const d = depth(c);
    return d != 0 && (h & ((1ull << d) - 1)) == i;
  }
  [[nodiscard]] static constexpr bool changed(u64 now, u64 then) noexcept {
    return ((now ^ then) & stable) != 0;
  }
  /// A node's word.
  [[nodiscard]] static constexpr u64 node(u64 next, u64 slots) noexcept {
    return next << version_shift | slots;
  }
  [[nodiscard]] static constexpr u64 next(u64 node_word) noexcept {
    return node_word >> version_shift;
  }
};

/// The tags of a bucket: byte s (0..6) is the top byte of the hash in slot s; byte 7 is the low
/// byte of the map's epoch when the bucket was last written, see word_index::clear.
struct bucket_tags {
  static constexpr u32 epoch_shift = 56;
  /// The epoch's byte in its place.
  [[nodiscard]] static constexpr u64 of_epoch(u64 epoch) noexcept { return epoch << epoch_shift; }

  /// What a bucket shows where an entry of hash `h` lies, with `epoch` in its place.
  [[nodiscard]] static constexpr u64 needle(u64 h, u64 epoch) noexcept {
    return (h >> 56) * 0x0001010101010101ull | epoch;
  }
  [[nodiscard]] static constexpr u64 with(u64 tags, u64 s, u64 tag) noexcept {
    return (tags & ~(0xFFull << 8 * s)) | tag << 8 * s;
  }
  [[nodiscard]] static constexpr u64 tag(u64 tags, u32 s) noexcept { return tags >> 8 * s & 0xFF; }

  /// Bit s: byte s is that of the needle. The words are in registers: no vector load of shared
  /// memory, which ThreadSanitizer could not follow.
  [[nodiscard]] static u64 match(u64 tags, u64 needle) noexcept {
#if defined(__SSE2__)
    __m128i const a = _mm_cvtsi64_si128(static_cast<long long>(tags));
    __m128i const b = _mm_cvtsi64_si128(static_cast<long long>(needle));
    return static_cast<u32>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & 0xFF);
#else
    // Exact: a byte of x is zero just when adding 127 to its low seven bits, or its top bit, gives
    // no top bit. The multiplication gathers the eight top bits.
    u64 const x = tags ^ needle;
    u64 const low = 0x7F7F7F7F7F7F7F7Full;
    u64 const zero = ~(((x & low) + low) | x | low) >> 7;
    return zero * 0x0102040810204080ull >> 56;
#endif
  }
};

/// A bucket, or a node of overflow.
///
/// Every word is atomic, every load of data an acquire, every store of data a release, and no data
/// is stored into a slot before the version that readers of its old content check has moved. So a
/// reader that sees new data sees the new version too, and its second look at the control word
/// fails; and its look cannot come before its loads. [M1]
///
/// A reader (1) loads ctl, (2) tags and pairs of occupied slots, (3) ctl again; the read counts
/// when version and depth are the same, and then took place at (1) for a miss, at (2) for a hit.
///
/// An entry that moves to another place is in both for a while, with equal words, under the lock.
template <template <class> class Atomic>
struct alignas(128) basic_bucket {
  static constexpr u32 slots = 7;

  struct pair {
    Atomic<u64> key;
    Atomic<u64> value;
  };

  Atomic<u64> ctl;
  Atomic<u64> tags;
  pair at[slots];

  /// Step 3 of a read that began with `then`.
  [[nodiscard]] bool changed(u64 then) const noexcept {
    // relaxed: cannot come before the acquire loads of the data [M1]
    return bucket_word::changed(ctl.load(std::memory_order_relaxed), then);
  }
  /// `open` and the occupied slots that may hold the hash of the needle; without `open` the bucket
  /// is not split off, or of another epoch than the needle.
  [[nodiscard]] u64 seen(u64 c, u64 needle) const noexcept {
    // acquire: before step 3 [M1]
    return bucket_tags::match(tags.load(std::memory_order_acquire), needle) & c;
  }
  /// Occupied slots that may hold the hash of the needle.
  [[nodiscard, gnu::always_inline]] inline u32 candidates(u64 c, u64 needle) const noexcept {
    // acquire: before step 3 [M1]
    return static_cast<u32>(bucket_tags::match(tags.load(std::memory_order_acquire), needle) &
                            bucket_word::occupied(c));
  }

  /// Takes the lock if the word is still `c`, which is unlocked.
  [[nodiscard]] bool try_lock(u64 c) noexcept {
    // acquire: what the last writer stored; success proves that no entry came, moved or left since
    // `c` was read, so whatever was matched under `c` still holds [M2]
    return ctl.compare_exchange_strong(c, c | bucket_word::lock, std::memory_order_acquire,
                                       std::memory_order_relaxed);
  }
  /// Ends a writer's turn, or a step of it where `c` has the lock bit.
  void publish(u64 c) noexcept {
    ctl.store(c, std::memory_order_release);  // release: everything before; pairs with [M1] [M2]
  }

  // What the holder of the lock does with a slot. Between lock and publish.

  /// Writes an entry into a slot that is not occupied under any version a reader may still check.
  [[gnu::always_inline]] inline void fill(u64 s, u64 tag, u64 key, u64 value) noexcept {
    at[s].key.store(key, std::memory_order_release);      // release: [M1]
    at[s].value.store(value, std::memory_order_release);  // release: [M1]
    u64 const t = tags.load(std::memory_order_relaxed);   // relaxed: only the lock's holder stores
    tags.store(bucket_tags::with(t, s, tag), std::memory_order_release);  // release: [M1]
  }
  void set_epoch(u64 epoch) noexcept {
    u64 const t = tags.load(std::memory_order_relaxed);
    tags.store((t << 8 >> 8) | epoch << bucket_tags::epoch_shift, std::memory_order_release);
  }
  [[nodiscard]] u64 epoch_byte() const noexcept {
    return tags.load(std::memory_order_acquire) >> bucket_tags::epoch_shift;
  }
  [[nodiscard]] u64 key(u64 s) const noexcept {
    return at[s].key.load(std::memory_order_acquire);  // acquire: before step 3 [M1]
  }
  [[nodiscard]] u64 value(u64 s) const noexcept {
    return at[s].value.load(std::memory_order_acquire);  // acquire: before step 3 [M1]
  }
  [[nodiscard]] u64 tag(u32 s) const noexcept {
    return bucket_tags::tag(tags.load(std::memory_order_relaxed), s);  // relaxed: under the lock
  }
};

/// Step 3 for what must ask before it believes a length or follows a word: false when the bucket
/// has changed since its word was `then`.
template <class Bucket>
struct bucket_look {
  Bucket const &of;
  u64 then;
  [[nodiscard, gnu::always_inline]] inline bool operator()() const noexcept {
    return !of.changed(then);
  }
};

using bucket = basic_bucket<std::atomic>;
static_assert(sizeof(bucket) == 128);

/// Both lines of a bucket, for reading or writing. Always inlined: gcc takes a function that only
/// prefetches for one without effect and drops its calls.
[[gnu::always_inline]] inline void prefetch_bucket(void const *b) noexcept {
  __builtin_prefetch(b);
  __builtin_prefetch(static_cast<char const *>(b) + 64);
}
[[gnu::always_inline]] inline void prefetch_bucket_to_write(void const *b) noexcept {
#if defined(__x86_64__)
  // By hand: gcc makes it a prefetch for reading unless told that the processor knows better.
  asm volatile("prefetchw (%0)\n\tprefetchw 64(%0)" ::"r"(b));
#else
  __builtin_prefetch(b, 1);
  __builtin_prefetch(static_cast<char const *>(b) + 64, 1);
#endif
}

}  // namespace escrow::inline ESCROW_ABI

#endif
