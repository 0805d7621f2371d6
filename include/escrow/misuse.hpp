// escrow/misuse.hpp: refused calls: counted on the pool, and noted with the place that made them.
// [L3]
#ifndef ESCROW_MISUSE_HPP
#define ESCROW_MISUSE_HPP

#include "call_stack.hpp"
#include "control.hpp"
#include "handle.hpp"
#include "ledger.hpp"
#include "misuse_table.hpp"
#include "operation.h"
#include "platform.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// What the edges of the library do with a code below zero. Every refusal but BUSY is counted on
/// the pool it was about. A refusal that is a mistake of its caller is noted by site as well, once
/// a ledger of any pool has been on, or a pool traced: then there is memory for stacks.
///
/// Nothing here is on the way of a call that succeeds, and no leaf notes: what Go calls by leaves
/// it notes itself.
struct misuse {
  /// Is the code a mistake in the program? The others are states of the world: of memory, limits
  /// and counts (NOMEM, EXHAUSTED, FULL, LIMIT), of other threads and time (BUSY, TIMEOUT), of
  /// contents (ABSENT, DIFFERS, REFUSED), of the platform (UNSUPPORTED). LEAK is what the ledger
  /// shows, by the sites that acquired, not the one that closed.
  [[nodiscard]] static constexpr bool is_mistake(escrow_status why) noexcept {
    switch (why) {
      case ESCROW_E_NULL:
      case ESCROW_E_RANGE:
      case ESCROW_E_FOREIGN:
      case ESCROW_E_STALE:
      case ESCROW_E_KIND:
      case ESCROW_E_MOVED:
      case ESCROW_E_LENT:
      case ESCROW_E_SHARED:
      case ESCROW_E_TRANSIT:
      case ESCROW_E_REVOKED:
      case ESCROW_E_CLOSED:
      case ESCROW_E_SCOPE:
      case ESCROW_E_SIZE:
      case ESCROW_E_OPTION:
      case ESCROW_E_VERSION:
      case ESCROW_E_LAYOUT:
        return true;
      default:
        return false;
    }
  }

  /// Counts a refusal of an operation on a handle, on the pool that owns its slot now; returns it.
  [[gnu::cold, gnu::noinline]] static escrow_status count(u64 bits, escrow_status why) noexcept {
    if (why == ESCROW_E_BUSY) return why;
    if (pool_control *const c = behind(bits).control; c != nullptr) c->count_misuse(why);
    return why;
  }
  /// The same for an operation on a pool.
  [[gnu::cold, gnu::noinline]] static escrow_status count_pool(u64 pool,
                                                               escrow_status why) noexcept {
    if (pool_control *const c = named(pool).control; c != nullptr) c->count_misuse(why);
    return why;
  }

  /// The same two, and notes it: `site` is the caller of the function that `frame` belongs to, NULL
  /// for no more than that.
  [[gnu::cold, gnu::noinline]] static escrow_status refused(u64 bits, escrow_status why,
                                                            u32 operation, void const *site,
                                                            void const *frame = nullptr) noexcept {
    if (why != ESCROW_E_BUSY) found(behind(bits), why, operation, site, frame);
    return why;
  }
  [[gnu::cold, gnu::noinline]] static escrow_status pool_refused(
      u64 pool, escrow_status why, u32 operation, void const *site,
      void const *frame = nullptr) noexcept {
    found(named(pool), why, operation, site, frame);
    return why;
  }
  /// refused(), called by inline code: the site is where its caller was compiled in.
  [[gnu::cold, gnu::noinline]] static escrow_status refused_here(u64 bits, escrow_status why,
                                                                 u32 operation) noexcept {
    return refused(bits, why, operation, __builtin_return_address(0), __builtin_frame_address(0));
  }
  [[gnu::cold, gnu::noinline]] static escrow_status pool_refused_here(u64 pool, escrow_status why,
                                                                      u32 operation) noexcept {
    return pool_refused(pool, why, operation, __builtin_return_address(0),
                        __builtin_frame_address(0));
  }

  /// The pool that owns the slot of a handle now; 0: none.
  [[nodiscard]] static u64 pool_of(u64 bits) noexcept { return behind(bits).pool; }
  /// Notes a refusal that was counted elsewhere. False: no ledger was ever on.
  static bool note(u64 pool, escrow_status why, u32 operation, call_stack const &stack) noexcept {
    fingerprints *const known = table().sites.load(std::memory_order_acquire);  // acquire: [F2]
    if (known == nullptr) return false;
    // relaxed: it was there before the stacks [F2]
    misuse_table *const all = table().misuse.load(std::memory_order_relaxed);
    all->enter({known->find(stack), operation, pool, why}, ledger::now());
    return true;
  }

 private:
  /// A pool and its block, while that is its own.
  struct subject {
    u64 pool = 0;
    pool_control *control = nullptr;
  };
  /// The pool that owns the slot of a handle now.
  [[nodiscard]] static subject behind(u64 bits) noexcept {
    if (!handle::names_slot(bits)) return {};
    slot const at = slot::at(bits);
    if (at.header == nullptr) return {};
    u64 const key = at.home->owner.load(std::memory_order_acquire);  // acquire: [B1]
    subject s;
    if (key == 0 || find_pool(slab::pool_of(key), s.control) != ESCROW_OK) return {};
    s.pool = slab::pool_of(key);
    return s;
  }
  /// The pool that a handle names, or named.
  [[nodiscard]] static subject named(u64 pool) noexcept {
    subject s;
    if (find_pool(pool, s.control) != ESCROW_OK) return {};
    if (pool_status(*s.control, pool) == ESCROW_E_STALE) s.control = nullptr;
    s.pool = pool;
    return s;
  }
  static void found(subject const &about, escrow_status why, u32 operation, void const *site,
                    void const *frame) noexcept {
    if (about.control != nullptr) about.control->count_misuse(why);
    if (!ledger::ever_on() || !is_mistake(why)) return;
    call_stack stack;
    ledger::look(stack, site, frame,
                 about.control != nullptr && ledger::follows_frames(*about.control));
    (void)note(about.pool, why, operation, stack);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
