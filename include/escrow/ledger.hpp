// escrow/ledger.hpp: notes who acquired what: how much of it, and each note. [L3]
#ifndef ESCROW_LEDGER_HPP
#define ESCROW_LEDGER_HPP

#include "call_stack.hpp"
#include "clock.hpp"
#include "control.hpp"
#include "fingerprint.hpp"
#include "ledger_entry.hpp"
#include "ledger_types.h"
#include "lock.hpp"
#include "misuse_table.hpp"
#include "platform.hpp"
#include "slab.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// The ledger of a pool. Off it costs an acquire one word of a line that it reads anyway, and its
/// release nothing at any level.
///
/// Whether an acquisition is noted depends on nothing but its handle, which never comes back: a
/// mixture of its bits below a limit. So there is no counter to share, every level is the same
/// code, whoever looks at the same handle decides the same (Go does so for itself), and no pattern
/// of the program can fall in step with it.
///
/// It is kept at the edges of the library, where a call site is known and a stack can be looked at,
/// never in a leaf: Go notes what it acquired by leaf calls.
struct ledger {
  static constexpr u32 all = 1u << 31;

  /// A number between 0 and 2^64 for a name, the same to whoever asks, so that what is below a
  /// limit meets sites in every period alike. The factor was chosen for that: see
  /// docs/rationale.md.
  [[nodiscard, gnu::always_inline]] static inline u64 mixture(u64 name) noexcept {
    return name * 0x6DFA662652B42465ull;
  }
  /// Is this one of the `picked` in 2^31 that are noted?
  [[nodiscard, gnu::always_inline]] static inline bool picks(u32 picked, u64 name) noexcept {
    return mixture(name) >> 33 < picked;
  }

  /// Notes one in `rate` acquisitions of an open pool from now on: 1 all, 0 none. `frames`: with
  /// the callers' frames. What was noted stays until its references end.
  /// @return ESCROW_OK | as find_pool | ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_NOMEM
  [[nodiscard]] static escrow_status set(u64 pool, u32 rate, bool frames) noexcept {
    pool_control *c = nullptr;
    if (auto const s = find_pool(pool, c); s != ESCROW_OK) return s;
    if (rate != 0 && stacks() == nullptr) return ESCROW_E_NOMEM;
    lock_hold const hold(c->guard);
    if (auto const s = pool_status(*c, pool); s != ESCROW_OK) return s;
    if (rate != 0) {
      // relaxed: each note says its own rate
      c->ledger_rate.store(rate, std::memory_order_relaxed);
      c->ledger_frames.store(frames, std::memory_order_relaxed);
      if (!prepare(*c)) return ESCROW_E_NOMEM;
    }
    c->watch(limit_of(rate), c->traced());
    return ESCROW_OK;
  }
  /// Of 2^31 so many, for one in `rate`; none for 0.
  [[nodiscard]] static constexpr u32 limit_of(u32 rate) noexcept {
    return rate == 0 ? 0 : (all + rate - 1) / rate;
  }
  /// Entries for all slabs of a pool whose guard is held. Slabs that are linked later, under the
  /// same guard, get theirs there. False: no memory.
  [[nodiscard]] static bool prepare(pool_control &c) noexcept {
    for (u32 next = c.owned; next != 0;) {
      slab &s = table().slab_at(next - 1);
      next = s.next_owned;
      if (!ledger_entry::prepare(s)) return false;
    }
    return true;
  }

  [[nodiscard, gnu::always_inline]] static inline u64 watched(pool_control const &c) noexcept {
    return c.watched.load(std::memory_order_relaxed);  // relaxed: a limit, nothing hangs on it
  }

  /// Is this one, by either limit, to be noted or traced? `watched` is not 0.
  [[nodiscard, gnu::always_inline]] static inline bool concerns(u64 watched, u64 name) noexcept {
    return mixture(name) <= watched;
  }
  [[nodiscard]] static bool notes(pool_control const &c, u64 name) noexcept {
    return picks(c.noted(), name);
  }
  [[nodiscard]] static bool traces(pool_control const &c, u64 name) noexcept {
    return picks(c.traced(), name);
  }

