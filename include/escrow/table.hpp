// escrow/table.hpp: the one table of an image: where every slot, slab and pool is found. [L2]
//
// capi.hpp defines it, in exactly one translation unit of the image. Nothing in it is ever
// unmapped.
#ifndef ESCROW_TABLE_HPP
#define ESCROW_TABLE_HPP

#include <bit>

#include "arena.hpp"
#include "control_blocks.hpp"
#include "frames.hpp"
#include "lane.hpp"
#include "lock.hpp"
#include "machine.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "slab.hpp"
#include "slot.hpp"

/// Linker name of the table, with the ABI major. Hidden: each image has its own, always. Code that
/// includes the C++ headers and finds this symbol undefined at link time lacks the facade's unit.
struct escrow1_table_storage;
extern "C" __attribute__((visibility("hidden"))) escrow1_table_storage escrow1_table;

namespace escrow::inline ESCROW_ABI {

struct pool_control;
struct map_control;
struct cell_control;
struct code_control;
struct kept_layout;
class fingerprints;
class misuse_table;
class trace_ring;
class guarded_pages;

/// 16,384 slots and their slab records, committed by the system page by page as they are used.
struct segment {
  static constexpr u32 slots = 1u << 14;
  static constexpr u32 slabs_each = slots / slab::slots;
  slot_header headers[slots];
  slab slabs[slabs_each];
};

/// The directory: 28 bits of slot index, two loads to a header.
class slot_table {
 public:
  /// Places of the directory: one for every index that a handle can name.
  static constexpr u32 places = (1u << 28) / segment::slots;
  /// How many of them are ever filled.
#if defined(ESCROW_SMALL_COUNTS)
  static constexpr u32 most_segments = 1u << 4;
#else
  static constexpr u32 most_segments = places;
#endif

 private:
  std::atomic<segment *> segments_[places]{};  // first: its address is that of the table

 public:
  /// The segment of a slot index; NULL: no such slot was ever handed out.
  [[nodiscard]] segment *find(u64 index) const noexcept {
    // acquire: the initialised segment; pairs with carve() [T1]
    return segments_[index / segment::slots].load(std::memory_order_acquire);
  }
  [[nodiscard]] slab &slab_at(u32 index) const noexcept {
    return find(u64{index} * slab::slots)->slabs[index % segment::slabs_each];
  }
  /// The directory itself; each place is written once.
  [[nodiscard]] std::atomic<segment *> const *directory() const noexcept {
    return segments_;
  }
  /// Slabs handed out so far, free ones included.
  [[nodiscard]] u32 slabs() const noexcept {
    return carved_.load(std::memory_order_acquire);
  }

  /// A slab that belongs to nobody, all words RESERVED below the last generation. NULL: no memory
  /// or no index left; `out_error` says which.
  [[nodiscard]] slab *take_slab(escrow_status &out_error) noexcept {
    lock_hold const hold(lock_);
    if (free_slabs_ != 0) {
      slab &s = slab_at(free_slabs_ - 1);
      free_slabs_ = s.next_owned;
      return &s;
    }
    return carve(out_error);
  }

  /// Takes a slab back whose words are all RESERVED, RUNNING or RETIRED. One that is worn is never
  /// handed out again: 2 KB for each 2^28 acquisitions at most.
  void give_slab(slab &s) noexcept {
    lock_hold const hold(lock_);
    s.leave_owner();
    if (s.is_worn()) return;
    s.next_owned = free_slabs_;
    free_slabs_ = s.index + 1;
  }

  /// Zeroed memory for records that live as long as the process. NULL: the system has none.
  [[nodiscard]] char *take_record(u64 bytes) noexcept {
    u64 const size = align_up(bytes, 2 * cache_line);
    lock_hold const hold(lock_);
    if (size > record_left_) {
      u64 const chunk = align_up(size > record_chunk ? size : record_chunk, pages::size());
      char *const fresh = pages::reserve(chunk, pages::size());
      if (fresh == nullptr) return nullptr;
      record_next_ = fresh;
      record_left_ = chunk;
    }
    char *const record = record_next_;
    record_next_ += size;
    record_left_ -= size;
    return record;
  }

  /// Where this image's generations begin. Two images number their slots alike; different
  /// beginnings make a handle that strays into the other's table STALE there, but for chance.
  [[nodiscard]] u64 first_generation() const noexcept {
#if defined(ESCROW_SMALL_COUNTS)
    return 1;
#else
    u64 const mixed = (reinterpret_cast<u64>(this) >> 12) * 0x9E3779B97F4A7C15ull;
    return 1 + (mixed >> 38);  // below 2^26: a quarter of the range at most
#endif
  }

