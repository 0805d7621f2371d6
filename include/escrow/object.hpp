// escrow/object.hpp: acquires objects, and the slots of references, from a pool. [L3]
#ifndef ESCROW_OBJECT_HPP
#define ESCROW_OBJECT_HPP

#include <cstring>

#include "canary.hpp"
#include "claim.hpp"
#include "control.hpp"
#include "guarded_objects.hpp"
#include "platform.hpp"
#include "poison.hpp"
#include "shelf.hpp"
#include "slab.hpp"
#include "slot_build.hpp"
#include "slot_damage.hpp"
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
  /// @return ESCROW_OK | what claim_slowly and withdraw return | ESCROW_E_BUSY at once, and none
  template <bool at_once>
  [[nodiscard]] static escrow_status claim_from(pool_control &c, u64 pool, shelf &from, u64 fresh,
                                                claim &out) noexcept {
    u64 const key = slab::owner_key(pool, from.class_index());
    slab *const home = from.hinted().hand();
    if (home == nullptr ||
        !(claim_first(*home, key, fresh, out) || claim_freed(*home, key, fresh, out))) {
      if constexpr (at_once) {
        return ESCROW_E_BUSY;
      } else {
        auto const s = supply::claim_slowly(c, pool, from, fresh, out);
        if (s != ESCROW_OK) return s;
      }
    }
    return still_open(c, pool) ? ESCROW_OK : withdraw(c, pool, out.name);
  }

  /// Ends a claim whose handle nobody has used: no destructor is owed for what never was an object.
  [[gnu::cold, gnu::noinline]] static void undo(u64 name) noexcept {
    slot const at = slot::at(name);
    if (u64 const stride = at.home->stride.load(std::memory_order_relaxed); stride != 0) {
      char *const payload =
          reinterpret_cast<char *>(at.header->payload.load(std::memory_order_relaxed));
      if constexpr (slot_build::checked)
        if (!at.home->is_block()) canary::fill(payload, stride);  // it may have been delivered
      poison::hide(payload, stride);
    }
    undo_claim(*at.home, *at.header);
  }

  /// An object of `bytes` bytes for an open pool.
  [[nodiscard, gnu::always_inline]] static inline escrow_status object(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    auto status = object_at_once(c, pool, bytes, out_handle, out_payload);
    if (status == ESCROW_E_BUSY) [[unlikely]] {  // claim_from looks at the current slab once more
      // Not through the caller's variables: they stay in registers where no call is made.
      u64 name = 0;
      char *payload = nullptr;
      status = object_slowly(c, pool, bytes, name, payload);
      if (status == ESCROW_OK) {
        out_handle = name;
        out_payload = payload;
      }
    }
    return status;
  }

  /// The common case of object(), always inlined: the lane's current slab has a free slot, its mask
  /// shows it, and nobody else wants it. (A block's lane has none.)
  /// @return as object | ESCROW_E_BUSY nothing happened, it is not the common case
  [[nodiscard, gnu::always_inline]] static inline escrow_status object_at_once(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    claim mine;
    if (auto const s = claim_at_once(c, pool, bytes, mine); s != ESCROW_OK) [[unlikely]]
      return s;
    if (!still_open(c, pool)) [[unlikely]]
      return withdraw(c, pool, mine.name);
    out_payload = deliver(c, mine, bytes);
    out_handle = mine.name;
    return ESCROW_OK;
  }

  /// Its parts, for who needs a path without a call: the claim; the look after it, without which
  /// nothing may come of a claim; and delivery, or withdrawal.
  /// @return ESCROW_OK | ESCROW_E_BUSY nothing happened
  [[nodiscard, gnu::always_inline]] static inline escrow_status claim_at_once(pool_control &c,
                                                                              u64 pool, u64 bytes,
                                                                              claim &out) noexcept {
    // relaxed: options, as below; re-checked by [P1]
    if (bytes - 1 >= c.most_direct.load(std::memory_order_relaxed)) [[unlikely]]  // 0 wraps
      return ESCROW_E_BUSY;
    u32 const class_index =
        size_class::of(bytes + slot_build::redzone) & c.direct_mask.load(std::memory_order_relaxed);
    slab *const home = current(c, class_index);
    if (home == nullptr) [[unlikely]]
      return ESCROW_E_BUSY;
    u64 const key = slab::owner_key(pool, class_index);
    return claim_first(*home, key, word::object, out) ? ESCROW_OK : ESCROW_E_BUSY;
  }
  [[nodiscard]] static bool still_open(pool_control const &c, u64 pool) noexcept {
    return block_word::still_open(c.word, pool);  // [P1]
  }
  /// Zeroes and describes an object that was claimed. Returns its memory.
  [[gnu::always_inline]] static inline char *deliver(pool_control const &c, claim const &mine,
                                                     u64 bytes) noexcept {
    char *const payload = reinterpret_cast<char *>(mine.payload);
    if constexpr (slot_build::of_malloc) {
      poison::show(payload, bytes);
      std::memset(payload, 0, bytes);
    } else {
      // What is larger than this lies in a larger slot and was zeroed before it became FREE.
      poison::show(payload, align_up(bytes, 16));
      if (bytes <= zeroed_at_acquire || slot_build::checked) zero(payload, bytes);
      poison::hide(payload + bytes, align_up(bytes, 16) - bytes);
    }
    poison::begin(payload, bytes);
    // release: shows the claim to who reads it by the slot's last handle [S2]
    mine.header->about.store(c.type_about.load(std::memory_order_relaxed) | bytes,
                             std::memory_order_release);
    return payload;
  }
  /// Undoes a claim on a pool that is no longer open. @return ESCROW_E_CLOSED | ESCROW_E_STALE
  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status withdraw(pool_control &c, u64 pool,
                                                                        u64 name) noexcept {
    undo(name);
    return pool_status(c, pool) == ESCROW_E_STALE ? ESCROW_E_STALE : ESCROW_E_CLOSED;
  }

  /// The next most common cases, and the rest of what a leaf may run: any class of the lane's
  /// current slab, and slots of it that were freed since its mask was stored.
  /// @return as object | ESCROW_E_BUSY nothing happened: the slab is used up
  [[nodiscard]] static escrow_status object_freed(pool_control &c, u64 pool, u64 bytes,
                                                  u64 &out_handle, char *&out_payload) noexcept {
    slab *home;
    u64 key;
    if (auto const s = current(c, pool, bytes, home, key); s != ESCROW_OK) return s;
    claim mine;
    guarding const guards =
        c.guards.load(std::memory_order_relaxed);  // relaxed: nothing hangs on it
    if (guards == guarding::always ||
        (!claim_first(*home, key, word::object, mine) &&
         (guards != guarding::none || !claim_freed(*home, key, word::object, mine))))
      return ESCROW_E_BUSY;
    if (!still_open(c, pool)) return withdraw(c, pool, mine.name);
    out_payload = deliver(c, mine, bytes);
    out_handle = mine.name;
    return ESCROW_OK;
  }

  /// Up to `count` objects of the lane's current slab. All claims come before the one look at the
  /// pool word, so [P1] holds for each of them.
  /// `out_payloads` may be NULL; `out_done` says how many.
  /// @return as object_freed
  [[nodiscard]] static escrow_status objects_at_once(pool_control &c, u64 pool, u64 bytes,
                                                     u64 count, u64 *out_handles,
                                                     void **out_payloads, u64 &out_done) noexcept {
    out_done = 0;
    slab *home;
    u64 key;
    if (auto const s = current(c, pool, bytes, home, key); s != ESCROW_OK) return s;
    guarding const guards =
        c.guards.load(std::memory_order_relaxed);  // relaxed: nothing hangs on it
    if (guards == guarding::always) return ESCROW_E_BUSY;
    bool const shown_only = guards != guarding::none;
    u64 const done = claim_many(*home, key, word::object, count, out_handles, shown_only);
    if (done == 0) return ESCROW_E_BUSY;
    if (!still_open(c, pool)) [[unlikely]]
      return withdraw_all(c, pool, out_handles, done);
    for (u64 i = 0; i < done; ++i) {
      slot_header &h = home->header(handle::index(out_handles[i]) % slab::slots);
      // relaxed: the slot is ours
      char *const payload =
          deliver(c, {&h, h.payload.load(std::memory_order_relaxed), out_handles[i]}, bytes);
      if (out_payloads != nullptr) out_payloads[i] = payload;
    }
    out_done = done;
    return ESCROW_OK;
  }

  /// `count` objects for an open pool; on any error those that `out_done` says.
  /// @return as object
  [[nodiscard]] static escrow_status objects(pool_control &c, u64 pool, u64 bytes, u64 count,
                                             u64 *out_handles, void **out_payloads,
                                             u64 &out_done) noexcept {
    for (out_done = 0; out_done < count;) {
      u64 *const handles = out_handles + out_done;
      void **const payloads = out_payloads == nullptr ? nullptr : out_payloads + out_done;
      u64 done;
      auto s = objects_at_once(c, pool, bytes, count - out_done, handles, payloads, done);
      if (s == ESCROW_E_BUSY) {
        char *payload;
        s = object_slowly(c, pool, bytes, *handles, payload);
        if (s == ESCROW_OK && payloads != nullptr) *payloads = payload;
        done = 1;
      }
      if (s != ESCROW_OK) return s;
      out_done += done;
    }
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
    // release, both: show the claim to who reads them by the slot's last handle [S2]
    out.header->payload.store(root, std::memory_order_release);
    out.header->about.store(static_cast<u64>(kind), std::memory_order_release);
    return ESCROW_OK;
  }

 private:
  /// The current slab of the thread's lane; NULL: none yet.
  [[nodiscard, gnu::always_inline]] static inline slab *current(pool_control &c,
                                                                u32 class_index) noexcept {
    u32 const span = c.lane_span.load(std::memory_order_relaxed);
    shelf *const from = c.shelves[class_index].load(std::memory_order_acquire);  // acquire: [C1]
    if (from == nullptr) [[unlikely]]
      return nullptr;
    return from->hinted(span).hand();
  }
  /// The same for an object of `bytes` bytes, and for which owner.
  /// @return ESCROW_OK | ESCROW_E_SIZE | ESCROW_E_BUSY the lane has no slab yet
  [[nodiscard]] static escrow_status current(pool_control &c, u64 pool, u64 bytes, slab *&out,
                                             u64 &out_key) noexcept {
    if (bytes - 1 >= c.most_bytes.load(std::memory_order_relaxed)) return ESCROW_E_SIZE;
    u32 const class_index = c.class_for(bytes);
    out = current(c, class_index);
    out_key = slab::owner_key(pool, class_index);
    return out != nullptr ? ESCROW_OK : ESCROW_E_BUSY;
  }

  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status object_slowly(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    if (bytes - 1 >= c.most_bytes.load(std::memory_order_relaxed)) return ESCROW_E_SIZE;  // 0 wraps
    u32 const class_index = c.class_for(bytes);
    if (c.guard_rate.load(std::memory_order_relaxed) != 0 &&  // relaxed: a rate
        guarded_objects::chosen(
            c, bytes,
            class_index < block_class ? supply::slots_of(c.slot_stride(class_index)) : 1)) {
      auto const s = guarded_object(c, pool, bytes, out_handle, out_payload);
      // Not even for want of room: an ordinary slot may be free, or smaller than a page.
      if (s == ESCROW_OK || s == ESCROW_E_CLOSED || s == ESCROW_E_STALE) return s;
      c.guards_missed.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    }
    shelf *const from = c.shelf_for(class_index);
    if (from == nullptr) return ESCROW_E_NOMEM;
    claim mine;
    escrow_status status;
    if (class_index == block_class) {
      status = supply::claim_block(c, pool, *from, bytes, word::object, mine);
      if (status == ESCROW_OK && !still_open(c, pool)) status = withdraw(c, pool, mine.name);
    } else {
      status = claim_from<false>(c, pool, *from, word::object, mine);
    }
    if (status != ESCROW_OK) return status;
    if constexpr (slot_build::checked) slot_damage::look_at_claimed(mine);
    out_payload = deliver(c, mine, bytes);
    if constexpr (slot_build::checked) slot_damage::arm(mine, bytes);
    out_handle = mine.name;
    return ESCROW_OK;
  }

  /// One between inaccessible pages. @return as object | ESCROW_E_NOMEM also where no place is left
  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status guarded_object(
      pool_control &c, u64 pool, u64 bytes, u64 &out_handle, char *&out_payload) noexcept {
    shelf *const from = c.shelf_for(block_class);
    if (from == nullptr) return ESCROW_E_NOMEM;
    claim mine;
    auto status = supply::claim_block(c, pool, *from, bytes, word::object, mine, true);
    if (status == ESCROW_OK && !still_open(c, pool)) status = withdraw(c, pool, mine.name);
    if (status != ESCROW_OK) return status;
    out_payload = deliver(c, mine, bytes);
    guarded_objects::begin(slot::at(mine.name), mine.name, pool, bytes);
    c.guarded.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    out_handle = mine.name;
    return ESCROW_OK;
  }

  [[nodiscard, gnu::cold, gnu::noinline]] static escrow_status withdraw_all(pool_control &c,
                                                                            u64 pool,
                                                                            u64 const *names,
                                                                            u64 count) noexcept {
    while (count-- > 1) undo(names[count]);
    return withdraw(c, pool, names[0]);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
