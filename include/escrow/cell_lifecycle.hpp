// escrow/cell_lifecycle.hpp: opens, closes and destroys cells. [L3]
#ifndef ESCROW_CELL_LIFECYCLE_HPP
#define ESCROW_CELL_LIFECYCLE_HPP

#include <cstring>

#include "cell_control.hpp"
#include "cell_proposals.hpp"
#include "cell_snapshots.hpp"
#include "lifecycle.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Open, closed, gone. A closed cell takes no new version and keeps its last ones for readers; a
/// destroyed one lets them go. Snapshots that readers hold outlive both.
struct cell_lifecycle {
  /// @return ESCROW_OK | ESCROW_E_VERSION | ESCROW_E_OPTION | ESCROW_E_SIZE fixed_size is too large
  ///         | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED 65,535 cells or pools are open
  [[nodiscard]] static escrow_status open(escrow_cell_options const &o, u64 &out_cell) noexcept {
    if (auto const s = check(o); s != ESCROW_OK) return s;
    escrow_layout const *layout = nullptr;
    if (auto const s = kept_layout::keep(o.layout, layout); s != ESCROW_OK) return s;
    slot_table &t = table();
    lock_hold const hold(t.cells.guard);
    cell_control *c = nullptr;
    u64 cell = 0;
    if (auto const s = t.cells.take(t.first_generation(), c, cell); s != ESCROW_OK) return s;
    if (auto const s = open_pool(o, *c); s != ESCROW_OK) {
      t.cells.give(*c, handle::generation(cell));
      return s;
    }
    configure(*c, o);
    c->layout.set(layout);
    out_cell = cell;
    // release: all of the above; pairs with cell_control::serves [K2]
    c->word.store(block_word::open_at(out_cell), std::memory_order_release);
    return ESCROW_OK;
  }

  /// The layout that a cell carries; nullptr: none. @return ESCROW_OK | as find_cell |
  /// ESCROW_E_STALE destroyed
  [[nodiscard]] static escrow_status layout(u64 cell, escrow_layout const *&out) noexcept {
    lock_hold const hold(table().cells.guard);  // under which cells open and end
    cell_control *c = nullptr;
    if (auto const s = readable_cell(cell, c); s != ESCROW_OK) return s;
    out = c->layout.get();
    return ESCROW_OK;
  }

  /// No version comes any more; those who wait for one, or for a decision, are told.
  /// @return ESCROW_OK | ESCROW_E_CLOSED before | ESCROW_E_STALE destroyed | as find_cell
  [[nodiscard]] static escrow_status close(u64 cell) noexcept {
    cell_control *c = nullptr;
    if (auto const s = open_cell(cell, c); s != ESCROW_OK) return s;
    {
      lock_hold const hold(c->writer);  // a publication under way comes before
      u64 expected = block_word::open_at(cell);
      // seq_cst: before the bells are rung [W1]
      if (!c->word.compare_exchange_strong(expected, block_word::at(cell, block_word::closing),
                                           std::memory_order_seq_cst))
        return block_word::is_of(expected, cell) ? ESCROW_E_CLOSED : ESCROW_E_STALE;
      c->tell();
    }
    c->changed.ring();
    c->asked.ring();
    return ESCROW_OK;
  }

  /// Lets the versions of a closed cell go. Where readers still hold some, or a proposer has not
  /// left yet, the rest stays until it is called again.
  /// @return ESCROW_OK | ESCROW_E_BUSY it is open, or called from a destructor | ESCROW_E_LEAK
  ///         readers hold snapshots | ESCROW_E_STALE destroyed | as find_cell
  [[nodiscard]] static escrow_status destroy(u64 cell) noexcept {
    cell_control *c = nullptr;
    auto const s = open_cell(cell, c);
    if (s == ESCROW_OK || table().frames.inside()) return ESCROW_E_BUSY;
    if (s != ESCROW_E_CLOSED) return s;
    if (cell_proposals::any(*c)) return ESCROW_E_LEAK;
    let_go(*c);
    u64 live = 0;
    u64 const pool = c->pool;
    (void)lifecycle::close(pool, 0, live);
    if (auto const ended = lifecycle::destroy(pool); ended != ESCROW_OK) return ended;
    // One destroyer gets here: the others found the pool stale.
    slot_table &t = table();
    lock_hold const hold(t.cells.guard);
    t.cells.give(*c, handle::generation(cell));
    c->changed.ring();
    c->asked.ring();
    return ESCROW_OK;
  }

