// escrow/control.hpp: the control block behind a pool's handle. [L3]
#ifndef ESCROW_CONTROL_HPP
#define ESCROW_CONTROL_HPP

#include <cstring>

#include "block_word.hpp"
#include "carried_layout.hpp"
#include "handle.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "shelf.hpp"
#include "size_class.hpp"
#include "slot_build.hpp"
#include "table.hpp"
#include "types.h"

namespace escrow::inline ESCROW_ABI {

/// How acquisitions of a pool come by the place where one in so many is guarded, the slow path.
enum class guarding : u8 {
  none = 0,
  now_and_then = 1,  // where a slab is used up, though slots of it may have been freed
  always = 2,        // each of them
};

/// Immortal and reused under a new generation: a call on a destroyed pool reads valid memory and
/// gets a code. What the hot path reads is atomic, since a stale caller may read it while the next
/// pool is being opened; what it then claims is undone by the checks in acquire. [P1]
///
/// Lock order: lane guards, then `guard`, then the table's locks.
struct alignas(2 * cache_line) pool_control {
  std::atomic<u64> word;
  std::atomic<u64> most_direct;  // largest object whose class is size_class::of() & direct_mask
  /// Up to here ledger::mixture of what is acquired is noted or traced; 0: nothing is looked at.
  std::atomic<u64> watched;
  std::atomic<u64> most_bytes;   // largest object: fixed_size, or 2^32 - 1
  std::atomic<u64> alignment;    // 0 = that of the class
  std::atomic<u64> type_about;   // type id in the upper half
  std::atomic<u32> direct_mask;  // 0: all of one class
  std::atomic<u32> only_class;   // of a fixed-size pool; class_count: by size
  std::atomic<u32> lane_span;    // bytes of a shelf's lanes - sizeof(lane): mask of a lane's place
  std::atomic<guarding> guards;  // what acquisitions do for the sake of guarded objects
  std::atomic<shelf *> shelves[class_count];

  // Slow paths only.
  std::atomic<bool> huge;
  u32 index;      // of this block; set once
  lock guard;     // slab registry, shelves, closing
  u32 owned;      // first slab of the registry, index + 1; under guard
  u32 next_free;  // index + 1; see control_blocks
  std::atomic<u64> committed;
  std::atomic<u64> peak;
  std::atomic<u64> limit;
  std::atomic<u64> slabs;
  std::atomic<u64> refills;
  /// Of 2^31 acquisitions the ledger notes so many (lower half), and so many are traced (upper
  /// half): the limits whose larger one `watched` stands for. Changed by watch(), under guard.
  std::atomic<u64> watch_limits;
  std::atomic<u32> ledger_rate;     // one in so many; of the ledger, as what follows
  std::atomic<bool> ledger_frames;  // follow frame pointers
  std::atomic<u64> ledger_missed;   // what it should have noted and could not
  std::atomic<u32> guard_rate;      // one in so many objects is guarded; 0: none
  std::atomic<u64> guard_turns;     // how often that was asked
  std::atomic<u64> guarded;         // how many were
  std::atomic<u64> guards_missed;   // should have been, and no place was left
  std::atomic<escrow_destructor> destructor;
  std::atomic<void *> context;
  char name[32];  // under guard
  carried_layout layout;
  std::atomic<u64> misuse[ESCROW_ERROR_COUNT + 1];