  arena payloads;
  destructor_frames frames;

  control_blocks<pool_control, handle::pool_tag> pools;
  control_blocks<map_control, handle::map_tag> maps;
  control_blocks<cell_control, handle::cell_tag> cells;
  control_blocks<code_control, handle::code_tag> codes;
  /// Stripes of every class of every pool; set by the first pool that opens.
  std::atomic<u32> lanes{0};

  /// Call stacks of all ledgers; nullptr until one is switched on for the first time. Set once.
  std::atomic<fingerprints *> sites{nullptr};
  /// Refused calls by site; there before `sites`. Set once.
  std::atomic<misuse_table *> misuse{nullptr};
  /// Events of traced objects; nullptr until a pool is traced for the first time. Set once.
  std::atomic<trace_ring *> events{nullptr};
  /// How many pools are traced now.
  std::atomic<u32> tracing{0};

  /// Places of guarded objects; nullptr until the first is wanted. Set once, under the lock.
  std::atomic<guarded_pages *> guarded{nullptr};
  lock guarded_lock;

  /// Every layout that was ever carried, newest first; see kept_layout.
  lock layouts_lock;
  kept_layout *layouts = nullptr;
  u32 layouts_kept = 0;

 private:
  static constexpr u64 record_chunk = 256u << 10;

  [[nodiscard]] slab *carve(escrow_status &out_error) noexcept {
    u32 const index = carved_.load(std::memory_order_relaxed);  // relaxed: under lock_
    u32 const at = index / segment::slabs_each;
    if (at == most_segments) {
      out_error = ESCROW_E_EXHAUSTED;
      return nullptr;
    }
    segment *home = segments_[at].load(std::memory_order_relaxed);  // relaxed: under lock_
    if (home == nullptr) {
      home = pages::reserve_for<segment>();
      if (home == nullptr) {
        out_error = ESCROW_E_NOMEM;
        return nullptr;
      }
      for (u32 i = 0; i < segment::slabs_each; ++i) {
        slab &s = home->slabs[i];
        s.index = at * segment::slabs_each + i;
        s.headers.store(&home->headers[i * slab::slots], std::memory_order_relaxed);
      }
      // release: the records above; pairs with find() [T1]
      segments_[at].store(home, std::memory_order_release);
    }
    slab &s = home->slabs[index % segment::slabs_each];
    u64 const generation = first_generation();
    for (u32 k = 0; k < slab::slots; ++k)
      s.header(k).word.store(word::at(generation, word::rev), std::memory_order_relaxed);
    // release: the words above; pairs with slabs() [T1]
    carved_.store(index + 1, std::memory_order_release);
    return &s;
  }

  lock lock_;
  std::atomic<u32> carved_{0};
  u32 free_slabs_ = 0;  // index + 1
  char *record_next_ = nullptr;
  u64 record_left_ = 0;
};

[[nodiscard]] inline slot_table &table() noexcept {
  return reinterpret_cast<slot_table &>(escrow1_table);
}

inline slab &machine::slab_at(u32 index) noexcept {
  return table().slab_at(index);
}

/// A slot found through its handle. `header` is NULL where no such slot was ever handed out.
struct slot {
  slot_header *header;
  slab *home;

  [[nodiscard, gnu::always_inline]] static inline slot at(u64 bits) noexcept {
    segment *const s = table().find(handle::index(bits));
    if (s == nullptr) [[unlikely]]
      return {nullptr, nullptr};
    // headers[within] and slabs[within / slab::slots], each as one shift and one mask.
    u64 const header = scaled(bits, segment::slots, sizeof(slot_header), handle::index_shift);
    u64 const record = scaled(bits, segment::slabs_each, sizeof(slab),
                              handle::index_shift + std::countr_zero(slab::slots));
    return {reinterpret_cast<slot_header *>(reinterpret_cast<char *>(s->headers) + header),
            reinterpret_cast<slab *>(reinterpret_cast<char *>(s->slabs) + record)};
  }

 private:
  /// The number that begins at bit `from` of `bits`, modulo `count`, times `bytes`, both powers of
  /// two.
  [[nodiscard]] static constexpr u64 scaled(u64 bits, u64 count, u64 bytes, int from) noexcept {
    return bits >> (from - std::countr_zero(bytes)) & (count - 1) * bytes;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
