// escrow/index_state.hpp: what an index keeps in memory that outlives every map in it. [L2]
#ifndef ESCROW_INDEX_STATE_HPP
#define ESCROW_INDEX_STATE_HPP

#include <bit>

#include "bucket.hpp"
#include "budget.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "status.h"
#include "tally.hpp"

namespace escrow::inline ESCROW_ABI {

/// Buckets, overflow nodes, their counts and the shape. Zero-initialised is closed.
template <class Array, class Nodes>
struct index_state {
  template <class T>
  using atomic = typename Array::template atomic<T>;

  static constexpr u32 first_level = 4;

  Array array;
  Nodes nodes;

  // What every operation reads and few write.
  alignas(cache_line) atomic<u64> bound{0};  // buckets, as readers know them
  atomic<u64> mask{0};
  atomic<u64> epoch{0};                         // clears so far
  typename Array::bucket_type *base = nullptr;  // bucket 0

  alignas(cache_line) lock growing;
  lock clearing;
  u32 level = 0;      // under growing, as the next three
  u64 split = 0;      // buckets of this level that are split; there are 2^level + split
  u64 published = 0;  // what bound says
  u64 floor = 0;      // no bucket that was merged away had a higher version
  u64 swept = 0;      // under clearing: no bucket is of an epoch before this one
  budget memory;      // of buckets, links and nodes, and of the map's records
  std::atomic<bool> growth_due{false};  // a leaf could not grow
  std::atomic<u64> retries{0};          // reads that began anew

  alignas(cache_line) tally counts;

  /// Nobody else uses it yet. @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_FULL
  [[nodiscard]] escrow_status open(u64 limit_bytes) noexcept {
    memory.open(limit_bytes);
    if (!array.open()) return ESCROW_E_NOMEM;
    nodes.open(memory);
    base = &array.at(0);
    u64 const n = 1ull << first_level;
    while (array.ready() < n)
      if (auto const s = extend(); s != ESCROW_OK) return s;
    for (u64 i = 0; i < n; ++i) array.at(i).publish(bucket_word::at(floor + 1, first_level, 0));
    counts.open();
    level = first_level;
    split = 0;
    publish_shape();
    swept = 0;
    // relaxed: before publication
    epoch.store(0, std::memory_order_relaxed);
    growth_due.store(false, std::memory_order_relaxed);
    retries.store(0, std::memory_order_relaxed);
    return ESCROW_OK;
  }
  /// Gives all memory back; the address space stays for the next open(). Nobody uses it any more.
  void close() noexcept {
    bound.store(0, std::memory_order_release);
    mask.store(0, std::memory_order_release);
    array.close();
    nodes.close();
  }

  /// Makes memory for more buckets ready. Under growing. @return ESCROW_OK | ESCROW_E_NOMEM |
  /// ESCROW_E_FULL
  [[nodiscard]] escrow_status extend() noexcept {
    u64 const step = array.next_step_bytes();
    if (!memory.charge(step)) return ESCROW_E_FULL;
    if (array.extend()) return ESCROW_OK;
    memory.refund(step);
    return ESCROW_E_NOMEM;
  }
  /// Gives the memory of unused buckets back. Under growing. Returns bytes.
  u64 give_back() noexcept {
    u64 const before = array.bytes();
    u64 const given = array.give_back(buckets());
    memory.refund(before - array.bytes());
    return given;
  }

  /// The bucket to look at first for hash `h`, one of base[]. bound and mask may be of two moments;
  /// the depths of buckets correct that.
  [[nodiscard, gnu::always_inline]] inline u64 home(u64 h) const noexcept {
    u64 const n = bound.load(std::memory_order_acquire);  // acquire: the buckets; pairs with [G1]
    u64 const m = mask.load(std::memory_order_acquire);
    u64 const i = h & m;
    // i >= n ? i & m >> 1 : i, without a branch that would be mispredicted every other time.
    return i & (m >> 1 | (u64{i >= n} - 1));
  }

  /// Lets readers know how many buckets there are, of those that lie flat: further ones are found
  /// through their parents' depths. Seldom, since all readers look at this line.
  void publish_shape() noexcept {
    published = buckets();
    u64 const n = published < array.flat() ? published : array.flat();
    // release: the buckets; pairs with home() [G1]
    bound.store(n, std::memory_order_release);
    mask.store(~0ull >> std::countl_zero(n - 1), std::memory_order_release);
  }
  /// Under clearing. seq_cst: whoever looks after the call has returned sees it [C3]
  void next_epoch() noexcept { epoch.fetch_add(1, std::memory_order_seq_cst); }
  /// Exact when nobody writes.
  [[nodiscard]] u64 entries() const noexcept {
    return counts.total(epoch.load(std::memory_order_acquire));
  }
  /// Under growing.
  [[nodiscard]] u64 buckets() const noexcept { return (1ull << level) + split; }
  /// Bytes held from the system by buckets, links and nodes.
  [[nodiscard]] u64 bytes() const noexcept { return array.bytes() + nodes.bytes(); }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
