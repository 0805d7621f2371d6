// escrow/slot.hpp: the protocol word of a slot and every transition it can make. [L2]
//
// docs/ownership.md is the specification; docs/protocol.tsv the same as data. A transition is a
// pure function from a word to a status and the next word; apply() makes it one compare-and-swap.
// No other code changes a word, but for the slab claims in slab.hpp.
#ifndef ESCROW_SLOT_HPP
#define ESCROW_SLOT_HPP

#include "handle.hpp"
#include "machine.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// The word of a slot, 64 bits that say everything about who holds it:
///
///     63 .. 36   | 35  | 34  | 33  | 32  | 31 .. 16 | 15 .. 0
///     generation | OCC | REV | TRA | OWN | refs     | lends
///
///     FREE      -                    nobody; acquire may claim it
///     LIVE      OCC [OWN] refs>=1    held; OWN: the first handle is still valid
///     ORPHAN    OCC refs=0 lends>=1  last owner left while lent
///     TRANSIT   OCC TRA refs=1       only the ticket's generation matches
///     REVOKED   OCC REV              no new dup, lend or move; holders finish
///     DEAD      TRA                  freed; destructor or zeroing owed
///     RUNNING   TRA REV              one thread runs the destructor or zeroes
///     RESERVED  REV                  its slab is being taken back
///     RETIRED   OWN                  generations used up; never again
///
/// A generation never repeats in a slot, so a stale handle never matches a new object.
struct word {
  static constexpr u32 generation_shift = 36;
  static constexpr u64 occ = 1ull << 35;
  static constexpr u64 rev = 1ull << 34;
  static constexpr u64 tra = 1ull << 33;
  static constexpr u64 own = 1ull << 32;
  static constexpr u64 ref = 1ull << 16;
  static constexpr u64 lend = 1;
  static constexpr u64 below_generation = (1ull << generation_shift) - 1;

  /// A freshly acquired object, and a freshly made duplicate or loan.
  static constexpr u64 object = occ | own | ref;
  static constexpr u64 reference = occ | ref;

#if defined(ESCROW_SMALL_COUNTS)
  static constexpr u64 last_generation = 31;
  static constexpr u64 most_refs = 7;
  static constexpr u64 most_lends = 3;
#else
  static constexpr u64 last_generation = (1ull << 28) - 4;
  static constexpr u64 most_refs = 0xFFFF;
  static constexpr u64 most_lends = 0xFFFF;
#endif

  [[nodiscard]] static constexpr u64 generation(u64 w) noexcept {
    return w >> generation_shift;
  }
  [[nodiscard]] static constexpr u64 refs(u64 w) noexcept {
    return (w >> 16) & 0xFFFF;
  }
  [[nodiscard]] static constexpr u64 lends(u64 w) noexcept {
    return w & 0xFFFF;
  }
  [[nodiscard]] static constexpr u64 state(u64 w) noexcept {
    return w & below_generation;
  }
  [[nodiscard]] static constexpr u64 at(u64 generation, u64 state) noexcept {
    return generation << generation_shift | state;
  }

  [[nodiscard]] static constexpr bool is_free(u64 w) noexcept {
    return state(w) == 0;
  }
  [[nodiscard]] static constexpr bool is_occupied(u64 w) noexcept {
    return (w & occ) != 0;
  }
  [[nodiscard]] static constexpr bool is_dead(u64 w) noexcept {
    return state(w) == tra;
  }
  [[nodiscard]] static constexpr bool is_running(u64 w) noexcept {
    return state(w) == (tra | rev);
  }
  [[nodiscard]] static constexpr bool is_reserved(u64 w) noexcept {
    return state(w) == rev;
  }
  [[nodiscard]] static constexpr bool is_retired(u64 w) noexcept {
    return state(w) == own;
  }
  [[nodiscard]] static constexpr bool is_ticket(u64 w) noexcept {
    return (w & (occ | tra)) == (occ | tra);
  }
  /// FREE at `generation`, or RETIRED where no generation is left for another holder.
  [[nodiscard]] static constexpr u64 vacant(u64 generation) noexcept {
    return at(generation, generation > last_generation ? own : 0);
  }
};

/// What a slot stands for. An object has memory; the others name an object, their root.
enum class slot_kind : u32 { object = 0, duplicate = 1, loan = 2 };

/// The outcome of a transition. `next` is the new word where status >= 0; an unchanged word needs
/// no store.
struct step {
  escrow_status status;
  u64 next;
};

