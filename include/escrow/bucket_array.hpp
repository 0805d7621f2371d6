// escrow/bucket_array.hpp: the memory of a map's buckets and of their links; it grows in place.
// [L2]
#ifndef ESCROW_BUCKET_ARRAY_HPP
#define ESCROW_BUCKET_ARRAY_HPP

#include <bit>

#include "bucket.hpp"
#include "pages.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Buckets 0 .. 2^28 - 1, each with a link: the index of its first overflow node, 0 = none.
///
/// The first `flat` of them lie in one reservation of address space, so that finding one is an
/// addition; segments that double follow, should a map outgrow it. Fresh memory is zero, and a zero
/// bucket says "ask my parent", so nothing has to be initialised. Address space stays with the
/// array, and the array with its control block, for ever: close() gives the pages back, and the
/// next map of the control block uses the range again.
///
/// Threads: at() and link() any; the others by the map's growth lock.
class bucket_array {
 public:
  using bucket_type = bucket;
  using link_type = std::atomic<u32>;
  template <class T>
  using atomic = std::atomic<T>;

  static constexpr u64 most = 1ull << bucket_word::most_depth;
  /// Buckets reserved flat, 4 GiB of address space; halved until the system agrees.
  static constexpr u64 wanted_flat = 1ull << 25;
  static constexpr u64 least_flat = 1ull << 9;
  /// Above this index memory is asked for in huge pages.
  static constexpr u64 huge_step = pages::huge_bytes / sizeof(bucket);

  /// False: the system has no address space.
  [[nodiscard]] bool open() noexcept {
    if (flat_ != 0) return true;
    for (u64 n = wanted_flat; n >= least_flat; n /= 2) {
      char *const raw = pages::reserve(n * bytes_each, pages::huge_bytes);
      if (raw == nullptr) continue;
      base_ = reinterpret_cast<bucket *>(raw);
      links_ = reinterpret_cast<std::atomic<u32> *>(raw + n * sizeof(bucket));
      flat_ = n;
      return true;
    }
    return false;
  }

  /// The index from which on at() is slower, and flat_at() not allowed.
  [[nodiscard]] u64 flat() const noexcept { return flat_; }
  [[nodiscard]] bucket &flat_at(u64 i) const noexcept { return base_[i]; }
  [[nodiscard, gnu::always_inline]] inline bucket &at(u64 i) const noexcept {
    return i < flat_ ? base_[i] : far(i);
  }
  [[nodiscard, gnu::always_inline]] inline std::atomic<u32> &link(u64 i) const noexcept {
    return i < flat_ ? links_[i] : far_link(i);
  }

  /// Buckets whose memory is there and has been touched.
  [[nodiscard]] u64 ready() const noexcept {
    return ready_.load(std::memory_order_relaxed);  // relaxed: by the growth lock, else a hint
  }
  /// Bytes held from the system for the first `ready` buckets, page rounding and links aside.
  [[nodiscard]] u64 bytes() const noexcept { return ready() * bytes_each; }

  /// How many buckets the next extend() would make ready.
  [[nodiscard]] u64 next_step() const noexcept {
    u64 const now = ready();
    if (now >= huge_step) return huge_step;
    return now < 32 ? 32 - now : now;
  }

  [[nodiscard]] u64 next_step_bytes() const noexcept { return next_step() * bytes_each; }

  /// Makes one more step ready: touches its memory, so that no split takes a page fault. False: the
  /// system has no memory, or the array is full. Cost: up to 2 MiB of page faults.
  [[nodiscard]] bool extend() noexcept {
    u64 const from = ready();
    u64 const to = from + next_step();
    if (to > most) return false;
    for (u64 at_index = from; at_index < to;) {
      u64 const upto = at_index < flat_ ? (to < flat_ ? to : flat_) : to;
      if (at_index >= flat_ && !map_segment(at_index)) return false;
      bucket *const first = &at(at_index);
      if (upto - at_index >= huge_step)
        pages::prefer_huge(reinterpret_cast<char *>(first), (upto - at_index) * sizeof(bucket));
      // A locked no-op: a reader may look, and after a shrink versions may be there.
      for (u64 i = at_index; i < upto; i += buckets_a_page)
        at(i).ctl.fetch_or(0, std::memory_order_relaxed);
      // Not the first 2 MiB of links: beside 64 MiB of buckets a page that is not full is little.
      if (at_index != 0 && at_index % huge_links == 0)
        pages::prefer_huge(reinterpret_cast<char *>(&link(at_index)), pages::huge_bytes);
      for (u64 i = at_index; i < upto; i = (i / links_a_page + 1) * links_a_page)
        link(i).fetch_or(0, std::memory_order_relaxed);
      at_index = upto;
    }
    ready_.store(to, std::memory_order_relaxed);
    return true;
  }

