// escrow/ledger_walk.hpp: what ledgers noted and is live: one by one, and by site. [L3]
#ifndef ESCROW_LEDGER_WALK_HPP
#define ESCROW_LEDGER_WALK_HPP

#include "control.hpp"
#include "fingerprint.hpp"
#include "ledger_entry.hpp"
#include "ledger_types.h"
#include "platform.hpp"
#include "slab.hpp"
#include "table.hpp"
#include "types.h"

namespace escrow::inline ESCROW_ABI {

/// Goes over the slots by their index, so a cursor stays good whatever happens meanwhile. Takes no
/// lock and stores nothing that others read.
struct ledger_walk {
  /// Of `pool`, open or closed, or of all for 0. @return as escrow_ledger_list
  [[nodiscard]] static escrow_status list(u64 pool, u64 &cursor, escrow_ledger_entry *out,
                                          u32 capacity, u32 &out_count) noexcept {
    if (auto const s = check(pool); s != ESCROW_OK) return s;
    u64 const all = u64{table().slabs()} * slab::slots;
    u32 written = 0;
    u64 at = cursor;
    while (at < all && written < capacity) {
      slab const &s = table().slab_at(static_cast<u32>(at / slab::slots));
      u32 const k = static_cast<u32>(at % slab::slots);
      if (!concerns(s, pool) || k >= s.used()) {
        at += slab::slots - k;
        continue;
      }
      if (read(s, k, pool, out[written])) ++written;
      ++at;
    }
    cursor = at < all ? at : 0;
    out_count = written;
    return ESCROW_OK;
  }

  /// @return as escrow_ledger_list_sites
  [[nodiscard]] static escrow_status sites(u64 pool, escrow_ledger_site *out, u32 capacity,
                                           u32 &out_count) noexcept {
    if (auto const s = check(pool); s != ESCROW_OK) return s;
    u32 known = 0;
    // acquire: the zero pages; pairs with ledger::stacks [F2]
    fingerprints const *const stacks = table().sites.load(std::memory_order_acquire);
    for (u32 number = 1; stacks != nullptr && number <= fingerprints::places; ++number) {
      if (!stacks->has(number)) continue;
      if (known < capacity) (void)site(number, out[known]);
      ++known;
    }
    out_count = known;
    if (known > capacity) return ESCROW_E_SIZE;
    u32 const slabs = table().slabs();
    for (u32 i = 0; i < slabs; ++i) {
      slab const &s = table().slab_at(i);
      if (!concerns(s, pool)) continue;
      for (u32 k = 0; k < s.used(); ++k) {
        escrow_ledger_entry e;
        if (read(s, k, pool, e)) add(e, out, known);
      }
    }
    u32 kept = 0;
    for (u32 i = 0; i < known; ++i)
      if (out[i].live != 0) out[kept++] = out[i];
    out_count = kept;
    return ESCROW_OK;
  }

  /// A site's stack; false: there is no such site, or not yet.
  [[nodiscard, gnu::noinline]] static bool site(u32 number, escrow_ledger_site &out) noexcept {
    // acquire: the zero pages; pairs with ledger::stacks [F2]
    fingerprints const *const known = table().sites.load(std::memory_order_acquire);
    call_stack stack;
    u64 seen = 0;
    if (known == nullptr || !known->read(number, stack, seen)) return false;
    out = {};
    out.site = number;
    out.count = stack.count;
    out.native = stack.native;
    out.noted = seen;
    for (u32 i = 0; i < stack.count; ++i) out.frames[i] = stack.frames[i];
    return true;
  }

 private:
  static constexpr u32 looks = 4;  // at an entry that changes under us

