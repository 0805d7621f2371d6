// escrow/supply.hpp: how slabs come to a pool and leave it. [L3]
#ifndef ESCROW_SUPPLY_HPP
#define ESCROW_SUPPLY_HPP

#include "canary.hpp"
#include "claim.hpp"
#include "clock.hpp"
#include "control.hpp"
#include "guarded_objects.hpp"
#include "ledger_entry.hpp"
#include "platform.hpp"
#include "poison.hpp"
#include "shelf.hpp"
#include "slab.hpp"
#include "slab_memory.hpp"
#include "slot_build.hpp"
#include "slot_damage.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// The slow side of acquire: may lock, wait and enter the kernel. Runs no destructor.
struct supply {
  static constexpr u64 slab_bytes = 256u << 10;  // aim for slots above 4 KiB
  static constexpr u32 recover_every = 16;       // slabs added between looks for hidden slots
  static constexpr u32 recover_slabs = 32;       // slabs looked at then

  [[nodiscard]] static u32 slots_of(u64 stride) noexcept {
    if (stride * slab::slots <= slab_bytes) return slab::slots;
    return stride >= slab_bytes ? 1 : static_cast<u32>(slab_bytes / stride);
  }

  /// Claims a slot of `shelf_` where the fast path found none.
  /// @return ESCROW_OK | ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_FULL | ESCROW_E_SIZE |
  ///         ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED
  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status claim_slowly(pool_control &c,
                                                                            u64 pool, shelf &from,
                                                                            u64 fresh,
                                                                            claim &out) noexcept {
    u64 const key = slab::owner_key(pool, from.class_index());
    c.refills.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    bool reclaimed = false;
    for (;;) {
      lane &mine = from.hinted();
      escrow_status status = ESCROW_OK;
      {
        lock_hold const hold(mine.guard);
        if (claim_current(mine, key, fresh, out)) return ESCROW_OK;
        if (!from.restock(mine)) status = add_slab(c, pool, from, mine);
        if (status == ESCROW_OK && claim_current(mine, key, fresh, out)) return ESCROW_OK;
      }
      if (status == ESCROW_OK) continue;  // others emptied it: they made progress, so do we
      if (status != ESCROW_E_FULL) return status;
      if (claim_anywhere(from, key, fresh, out)) return ESCROW_OK;
      if (reclaimed) return ESCROW_E_FULL;
      reclaimed = true;
      u32 const looks = slot_build::checked ? ~0u : recover_slabs;
      if (!unhide(c, from, looks, true) && !reclaim_idle(c)) return ESCROW_E_FULL;
    }
  }

  /// A block of its own: a slab with one slot, claimed from birth. `guarded`: between inaccessible
  /// pages; NOMEM where no place is left for it.
  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status claim_block(
      pool_control &c, u64 pool, shelf &from, u64 bytes, u64 fresh, claim &out,
      bool guarded = false) noexcept {
    c.refills.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    (void)trim_shelf(c, from, false);
    slab *s = nullptr;
    u64 const stride = slot_build::of_malloc ? bytes
                       : guarded             ? align_up(bytes, 16)
                                             : align_up(bytes, 4096) + slot_build::redzone;
    auto status = open_slab(c, pool, from, nullptr, stride, s, guarded);
    if (status == ESCROW_E_FULL && reclaim_idle(c))
      status = open_slab(c, pool, from, nullptr, stride, s, guarded);
    if (status != ESCROW_OK) return status;
    slot_header &h = s->header(0);
    // Ours while it is RESERVED. seq_cst: pairs with close [P1]
    u64 const generation = word::generation(h.word.load(std::memory_order_relaxed)) + 1;
    h.word.store(word::at(generation, fresh), std::memory_order_seq_cst);
    out = {&h, h.payload.load(std::memory_order_relaxed),
           s->name.load(std::memory_order_relaxed) + generation};
    return ESCROW_OK;
  }

