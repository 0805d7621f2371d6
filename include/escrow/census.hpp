// escrow/census.hpp: counts and lists what a pool holds. [L3]
#ifndef ESCROW_CENSUS_HPP
#define ESCROW_CENSUS_HPP

#include <cstring>

#include "control.hpp"
#include "platform.hpp"
#include "slab.hpp"
#include "table.hpp"
#include "types.h"

namespace escrow::inline ESCROW_ABI {

/// Looks at every word of a pool. Nothing is counted on the hot path for it.
struct census {
  [[nodiscard]] static escrow_status stats(u64 pool, escrow_pool_stats &out) noexcept {
    pool_control *c = nullptr;
    if (auto const s = readable_pool(pool, c); s != ESCROW_OK) return s;
    escrow_pool_stats n{};
    n.struct_size = out.struct_size;
    bool const destructor = c->destructor.load(std::memory_order_relaxed) != nullptr;
    {
      lock_hold const hold(c->guard);
      std::memcpy(n.name, c->name, sizeof n.name);
      for (u32 next = c->owned; next != 0;) {
        slab const &s = table().slab_at(next - 1);
        next = s.next_owned;
        for (u32 k = 0; k < s.used(); ++k) count(s, k, destructor, n);
      }
    }
    n.type_id = slot_header::type_of(c->type_about.load(std::memory_order_relaxed));
    n.bytes_committed = c->committed.load(std::memory_order_relaxed);
    n.bytes_peak = c->peak.load(std::memory_order_relaxed);
    n.bytes_limit = c->limit.load(std::memory_order_relaxed);
    n.refills = c->refills.load(std::memory_order_relaxed);
    for (u32 i = 0; i <= ESCROW_ERROR_COUNT; ++i)
      n.misuse[i] = c->misuse[i].load(std::memory_order_relaxed);
    out = n;
    return ESCROW_OK;
  }

  [[nodiscard]] static escrow_status classes(u64 pool, escrow_class_stats *out, u32 capacity,
                                             u32 &out_count) noexcept {
    pool_control *c = nullptr;
    if (auto const s = readable_pool(pool, c); s != ESCROW_OK) return s;
    u32 written = 0;
    for (u32 i = 0; i <= block_class; ++i) {
      if (c->shelves[i].load(std::memory_order_acquire) == nullptr) continue;
      escrow_class_stats n{slot_build::booked(c->slot_stride(i)), 0, 0, 0};
      lock_hold const hold(c->guard);
      for (u32 next = c->owned; next != 0;) {
        slab const &s = table().slab_at(next - 1);
        next = s.next_owned;
        if (slab::class_of(s.owner.load(std::memory_order_relaxed)) == i) add(s, n);
      }
      if (n.slots == 0) continue;
      if (written < capacity) out[written] = n;
      ++written;
    }
    out_count = written;
    return ESCROW_OK;
  }

  /// Pools that are open or closing, by the index of their control blocks.
  static void pools(u64 &cursor, u64 *out, u32 capacity, u32 &out_count) noexcept {
    u32 written = 0;
    u64 at = cursor;
    pool_control *c = nullptr;
    for (; written < capacity; ++at) {
      // Blocks are made in order, so the first that is not there ends the walk.
      if (find_pool(handle::pack(handle::pool_tag, at, 0), c) != ESCROW_OK) break;
      u64 const w = c->word.load(std::memory_order_acquire);  // acquire: as pool_status
      if (block_word::state(w) == block_word::none) continue;
      out[written++] = handle::pack(handle::pool_tag, at, block_word::generation(w));
    }
    cursor = written == capacity ? at : 0;
    out_count = written;
  }

