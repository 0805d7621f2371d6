// escrow/cell_census.hpp: what a cell holds, and what happened to it. [L3]
#ifndef ESCROW_CELL_CENSUS_HPP
#define ESCROW_CELL_CENSUS_HPP

#include "cell_control.hpp"
#include "cell_proposals.hpp"
#include "cell_types.h"
#include "census.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

struct cell_census {
  /// @return ESCROW_OK | ESCROW_E_STALE destroyed meanwhile
  [[nodiscard]] static escrow_status stats(cell_control &c, u64 cell,
                                           escrow_cell_stats &out) noexcept {
    out = {};
    out.struct_size = sizeof out;
    {
      lock_hold const hold(c.writer);
      if (!c.serves(cell)) return ESCROW_E_STALE;
      cell_version const *const now = c.current();
      out.history = now == nullptr ? 0 : c.kept - 1;
      out.version = now == nullptr ? 0 : now->version;
      out.published = c.published;
      out.refused = c.refused;
      out.differed = c.differed;
      out.rolled_back = c.rolled_back;
      out.proposals = cell_proposals::count(c);
      out.why = c.why;
      out.pool = c.pool;
      escrow_layout const *const layout = c.layout.get();
      out.layout = layout == nullptr ? 0 : layout->fingerprint;
    }
    escrow_pool_stats pool{};
    pool.struct_size = sizeof pool;
    if (census::stats(out.pool, pool) != ESCROW_OK) return ESCROW_OK;  // just destroyed
    out.snapshots = pool.live;
    out.loans = pool.borrows;
    out.bytes_held = pool.bytes_committed;
    return ESCROW_OK;
  }

  /// The versions that the cell keeps, the current one first; at most `capacity`.
  /// @return ESCROW_OK | ESCROW_E_STALE destroyed meanwhile
  [[nodiscard]] static escrow_status history(cell_control &c, u64 cell, escrow_cell_entry *out,
                                             u32 capacity, u32 &out_count) noexcept {
    lock_hold const hold(c.writer);
    if (!c.serves(cell)) return ESCROW_E_STALE;
    out_count = c.kept < capacity ? c.kept : capacity;
    for (u32 i = 0; i < out_count; ++i) {
      cell_version const &v = c.kept_at(c.kept - 1 - i);
      out[i] = {v.version, v.handle, v.at->published, v.at->size};
    }
    return ESCROW_OK;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
