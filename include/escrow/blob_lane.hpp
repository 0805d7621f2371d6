// escrow/blob_lane.hpp: one stripe of a blob store: free records by class and a chunk to cut. [L2]
#ifndef ESCROW_BLOB_LANE_HPP
#define ESCROW_BLOB_LANE_HPP

#include "chunk_table.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "size_class.hpp"

namespace escrow::inline ESCROW_ABI {

/// The sizes of records: size_class up to 64 KiB, then steps of 4 KiB. Above 128 B a record is at
/// most 12.5 % larger than what it holds; below, at most 15 B.
struct record_class {
  static constexpr u64 step = 4096;
  static constexpr u32 count = size_class::count + 17;
  static constexpr u64 largest = size_class::largest + 17 * step;  // 132 KiB

  /// The smallest class that holds `bytes`, 1..largest.
  [[nodiscard]] static constexpr u32 of(u64 bytes) noexcept {
    if (bytes <= size_class::largest) return size_class::of(bytes);
    return size_class::count + static_cast<u32>((bytes - size_class::largest - 1) / step);
  }
  [[nodiscard]] static constexpr u32 bytes(u32 index) noexcept {
    if (index < size_class::count) return static_cast<u32>(size_class::bytes(index));
    return static_cast<u32>(size_class::largest + (index - size_class::count + 1) * step);
  }
};
static_assert(record_class::of(record_class::largest) == record_class::count - 1);
static_assert(record_class::bytes(record_class::count - 1) == record_class::largest);
static_assert(record_class::of(size_class::largest + 1) == size_class::count);

/// The link in the first word of a free record. Readers with an old reference may see it.
struct free_record {
  template <class Word>
  [[nodiscard]] static u64 next(Word const *record) noexcept {
    // relaxed: ordered by the guard of the list, or by the exchange that took it whole
    return record->load(std::memory_order_relaxed);
  }
  template <class Word>
  static void link(Word *record, u64 next) noexcept {
    // release: a reader that takes the link for its record's word sees the version change that came
    // before the release; pairs with the acquire loads of readers [V1]
    record->store(next, std::memory_order_release);
  }
};

/// Everything but `guard` is changed under guard; a look without it is a hint. Zero-initialised is
/// empty. `Chunks` is chunk_table, and `Classes` record_class, or those of tests/model.
template <class Chunks, class Classes>
struct alignas(2 * cache_line) basic_blob_lane {
  using machine_type = typename Chunks::machine_type;
  template <class T>
  using atomic = typename machine_type::template atomic<T>;

  static constexpr u32 most_dropped = 16;

  basic_lock<machine_type> guard;
  atomic<u32> current;  // number + 1 of the chunk it cuts
  atomic<u32> next;     // offset of the first byte never cut
  atomic<u32> touched;  // pages are there up to here, so a leaf faults nowhere below
  atomic<u64> free[Classes::count];

  [[nodiscard]] bool may_have(u32 record) const noexcept {
    // relaxed: hints; re-checked under guard
    return free[record].load(std::memory_order_relaxed) != 0 || has_room(record);
  }
  [[nodiscard]] bool has_room(u32 record) const noexcept {
    // relaxed: ordered by guard, else a hint
    return next.load(std::memory_order_relaxed) + Classes::bytes(record) <=
           touched.load(std::memory_order_relaxed);
  }

  /// A free record of a class that does not lie in a leaving chunk; 0: none. Those that do are
  /// forgotten, most_dropped at a time.
  [[nodiscard]] u64 pop(Chunks const &chunks, u32 record) noexcept {
    for (u32 dropped = 0; dropped < most_dropped; ++dropped) {
      u64 const head = free[record].load(std::memory_order_relaxed);  // relaxed: ordered by guard
      if (head == 0) return 0;
      // relaxed: ordered by guard
      free[record].store(free_record::next(chunks.at(head)), std::memory_order_relaxed);
      if (!chunks.of(head).is_leaving()) return head;
    }
    return 0;
  }
  void push(Chunks const &chunks, u32 record, u64 reference) noexcept {
    // relaxed: ordered by guard
    free_record::link(chunks.at(reference), free[record].load(std::memory_order_relaxed));
    free[record].store(reference, std::memory_order_relaxed);
  }

  /// Cuts a record off the current chunk where pages are there; 0: they are not.
  [[nodiscard]] u64 cut(u32 record) noexcept {
    if (!has_room(record)) return 0;
    // relaxed: ordered by guard
    u32 const offset = next.load(std::memory_order_relaxed);
    next.store(offset + Classes::bytes(record), std::memory_order_relaxed);
    return Chunks::reference_to(current.load(std::memory_order_relaxed) - 1, offset);
  }

  /// Cuts from here on from chunk `number`, whose first `skipped` bytes stay unused. What is left
  /// of the one before has no pages, but for those touched ahead.
  void use(u32 number, u32 skipped) noexcept {
    // relaxed: ordered by guard
    current.store(number + 1, std::memory_order_relaxed);
    next.store(skipped, std::memory_order_relaxed);
    touched.store(0, std::memory_order_relaxed);
  }
  void stop_cutting() noexcept {
    // relaxed: ordered by guard
    current.store(0, std::memory_order_relaxed);
    next.store(0, std::memory_order_relaxed);
    touched.store(0, std::memory_order_relaxed);
  }

  /// Forgets the free records that lie in leaving chunks. Slow: walks every list.
  void forget_leaving(Chunks const &chunks) noexcept {
    for (u32 record = 0; record < Classes::count; ++record) {
      // relaxed: ordered by guard
      u64 at = free[record].load(std::memory_order_relaxed);
      free[record].store(0, std::memory_order_relaxed);
      keep_staying(chunks, record, at);
    }
  }
  /// Takes over the chain that begins at `at`, but for what lies in leaving chunks.
  void keep_staying(Chunks const &chunks, u32 record, u64 at) noexcept {
    while (at != 0) {
      u64 const after = free_record::next(chunks.at(at));
      if (!chunks.of(at).is_leaving()) push(chunks, record, at);
      at = after;
    }
  }
};
using blob_lane = basic_blob_lane<chunk_table, record_class>;

}  // namespace escrow::inline ESCROW_ABI

#endif