  /// Gives the memory of buckets from `keep` on back, as far as whole pages reach. They read as
  /// zero afterwards. Returns bytes. The caller sees to it that no entry is there, and that the
  /// versions they had will not come again.
  u64 give_back(u64 keep) noexcept {
    u64 const had = ready();
    u64 const from = align_up(keep, keep < huge_step ? buckets_a_page : huge_step);
    if (from >= had) return 0;
    u64 given = 0;
    for (u64 i = from; i < had;) {
      u64 const end = i < flat_ ? (had < flat_ ? had : flat_) : segment_end(i, had);
      given += give_back_range(&at(i).ctl, (end - i) * (sizeof(bucket) / sizeof(u64)));
      given += give_back_range(&link(i), end - i);
      i = end;
    }
    ready_.store(from, std::memory_order_relaxed);
    return given;
  }
  /// Gives all memory back; the range is kept for the next map.
  void close() noexcept { (void)give_back(0); }

 private:
  static constexpr u64 bytes_each = sizeof(bucket) + sizeof(u32);
  static constexpr u64 buckets_a_page = 4096 / sizeof(bucket);
  static constexpr u64 huge_links = pages::huge_bytes / sizeof(u32);
  static constexpr u64 links_a_page = 4096 / sizeof(u32);

  /// Segment k holds buckets flat << k up to flat << (k + 1).
  [[nodiscard]] u32 segment_of(u64 i) const noexcept {
    return static_cast<u32>(std::bit_width(i) - std::bit_width(flat_));
  }
  [[nodiscard]] u64 segment_end(u64 i, u64 had) const noexcept {
    u64 const end = flat_ << (segment_of(i) + 1);
    return end < had ? end : had;
  }
  [[nodiscard, gnu::always_inline]] inline bucket &far(u64 i) const noexcept {
    u32 const k = segment_of(i);
    // acquire: the mapping; pairs with map_segment [A1]
    return segments_[k].load(std::memory_order_acquire)[i - (flat_ << k)];
  }
  [[nodiscard, gnu::always_inline]] inline std::atomic<u32> &far_link(u64 i) const noexcept {
    u32 const k = segment_of(i);
    bucket *const first = segments_[k].load(std::memory_order_acquire);  // acquire: [A1]
    return reinterpret_cast<std::atomic<u32> *>(first + (flat_ << k))[i - (flat_ << k)];
  }
  [[nodiscard]] bool map_segment(u64 i) noexcept {
    u32 const k = segment_of(i);
    if (segments_[k].load(std::memory_order_relaxed) != nullptr) return true;
    char *const raw = pages::reserve((flat_ << k) * bytes_each, pages::huge_bytes);
    if (raw == nullptr) return false;
    // release: the mapping; pairs with far() [A1]
    segments_[k].store(reinterpret_cast<bucket *>(raw), std::memory_order_release);
    return true;
  }
  /// Gives back the whole pages among `count` words, and zeroes the others by hand: they share
  /// their page with words that stay, and stale readers may be looking at them.
  template <class Word>
  [[nodiscard]] static u64 give_back_range(std::atomic<Word> *first, u64 count) noexcept {
    u64 const page = pages::size();
    u64 const begin = reinterpret_cast<u64>(first);
    u64 const end = begin + count * sizeof(Word);
    u64 const inner = align_up(begin, page);
    u64 const outer = end & ~(page - 1);
    bool const whole =
        inner < outer && pages::decommit(reinterpret_cast<char *>(inner), outer - inner);
    for (u64 i = 0; i < count; ++i) {
      u64 const here = begin + i * sizeof(Word);
      if (whole && here == inner) i += (outer - inner) / sizeof(Word);
      // release: who sees the zero sees that the bucket was merged away before [M1]
      if (i < count) first[i].store(0, std::memory_order_release);
    }
    return whole ? outer - inner : 0;
  }

  u64 flat_ = 0;  // a power of two
  bucket *base_ = nullptr;
  std::atomic<u32> *links_ = nullptr;
  std::atomic<u64> ready_{0};
  std::atomic<bucket *> segments_[bucket_word::most_depth]{};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