  /// Sets up slabs for `bytes` bytes of a fixed-size pool that is open and that nobody else knows
  /// yet.
  [[nodiscard]] static escrow_status reserve(pool_control &c, u64 pool, u64 bytes) noexcept {
    shelf *const to = c.shelf_for(0);
    if (to == nullptr) return ESCROW_E_NOMEM;
    for (u64 done = 0; done < bytes;) {
      slab *s = nullptr;
      lane &mine = to->at(static_cast<u32>(c.slabs.load(std::memory_order_relaxed)) %
                          to->lanes());  // relaxed: any lane will do
      lock_hold const hold(mine.guard);
      if (auto const status = open_slab(c, pool, *to, &mine, to->stride(), s); status != ESCROW_OK)
        return status;
      open_slots(*s, s->used());
      to->sweep(mine, *s);
      done += slot_build::booked(to->stride()) * s->used();
    }
    return ESCROW_OK;
  }

  /// Gives wholly free slabs of every class back. Returns the bytes committed less.
  static u64 trim(pool_control &c) noexcept {
    u64 bytes = 0;
    for (auto &place : c.shelves)
      if (shelf *const s = place.load(std::memory_order_acquire); s != nullptr)
        bytes += trim_shelf(c, *s, true);
    return bytes;
  }

  /// Gives idle slabs of one class back. `thorough`: looks at every slab, not only at listed ones.
  static u64 trim_shelf(pool_control &c, shelf &from, bool thorough) noexcept {
    from.acquire_all();
    for (u32 i = 0; i < from.lanes(); ++i) from.sweep_dirty(from.at(i));
    if (thorough) sweep_owned(c, from);
    u32 const idle = from.take_idle();
    for (u32 next = idle; next != 0;) {
      slab &s = table().slab_at(next - 1);
      next = s.next_listed;
      lock_hold const hold(c.guard);
      unlink(c, s);
    }
    from.release_all();
    u64 bytes = 0;
    for (u32 next = idle; next != 0;) {
      slab &s = table().slab_at(next - 1);
      next = s.next_listed;
      bytes += retire_slab(c, s);
    }
    return bytes;
  }

 private:
  [[nodiscard]] static bool claim_current(lane &l, u64 key, u64 fresh, claim &out) noexcept {
    slab *const s = l.hand();
    return s != nullptr && claim_any(*s, key, fresh, out);
  }

  /// At the limit: whatever other lanes keep as their current slab.
  [[nodiscard]] static bool claim_anywhere(shelf &from, u64 key, u64 fresh, claim &out) noexcept {
    for (u32 i = 0; i < from.lanes(); ++i) {
      lane &l = from.at(i);
      lock_hold const hold(l.guard);
      from.sweep_dirty(l);
      if (slab *const s = l.current.load(std::memory_order_relaxed); s != nullptr) {
        if constexpr (slot_build::checked) quarantine::end(*s);
        from.sweep(l, *s);
      }
      if (claim_current(l, key, fresh, out)) return true;
    }
    return false;
  }

  /// At the limit: idle slabs of all classes, where anything was freed since the last time.
  [[nodiscard]] static bool reclaim_idle(pool_control &c) noexcept {
    u64 bytes = 0;
    for (auto &place : c.shelves) {
      shelf *const s = place.load(std::memory_order_acquire);
      if (s != nullptr && s->class_index() != reference_class && s->may_be_idle())
        bytes += trim_shelf(c, *s, false);
    }
    return bytes != 0;
  }

  /// Opens a slab and makes it current; the guard of `mine` is held.
  [[nodiscard]] static escrow_status add_slab(pool_control &c, u64 pool, shelf &from,
                                              lane &mine) noexcept {
    slab *s = nullptr;
    if (auto const status = open_slab(c, pool, from, &mine, from.stride(), s); status != ESCROW_OK)
      return status;
    open_slots(*s, s->used());
    s->free.store(s->full_mask(), std::memory_order_relaxed);  // relaxed: a hint
    mine.take_up(*s);
    // Bounds what hidden slots can cost while the pool grows; trim looks at every slab.
    if (s->index % recover_every == 0) (void)unhide(c, from, recover_slabs);
    return ESCROW_OK;
  }

  /// What a slot counts against the limit; a guarded one has whole pages.
  [[nodiscard]] static u64 booked(u64 stride, bool guarded) noexcept {
    return guarded ? align_up(stride, pages::size()) : slot_build::booked(stride);
  }