  [[nodiscard]] static escrow_status check(u64 pool) noexcept {
    if (pool == 0) return ESCROW_OK;
    pool_control *c = nullptr;
    return readable_pool(pool, c);
  }
  [[nodiscard]] static bool concerns(slab const &s, u64 pool) noexcept {
    u64 const key = s.owner.load(std::memory_order_acquire);  // acquire: the slab is set up [B1]
    return key != 0 && (pool == 0 || slab::pool_of(key) == pool) &&
           s.entries.load(std::memory_order_relaxed) != nullptr;  // relaxed: a look; see of()
  }

  /// The noted reference in a slot, if there is one that stays what it is while we look: the fields
  /// of the header are believed if word and entry are of the same reference afterwards. [E1] [S1]
  [[nodiscard]] static bool read(slab const &s, u32 k, u64 pool,
                                 escrow_ledger_entry &out) noexcept {
    slot_header const &h = s.header(k);
    for (u32 look = 0; look < looks; ++look) {
      u64 const w = h.word.load(std::memory_order_acquire);  // acquire: the fields below [S1]
      // Cheap and usual: no note at all, or that of a slot's earlier holder. acquire: the fields
      // below, which were stored before the note [E1]
      u64 const noted = h.site.load(std::memory_order_acquire);
      if (!word::is_occupied(w) || noted == 0) return false;
      // Held throughout, so the slab is its pool's throughout. [B1] acquire, here and of name:
      // the slab is set up; of what follows: before the second look at the word.
      u64 const key = s.owner.load(std::memory_order_acquire);
      if (pool != 0 && slab::pool_of(key) != pool) return false;  // it changed hands
      u64 const name = s.name.load(std::memory_order_acquire) + (u64{k} << handle::index_shift) +
                       word::generation(w);
      if (noted == ledger_entry::writing) continue;
      if (noted != name) return false;
      ledger_entry const *const e = s.entries.load(std::memory_order_acquire) + k;  // [E2]
      u64 const about = h.about.load(std::memory_order_acquire);
      u64 const payload = h.payload.load(std::memory_order_acquire);
      ledger_note n;
      if (!e->read(h, name, n)) continue;
      if (n.weight == 0) return false;  // traced, not noted
      u64 const again = h.word.load(std::memory_order_acquire);
      if (word::generation(again) != word::generation(w) || !word::is_occupied(again)) continue;
      describe(again, key, name, about, payload, n, out);
      return true;
    }
    return false;
  }
  static void describe(u64 w, u64 key, u64 name, u64 about, u64 payload, ledger_note const &n,
                       escrow_ledger_entry &out) noexcept {
    bool const reference = slab::class_of(key) == reference_class;
    out = {};
    out.handle = name;
    out.root = reference ? payload : name;
    out.pool = slab::pool_of(key);
    out.when = n.when;
    out.holder = static_cast<u32>(n.kind);
    out.site = n.site;
    out.label = n.label;
    out.weight = n.weight;
    if (reference) {
      out.kind =
          about == static_cast<u64>(slot_kind::loan) ? ESCROW_KIND_LOAN : ESCROW_KIND_DUPLICATE;
    } else {
      out.size = slot_header::size_of(about);
      out.type_id = slot_header::type_of(about);
      out.kind = (w & word::own) != 0 ? ESCROW_KIND_OBJECT : ESCROW_KIND_ORPHAN;
    }
    if (word::is_ticket(w)) out.kind = ESCROW_KIND_TICKET;
  }

  /// By halves: sites are in the order of their numbers. One that came after they were listed is
  /// missed.
  static void add(escrow_ledger_entry const &e, escrow_ledger_site *sites, u32 count) noexcept {
    u32 from = 0;
    for (u32 to = count; from < to;) {
      u32 const middle = (from + to) / 2;
      if (sites[middle].site < e.site)
        from = middle + 1;
      else
        to = middle;
    }
    if (from == count || sites[from].site != e.site) return;
    escrow_ledger_site &s = sites[from];
    ++s.live;
    s.bytes += e.size;
    s.live_estimate += e.weight;
    s.bytes_estimate += e.size * e.weight;
    if (s.oldest == 0 || e.when < s.oldest) s.oldest = e.when;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
