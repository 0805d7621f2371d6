// escrow/object.hpp: acquires objects, and the slots of references, from a pool. [L3]
#ifndef ESCROW_OBJECT_HPP
#define ESCROW_OBJECT_HPP

#include "control.hpp"
#include "platform.hpp"
#include "poison.hpp"
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
  /// `at_once`, for leaves: the lane's current slab or none; a constant, so that the slow path is
  /// no part of a leaf.
  /// @return ESCROW_OK | what claim_slowly and pool_status return | ESCROW_E_BUSY at once, and none
  template <bool at_once>
  [[nodiscard]] static escrow_status claim_from(pool_control &c, u64 pool, shelf &from, u64 fresh,
                                                claim &out) noexcept {
    // acquire: layout and mask of the slab; pairs with restock and add_slab [H3]
    slab *const home = from.hinted().current.load(std::memory_order_acquire);
    if (home == nullptr ||
        !claim_first(*home, slab::owner_key(pool, from.class_index()), fresh, out)) {
      if constexpr (at_once) {
        return ESCROW_E_BUSY;
      } else {
        auto const s = supply::claim_slowly(c, pool, from, fresh, out);
        if (s != ESCROW_OK) return s;
      }
    }
    return settle(c, pool, out.name);
  }

  /// Ends a claim whose handle nobody has used: no destructor is owed for what never was an object.
  [[gnu::cold, gnu::noinline]] static void undo(u64 name) noexcept {
    slot const at = slot::at(name);
    if (u64 const stride = at.home->stride.load(std::memory_order_relaxed); stride != 0)
      poison::hide(reinterpret_cast<char *>(at.header->payload.load(std::memory_order_relaxed)),
                   stride);
    // Only a closing pool's sweep knows the word, and it changes it once; the bound is for the
    // proof.
    for (u32 lost = 0; lost < max_lost_races; ++lost) {
      auto const ended = apply(at.header->word, [&](u64 w) -> step {
        return {ESCROW_OK, protocol::vacated(w, 0)};
      });
      if (ended != ESCROW_E_BUSY) break;
    }
    mark_dirty(*at.home);
  }

  /// An object of `bytes` bytes for an open pool.
  [[nodiscard, gnu::always_inline]] static inline escrow_status object(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    auto const s = object_at_once(c, pool, bytes, out_handle, out_payload);
    return s != ESCROW_E_BUSY ? s : object_slowly(c, pool, bytes, out_handle, out_payload);
  }

  /// The common case of object(), always inlined, and all of it that a leaf may run: the lane's
  /// current slab has a free slot and nobody else wants it. (A block's lane has none.)
  /// @return as object | ESCROW_E_BUSY nothing happened, it is not the common case
  [[nodiscard, gnu::always_inline]] static inline escrow_status object_at_once(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    if (bytes - 1 >= c.most_bytes.load(std::memory_order_relaxed)) [[unlikely]]  // 0 wraps
      return ESCROW_E_SIZE;
    u32 const class_index = c.class_for(bytes);
    u32 const hint = lane_hint(c.lane_mask.load(std::memory_order_relaxed));
    shelf *const from = c.shelves[class_index].load(std::memory_order_acquire);  // acquire: [C1]
    if (from == nullptr) [[unlikely]]
      return ESCROW_E_BUSY;
    // acquire: layout and mask of the slab; pairs with restock and add_slab [H3]
    slab *const home = from->at(hint).current.load(std::memory_order_acquire);
    claim mine;
    if (home == nullptr ||
        !claim_first(*home, slab::owner_key(pool, class_index), word::object, mine)) [[unlikely]]
      return ESCROW_E_BUSY;
    // seq_cst: after the claim; pairs with the store of CLOSING in close [P1]
    if (c.word.load(std::memory_order_seq_cst) != pool_word::open_at(pool)) [[unlikely]]
      return settle(c, pool, mine.name);
    deliver(c, mine, bytes, out_handle, out_payload);
    return ESCROW_OK;
  }

  /// The slot of a duplicate or loan of `root`, not yet counted on it. `at_once` as in claim_from.
  template <bool at_once>
  [[nodiscard]] static escrow_status reference(pool_control &c, u64 pool, slot_kind kind, u64 root,
                                               claim &out) noexcept {
    shelf *from;
    if constexpr (at_once) {
      // acquire: the prepared shelf; pairs with shelf_for [C1]
      from = c.shelves[reference_class].load(std::memory_order_acquire);
      if (from == nullptr) return ESCROW_E_BUSY;
    } else {
      from = c.shelf_for(reference_class);
      if (from == nullptr) return ESCROW_E_NOMEM;
    }
    auto const s = claim_from<at_once>(c, pool, *from, word::reference, out);
    if (s != ESCROW_OK) return s;
    // relaxed: before publication
    out.header->payload.store(root, std::memory_order_relaxed);
    out.header->about.store(static_cast<u64>(kind), std::memory_order_relaxed);
    return ESCROW_OK;
  }

 private:
  /// Zeroes and describes an object that was claimed.
  [[gnu::always_inline]] static inline void deliver(pool_control const &c, claim const &mine,
                                                    u64 bytes, u64 &out_handle,
                                                    char *&out_payload) noexcept {
    char *const payload = reinterpret_cast<char *>(mine.payload);
    // What is larger than this lies in a larger slot and was zeroed before it became FREE.
    poison::show(payload, align_up(bytes, 16));
    if (bytes <= zeroed_at_acquire) zero(payload, bytes);
    poison::hide(payload + bytes, align_up(bytes, 16) - bytes);
    // relaxed: before publication; whoever gets the handle from us sees it
    mine.header->about.store(c.type_about.load(std::memory_order_relaxed) | bytes,
                             std::memory_order_relaxed);
    out_payload = payload;
    out_handle = mine.name;
  }

  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status object_slowly(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    u32 const class_index = c.class_for(bytes);
    shelf *const from = c.shelf_for(class_index);
    if (from == nullptr) return ESCROW_E_NOMEM;
    claim mine;
    escrow_status status;
    if (class_index == block_class) {
      status = supply::claim_block(c, pool, *from, bytes, word::object, mine);
      if (status == ESCROW_OK) status = settle(c, pool, mine.name);
    } else {
      status = claim_from<false>(c, pool, *from, word::object, mine);
    }
    if (status == ESCROW_OK) deliver(c, mine, bytes, out_handle, out_payload);
    return status;
  }

  /// The second look of [P1].
  [[nodiscard, gnu::noinline]] static escrow_status settle(pool_control &c, u64 pool,
                                                           u64 name) noexcept {
    // seq_cst: after the claim; pairs with the store of CLOSING in close [P1]
    if (c.word.load(std::memory_order_seq_cst) == pool_word::open_at(pool)) return ESCROW_OK;
    undo(name);
    return pool_status(c, pool) == ESCROW_E_STALE ? ESCROW_E_STALE : ESCROW_E_CLOSED;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
