// escrow/chunk_table.hpp: where the records of a blob store lie: chunks found by their number. [L2]
#ifndef ESCROW_CHUNK_TABLE_HPP
#define ESCROW_CHUNK_TABLE_HPP

#include "arena.hpp"
#include "lock.hpp"
#include "machine.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "status.h"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// What a blob store knows of one chunk.
template <class Machine>
struct basic_chunk {
  enum : u32 {
    absent,   // no address space yet
    idle,     // address space without pages, for whoever needs a chunk next
    held,     // records are cut from it, or were
    leaving,  // its records are being moved away; nothing is allocated here any more
    emptied,  // was leaving and has no live record
  };
  static constexpr u32 bytes = 2u << 20;
  static constexpr u32 none = ~0u;

  typename Machine::template atomic<u32> live;     // bytes of allocated records, as classes
  typename Machine::template atomic<u32> state;    // changed under every lane's guard, or by who
                                                   // took it from `idle`
  typename Machine::template locked<u32> touched;  // bytes from its beginning that have pages; by
                                                   // the guard of its lane
  u32 region;                                      // of the arena; set once

  [[nodiscard]] bool is_leaving() const noexcept {
    // relaxed: ordered by the guard under which it was set; a stale answer costs a release nothing
    // but a place on a list that end_evacuation() cleans [E1]
    return state.load(std::memory_order_relaxed) >= leaving;
  }
  [[nodiscard]] u32 live_bytes() const noexcept {
    // acquire: what releases did before they subtracted; pairs with blob_store::release() [E1]
    return live.load(std::memory_order_acquire);
  }
};
using chunk = basic_chunk<machine>;
static_assert(sizeof(chunk) == 16);

/// A reference names 16 bytes: 19 bits of chunk, 17 bits within. Zero-initialised is closed.
///
/// Address space, once referred to, stays readable until close(): a chunk that is given back to the
/// system reads as zero. It is the image's arena that keeps it then, so that it is used again.
class chunk_table {
 public:
  using machine_type = machine;

  static constexpr u64 unit = 16;
  static constexpr u32 unit_bits = 17;
  static constexpr u32 reference_bits = 36;
  static constexpr u32 most = 1u << (reference_bits - unit_bits);  // 1 TiB
  static_assert(chunk::bytes == unit << unit_bits);

  /// @return ESCROW_OK | ESCROW_E_NOMEM
  [[nodiscard]] escrow_status open() noexcept {
    if (!table().payloads.take(table_bytes, 4096, false, true, tables_)) return ESCROW_E_NOMEM;
    addresses_ = reinterpret_cast<std::atomic<char *> *>(tables_.first);
    chunks_ = reinterpret_cast<chunk *>(tables_.first + sizeof(std::atomic<char *>) * most);
    return ESCROW_OK;
  }

  /// Gives everything back to the arena. Nobody refers to a record any more.
  void close() noexcept {
    if (addresses_ == nullptr) return;
    for (u32 i = 0; i < made(); ++i) {
      // relaxed: the caller excludes all others
      char *const first = addresses_[i].load(std::memory_order_relaxed);
      table().payloads.give_back({first, chunks_[i].region, arena_units});
    }
    table().payloads.give_back(tables_);
    addresses_ = nullptr;
    chunks_ = nullptr;
    made_.store(0, std::memory_order_relaxed);  // relaxed: the caller excludes all others
    first_idle_ = 0;
  }

  /// The words of a record. `reference` is one that the store has given out since open(); it may
  /// have been released.
  [[nodiscard, gnu::always_inline]] inline std::atomic<u64> *at(u64 reference) const noexcept {
    // relaxed: written before the first reference into the chunk was published, and never again
    char *const first = addresses_[reference >> unit_bits].load(std::memory_order_relaxed);
    return reinterpret_cast<std::atomic<u64> *>(first + (reference & (units_each - 1)) * unit);
  }
  [[nodiscard, gnu::always_inline]] inline chunk &of(u64 reference) const noexcept {
    return chunks_[reference >> unit_bits];
  }
  [[nodiscard]] chunk &numbered(u32 number) const noexcept { return chunks_[number]; }
  [[nodiscard]] static u64 reference_to(u32 number, u32 offset) noexcept {
    return u64{number} << unit_bits | offset / unit;
  }
  /// Chunks that have address space; their numbers are below.
  [[nodiscard]] u32 made() const noexcept {
    return made_.load(std::memory_order_acquire);  // acquire: their records; pairs with take() [C1]
  }

  /// A chunk for one lane, without pages and now `held`.
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED
  [[nodiscard]] escrow_status take(u32 &out_number) noexcept {
    lock_hold const hold(lock_);
    u32 const end = made_.load(std::memory_order_relaxed);  // relaxed: ordered by lock
    while (first_idle_ < end && !is_idle(first_idle_)) ++first_idle_;
    if (first_idle_ == end) {
      if (end == most) return ESCROW_E_EXHAUSTED;
      range r{};
      if (!table().payloads.take(chunk::bytes, 4096, false, false, r)) return ESCROW_E_NOMEM;
      chunks_[end].region = r.region;
      addresses_[end].store(r.first, std::memory_order_relaxed);  // relaxed: before publication
      // release: address and region; pairs with made() [C1]
      made_.store(end + 1, std::memory_order_release);
    }
    out_number = first_idle_++;
    chunk &c = chunks_[out_number];
    c.touched = 0;
    c.state.store(chunk::held, std::memory_order_relaxed);  // relaxed: ordered by the lane's guard
    return ESCROW_OK;
  }

  /// Gives the pages of an emptied chunk back and makes it idle. Returns the bytes; 0 when the
  /// system refused, and the chunk is held again.
  ///
  /// A reader that still looks at a record here and sees the zeros of the new page took the fault
  /// after the old page was gone from every core, so it sees as well that the record was given up.
  [[nodiscard]] u64 decommit(u32 number) noexcept {
    chunk &c = chunks_[number];
    u64 const bytes = c.touched;
    // relaxed: written once
    char *const first = addresses_[number].load(std::memory_order_relaxed);
    bool const gone = bytes == 0 || pages::decommit(first, bytes);
    lock_hold const hold(lock_);
    // relaxed: ordered by lock
    c.state.store(gone ? chunk::idle : chunk::held, std::memory_order_relaxed);
    if (!gone) return 0;
    c.touched = 0;
    if (number < first_idle_) first_idle_ = number;
    return bytes;
  }

 private:
  static constexpr u64 units_each = u64{1} << unit_bits;
  static constexpr u64 table_bytes = (sizeof(std::atomic<char *>) + sizeof(chunk)) * most;
  static constexpr u32 arena_units = chunk::bytes / region::unit_bytes;

  [[nodiscard]] bool is_idle(u32 number) const noexcept {
    // relaxed: ordered by lock
    return chunks_[number].state.load(std::memory_order_relaxed) == chunk::idle;
  }

  std::atomic<char *> *addresses_ = nullptr;  // by number; its pages come as chunks do
  chunk *chunks_ = nullptr;                   // by number
  std::atomic<u32> made_{0};
  u32 first_idle_ = 0;  // no chunk below is idle; under lock_
  lock lock_;
  range tables_{};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