  /// Called with every reference that was acquired from `c` by inline code: the site is where the
  /// caller of this was compiled in.
  [[gnu::always_inline]] static inline void acquired(pool_control &c, u64 name,
                                                     holder kind = holder::owner) noexcept {
    u64 const limit = watched(c);
    if (limit != 0) [[unlikely]] {
      if (concerns(limit, name) && notes(c, name)) note_here(c, name, kind);
    }
  }
  /// The same for duplicates and loans, whose pool is not at hand.
  [[gnu::always_inline]] static inline void attached(u64 name,
                                                     holder kind = holder::owner) noexcept {
    if (ever_on()) [[unlikely]]
      attached_here(name, kind);
  }
  [[gnu::always_inline]] static inline void attached_at(u64 name, void const *site) noexcept {
    if (ever_on()) [[unlikely]]
      note_reference(name, holder::owner, site, nullptr);
  }
  /// A reference, whose only holder the caller is, is held by a map, or no longer.
  [[gnu::always_inline]] static inline void held_by(u64 name, holder kind) noexcept {
    if (ever_on()) [[unlikely]]
      change_holder(name, kind);
  }

  /// Notes a reference that the caller holds, with a stack of the caller's, at any level. A second
  /// note of the same reference replaces the first.
  /// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE no such slot |
  ///         ESCROW_E_STALE | ESCROW_E_NOMEM its pool's ledger was never on | ESCROW_E_BUSY it is
  ///         being noted
  [[nodiscard]] static escrow_status note(u64 name, call_stack const &stack, u32 label) noexcept {
    if (!handle::names_slot(name)) return handle::shape_error(name);
    slot const at = slot::at(name);
    if (at.header == nullptr || at.home->index >= table().slabs()) return ESCROW_E_RANGE;
    // acquire: as every look at a word [S1]; write() looks again
    u64 const w = at.header->word.load(std::memory_order_acquire);
    if (auto const s = protocol::match(w, handle::generation(name)); s != ESCROW_OK) return s;
    pool_control *const c = owner_of(*at.home);
    return c == nullptr ? escrow_status{ESCROW_E_STALE}
                        : enter(*c, at, name, holder::owner, stack, label);
  }

  /// What the ledger of a pool does.
  static void read(pool_control const &c, escrow_ledger_state &out) noexcept {
    // relaxed: numbers for a report
    u32 const picked = c.noted();
    out.rate = picked == 0 ? 0 : c.ledger_rate.load(std::memory_order_relaxed);
    out.level = out.rate == 0   ? ESCROW_LEDGER_OFF
                : out.rate == 1 ? ESCROW_LEDGER_FULL
                                : ESCROW_LEDGER_SAMPLED;
    if (out.rate != 0 && c.ledger_frames.load(std::memory_order_relaxed))
      out.level |= ESCROW_LEDGER_FRAMES;
    out.missed = c.ledger_missed.load(std::memory_order_relaxed);
    // acquire: the zero pages [F2]
    fingerprints const *const known = table().sites.load(std::memory_order_acquire);
    out.lost = known == nullptr ? 0 : known->lost();
  }

  /// Nanoseconds of the clock that notes carry. Coarse where there is such a clock: some
  /// milliseconds are nothing to an age.
  [[nodiscard]] static u64 now() noexcept {
#if defined(CLOCK_MONOTONIC_COARSE)
    return read_clock(CLOCK_MONOTONIC_COARSE);
#else
    return read_clock(CLOCK_MONOTONIC);
#endif
  }

