// escrow/lifecycle.hpp: opens, closes and destroys pools. [L3]
#ifndef ESCROW_LIFECYCLE_HPP
#define ESCROW_LIFECYCLE_HPP

#include <cstring>

#include "backoff.hpp"
#include "control.hpp"
#include "destruction.hpp"
#include "guarded_objects.hpp"
#include "last_word.hpp"
#include "platform.hpp"
#include "reference.hpp"
#include "supply.hpp"
#include "table.hpp"
#include "trace.hpp"
#include "types.h"

namespace escrow::inline ESCROW_ABI {

/// The life of a pool: open, closing, gone. The control block stays and is reused under the next
/// generation.
struct lifecycle {
  static constexpr u64 most_object_bytes = 0xFFFFFFFF;
  static constexpr u64 most_alignment = 4096;
  static constexpr u64 huge_from = pages::huge_bytes;

  [[nodiscard]] static escrow_status open(escrow_pool_options const &o, u64 &out_pool) noexcept {
    auto const s = set_up(o, out_pool);
    if (s == ESCROW_OK) last_word::arrange(out_pool);
    return s;
  }

  [[nodiscard]] static escrow_status close(u64 pool, u32 flags, u64 &out_live) noexcept {
    pool_control *c = nullptr;
    if (auto const s = find_pool(pool, c); s != ESCROW_OK) return s;
    if ((flags & ~u32{ESCROW_CLOSE_RECLAIM_TICKETS}) != 0) return ESCROW_E_OPTION;
    auto status = pool_status(*c, pool);
    if (status == ESCROW_E_STALE) return status;
    if (table().frames.inside()) return ESCROW_E_BUSY;
    {
      lock_hold const hold(c->guard);
      status = pool_status(*c, pool);
      if (status == ESCROW_E_STALE) return status;
      block_word::begin_closing(c->word, pool);  // before every look at a word below [P1]
      revoke_all(*c, (flags & ESCROW_CLOSE_RECLAIM_TICKETS) != 0);
    }
    u64 ran = 0;
    (void)destruction::drain(*c, 0, ran);  // not BUSY: we are in no destructor
    // An acquire that lost against us undoes its claim within a few instructions: it may be seen
    // once, hence a second and third look before anything is called live.
    backoff patience;
    out_live = live(*c);
    for (u32 look = 0; out_live != 0 && look < settle_looks; ++look) {
      patience.wait();
      out_live = live(*c);
    }
    return status;
  }

  [[nodiscard]] static escrow_status destroy(u64 pool) noexcept {
    pool_control *c = nullptr;
    if (auto const s = find_pool(pool, c); s != ESCROW_OK) return s;
    auto const status = pool_status(*c, pool);
    if (status == ESCROW_E_STALE) return status;
    if (status == ESCROW_OK || table().frames.inside()) return ESCROW_E_BUSY;
    slot_table &t = table();
    lock_hold const pools(t.pools.guard);  // one destroyer at a time
    if (pool_status(*c, pool) == ESCROW_E_STALE) return ESCROW_E_STALE;
    // Calls that lost against close may still be on their way out: an acquire that undoes its
    // claim, a
    // release about to mark its slab. They are gone after a few looks; what stays is a leak.
    backoff patience;
    for (u32 look = 0; !empty_after_trim(*c); ++look) {
      if (look == settle_looks) return ESCROW_E_LEAK;
      patience.wait();
    }
    trace::end(*c);
    t.pools.give(*c, handle::generation(pool));
    return ESCROW_OK;
  }

  /// What an open or closed pool carries; nullptr for none. @return ESCROW_OK | as find_pool |
  /// ESCROW_E_STALE destroyed
  [[nodiscard]] static escrow_status layout(u64 pool, escrow_layout const *&out) noexcept {
    pool_control *c = nullptr;
    if (auto const s = find_pool(pool, c); s != ESCROW_OK) return s;
    lock_hold const hold(table().pools.guard);  // so that the block has no other owner meanwhile
    if (pool_status(*c, pool) == ESCROW_E_STALE) return ESCROW_E_STALE;
    out = c->layout.get();
    return ESCROW_OK;
  }

  /// Objects not yet freed, and freed ones whose destructor is owed. Exact when nobody is at work.
  [[nodiscard]] static u64 live(pool_control &c) noexcept {
    lock_hold const hold(c.guard);
    u64 count = 0;
    for (u32 next = c.owned; next != 0;) {
      slab const &s = table().slab_at(next - 1);
      next = s.next_owned;
      u32 const class_index = slab::class_of(s.owner.load(std::memory_order_relaxed));
      if (class_index == reference_class) continue;
      bool const destructor = c.destructor.load(std::memory_order_relaxed) != nullptr;
      for (u32 k = 0; k < s.used(); ++k) {
        u64 const w = s.header(k).word.load(std::memory_order_seq_cst);  // seq_cst: [P1]
        count += word::is_occupied(w) || (destructor && (word::is_dead(w) || word::is_running(w)));
      }
    }
    return count;
  }

 private:
  static constexpr u32 settle_looks = 16;  // 6 of pauses, 10 of yields