  /// Walks the table by slot index, so the cursor stays good whatever happens to the pool
  /// meanwhile.
  [[nodiscard]] static escrow_status inspect(u64 pool, u64 &cursor, escrow_reference_info *out,
                                             u32 capacity, u32 &out_count) noexcept {
    pool_control *c = nullptr;
    if (auto const s = readable_pool(pool, c); s != ESCROW_OK) return s;
    u64 const all = u64{table().slabs()} * slab::slots;
    u32 written = 0;
    u64 at = cursor;
    while (at < all && written < capacity) {
      slab const &s = table().slab_at(static_cast<u32>(at / slab::slots));
      u64 const key = s.owner.load(std::memory_order_acquire);
      u32 const k = static_cast<u32>(at % slab::slots);
      if (slab::pool_of(key) != pool || k >= s.used()) {
        at += slab::slots - k;
        continue;
      }
      if (describe(*c, s, k, out[written])) ++written;
      ++at;
    }
    cursor = at < all ? at : 0;
    out_count = written;
    return ESCROW_OK;
  }

 private:
  [[nodiscard]] static bool held(u64 w, bool destructor) noexcept {
    return word::is_occupied(w) || (destructor && (word::is_dead(w) || word::is_running(w)));
  }

  static void count(slab const &s, u32 k, bool destructor, escrow_pool_stats &n) noexcept {
    slot_header const &h = s.header(k);
    u64 const w = h.word.load(std::memory_order_acquire);  // acquire: the fields below [S1]
    u64 const about = h.about.load(std::memory_order_acquire);
    n.retired += word::is_retired(w);
    if (!held(w, destructor)) return;
    n.tickets += word::is_ticket(w);
    if (slab::class_of(s.owner.load(std::memory_order_relaxed)) == reference_class) {
      bool const loan = about == static_cast<u64>(slot_kind::loan);
      n.loans += loan;
      n.duplicates += !loan;
      return;
    }
    ++n.live;
    n.pending += !word::is_occupied(w);
    n.borrows += word::is_occupied(w) ? word::lends(w) : 0;
    n.bytes_live += slot_header::size_of(about);
  }

  static void add(slab const &s, escrow_class_stats &n) noexcept {
    n.slots += s.used();
    u64 const bytes = slot_build::booked(s.stride.load(std::memory_order_relaxed));
    n.slot_bytes = bytes > n.slot_bytes ? bytes : n.slot_bytes;
    for (u32 k = 0; k < s.used(); ++k) {
      slot_header const &h = s.header(k);
      if (!word::is_occupied(h.word.load(std::memory_order_acquire))) continue;
      ++n.live;
      n.bytes_live += slot_header::size_of(h.about.load(std::memory_order_acquire));
    }
  }

  [[nodiscard]] static bool describe(pool_control const &c, slab const &s, u32 k,
                                     escrow_reference_info &out) noexcept {
    slot_header const &h = s.header(k);
    u64 const w = h.word.load(std::memory_order_acquire);  // acquire: the fields below [S1]
    if (!held(w, c.destructor.load(std::memory_order_relaxed) != nullptr)) return false;
    u64 const about = h.about.load(std::memory_order_acquire);
    u64 const payload = h.payload.load(std::memory_order_acquire);
    u64 const owner = s.owner.load(std::memory_order_acquire);
    // The last look: whoever has the slot next has written none of these fields. [S2]
    if (word::generation(h.word.load(std::memory_order_acquire)) != word::generation(w))
      return false;
    u64 const name = handle::pack(handle::slot_tag(c.index), u64{s.index} * slab::slots + k,
                                  word::generation(w));
    bool const reference = slab::class_of(owner) == reference_class;
    out = {};
    out.handle = name;
    out.root = reference ? payload : name;
    out.references = static_cast<u32>(word::refs(w));
    out.loans = static_cast<u32>(word::lends(w));
    if (reference) {
      out.kind =
          about == static_cast<u64>(slot_kind::loan) ? ESCROW_KIND_LOAN : ESCROW_KIND_DUPLICATE;
    } else {
      out.payload = payload;
      out.size = slot_header::size_of(about);
      out.type_id = slot_header::type_of(about);
      out.kind = (w & word::own) != 0 ? ESCROW_KIND_OBJECT : ESCROW_KIND_ORPHAN;
    }
    if (word::is_ticket(w)) out.kind = ESCROW_KIND_TICKET;
    if (!word::is_occupied(w)) out.kind = ESCROW_KIND_PENDING;
    return true;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