  /// In a build with checked slots: nobody has had these; what is no block is filled.
  static void begin_checks(slab &s, char *first, u64 bytes) noexcept {
    if (first != nullptr && bytes != 0) canary::fill(first, bytes);
    s.freed.store(slab::slots, std::memory_order_relaxed);  // relaxed: published by owner [B1]
    for (u32 k = 0; k < slab::slots; ++k) s.header(k).about.store(0, std::memory_order_relaxed);
  }

  /// Has the system commit the pages of memory that acquirers will zero, so that an acquire in a
  /// leaf, for which stopping the world waits, takes no page fault: up to 16 faults a slab, here.
  static void touch(char *first, u64 bytes) noexcept {
    for (u64 at = 0; at < bytes; at += 4096) *static_cast<char volatile *>(first + at) = 0;
  }

  /// A slab of `c` with memory, on its registry, all words still RESERVED. `mine` NULL: a block.
  [[nodiscard]] static escrow_status open_slab(pool_control &c, u64 pool, shelf &from, lane *mine,
                                               u64 stride, slab *&out,
                                               bool guarded = false) noexcept {
    bool const block = mine == nullptr;
    u32 slots = block ? 1 : stride == 0 ? slab::slots : slots_of(stride);
    u64 const each = booked(stride, guarded);
    if (auto const s = commit(c, pool, each, slots); s != ESCROW_OK) return s;
    escrow_status status = ESCROW_OK;
    slab *const s = table().take_slab(status);
    range memory{nullptr, 0, 0};
    u64 const bytes = stride * slots;
    if (s != nullptr && stride != 0) {
      bool const huge = c.huge.load(std::memory_order_relaxed);
      bool const there =
          guarded ? slab_memory::take_guarded(bytes, c.alignment.load(std::memory_order_relaxed),
                                              memory)
                  : slab_memory::take(bytes, alignment_for(c, block ? each : stride), huge,
                                      stride > zeroed_at_acquire && !slot_build::checked, memory);
      if (!there) {
        table().give_slab(*s);
        status = ESCROW_E_NOMEM;
      }
    }
    if (status != ESCROW_OK) {
      uncommit(c, each * slots);
      return status;
    }
    bool const owes = from.destructor() || stride > zeroed_at_acquire ||
                      ((block || poison::on || slot_build::checked) && stride != 0);
    if constexpr (slot_build::checked)
      begin_checks(*s, block ? nullptr : memory.first, bytes);
    else if (stride <= zeroed_at_acquire && !block)
      touch(memory.first, bytes);
    poison::hide(memory.first, bytes);
    s->region = memory.region;
    s->units = memory.units;
    s->lay_out(memory.first, stride, slots,
               handle::pack(handle::slot_tag(c.index), u64{s->index} * slab::slots, 0),
               owes ? word::tra : 0);
    if (!link(c, pool, *s, block ? from.at(0) : *mine, from.class_index())) {
      poison::show(memory.first, bytes);
      (void)give_up(c, *s, 0);  // the pool closed meanwhile
      return pool_status(c, pool) == ESCROW_E_STALE ? ESCROW_E_STALE : ESCROW_E_CLOSED;
    }
    out = s;
    return ESCROW_OK;
  }

  /// Books up to `slots` slots against the limit; fewer where only fewer fit.
  [[nodiscard]] static escrow_status commit(pool_control &c, u64 pool, u64 stride,
                                            u32 &slots) noexcept {
    lock_hold const hold(c.guard);
    if (auto const s = pool_status(c, pool); s != ESCROW_OK) return s;
    u64 const limit = c.limit.load(std::memory_order_relaxed);  // relaxed: under guard, as below
    u64 const held = c.committed.load(std::memory_order_relaxed);
    if (limit != 0 && stride > limit) return ESCROW_E_SIZE;  // not even an empty pool could hold it
    if (limit != 0 && stride != 0) {
      u64 const room = held < limit ? (limit - held) / stride : 0;
      if (room == 0) return ESCROW_E_FULL;
      if (room < slots) slots = static_cast<u32>(room);
    }
    c.committed.store(held + stride * slots, std::memory_order_relaxed);
    if (held + stride * slots > c.peak.load(std::memory_order_relaxed))
      c.peak.store(held + stride * slots, std::memory_order_relaxed);
    return ESCROW_OK;
  }
  static void uncommit(pool_control &c, u64 bytes) noexcept {
    lock_hold const hold(c.guard);
    c.committed.store(c.committed.load(std::memory_order_relaxed) - bytes,
                      std::memory_order_relaxed);
  }