  [[nodiscard]] static escrow_status set_up(escrow_pool_options const &o, u64 &out_pool) noexcept {
    if (auto const s = check(o); s != ESCROW_OK) return s;
    escrow_layout const *layout = nullptr;
    if (auto const s = kept_layout::keep(o.layout, layout); s != ESCROW_OK) return s;
    slot_table &t = table();
    lock_hold const hold(t.pools.guard);
    if (t.lanes.load(std::memory_order_relaxed) == 0)  // relaxed: under the guard
      t.lanes.store(useful_lanes(), std::memory_order_relaxed);
    pool_control *c = nullptr;
    u64 pool = 0;
    if (auto const s = t.pools.take(t.first_generation(), c, pool); s != ESCROW_OK) return s;
    configure(*c, o);
    c->layout.set(layout);
    // seq_cst: publishes the options; calls on the handle start here [P1]
    c->word.store(block_word::at(pool, block_word::open), std::memory_order_seq_cst);
    if (o.reserve_bytes != 0) {
      if (auto const s = supply::reserve(*c, pool, o.reserve_bytes); s != ESCROW_OK) {
        c->word.store(block_word::at(pool, block_word::closing), std::memory_order_seq_cst);
        (void)supply::trim(*c);
        t.pools.give(*c, handle::generation(pool));
        return s;
      }
    }
    out_pool = pool;
    return ESCROW_OK;
  }

  [[nodiscard]] static escrow_status check(escrow_pool_options const &o) noexcept {
    if (o.struct_size != sizeof(escrow_pool_options)) return ESCROW_E_VERSION;
    if ((o.flags & ~u32{ESCROW_POOL_HUGE_PAGES}) != 0) return ESCROW_E_OPTION;
    if (o.name != nullptr &&
        ::strnlen(o.name, sizeof pool_control::name) == sizeof pool_control::name)
      return ESCROW_E_OPTION;
    if (o.fixed_size > most_object_bytes) return ESCROW_E_OPTION;
    if (o.alignment > most_alignment || (o.alignment & (o.alignment - 1)) != 0)
      return ESCROW_E_OPTION;
    if (o.reserve_bytes != 0 && o.fixed_size == 0) return ESCROW_E_OPTION;
    if (o.reserve_bytes != 0 && o.fixed_size > size_class::largest) return ESCROW_E_OPTION;
    if (o.layout != nullptr && !holds(o, *o.layout)) return ESCROW_E_OPTION;
    if (o.limit_bytes != 0 && o.reserve_bytes > o.limit_bytes) return ESCROW_E_FULL;
    return ESCROW_OK;
  }
  /// Is every object of such a pool large enough for the layout, and aligned?
  [[nodiscard]] static bool holds(escrow_pool_options const &o, escrow_layout const &l) noexcept {
    constexpr u32 least_alignment = 16;
    return layout_rules::well_formed(l) && (o.fixed_size == 0 || o.fixed_size >= l.size) &&
           l.alignment <= (o.alignment > least_alignment ? o.alignment : least_alignment);
  }

  /// Everything relaxed: published by the pool word.
  static void configure(pool_control &c, escrow_pool_options const &o) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    lock_hold const hold(c.guard);
    c.direct_mask.store(o.fixed_size == 0 ? ~0u : 0, relaxed);
    c.most_bytes.store(o.fixed_size != 0 ? o.fixed_size : most_object_bytes, relaxed);
    c.alignment.store(o.alignment, relaxed);
    c.only_class.store(o.fixed_size == 0                     ? class_count
                       : o.fixed_size <= size_class::largest ? 0
                                                             : block_class,
                       relaxed);
    guarded_objects::set_rate(c, 0);
    c.guarded.store(0, relaxed);
    c.guards_missed.store(0, relaxed);
    c.type_about.store(slot_header::pack_about(o.type_id, 0), relaxed);
    c.huge.store((o.flags & ESCROW_POOL_HUGE_PAGES) != 0 || o.reserve_bytes >= huge_from, relaxed);
    c.lane_span.store((table().lanes.load(relaxed) - 1) * u32{sizeof(lane)}, relaxed);
    c.committed.store(0, relaxed);
    c.peak.store(0, relaxed);
    c.limit.store(o.limit_bytes, relaxed);
    c.slabs.store(0, relaxed);
    c.refills.store(0, relaxed);
    c.watch(0, 0);
    c.ledger_rate.store(0, relaxed);
    c.ledger_missed.store(0, relaxed);
    c.destructor.store(o.destructor, relaxed);
    c.context.store(o.context, relaxed);
    for (auto &count : c.misuse) count.store(0, relaxed);
    std::memset(c.name, 0, sizeof c.name);
    if (o.name != nullptr) std::memcpy(c.name, o.name, ::strnlen(o.name, sizeof c.name - 1));
    for (u32 i = 0; i < class_count; ++i)
      if (shelf *const s = c.shelves[i].load(relaxed); s != nullptr)
        s->layout(c.slot_stride(i), i != reference_class && o.destructor != nullptr);
  }

  [[nodiscard]] static bool empty_after_trim(pool_control &c) noexcept {
    (void)supply::trim(c);
    lock_hold const hold(c.guard);
    return c.owned == 0;
  }

  /// Sets REV on everything held, and frees tickets where asked. The pool's guard is held.
  static void revoke_all(pool_control &c, bool tickets) noexcept {
    for (u32 next = c.owned; next != 0;) {
      slab &s = table().slab_at(next - 1);
      next = s.next_owned;
      revoke_slots(s, [&](u32 k, u64 w) {
        if (tickets) {
          reference::reclaim(handle::pack(handle::slot_tag(c.index), u64{s.index} * slab::slots + k,
                                          word::generation(w)));
        }
        return tickets;
      });
    }
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
