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
/// is gone.
///
/// Exact when nobody writes.
class tally {
 public:
  static constexpr u32 lanes = 16;

  /// One entry came. True, seldom, when it is time to ask whether the map should grow.
  [[nodiscard, gnu::always_inline]] inline bool add(u64 epoch) noexcept {
    lane &mine = hinted();
    u64 const now = count(mine.word, epoch, 1);
    // relaxed: a hint
    return static_cast<std::int64_t>(now - mine.look_at.load(std::memory_order_relaxed)) >= 0;
  }
  /// One entry left.
  [[gnu::always_inline]] inline void subtract(u64 epoch) noexcept {
    (void)count(hinted().word, epoch, ~0ull);
  }
  /// After add() returned true: look again when this lane has `more` entries more.
  void look_after(u64 more) noexcept {
    lane &mine = hinted();
    u64 const now = signed_count(mine.word.load(std::memory_order_relaxed));
    mine.look_at.store(now + more, std::memory_order_relaxed);  // relaxed: a hint
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
      l.look_at.store(0, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr u32 epoch_shift = 40;
  static constexpr u64 epoch_mask = (1ull << 24) - 1;
  static constexpr u64 zero_count = 1ull << (epoch_shift - 1);

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
  /// Adds `change`, 1 or -1; the lane's count afterwards. Bounded. relaxed: counter only.
  [[gnu::always_inline]] static inline u64 count(std::atomic<u64> &word, u64 epoch,
                                                 u64 change) noexcept {
    u64 w = word.load(std::memory_order_relaxed);
    if (ahead(w, epoch) > epoch_mask / 2)  // of an older epoch; who loses finds it renewed
      word.compare_exchange_strong(w, (epoch & epoch_mask) << epoch_shift | zero_count,
                                   std::memory_order_relaxed);
    w = word.fetch_add(change, std::memory_order_relaxed);
    if (ahead(w, epoch) == 0) return signed_count(w + change);
    word.fetch_sub(change, std::memory_order_relaxed);  // a clear came: our entry is gone
    return 0;
  }

  lane lanes_[lanes];
};

}  // namespace escrow::inline ESCROW_ABI

#endif
