// escrow/tally.hpp: how many entries a map has, counted in lanes, and begun anew by a clear. [L2]
#ifndef ESCROW_TALLY_HPP
#define ESCROW_TALLY_HPP

#include <cstdint>

#include "lane.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// A lane's word is epoch 24 | count 40, and the count begins at 2^39, since what one lane added
/// another may take away. Lanes of an older epoch count as nothing, so a clear, which moves the
/// epoch, empties all at once. Whoever is still at work in an older epoch counts no more: its entry
/// is gone. Epoch and count change in one compare-and-swap, so no count goes to an epoch that is
/// not its own. 24 bits tell older from newer as long as no lane falls 2^23 clears behind:
/// refresh().
///
/// Exact when nobody writes.
class tally {
 public:
  static constexpr u32 lanes = 16;

  /// One entry came.
  [[gnu::always_inline]] inline void add(u64 epoch) noexcept { (void)count(hinted(), epoch, 1); }
  /// Is it time to ask whether the map should grow?
  [[nodiscard, gnu::always_inline]] inline bool is_due() noexcept {
    lane const &mine = hinted();
    u64 const now = signed_count(mine.word.load(std::memory_order_relaxed));
    // relaxed: a hint
    return static_cast<std::int64_t>(now - mine.look_at.load(std::memory_order_relaxed)) >= 0;
  }
  /// One entry left.
  [[gnu::always_inline]] inline void subtract(u64 epoch) noexcept {
    (void)count(hinted(), epoch, ~0ull);
  }
  /// After is_due() was true: look again when this lane has `more` entries more.
  void look_after(u64 more) noexcept {
    lane &mine = hinted();
    u64 const now = signed_count(mine.word.load(std::memory_order_relaxed));
    mine.look_at.store(now + more, std::memory_order_relaxed);  // relaxed: a hint
  }
  /// The map has become smaller: every lane looks at its next entry, whatever it was told before.
  void look_again() noexcept {
    for (lane &l : lanes_) l.look_at.store(at_once, std::memory_order_relaxed);  // relaxed: a hint
  }
  /// Brings lanes that nobody used to `epoch`, which is not after the map's. One call at least
  /// every 2^23 clears.
  void refresh(u64 epoch) noexcept {
    for (lane &l : lanes_) {
      u64 w = l.word.load(std::memory_order_relaxed);  // relaxed: counter only
      while (is_behind(w, epoch))
        if (l.word.compare_exchange_weak(w, begun(epoch), std::memory_order_relaxed))
          l.look_at.store(at_once, std::memory_order_relaxed);
    }
  }

  /// Entries of this epoch.
  [[nodiscard]] u64 total(u64 epoch) const noexcept {
    u64 sum = 0;
    for (lane const &l : lanes_) {
      u64 const w = l.word.load(std::memory_order_relaxed);  // relaxed: counter only
      if (ahead(w, epoch) == 0) sum += signed_count(w);
    }
    return static_cast<std::int64_t>(sum) < 0 ? 0 : sum;
  }

  /// For the next map, whose first epoch is 0. Nobody counts.
  void open() noexcept {
    for (lane &l : lanes_) {
      l.word.store(zero_count, std::memory_order_relaxed);  // relaxed: before publication
      l.look_at.store(at_once, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr u32 epoch_shift = 40;
  static constexpr u64 epoch_mask = (1ull << 24) - 1;
  static constexpr u64 zero_count = 1ull << (epoch_shift - 1);
  static constexpr u64 at_once = ~0ull << 62;  // below every count
  static constexpr u32 most_lost = 64;

  struct alignas(cache_line) lane {
    std::atomic<u64> word;
    std::atomic<u64> look_at;
  };

  [[nodiscard]] lane &hinted() noexcept { return lanes_[lane_hint(lanes - 1)]; }
  [[nodiscard]] static u64 signed_count(u64 w) noexcept {
    return (w & ((1ull << epoch_shift) - 1)) - zero_count;
  }
  /// How many clears the word has seen that `epoch` has not, modulo 2^24.
  [[nodiscard]] static u64 ahead(u64 w, u64 epoch) noexcept {
    return ((w >> epoch_shift) - epoch) & epoch_mask;
  }
  [[nodiscard]] static bool is_behind(u64 w, u64 epoch) noexcept {
    return ahead(w, epoch) > epoch_mask / 2;
  }
  [[nodiscard]] static u64 begun(u64 epoch) noexcept {
    return (epoch & epoch_mask) << epoch_shift | zero_count;
  }
  /// Adds `change`, 1 or -1; the lane's count afterwards. relaxed: counter only.
  [[gnu::always_inline]] static inline u64 count(lane &l, u64 epoch, u64 change) noexcept {
    u64 w = l.word.load(std::memory_order_relaxed);
    for (u32 lost = 0; lost < most_lost; ++lost) {
      bool const behind = is_behind(w, epoch);
      if (!behind && ahead(w, epoch) != 0) return 0;  // a clear came: our entry is gone
      u64 const next = (behind ? begun(epoch) : w) + change;
      if (!l.word.compare_exchange_weak(w, next, std::memory_order_relaxed)) continue;
      // What the lane was told before the clear was about other entries.
      if (behind) l.look_at.store(at_once, std::memory_order_relaxed);
      return signed_count(next);
    }
    // Bounded for leaves: wrong only if a clear comes at this very moment, too.
    return signed_count(l.word.fetch_add(change, std::memory_order_relaxed) + change);
  }

  lane lanes_[lanes];
};

}  // namespace escrow::inline ESCROW_ABI

#endif
