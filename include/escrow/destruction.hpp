// escrow/destruction.hpp: runs the destructors that freed objects are owed. [L3]
#ifndef ESCROW_DESTRUCTION_HPP
#define ESCROW_DESTRUCTION_HPP

#include "control.hpp"
#include "platform.hpp"
#include "shelf.hpp"
#include "slab.hpp"
#include "supply.hpp"
#include "table.hpp"
#include "trace.hpp"

namespace escrow::inline ESCROW_ABI {

/// Destructors are user code: they run on an ordinary thread with no escrow lock held, and only in
/// drain, in close, and in the release that freed the very object. A thread that is inside one only
/// marks what it frees, so lists of a million owners do not recurse.
struct destruction {
  /// Leaves what is owed to drain and sweep: the end of an object where nobody may wait, in a leaf
  /// for one. `dead` and `destructor` as in settle; same result.
  static escrow_status leave(slot const &at, u64 dead, bool destructor) noexcept {
    // Zeroing is the next sweep's; AddressSanitizer wants the memory hidden now, and checked slots
    // the end looked at.
    if ((poison::on || slot_build::checked) && dead != 0 && !destructor &&
        begin_cleaning(*at.header, dead))
      clean_slot(*at.home, *at.header);
    mark_dirty(*at.home);
    return destructor ? ESCROW_PENDING : ESCROW_FREED;
  }

  /// Settles an object that this caller made DEAD at word `dead` (it owed something), or FREE
  /// (`dead` is 0). `deferred`: the caller is a finalizer or a borrower and must not run user code.
  /// @return ESCROW_FREED | ESCROW_PENDING the destructor is still owed
  static escrow_status settle(pool_control &c, slot const &at, u64 dead, bool destructor,
                              bool deferred) noexcept {
    destructor = destructor && dead != 0;
    if (!destructor) {
      (void)leave(at, dead, false);
      // A block of malloc is what leak checkers look at: it goes back at once.
      if (dead != 0 && (!deferred || slot_build::of_malloc)) give_back_blocks(c, *at.home);
      return ESCROW_FREED;
    }
    if (deferred || !table().frames.enter()) {
      if (!deferred) table().frames.mark();
      return leave(at, dead, true);
    }
    bool const won = begin_cleaning(*at.header, dead);
    if (won) run(c, *at.home, *at.header);
    bool const marked = table().frames.leave();
    if (won && !deferred) give_back_blocks(c, *at.home);
    return marked ? ESCROW_PENDING : ESCROW_FREED;
  }

  /// Runs what is owed until nothing is left, or `max` (0 = no bound) have run. While another
  /// thread drains a slab this one may return before it has finished there.
  /// @return ESCROW_OK | ESCROW_E_BUSY called from a destructor
  [[nodiscard]] static escrow_status drain(pool_control &c, u64 max, u64 &out_ran) noexcept {
    out_ran = 0;
    if (table().frames.inside()) return ESCROW_E_BUSY;
    // acquire: the prepared shelf; pairs with shelf_for [C1]
    for (bool again = true; again;) {  // a destructor may have freed more
      again = false;
      for (auto &place : c.shelves) {
        shelf *const s = place.load(std::memory_order_acquire);
        if (s == nullptr || !s->destructor()) continue;
        u64 ran = 0;
        if (!drain_shelf(c, *s, max == 0 ? ~0ull : max - out_ran, ran)) return ESCROW_E_BUSY;
        out_ran += ran;
        again = again || ran != 0;
        if (max != 0 && out_ran == max) return ESCROW_OK;
      }
    }
    // Blocks that finalizers freed: their memory is due to the system.
    if (shelf *const f = c.shelves[block_class].load(std::memory_order_acquire); f != nullptr)
      (void)supply::trim_shelf(c, *f, false);
    return ESCROW_OK;
  }

 private:
  /// The slot is RUNNING by us.
  static void run(pool_control &c, slab &s, slot_header &h) noexcept {
    u64 const about = h.about.load(std::memory_order_relaxed);  // relaxed: ordered by the word [S1]
    char *const payload = reinterpret_cast<char *>(h.payload.load(std::memory_order_relaxed));
    escrow_destructor const call = c.destructor.load(std::memory_order_relaxed);
    if (trace::is_on()) [[unlikely]]
      trace::destroyed(s, h, reinterpret_cast<void const *>(call));
    call(payload, slot_header::size_of(about), c.context.load(std::memory_order_relaxed));
    clean_slot(s, h);
    mark_dirty(s);
  }

  /// False: no frame was free for this thread.
  [[nodiscard]] static bool drain_shelf(pool_control &c, shelf &from, u64 max, u64 &ran) noexcept {
    for (u32 i = 0; i < from.lanes(); ++i) {
      lock_hold const hold(from.at(i).guard);
      from.sweep_dirty(from.at(i));
    }
    while (ran < max) {
      slab *const s = from.take_owing();
      if (s == nullptr) return true;
      bool framed = true;
      for (u64 dead = slots_that(*s, word::is_dead); dead != 0 && ran < max && framed;
           dead &= dead - 1) {
        slot_header &h = s->header(static_cast<u32>(std::countr_zero(dead)));
        framed = table().frames.enter();
        if (!framed) break;
        if (begin_cleaning(h, h.word.load(std::memory_order_acquire))) {
          run(c, *s, h);
          ++ran;
        }
        table().frames.leave();
      }
      from.finish_owing(*s);
      if (!framed) return false;
    }
    return true;
  }

  /// A block goes back to the system at once; slots of classes wait for trim.
  static void give_back_blocks(pool_control &c, slab const &s) noexcept {
    if (slab::class_of(s.owner.load(std::memory_order_relaxed)) != block_class) return;
    if (shelf *const f = c.shelves[block_class].load(std::memory_order_acquire); f != nullptr)
      (void)supply::trim_shelf(c, *f, false);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