 private:
  static constexpr u32 default_alignment = 16;

  [[nodiscard]] static escrow_status check(escrow_cell_options const &o) noexcept {
    if (o.struct_size != sizeof o) return ESCROW_E_VERSION;
    if ((o.flags & ~u32{ESCROW_CELL_DECIDED}) != 0) return ESCROW_E_OPTION;
    if ((o.flags & ESCROW_CELL_DECIDED) != 0 && o.validator != nullptr) return ESCROW_E_OPTION;
    if (o.history > ESCROW_CELL_MOST_HISTORY) return ESCROW_E_OPTION;
    if (o.alignment > snapshot::most_alignment || (o.alignment & (o.alignment - 1)) != 0)
      return ESCROW_E_OPTION;
    if (o.layout != nullptr && !holds(o, *o.layout)) return ESCROW_E_OPTION;
    u64 const most = lifecycle::most_object_bytes - snapshot::bytes_for(0, ESCROW_CELL_MOST_ETAG);
    return o.fixed_size > most ? ESCROW_E_SIZE : ESCROW_OK;
  }

  /// Is every content of such a cell one of this layout?
  [[nodiscard]] static bool holds(escrow_cell_options const &o, escrow_layout const &l) noexcept {
    u32 const alignment = o.alignment == 0 ? default_alignment : o.alignment;
    return layout_rules::well_formed(l) && o.fixed_size == l.size && l.alignment <= alignment;
  }

  /// A pool of the cell's own, so that its memory is bounded and counted by itself.
  [[nodiscard]] static escrow_status open_pool(escrow_cell_options const &o,
                                               cell_control &c) noexcept {
    escrow_pool_options p{};
    p.struct_size = sizeof p;
    p.name = o.name;
    p.limit_bytes = o.limit_bytes;
    p.alignment = o.alignment;
    if (o.destructor != nullptr) {
      p.destructor = &destroy_content;
      p.context = &c;
    }
    return lifecycle::open(p, c.pool);
  }
  static void destroy_content(void *payload, u64, void *context) {
    auto const &c = *static_cast<cell_control const *>(context);
    auto *const s = static_cast<snapshot *>(payload);
    // What was refused, or never published, is still its maker's.
    if (s->version != 0) c.destructor(s->content(), s->size, c.destructor_context);
  }

  static void configure(cell_control &c, escrow_cell_options const &o) noexcept {
    c.fixed_size = o.fixed_size;
    c.flags = o.flags;
    c.history = o.history;
    c.validator = o.validator;
    c.validator_context = o.validator_context;
    c.destructor = o.destructor;
    c.destructor_context = o.destructor_context;
    lock_hold const hold(c.writer);
    c.descriptor = 0;
    c.last_version = 0;
    c.kept_first = 0;
    c.kept = 0;
    c.published = 0;
    c.differed = 0;
    c.rolled_back = 0;
    c.refused = 0;
    c.proposed = 0;
    c.why = {};
  }

  /// Nobody finds a version any more; those that no reader holds are freed.
  static void let_go(cell_control &c) noexcept {
    for (;;) {
      u64 last = 0;
      {
        lock_hold const hold(c.writer);
        if (c.kept == 0) return;
        c.face.publish(0, nullptr);  // before its snapshot is let go
        last = c.kept_at(--c.kept).handle;
      }
      cell_snapshots::release(last);
    }
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