  [[nodiscard]] u64 slot_stride(u32 class_index) const noexcept {
    if (class_index >= block_class) return 0;
    if (only_class.load(std::memory_order_relaxed) == class_count)
      return size_class::bytes(class_index);
    u64 const asked = alignment.load(std::memory_order_relaxed);
    return align_up(most_bytes.load(std::memory_order_relaxed) + slot_build::redzone,
                    asked > 16 ? asked : 16);
  }
  /// The class an object of `bytes` (1..most_bytes) goes to.
  [[nodiscard]] u32 class_for(u64 bytes) const noexcept {
    if constexpr (slot_build::of_malloc) return block_class;
    u32 const only = only_class.load(std::memory_order_relaxed);  // relaxed: re-checked by [P1]
    if (only != class_count) return only;
    u64 const asked = alignment.load(std::memory_order_relaxed);
    u64 const wanted = bytes + slot_build::redzone;
    if (asked <= 16) return wanted <= size_class::largest ? size_class::of(wanted) : block_class;
    u32 const c = size_class::aligned(wanted, asked);
    return c < size_class::count ? c : block_class;
  }
  [[nodiscard]] u32 noted() const noexcept {
    return static_cast<u32>(watch_limits.load(std::memory_order_relaxed));  // relaxed: a limit
  }
  [[nodiscard]] u32 traced() const noexcept {
    return static_cast<u32>(watch_limits.load(std::memory_order_relaxed) >>
                            32);  // relaxed: likewise
  }
  /// `noted` and `traced` of 2^31 from now on. Under guard, or nobody knows the pool yet.
  void watch(u32 noted, u32 traced) noexcept {
    u64 const most = noted > traced ? noted : traced;
    // relaxed: limits, nothing hangs on them; between the two an acquisition is looked at in vain,
    // or not yet
    watch_limits.store(u64{traced} << 32 | noted, std::memory_order_relaxed);
    watched.store(most == 0 ? 0 : (most << 33) - 1, std::memory_order_relaxed);  // 2^31: all
  }
  void count_misuse(escrow_status status) noexcept {
    if (status < 0 && status >= -ESCROW_ERROR_COUNT)
      misuse[-status].fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
  }

  /// The shelf of a class, made on first use. NULL: no memory.
  [[nodiscard]] shelf *shelf_for(u32 class_index) noexcept {
    // acquire: the prepared shelf; pairs with the store below [C1]
    shelf *s = shelves[class_index].load(std::memory_order_acquire);
    return s != nullptr ? s : make_shelf(class_index);
  }
  [[gnu::cold, gnu::noinline]] shelf *make_shelf(u32 class_index) noexcept {
    lock_hold const hold(guard);
    shelf *s = shelves[class_index].load(std::memory_order_relaxed);  // relaxed: under guard
    if (s != nullptr) return s;
    // As many as lane_span says, for blocks too: acquire picks a lane before it knows the class.
    u32 const lanes = table().lanes.load(std::memory_order_relaxed);
    char *const raw = table().take_record(shelf::bytes(lanes));
    if (raw == nullptr) return nullptr;
    s = reinterpret_cast<shelf *>(raw);
    s->prepare(class_index, lanes);
    s->layout(slot_stride(class_index),
              class_index != reference_class && destructor.load(std::memory_order_relaxed));
    shelves[class_index].store(s, std::memory_order_release);  // release: pairs with shelf_for [C1]
    return s;
  }
};

/// Finds the control block of a pool handle of any age.
/// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND another kind of handle | ESCROW_E_RANGE
[[nodiscard, gnu::always_inline]] inline escrow_status find_pool(u64 pool,
                                                                 pool_control *&out) noexcept {
  return table().pools.find(pool, out);
}

/// What a pool handle names now. @return ESCROW_OK open | ESCROW_E_CLOSED | ESCROW_E_STALE
/// destroyed
[[nodiscard]] inline escrow_status pool_status(pool_control const &c, u64 pool) noexcept {
  return block_word::status(c.word.load(std::memory_order_acquire), pool);
}

/// Finds the control block of a pool that is open or closed, but not destroyed.
/// @return as find_pool | ESCROW_E_STALE destroyed
[[nodiscard]] inline escrow_status readable_pool(u64 pool, pool_control *&out) noexcept {
  if (auto const s = find_pool(pool, out); s != ESCROW_OK) return s;
  auto const s = pool_status(*out, pool);
  return s == ESCROW_E_CLOSED ? ESCROW_OK : s;
}

/// The pool that owns a slab now; NULL: nobody. Believe it under a held reference only.
[[nodiscard, gnu::always_inline]] inline pool_control *owner_of(slab const &s) noexcept {
  pool_control *c = nullptr;
  u64 const key = s.owner.load(std::memory_order_acquire);
  if (key == 0 || find_pool(slab::pool_of(key), c) != ESCROW_OK) return nullptr;
  return c;
}

}  // namespace escrow::inline ESCROW_ABI

#endif
