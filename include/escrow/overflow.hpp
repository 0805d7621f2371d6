// escrow/overflow.hpp: the nodes for entries that find no room in their bucket. [L2]
#ifndef ESCROW_OVERFLOW_HPP
#define ESCROW_OVERFLOW_HPP

#include <bit>

#include "bucket.hpp"
#include "budget.hpp"
#include "lane.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Nodes are numbered from 1, look like buckets, and stay nodes for ever: a reader that follows an
/// old link finds a node, of whatever bucket, and then sees that its own bucket's version moved.
///
/// A free node is on the list of a lane, by the `next` of its word. Lanes are locks that are only
/// tried, and a place to look first; who finds one held takes the next.
class overflow {
 public:
  /// Before the first take(); `memory` outlives the nodes.
  void open(budget &memory) noexcept { memory_ = &memory; }

  [[nodiscard, gnu::always_inline]] inline bucket &at(u32 node) const noexcept {
    u32 const k = segment_of(node);
    // acquire: the mapping; pairs with map_segment [O1]
    return segments_[k].load(std::memory_order_acquire)[node - first_of(k)];
  }

  /// A node that nobody uses. `at_once`: for leaves, without a system call, and BUSY instead.
  /// @return ESCROW_OK | ESCROW_E_BUSY at once, and none is at hand | ESCROW_E_NOMEM |
  ///         ESCROW_E_FULL the budget has no room for more
  template <bool at_once>
  [[nodiscard]] escrow_status take(u32 &out) noexcept {
    u32 const hint = lane_hint(lanes - 1);
    for (u32 i = 0; i < lanes; ++i) {
      lane &l = lanes_[(hint + i) % lanes];
      // relaxed: a look; under the lock below
      if (l.free.load(std::memory_order_relaxed) == 0 || !l.guard.try_acquire()) continue;
      u32 const node = l.free.load(std::memory_order_relaxed);
      if (node != 0)
        l.free.store(next_of(at(node)), std::memory_order_relaxed);  // relaxed: under the lock
      l.guard.release();
      if (node == 0) continue;
      out = node;
      used_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
      return ESCROW_OK;
    }
    if constexpr (at_once) {
      return ESCROW_E_BUSY;
    } else {
      return take_fresh(lanes_[hint], out);
    }
  }

  /// Gives a node back, after the version of its bucket has moved for the last time.
  void give_back(u32 node) noexcept {
    used_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: counter only
    u32 const hint = lane_hint(lanes - 1);
    for (u32 i = 0; i < lanes; ++i) {
      lane &l = lanes_[(hint + i) % lanes];
      if (!l.guard.try_acquire()) continue;
      push(l, node, node);
      l.guard.release();
      return;
    }
    // All lanes are held for the moment: the list that take_fresh empties. Push and take-all only.
    // After most_lost_races the node is on no list, and its memory waits for close().
    u32 head = strays_.load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    for (u32 lost = 0; lost < most_lost_races; ++lost) {
      set_next(at(node), head);
      // release: the link; pairs with take_fresh() [O2]
      if (strays_.compare_exchange_weak(head, node, std::memory_order_release,
                                        std::memory_order_relaxed))
        return;
    }
  }

