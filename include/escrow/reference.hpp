// escrow/reference.hpp: every operation on a handle that exists. [L3]
#ifndef ESCROW_REFERENCE_HPP
#define ESCROW_REFERENCE_HPP

#include "control.hpp"
#include "destruction.hpp"
#include "handle.hpp"
#include "ledger_entry.hpp"
#include "object.hpp"
#include "platform.hpp"
#include "slot.hpp"
#include "table.hpp"
#include "types.h"

namespace escrow::inline ESCROW_ABI {

/// The object a handle leads to.
struct root_of {
  u64 bits;    // the root's own name
  slot at;     // its slot
  bool first;  // asked through the object's first handle, which must still be valid
};

/// Operations on handles. Decisions are taken from fields that are read before a compare-and-swap
/// on the word; its success proves that the generation, and with it the fields, had not changed.
struct reference {
  /// Ends a reference. `deferred`: never runs a destructor. In line: a call would double it.
  [[nodiscard, gnu::always_inline]] static inline escrow_status release(u64 bits,
                                                                        bool deferred) noexcept {
    auto const s = end_common(bits);
    return s != ESCROW_E_BUSY ? s : release_slowly(bits, deferred);
  }

  /// One compare-and-swap for the common end, of an object that nobody else holds, in a slot that
  /// lives on. @return as release | ESCROW_E_BUSY nothing happened, it is not the common case
  [[nodiscard, gnu::always_inline]] static inline escrow_status end_common(u64 bits) noexcept {
    if (!handle::names_slot(bits)) [[unlikely]]
      return handle::shape_error(bits);
    slot const at = slot::at(bits);
    if (at.header == nullptr) [[unlikely]]
      return ESCROW_E_RANGE;
    return end_sole(*at.home, *at.header, handle::generation(bits));
  }