/// Transitions. `w` is the word seen, `g` the generation of the handle; `owed` is word::tra where a
/// freed slot owes a destructor or zeroing, else 0. Order of checks: STALE or MOVED, then the
/// state.
namespace protocol {

[[nodiscard]] constexpr step refuse(escrow_status why) noexcept {
  return {why, 0};
}

/// Does generation `g` name what is in `w` now?
[[nodiscard]] constexpr escrow_status match(u64 w, u64 g) noexcept {
  if (word::generation(w) == g && word::is_occupied(w)) return ESCROW_OK;
  if (word::generation(w) == g + 1 && word::is_ticket(w)) return ESCROW_E_MOVED;
  return ESCROW_E_STALE;
}

/// Does the handle name a reference? The first handle of an object ends with OWN, whoever else
/// keeps the object alive.
[[nodiscard]] constexpr escrow_status named(u64 w, u64 g, slot_kind kind) noexcept {
  if (auto const s = match(w, g); s != ESCROW_OK) return s;
  return kind == slot_kind::object && (w & word::own) == 0 ? ESCROW_E_STALE : ESCROW_OK;
}

/// The same for a handle that is about to be used, not ended: it must be no ticket.
[[nodiscard]] constexpr escrow_status usable(u64 w, u64 g, slot_kind kind) noexcept {
  if (auto const s = named(w, g, kind); s != ESCROW_OK) return s;
  return (w & word::tra) != 0 ? ESCROW_E_TRANSIT : ESCROW_OK;
}

/// The word after its last reference or loan went.
[[nodiscard]] constexpr u64 vacated(u64 w, u64 owed) noexcept {
  u64 const next = word::generation(w) + 1;
  return owed != 0 ? word::at(next, owed) : word::vacant(next);
}

/// One reference fewer, `kept` being the word without it.
[[nodiscard]] constexpr step leave(u64 w, u64 kept, u64 owed) noexcept {
  if (word::refs(kept) != 0) return {ESCROW_OK, kept};
  if (word::lends(kept) != 0) return {ESCROW_DEFERRED, kept};
  return {ESCROW_FREED, vacated(w, owed)};
}

/// Release through the handle or the ticket of an object. OWN goes in the same step, so the same
/// handle is STALE from here on, whoever else keeps the object alive.
[[nodiscard]] constexpr step release_object(u64 w, u64 g, u64 owed) noexcept {
  if (auto const s = named(w, g, slot_kind::object); s != ESCROW_OK) return refuse(s);
  return leave(w, w - word::ref - word::own, owed);
}

/// Frees a duplicate's or loan's own slot; the count on the root goes in a second step.
[[nodiscard]] constexpr step end_reference(u64 w, u64 g) noexcept {
  if (auto const s = match(w, g); s != ESCROW_OK) return refuse(s);
  return {ESCROW_FREED, vacated(w, 0)};
}

/// A duplicate left: one reference fewer on the root.
[[nodiscard]] constexpr step drop_reference(u64 w, u64 g, u64 owed) noexcept {
  if (match(w, g) != ESCROW_OK || word::refs(w) == 0) return refuse(ESCROW_E_STALE);
  return leave(w, w - word::ref, owed);
}

/// May this root be duplicated, lent or moved? `first`: asked through the first handle.
[[nodiscard]] constexpr escrow_status open_to_new(u64 w, u64 g, bool first) noexcept {
  if (auto const s = usable(w, g, first ? slot_kind::object : slot_kind::duplicate); s != ESCROW_OK)
    return s;
  if (word::refs(w) == 0) return ESCROW_E_STALE;  // an orphan has no owner left to ask
  return (w & word::rev) != 0 ? ESCROW_E_REVOKED : ESCROW_OK;
}

[[nodiscard]] constexpr step add_reference(u64 w, u64 g, bool first) noexcept {
  if (auto const s = open_to_new(w, g, first); s != ESCROW_OK) return refuse(s);
  if (word::refs(w) >= word::most_refs) return refuse(ESCROW_E_LIMIT);
  return {ESCROW_OK, w + word::ref};
}

[[nodiscard]] constexpr step add_loan(u64 w, u64 g, bool first) noexcept {
  if (auto const s = open_to_new(w, g, first); s != ESCROW_OK) return refuse(s);
  if (word::lends(w) >= word::most_lends) return refuse(ESCROW_E_LIMIT);
  return {ESCROW_OK, w + word::lend};
}

/// One loan fewer on the root.
[[nodiscard]] constexpr step drop_loan(u64 w, u64 g, u64 owed) noexcept {
  if (match(w, g) != ESCROW_OK || word::lends(w) == 0) return refuse(ESCROW_E_STALE);
  u64 const kept = w - word::lend;
  if (word::refs(kept) != 0 || word::lends(kept) != 0) return {ESCROW_OK, kept};
  return {ESCROW_FREED, vacated(w, owed)};
}

/// Hands the reference to the next generation, in transit. A generation for move_in and one for the
/// end must remain.
[[nodiscard]] constexpr step move_out(u64 w, u64 g, slot_kind kind) noexcept {
  if (auto const s = usable(w, g, kind); s != ESCROW_OK) return refuse(s);
  if ((w & word::rev) != 0) return refuse(ESCROW_E_REVOKED);
  if (word::refs(w) > 1) return refuse(ESCROW_E_SHARED);
  if (word::lends(w) != 0) return refuse(ESCROW_E_LENT);
  if (g + 2 > word::last_generation) return refuse(ESCROW_E_EXHAUSTED);
  return {ESCROW_OK, word::at(g + 1, word::state(w) | word::tra)};
}

[[nodiscard]] constexpr step move_in(u64 w, u64 g, slot_kind kind) noexcept {
  if (named(w, g, kind) != ESCROW_OK) return refuse(ESCROW_E_STALE);
  if ((w & word::tra) == 0) return refuse(ESCROW_E_KIND);
  if ((w & word::rev) != 0) return refuse(ESCROW_E_REVOKED);
  return {ESCROW_OK, word::at(g + 1, word::state(w) & ~word::tra)};
}

/// move_out and move_in in one step: the reference goes on under the next generation, and no other
/// handle of it is valid any more.
[[nodiscard]] constexpr step rename(u64 w, u64 g, slot_kind kind) noexcept {
  step const out = move_out(w, g, kind);
  if (out.status != ESCROW_OK) return out;
  return {ESCROW_OK, out.next & ~word::tra};
}

[[nodiscard]] constexpr step revoke(u64 w, u64 g, bool first) noexcept {
  if (auto const s = usable(w, g, first ? slot_kind::object : slot_kind::duplicate); s != ESCROW_OK)
    return refuse(s);
  if ((w & word::rev) != 0) return {ESCROW_ALREADY, w};
  return {ESCROW_OK, w | word::rev};
}

}  // namespace protocol