  [[nodiscard]] static u64 alignment_for(pool_control const &c, u64 stride) noexcept {
    u64 const natural = natural_alignment(stride) < 4096 ? natural_alignment(stride) : 4096;
    u64 const asked = c.alignment.load(std::memory_order_relaxed);
    return asked > natural ? asked : natural;
  }

  /// Gives a slab to the pool and enters it in the registry; false, and it is still nobody's, when
  /// the pool is no longer open.
  [[nodiscard]] static bool link(pool_control &c, u64 pool, slab &s, lane &home,
                                 u32 class_index) noexcept {
    lock_hold const hold(c.guard);
    if (pool_status(c, pool) != ESCROW_OK) return false;
    s.give_to(home, slab::owner_key(pool, class_index));
    s.prev_owned = 0;
    s.next_owned = c.owned;
    if (c.owned != 0) table().slab_at(c.owned - 1).prev_owned = s.index + 1;
    c.owned = s.index + 1;
    c.slabs.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    // relaxed: under guard. Without memory for entries the ledger counts what it misses.
    if (c.watched.load(std::memory_order_relaxed) != 0) (void)ledger_entry::prepare(s);
    return true;
  }
  static void unlink(pool_control &c, slab &s) noexcept {
    if (s.next_owned != 0) table().slab_at(s.next_owned - 1).prev_owned = s.prev_owned;
    if (s.prev_owned != 0) {
      table().slab_at(s.prev_owned - 1).next_owned = s.next_owned;
    } else {
      c.owned = s.next_owned;
    }
    c.slabs.fetch_sub(1, std::memory_order_relaxed);  // relaxed: counter only
  }

  /// A slab out of the registry, all words RESERVED: looks at what its holders left.
  static u64 retire_slab(pool_control &c, slab &s) noexcept {
    u32 site = 0;
    if (s.units != 0) {
      poison::show(s.payload.load(std::memory_order_relaxed),
                   s.stride.load(std::memory_order_relaxed) * s.used());
      bool const guarded = slab_memory::is_guarded(s);
      if (guarded) site = guarded_objects::ended(s);
      if constexpr (slot_build::checked)
        if (!guarded) slot_damage::look_at_retired(s);
    }
    return give_up(c, s, site);
  }
  /// Memory, which is shown, to where it came from; record to the table.
  static u64 give_up(pool_control &c, slab &s, u32 site) noexcept {
    u64 const stride = s.stride.load(std::memory_order_relaxed);
    bool const guarded = slab_memory::is_guarded(s);
    u64 const each = booked(stride, guarded);
    u64 const bytes = each * s.used();
    if (s.units != 0) slab_memory::give_back(s, guarded ? read_clock(CLOCK_MONOTONIC) : 0, site);
    table().give_slab(s);
    uncommit(c, bytes);
    return bytes;
  }

  static void sweep_owned(pool_control &c, shelf &from) noexcept {
    lock_hold const hold(c.guard);
    for (u32 next = c.owned; next != 0;) {
      slab &s = table().slab_at(next - 1);
      next = s.next_owned;
      if (slab::class_of(s.owner.load(std::memory_order_relaxed)) != from.class_index()) continue;
      if constexpr (slot_build::checked) quarantine::end(s);
      from.sweep(*s.home.load(std::memory_order_relaxed), s);
    }
  }

  /// Finds free slots that a stale mask hides, in the `looks` youngest slabs, and pushes those
  /// slabs to be swept. False: there are none.
  /// `urgent`: at the limit.
  [[nodiscard]] static bool unhide(pool_control &c, shelf const &from, u32 looks,
                                   bool urgent = false) noexcept {
    lock_hold const hold(c.guard);
    bool found = false;
    for (u32 next = c.owned; next != 0 && looks != 0; --looks) {
      slab &s = table().slab_at(next - 1);
      next = s.next_owned;
      if (slab::class_of(s.owner.load(std::memory_order_relaxed)) != from.class_index()) continue;
      if constexpr (slot_build::checked)
        if (urgent) quarantine::end(s);
      if (free_slots(s) == 0) continue;  // its mask proves nothing: it may be on no list
      mark_dirty(s);
      found = true;
    }
    return found;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