  /// What of release() a leaf may run, where end_common() leaves it: bounded, without a destructor,
  /// and nothing goes back to the system. The second step of a duplicate's end may have to wait.
  /// @return as release | ESCROW_E_BUSY nothing happened: call release
  [[nodiscard, gnu::noinline]] static escrow_status release_at_once(u64 bits,
                                                                    bool deferred) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(bits, at, kind, w); s != ESCROW_OK) return s;
    u64 const g = handle::generation(bits);
    if (auto const s = protocol::named(w, g, kind); s != ESCROW_OK) return s;
    u64 const owed = at.home->owed.load(std::memory_order_relaxed);  // relaxed: see struct comment
    pool_control *const c = owner_of(*at.home);
    // Where slots are checked, or blocks of malloc, an end is an ordinary call's.
    if (kind != slot_kind::object || c == nullptr || slot_build::slowly) return ESCROW_E_BUSY;
    bool const destructor = owed != 0 && has_destructor(*c, *at.home);
    bool const block =
        slab::class_of(at.home->owner.load(std::memory_order_acquire)) == block_class;
    if (!deferred && (destructor || block)) return ESCROW_E_BUSY;
    auto const status =
        apply(at.header->word, [&](u64 now) { return protocol::release_object(now, g, owed); });
    if (status != ESCROW_FREED) return status;
    return destruction::leave(at, owed == 0 ? 0 : word::at(g + 1, owed), destructor);
  }

  /// `at_once`: for a leaf; BUSY where a slot must be set up first, or after max_lost_races.
  template <bool at_once = false>
  [[nodiscard]] static escrow_status dup(u64 bits, u64 &out) noexcept {
    claim mine;
    root_of root;
    return attach<at_once>(bits, slot_kind::duplicate, mine, root, out);
  }

  [[nodiscard]] static escrow_status lend(u64 bits, u64 &out, escrow_view &view) noexcept {
    claim mine;
    root_of root;
    if (auto const s = attach<false>(bits, slot_kind::loan, mine, root, out); s != ESCROW_OK)
      return s;
    view = look_at(root);
    return ESCROW_OK;
  }

  [[nodiscard]] static escrow_status give_back(u64 loan) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(loan, at, kind, w); s != ESCROW_OK) return s;
    if (auto const s = protocol::named(w, handle::generation(loan), kind); s != ESCROW_OK) return s;
    if (kind != slot_kind::loan) return ESCROW_E_KIND;
    return detach(loan, at, kind, true);
  }

  [[nodiscard, gnu::always_inline]] static inline escrow_status borrow(u64 bits,
                                                                       escrow_view &view) noexcept {
    root_of root;
    if (auto const s = resolve(bits, root); s != ESCROW_OK) return s;
    auto const status = apply(root.at.header->word, [&](u64 w) {
      return protocol::add_loan(w, handle::generation(root.bits), root.first);
    });
    if (status == ESCROW_OK) view = look_at(root);
    return status;
  }

  /// `at_once`: for a leaf; BUSY after max_lost_races, nothing happened then.
  template <bool at_once = false>
  [[nodiscard, gnu::always_inline]] static inline escrow_status give_back_anonymous(
      u64 bits) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(bits, at, kind, w); s != ESCROW_OK) return s;
    if (protocol::match(w, handle::generation(bits)) != ESCROW_OK) return ESCROW_E_STALE;
    if (kind != slot_kind::object) return ESCROW_E_KIND;
    if (word::lends(w) == 0) return ESCROW_E_STALE;
    return end_on_root<at_once>(bits, slot_kind::loan, true);
  }

  [[nodiscard]] static escrow_status move_out(u64 bits, u64 &out_ticket) noexcept {
    return succeed(bits, out_ticket, protocol::move_out);
  }

  /// The same reference under another handle; the caller's is over. @return as move_out
  [[nodiscard]] static escrow_status rename(u64 bits, u64 &out) noexcept {
    return succeed(bits, out, protocol::rename);
  }

  [[nodiscard]] static escrow_status move_in(u64 ticket, u64 &out) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(ticket, at, kind, w); s != ESCROW_OK) return s;
    u64 const g = handle::generation(ticket);
    // The root's revocation counts for the tickets of its duplicates.
    if (kind == slot_kind::duplicate && word::is_ticket(w) && root_revoked(at, w, g))
      return ESCROW_E_REVOKED;
    auto const status =
        apply(at.header->word, [&](u64 now) { return protocol::move_in(now, g, kind); });
    if (status == ESCROW_OK) out = ledger_entry::follow(*at.header, ticket);
    return status;
  }

  [[nodiscard]] static escrow_status revoke(u64 bits) noexcept {
    root_of root;
    if (auto const s = resolve(bits, root); s != ESCROW_OK) return s;
    return apply(root.at.header->word, [&](u64 w) {
      return protocol::revoke(w, handle::generation(root.bits), root.first);
    });
  }

  [[nodiscard]] static escrow_status validate(u64 bits, u64 pool, u32 type_id) noexcept {
    if (!handle::names_slot(bits)) return handle::shape_error(bits);
    pool_control *c = nullptr;
    if (pool != 0) {
      if (auto const s = find_pool(pool, c); s != ESCROW_OK) return s;
      if (handle::tag(bits) != handle::slot_tag(c->index)) return ESCROW_E_FOREIGN;
    }
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(bits, at, kind, w); s != ESCROW_OK) return s;
    u64 const g = handle::generation(bits);
    if (auto const s = protocol::named(w, g, kind); s != ESCROW_OK) return s;
    u64 const owner = slab::pool_of(at.home->owner.load(std::memory_order_acquire));
    u64 root = bits;
    if (auto const s = root_name(at, kind, g, root); s != ESCROW_OK) return s;
    slot const root_at = slot::at(root);
    u64 const about = root_at.header->about.load(std::memory_order_acquire);
    u64 const root_word = root_at.header->word.load(std::memory_order_acquire);
    // The fields are believed only if the reference was there all along.
    u64 const again = at.header->word.load(std::memory_order_acquire);
    if (auto const s = protocol::match(again, g); s != ESCROW_OK) return s;
    if (pool != 0 && owner != pool) return ESCROW_E_FOREIGN;
    if (type_id != 0 && slot_header::type_of(about) != type_id) return ESCROW_E_KIND;
    if ((again & word::tra) != 0) return ESCROW_E_TRANSIT;
    return ((root_word | again) & word::rev) != 0 ? ESCROW_E_REVOKED : ESCROW_OK;
  }

  [[nodiscard]] static escrow_status read(u64 bits, escrow_view &view) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(bits, at, kind, w); s != ESCROW_OK) return s;
    u64 const g = handle::generation(bits);
    if (auto const s = protocol::usable(w, g, kind); s != ESCROW_OK) return s;
    u64 root = bits;
    if (auto const s = root_name(at, kind, g, root); s != ESCROW_OK) return s;
    escrow_view const seen = look_at({root, slot::at(root), false});
    u64 const again = at.header->word.load(std::memory_order_acquire);
    if (auto const s = protocol::usable(again, g, kind); s != ESCROW_OK) return s;
    view = seen;
    return ESCROW_OK;
  }

  /// Frees a ticket that close reclaims: as release, the destructor left to drain.
  static void reclaim(u64 ticket) noexcept {
    while (release_slowly(ticket, true) == ESCROW_E_BUSY) cpu_pause();
  }

 private:
  /// The slot behind any handle, with its kind and word. RANGE also for slots never handed out.
  [[nodiscard, gnu::always_inline]] static inline escrow_status find(u64 bits, slot &at,
                                                                     slot_kind &kind,
                                                                     u64 &w) noexcept {
    if (!handle::names_slot(bits)) return handle::shape_error(bits);
    at = slot::at(bits);
    if (at.header == nullptr || at.home->index >= table().slabs()) return ESCROW_E_RANGE;
    // In this order: the kind may be that of who has the slot by now, and the word says so then
    // [S2]. Older than the handle neither is, for whoever was given it.
    kind = kind_of(at);
    w = at.header->word.load(std::memory_order_acquire);  // acquire: the fields below [S1]
    return ESCROW_OK;
  }
  [[nodiscard]] static slot_kind kind_of(slot const &at) noexcept {
    u64 const owner = at.home->owner.load(std::memory_order_acquire);
    if (slab::class_of(owner) != reference_class) return slot_kind::object;
    return at.header->about.load(std::memory_order_acquire) == static_cast<u64>(slot_kind::loan)
               ? slot_kind::loan
               : slot_kind::duplicate;
  }

  /// The object behind a handle that may be used, not a loan. For a duplicate: its word, the root,
  /// its word again, so the root is what the duplicate held at the second look. That is where the
  /// calling operation takes effect: the root's step then needs refs > 0 and the generation, so a
  /// root that ended meanwhile refuses, and one that lives on through others is the same object.
  [[nodiscard, gnu::always_inline]] static inline escrow_status resolve(u64 bits,
                                                                        root_of &out) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(bits, at, kind, w); s != ESCROW_OK) return s;
    u64 const g = handle::generation(bits);
    if (kind == slot_kind::loan) {
      auto const s = protocol::match(w, g);
      return s == ESCROW_OK ? ESCROW_E_KIND : s;
    }
    if (auto const s = protocol::usable(w, g, kind); s != ESCROW_OK) return s;
    if (kind == slot_kind::object) {
      out = {bits, at, true};
      return ESCROW_OK;
    }
    u64 const root = at.header->payload.load(std::memory_order_acquire);
    u64 const again = at.header->word.load(std::memory_order_acquire);
    if (auto const s = protocol::usable(again, g, kind); s != ESCROW_OK) return s;
    out = {root, slot::at(root), false};
    return ESCROW_OK;
  }

  /// Replaces `root` by what a duplicate or loan names. The word is looked at again before anybody
  /// uses it: a slot whose slab went to another class holds an address there.
  [[nodiscard]] static escrow_status root_name(slot const &at, slot_kind kind, u64 g,
                                               u64 &root) noexcept {
    if (kind == slot_kind::object) return ESCROW_OK;
    root = at.header->payload.load(std::memory_order_acquire);
    return protocol::named(at.header->word.load(std::memory_order_acquire), g, kind);
  }
  /// Hands a reference to its next generation by a step of the protocol.
  template <class Step>
  [[nodiscard, gnu::always_inline]] static inline escrow_status succeed(u64 bits, u64 &out,
                                                                        Step const &take) noexcept {
    slot at;
    slot_kind kind;
    u64 w;
    if (auto const s = find(bits, at, kind, w); s != ESCROW_OK) return s;
    u64 const g = handle::generation(bits);
    if (auto const s = mobile(at, kind, w, g); s != ESCROW_OK) return s;
    auto const status = apply(at.header->word, [&](u64 now) { return take(now, g, kind); });
    if (status == ESCROW_OK) out = ledger_entry::follow(*at.header, bits);
    return status;
  }

  /// May a reference of this kind start to move? The root's revocation counts for its duplicates.
  [[nodiscard]] static escrow_status mobile(slot const &at, slot_kind kind, u64 w, u64 g) noexcept {
    if (kind == slot_kind::object) return ESCROW_OK;  // move_out looks itself
    if (auto const s = protocol::usable(w, g, kind); s != ESCROW_OK) return s;
    if (kind == slot_kind::loan) return ESCROW_E_KIND;
    return root_revoked(at, w, g) ? ESCROW_E_REVOKED : ESCROW_OK;
  }
  [[nodiscard]] static bool root_revoked(slot const &at, u64 w, u64 g) noexcept {
    if (protocol::match(w, g) != ESCROW_OK) return false;  // the caller's step says STALE
    u64 const root = at.header->payload.load(std::memory_order_acquire);
    if (!handle::names_slot(root)) return false;
    slot const root_at = slot::at(root);
    if (root_at.header == nullptr ||
        (root_at.header->word.load(std::memory_order_acquire) & word::rev) == 0)
      return false;
    // acquire: its root, and not that of who has the slot by now [S2]
    return protocol::match(at.header->word.load(std::memory_order_acquire), g) == ESCROW_OK;
  }

  [[nodiscard]] static escrow_view look_at(root_of const &root) noexcept {
    slot_header const &h = *root.at.header;
    return {reinterpret_cast<void *>(h.payload.load(std::memory_order_acquire)),
            slot_header::size_of(h.about.load(std::memory_order_acquire)), root.bits};
  }

  /// Makes a duplicate or loan: a slot of its own first, then the count on the root, so that a
  /// failure leaves nothing to undo there.
  template <bool at_once>
  [[nodiscard]] static escrow_status attach(u64 bits, slot_kind kind, claim &mine, root_of &root,
                                            u64 &out) noexcept {
    if (auto const s = resolve(bits, root); s != ESCROW_OK) return s;
    u64 const g = handle::generation(root.bits);
    u64 const w = root.at.header->word.load(std::memory_order_acquire);
    if (auto const s = protocol::open_to_new(w, g, root.first); s != ESCROW_OK) return s;
    u64 const pool = slab::pool_of(root.at.home->owner.load(std::memory_order_acquire));
    pool_control *c = nullptr;
    if (find_pool(pool, c) != ESCROW_OK) return ESCROW_E_STALE;
    auto status = acquisition::reference<at_once>(*c, pool, kind, root.bits, mine);
    if (status != ESCROW_OK)
      return status == ESCROW_E_CLOSED || status == ESCROW_E_STALE ? ESCROW_E_REVOKED : status;
    auto const more = [&](u64 now) {
      return kind == slot_kind::loan ? protocol::add_loan(now, g, root.first)
                                     : protocol::add_reference(now, g, root.first);
    };
    if constexpr (at_once)
      status = apply(root.at.header->word, more);
    else
      status = apply_surely(root.at.header->word, more);
    if (status != ESCROW_OK) {
      acquisition::undo(mine.name);
      return status;
    }
    out = mine.name;
    return ESCROW_OK;
  }

  /// Ends a duplicate or loan: its own slot first, then the count on the root, which the ended slot
  /// held until now. The root is read before the slot is free for others.
  [[nodiscard]] static escrow_status detach(u64 bits, slot const &at, slot_kind kind,
                                            bool deferred) noexcept {
    u64 const root = at.header->payload.load(std::memory_order_acquire);
    auto const status = apply(at.header->word, [&](u64 w) {
      return protocol::end_reference(w, handle::generation(bits));
    });
    if (status != ESCROW_FREED) return status;
    mark_dirty(*at.home);
    return end_on_root<false>(root, kind, deferred);
  }

  /// One reference or loan fewer on a root that the caller's count keeps alive. `at_once`: gives up
  /// after max_lost_races, which only a caller may ask for whose first step this is.
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] static inline escrow_status end_on_root(
      u64 root, slot_kind kind, bool deferred) noexcept {
    slot const at = slot::at(root);
    u64 const g = handle::generation(root);
    u64 const owed = at.home->owed.load(std::memory_order_relaxed);  // relaxed: our count pins it
    pool_control *const c = owner_of(*at.home);
    bool const destructor = owed != 0 && has_destructor(*c, *at.home);
    auto const less = [&](u64 w) {
      return kind == slot_kind::loan ? protocol::drop_loan(w, g, owed)
                                     : protocol::drop_reference(w, g, owed);
    };
    u64 const dead = owed == 0 ? 0 : word::at(g + 1, owed);
    if constexpr (at_once) {
      auto const status = apply(at.header->word, less);
      return status != ESCROW_FREED ? status : destruction::leave(at, dead, destructor);
    } else {
      auto const status = apply_surely(at.header->word, less);
      if (status != ESCROW_FREED) return status;
      return destruction::settle(*c, at, dead, destructor, deferred);
    }
  }
  [[nodiscard]] static bool has_destructor(pool_control const &c, slab const &home) noexcept {
    u32 const class_index = slab::class_of(home.owner.load(std::memory_order_acquire));
    return class_index != reference_class &&
           c.destructor.load(std::memory_order_relaxed) != nullptr;  // relaxed: fixed while open
  }

  [[nodiscard, gnu::noinline]] static escrow_status release_slowly(u64 bits,
                                                                   bool deferred) noexcept {
    slot const at = slot::at(bits);
    if (at.home->index >= table().slabs()) return ESCROW_E_RANGE;
    u64 const g = handle::generation(bits);
    slot_kind const kind = kind_of(at);
    if (kind != slot_kind::object) {
      auto const s = protocol::match(at.header->word.load(std::memory_order_acquire), g);
      if (s != ESCROW_OK) return s;
      return kind == slot_kind::loan ? ESCROW_E_KIND : detach(bits, at, kind, deferred);
    }
    u64 const owed = at.home->owed.load(std::memory_order_relaxed);  // relaxed: see struct comment
    pool_control *const c = owner_of(*at.home);
    bool const destructor = c != nullptr && owed != 0 && has_destructor(*c, *at.home);
    auto const status =
        apply(at.header->word, [&](u64 w) { return protocol::release_object(w, g, owed); });
    if (status != ESCROW_FREED) return status;
    return destruction::settle(*c, at, owed == 0 ? 0 : word::at(g + 1, owed), destructor, deferred);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
