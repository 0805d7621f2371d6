// escrow/sequence.hpp: numbers that are never given twice, from one counter or from blocks. [L3]
#ifndef ESCROW_SEQUENCE_HPP
#define ESCROW_SEQUENCE_HPP

#include <atomic>
#include <bit>

#include "lane.hpp"
#include "platform.hpp"
#include "slot.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// The generator behind escrow_sequence, whose layout it has.
///
/// Ordered: one fetch_add. Whoever calls after another call has returned comes later in the order
/// of that one atomic, so the number is larger.
///
/// Unique: `next_` is the first offset of the next block; taking a block is one fetch_add, so
/// blocks are disjoint. A lane's word is the next offset of its block, or a multiple of the block's
/// size when the block is used up; as the first of a block is given by whoever took it, a lane's
/// word is never a multiple while numbers are left. One step, a compare-and-swap from n to n + 1,
/// gives n: exactly one thread makes it, since a lane's word only ever holds offsets of blocks
/// taken later and later and so no value twice. To read the counter again after the increment,
/// instead of using what the increment returned, would give two threads one number.
///
/// Memory ordering: relaxed throughout. Numbers are given by the modification order of single words
/// and publish nothing else; order between threads comes from what they synchronise with anyhow.
class sequence {
 public:
  static constexpr u64 most_block = 65536;
  static constexpr u64 last = (1ull << 63) - 1;
  static constexpr u64 most_count = 1ull << 32;
  static constexpr u32 lane_count = 64;

  /// @return ESCROW_OK | ESCROW_E_OPTION
  [[nodiscard]] escrow_status init(u64 first, u64 block) noexcept {
    if (first > last || block == 1 || block > most_block || (block & (block - 1)) != 0)
      return ESCROW_E_OPTION;
    // relaxed: nobody else knows it yet
    next_.store(0, std::memory_order_relaxed);
    first_ = first;
    limit_ = last - first + 1;
    block_ = block;
    for (auto &l : lanes_) l.next.store(0, std::memory_order_relaxed);
    return ESCROW_OK;
  }

  /// Bounded: at most max_lost_races tries for a lane's word.
  /// @return ESCROW_OK | ESCROW_E_EXHAUSTED | ESCROW_E_BUSY nothing happened
  [[nodiscard]] escrow_status next(u64 &out) noexcept {
    if (block_ == 0) return take(1, out);
    std::atomic<u64> &mine = lanes_[lane_hint(lane_count - 1)].next;
    u64 offset = mine.load(std::memory_order_relaxed);
    for (u32 lost = 0; lost < max_lost_races; ++lost) {
      if ((offset & (block_ - 1)) == 0) return take_block(mine, offset, out);
      if (mine.compare_exchange_weak(offset, offset + 1, std::memory_order_relaxed,
                                     std::memory_order_relaxed)) {
        out = first_ + offset;
        return ESCROW_OK;
      }
    }
    return ESCROW_E_BUSY;
  }

  /// `count` numbers in a row. @return ESCROW_OK | ESCROW_E_SIZE | ESCROW_E_EXHAUSTED
  [[nodiscard]] escrow_status next_n(u64 count, u64 &out) noexcept {
    if (count == 0 || count > most_count) return ESCROW_E_SIZE;
    return take(block_ == 0 ? count : align_up(count, block_), out);  // blocks stay whole
  }

 private:
  struct alignas(cache_line) lane_word {
    std::atomic<u64> next;
  };

  /// The first of a new block is the caller's; the lane gets the rest, unless another thread was
  /// faster there: then the rest is never given.
  [[nodiscard, gnu::noinline]] escrow_status take_block(std::atomic<u64> &mine, u64 used_up,
                                                        u64 &out) noexcept {
    if (auto const s = take(block_, out); s != ESCROW_OK) return s;
    (void)mine.compare_exchange_strong(used_up, out - first_ + 1, std::memory_order_relaxed,
                                       std::memory_order_relaxed);
    return ESCROW_OK;
  }

  /// Beyond the limit there are 2^63 increments before the counter would wrap.
  [[nodiscard]] escrow_status take(u64 count, u64 &out) noexcept {
    u64 const offset = next_.fetch_add(count, std::memory_order_relaxed);
    if (offset >= limit_ || limit_ - offset < count) [[unlikely]] {
      next_.store(limit_, std::memory_order_relaxed);
      return ESCROW_E_EXHAUSTED;
    }
    out = first_ + offset;
    return ESCROW_OK;
  }

  alignas(cache_line) std::atomic<u64> next_;
  u64 first_;
  u64 limit_;
  u64 block_;
  lane_word lanes_[lane_count];
};

}  // namespace escrow::inline ESCROW_ABI

#endif