  [[nodiscard]] u64 used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] u64 bytes() const noexcept {
    return made_.load(std::memory_order_relaxed) * sizeof(bucket);
  }

  /// Gives the memory of all nodes back; none is in use. The ranges stay for the next map.
  void close() noexcept {
    for (auto &l : lanes_) l.free.store(0, std::memory_order_relaxed);
    strays_.store(0, std::memory_order_relaxed);
    u64 const made = made_.exchange(0, std::memory_order_relaxed);
    for (u32 k = 0; made != 0 && k < segment_count; ++k) {
      bucket *const first = segments_[k].load(std::memory_order_relaxed);
      if (first == nullptr) break;
      char *const raw = reinterpret_cast<char *>(first);
      if (!pages::decommit(raw, segment_nodes(k) * sizeof(bucket)))
        for (u64 i = 0; i < segment_nodes(k); ++i) first[i].ctl.store(0, std::memory_order_relaxed);
    }
    used_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr u32 lanes = 16;
  static constexpr u32 most_lost_races = 64;
  static constexpr u32 segment_count = 24;
  static constexpr u32 first_nodes = 128;  // 16 KiB; segment k has 128 << k
  static constexpr u32 huge_from = 8;      // 4 MiB and more: in huge pages, which few faults bring
  static constexpr u32 a_step = 8;         // nodes set up at once: few, since a put waits for them

  struct alignas(cache_line) lane {
    lock guard;
    std::atomic<u32> free{0};
  };

  [[nodiscard]] static u32 segment_of(u32 node) noexcept {
    return static_cast<u32>(std::bit_width((node - 1) / first_nodes + 1)) - 1;
  }
  [[nodiscard]] static u32 first_of(u32 k) noexcept { return first_nodes * ((1u << k) - 1) + 1; }
  [[nodiscard]] static u64 segment_nodes(u32 k) noexcept { return u64{first_nodes} << k; }

  [[nodiscard]] static u32 next_of(bucket const &b) noexcept {
    // relaxed: published by the lane's lock
    return static_cast<u32>(bucket_word::next(b.ctl.load(std::memory_order_relaxed)));
  }
  static void set_next(bucket &b, u32 next) noexcept {
    b.ctl.store(bucket_word::node(next, 0), std::memory_order_release);
  }
  /// A chain of free nodes onto a lane whose lock is held.
  void push(lane &l, u32 first, u32 last) noexcept {
    set_next(at(last), l.free.load(std::memory_order_relaxed));
    l.free.store(first, std::memory_order_relaxed);
  }

  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status take_fresh(lane &mine, u32 &out) noexcept {
    lock_hold const hold(growing_);
    // acquire: the links; pairs with give_back [O2]
    u32 first = strays_.exchange(0, std::memory_order_acquire);
    if (first == 0)
      if (auto const s = make(first); s != ESCROW_OK) return s;
    u32 const rest = next_of(at(first));
    if (rest != 0) {
      u32 last = rest;
      while (next_of(at(last)) != 0) last = next_of(at(last));
      lock_hold const lane_hold(mine.guard);
      push(mine, rest, last);
    }
    out = first;
    used_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    return ESCROW_OK;
  }
  /// Sets a_step nodes up, chained, and touches them. @return ESCROW_OK | ESCROW_E_NOMEM |
  /// ESCROW_E_FULL
  [[nodiscard]] escrow_status make(u32 &out_first) noexcept {
    u64 const made = made_.load(std::memory_order_relaxed);  // relaxed: under growing_
    u32 const first = static_cast<u32>(made) + 1;
    u32 const k = segment_of(first);
    if (k >= segment_count) return ESCROW_E_NOMEM;
    if (segments_[k].load(std::memory_order_relaxed) == nullptr) {
      u64 const bytes = segment_nodes(k) * sizeof(bucket);
      char *const raw = pages::reserve(bytes, k < huge_from ? 4096 : pages::huge_bytes);
      if (raw == nullptr) return ESCROW_E_NOMEM;
      if (k >= huge_from) pages::prefer_huge(raw, bytes);
      // release: the mapping; pairs with at() [O1]
      segments_[k].store(reinterpret_cast<bucket *>(raw), std::memory_order_release);
    }
    if (!memory_->charge(a_step * sizeof(bucket))) return ESCROW_E_FULL;
    for (u32 i = 0; i < a_step; ++i) set_next(at(first + i), i + 1 < a_step ? first + i + 1 : 0);
    made_.store(made + a_step, std::memory_order_relaxed);
    out_first = first;
    return ESCROW_OK;
  }

  lane lanes_[lanes];
  budget *memory_ = nullptr;
  lock growing_;
  std::atomic<u32> strays_{0};
  std::atomic<u64> made_{0};
  std::atomic<u64> used_{0};
  std::atomic<bucket *> segments_[segment_count]{};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