  /// Was any pool's ledger ever on, or any pool traced?
  [[nodiscard, gnu::always_inline]] static inline bool ever_on() noexcept {
    return table().sites.load(std::memory_order_relaxed) != nullptr;  // relaxed: a hint
  }
  /// The stacks of the process, reserved on first use, and with them the table of refused calls;
  /// nullptr: no memory.
  [[nodiscard]] static fingerprints *stacks() noexcept {
    auto &place = table().sites;
    fingerprints *there = place.load(std::memory_order_acquire);  // acquire: zero pages [F2]
    if (there != nullptr) return there;
    lock_hold const hold(table().pools.guard);
    there = place.load(std::memory_order_relaxed);  // relaxed: under guard
    if (there != nullptr) return there;
    auto *refused = table().misuse.load(std::memory_order_relaxed);  // relaxed: under guard
    if (refused == nullptr) refused = misuse_table::reserve();
    if (refused == nullptr) return nullptr;
    // relaxed: published with the stacks, which come after it [F2]
    table().misuse.store(refused, std::memory_order_relaxed);
    there = fingerprints::reserve();
    place.store(there, std::memory_order_release);  // release: pairs with the load above [F2]
    return there;
  }

  /// The stack of a call whose caller is `site`, in a function with this `frame`, NULL for that of
  /// this function; `further`: with the callers' frames.
  [[gnu::noinline]] static void look(call_stack &out, void const *site, void const *frame,
                                     bool further) noexcept {
    out.clear();
    out.add(reinterpret_cast<u64>(site));
    if (!further) return;
    if (frame == nullptr) frame = __builtin_frame_address(0);
    out.walk(reinterpret_cast<u64>(frame), reinterpret_cast<u64>(site));
  }
  [[nodiscard]] static bool follows_frames(pool_control const &c) noexcept {
    return c.ledger_frames.load(std::memory_order_relaxed);  // relaxed: an option
  }
  /// Notes a reference whose limit picked it.
  [[gnu::cold, gnu::noinline]] static void note_at(pool_control &c, u64 name, holder kind,
                                                   void const *site, void const *frame) noexcept {
    call_stack stack;
    look(stack, site, frame, follows_frames(c));
    (void)enter(c, slot::at(name), name, kind, stack, 0);
  }

 private:
  // Cold, so that what they are inlined into keeps its registers.
  [[gnu::cold, gnu::noinline]] static void note_here(pool_control &c, u64 name,
                                                     holder kind) noexcept {
    note_at(c, name, kind, __builtin_return_address(0), __builtin_frame_address(0));
  }
  [[gnu::cold, gnu::noinline]] static void attached_here(u64 name, holder kind) noexcept {
    note_reference(name, kind, __builtin_return_address(0), __builtin_frame_address(0));
  }
  [[gnu::cold, gnu::noinline]] static void note_reference(u64 name, holder kind, void const *site,
                                                          void const *frame) noexcept {
    slot const at = slot::at(name);
    pool_control *const c = owner_of(*at.home);
    if (c != nullptr && notes(*c, name)) note_at(*c, name, kind, site, frame);
  }
  [[gnu::cold, gnu::noinline]] static void change_holder(u64 name, holder kind) noexcept {
    slot const at = slot::at(name);
    if (ledger_entry *const e = ledger_entry::of(at, name); e != nullptr)
      e->hold(*at.header, name, kind);
  }
  [[nodiscard]] static escrow_status enter(pool_control &c, slot const &at, u64 name, holder kind,
                                           call_stack const &stack, u32 label) noexcept {
    fingerprints *const known = table().sites.load(std::memory_order_acquire);  // acquire: [F2]
    ledger_entry *const e = ledger_entry::of(at, name);
    if (known == nullptr || e == nullptr) return miss(c, ESCROW_E_NOMEM);
    u32 const rate = c.ledger_rate.load(std::memory_order_relaxed);
    if (rate == 0) return miss(c, ESCROW_E_NOMEM);  // traced alone
    ledger_note const n{now(), known->enter(stack), label, rate, kind};
    u32 before = 0;
    if (!e->write(*at.header, name, n, before)) {
      known->take_back(n.site);
      u64 const w = at.header->word.load(std::memory_order_acquire);
      bool const there = protocol::match(w, handle::generation(name)) == ESCROW_OK;
      return miss(c, there ? ESCROW_E_BUSY : ESCROW_E_STALE);
    }
    known->take_back(before);
    return ESCROW_OK;
  }
  [[nodiscard]] static escrow_status miss(pool_control &c, escrow_status why) noexcept {
    if (why != ESCROW_E_STALE)
      c.ledger_missed.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    return why;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