/// 32 bytes a slot, in segments that are never unmapped: a stale handle, a finalizer that runs late
/// and a handle forged by a bug all read valid memory and get a code. Every field is atomic and
/// believed only under a matching generation.
template <class Machine>
struct alignas(32) basic_slot_header {
  template <class T>
  using atomic = typename Machine::template atomic<T>;

  atomic<u64> word;
  /// Address of the payload; for a duplicate or loan the handle of its root.
  atomic<u64> payload;
  /// type id in the upper half, size in bytes in the lower; for a reference slot its slot_kind.
  atomic<u64> about;
  /// Whose the slot's ledger entry is: see ledger_entry. 0: nobody's yet.
  atomic<u64> site;

  [[nodiscard]] static constexpr u64 pack_about(u32 type_id, u64 size) noexcept {
    return static_cast<u64>(type_id) << 32 | size;
  }
  [[nodiscard]] static constexpr u64 size_of(u64 about) noexcept { return about & 0xFFFFFFFF; }
  [[nodiscard]] static constexpr u32 type_of(u64 about) noexcept {
    return static_cast<u32>(about >> 32);
  }
};
using slot_header = basic_slot_header<machine>;
static_assert(sizeof(slot_header) == 32);

/// Lost races after which a transition answers BUSY: the bound of a leaf.
constexpr u32 max_lost_races = 64;

/// Makes `transition` of the word, as one compare-and-swap. `out_before` gets the word it replaced,
/// or the one that was refused.
///
/// Memory ordering: seq_cst on success. Three pairs need it: a claim against close (pool word), an
/// end against the sweep (dirty flag), and with them everything a holder did is visible to whoever
/// ends or takes over the slot. On x86-64 and with arm64's CASAL it costs what acq_rel costs. [S1]
/// Progress: lock-free; BUSY after max_lost_races, upon which nothing has happened.
/// `Word`: std::atomic<u64>, or the word of a model.
template <class Word, class Transition>
[[nodiscard]] inline escrow_status apply(Word &target, Transition transition,
                                         u64 &out_before) noexcept {
  // acquire: the fields written before the word we see; pairs with apply() [S1]
  u64 w = target.load(std::memory_order_acquire);
  for (u32 lost = 0; lost < max_lost_races; ++lost) {
    step const s = transition(w);
    out_before = w;
    if (s.status < 0 || s.next == w) return s.status;
    // seq_cst: see above; a failure reloads with acquire like the first load [S1]
    if (target.compare_exchange_weak(w, s.next, std::memory_order_seq_cst,
                                     std::memory_order_acquire))
      return s.status;
    cpu_pause();
  }
  return ESCROW_E_BUSY;
}

template <class Word, class Transition>
[[nodiscard]] inline escrow_status apply(Word &target, Transition transition) noexcept {
  u64 before;
  return apply(target, transition, before);
}

/// The second step of a two-step end, which may not give up half way: repeats until it wins.
/// Progress: lock-free; every lost race is somebody else's success.
template <class Word, class Transition>
inline escrow_status apply_surely(Word &target, Transition transition) noexcept {
  for (;;) {
    if (auto const s = apply(target, transition); s != ESCROW_E_BUSY) return s;
  }
}

}  // namespace escrow::inline ESCROW_ABI

#endif
