// escrow/object.hpp: acquires objects, and the slots of references, from a pool. [L3]
#ifndef ESCROW_OBJECT_HPP
#define ESCROW_OBJECT_HPP

#include "control.hpp"
#include "platform.hpp"
#include "shelf.hpp"
#include "slab.hpp"
#include "supply.hpp"

namespace escrow::inline ESCROW_ABI {

/// Acquire is one compare-and-swap and two looks.
///
/// Against close [P1], all seq_cst: acquire (1) claims the word, (2) loads the pool word; close
/// (3) stores CLOSING, (4) loads every word and revokes those that are OCC. If (2) does not see
/// CLOSING, then (2) comes before (3), so (1) before (4): the sweep finds and revokes the object.
/// Else acquire undoes its claim, whose handle nobody has seen. The check before the claim alone
/// would leave a gap; the one after it alone is enough.
struct acquisition {
  /// Claims a slot of `from`, an open pool's shelf, with `fresh` as its first state.
  /// @return ESCROW_OK | what claim_slowly and pool_status return
  [[nodiscard]] static escrow_status claim_from(pool_control &c, u64 pool, shelf &from, u64 fresh,
                                                claim &out, slab *&out_home) noexcept {
    u64 const key = slab::owner_key(pool, from.class_index());
    for (;;) {
      // acquire: layout and mask of the slab; pairs with restock and add_slab [H3]
      slab *home = from.hinted().current.load(std::memory_order_acquire);
      if (home == nullptr || !claim_slot(*home, fresh, out)) [[unlikely]] {
        auto const s = supply::claim_slowly(c, pool, from, fresh, out, home);
        if (s != ESCROW_OK) return s;
      }
      out_home = home;
      // acquire: published with the FREE word that the claim replaced [B1]
      if (home->owner.load(std::memory_order_acquire) == key) [[likely]]
        return settle(c, pool, *home, out);
      undo(*home, out);  // the slab changed owners between the load and the claim
      if (auto const s = pool_status(c, pool); s != ESCROW_OK) return s;
    }
  }

  /// Ends a claim that nobody has seen.
  [[gnu::cold, gnu::noinline]] static void undo(slab &home, claim const &mine) noexcept {
    (void)apply_surely(mine.header->word, [&](u64 w) -> step {
      return {ESCROW_OK, protocol::vacated(w, 0)};
    });
    mark_dirty(home);
  }

  /// An object of `bytes` bytes for an open pool.
  [[nodiscard]] static escrow_status object(pool_control &c, u64 pool, u64 bytes, u64 &out_handle,
                                            char *&out_payload) noexcept {
    if (bytes - 1 >= c.most_bytes.load(std::memory_order_relaxed)) [[unlikely]]  // 0 wraps
      return ESCROW_E_SIZE;
    u32 const class_index = c.class_for(bytes);
    shelf *const from = c.shelf_for(class_index);
    if (from == nullptr) [[unlikely]]
      return ESCROW_E_NOMEM;
    claim mine;
    slab *home;
    if (class_index == block_class) [[unlikely]] {
      if (auto const s = supply::claim_block(c, pool, *from, bytes, word::object, mine, home);
          s != ESCROW_OK)
        return s;
      if (auto const s = settle(c, pool, *home, mine); s != ESCROW_OK) return s;
    } else if (auto const s = claim_from(c, pool, *from, word::object, mine, home); s != ESCROW_OK)
        [[unlikely]] {
      return s;
    }
    u64 const stride = home->stride.load(std::memory_order_relaxed);  // relaxed: ours now [B1]
    char *const payload = home->payload.load(std::memory_order_relaxed) + mine.slot * stride;
    if (stride <= zeroed_at_acquire) zero(payload, bytes);
    // relaxed: before publication; whoever gets the handle from us sees it
    mine.header->about.store(c.type_about.load(std::memory_order_relaxed) | bytes,
                             std::memory_order_relaxed);
    out_payload = payload;
    out_handle = name(c, *home, mine);
    return ESCROW_OK;
  }

  /// The slot of a duplicate or loan of `root`, not yet counted on it.
  [[nodiscard]] static escrow_status reference(pool_control &c, u64 pool, slot_kind kind, u64 root,
                                               claim &out, slab *&out_home) noexcept {
    shelf *const from = c.shelf_for(reference_class);
    if (from == nullptr) return ESCROW_E_NOMEM;
    if (auto const s = claim_from(c, pool, *from, word::reference, out, out_home); s != ESCROW_OK)
      return s;
    // relaxed: before publication
    out.header->payload.store(root, std::memory_order_relaxed);
    out.header->about.store(static_cast<u64>(kind), std::memory_order_relaxed);
    return ESCROW_OK;
  }

  [[nodiscard]] static u64 name(pool_control const &c, slab const &home,
                                claim const &mine) noexcept {
    return handle::pack(handle::slot_tag(c.index), u64{home.index} * slab::slots + mine.slot,
                        mine.generation);
  }

 private:
  /// The second look of [P1].
  [[nodiscard]] static escrow_status settle(pool_control &c, u64 pool, slab &home,
                                            claim const &mine) noexcept {
    u64 const open = pool_word::at(handle::generation(pool), pool_word::open);
    // seq_cst: after the claim; pairs with the store of CLOSING in close [P1]
    if (c.word.load(std::memory_order_seq_cst) == open) [[likely]]
      return ESCROW_OK;
    undo(home, mine);
    return pool_status(c, pool) == ESCROW_E_STALE ? ESCROW_E_STALE : ESCROW_E_CLOSED;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
