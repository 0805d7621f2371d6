// escrow/claim.hpp: takes slots of a slab, as acquire does. [L2]
#ifndef ESCROW_CLAIM_HPP
#define ESCROW_CLAIM_HPP

#include <bit>

#include "platform.hpp"
#include "slab.hpp"
#include "slot.hpp"
#include "slot_build.hpp"

namespace escrow::inline ESCROW_ABI {

/// A slot that was claimed: its word is OCC and nobody else knows its generation yet.
template <class Machine>
struct basic_claim {
  basic_slot_header<Machine> *header;
  u64 payload;  // address
  u64 name;     // its handle
};
using claim = basic_claim<machine>;

/// Tries slot `k` of `s`, which should belong to `key`: FREE -> `fresh`. `headers` as read from
/// `s`.
template <class Machine>
[[nodiscard]] inline bool claim_one(basic_slab<Machine> const &s,
                                    basic_slot_header<Machine> *headers, u64 k, u64 key, u64 fresh,
                                    basic_claim<Machine> &out) noexcept {
  auto &h = headers[k];
  u64 w = h.word.load(std::memory_order_acquire);  // acquire: the owner of its time [B1]
  // acquire: before the swap [B1]
  if (s.owner.load(std::memory_order_acquire) != key || !word::is_free(w)) [[unlikely]]
    return false;
  if constexpr (slot_build::checked)
    if (quarantine::has(s, h)) return false;
  // seq_cst: claim and publication in one; pairs with the pool word in close [P1], and acquires
  // what the last holder of the slot did [S1]
  if (!h.word.compare_exchange_strong(w, w | fresh, std::memory_order_seq_cst,
                                      std::memory_order_relaxed)) [[unlikely]]
    return false;
  // relaxed: the slot is ours, so the slab stays what it is
  out = {&h, h.payload.load(std::memory_order_relaxed), s.name_at(k, word::generation(w))};
  return true;
}

/// Claims the first slot that the mask shows: the common case, in a straight line.
template <class Machine>
[[nodiscard]] inline bool claim_first(basic_slab<Machine> &s, u64 key, u64 fresh,
                                      basic_claim<Machine> &out) noexcept {
  u64 const mask = s.free.load(std::memory_order_relaxed);          // relaxed: a hint
  auto *const headers = s.headers.load(std::memory_order_relaxed);  // relaxed: set once
  if (mask == 0) [[unlikely]]
    return false;
  u64 const k = static_cast<u32>(std::countr_zero(mask));
  if (!claim_one(s, headers, k, key, fresh, out)) [[unlikely]]
    return false;
  s.free.store(mask & (mask - 1), std::memory_order_relaxed);  // relaxed: a hint
  return true;
}

/// Claims any slot that the mask shows. False: none can be had, and the mask says so now.
/// Progress: a lost race leaves one bit fewer in the local mask, so at most 64 tries.
template <class Machine>
[[nodiscard]] inline bool claim_any(basic_slab<Machine> &s, u64 key, u64 fresh,
                                    basic_claim<Machine> &out) noexcept {
  u64 mask = s.free.load(std::memory_order_relaxed);                // relaxed: a hint
  auto *const headers = s.headers.load(std::memory_order_relaxed);  // relaxed: set once
  bool claimed = false;
  while (mask != 0 && !claimed) {
    claimed = claim_one(s, headers, static_cast<u64>(std::countr_zero(mask)), key, fresh, out);
    mask &= mask - 1;
  }
  s.free.store(mask, std::memory_order_relaxed);  // relaxed: a hint
  return claimed;
}

/// Claims a slot that was freed since the mask was last stored: looks at every word. For when the
/// mask shows none; a leaf may do it, since it takes no lock and leaves the dirty flag to the
/// sweep. The mask is stored after the claim, as in claim_first: the claim pins the slab, so a
/// thread that slept in here stores no mask of a slab that has changed hands. [B1]
template <class Machine>
[[nodiscard, gnu::noinline]] inline bool claim_freed(basic_slab<Machine> &s, u64 key, u64 fresh,
                                                     basic_claim<Machine> &out) noexcept {
  if (s.dirty.load(std::memory_order_relaxed) == 0) return false;   // relaxed: a hint
  auto *const headers = s.headers.load(std::memory_order_relaxed);  // relaxed: set once
  for (u64 mask = free_slots(s); mask != 0;) {
    u64 const k = static_cast<u32>(std::countr_zero(mask));
    mask &= mask - 1;
    if (!claim_one(s, headers, k, key, fresh, out)) continue;
    s.free.store(mask, std::memory_order_relaxed);  // relaxed: a hint
    return true;
  }
  return false;
}

/// Claims up to `count` slots, those that the mask shows and then those freed since, and stores
/// their names; `shown_only`: not the latter. Returns how many. One compare-and-swap follows the
/// other, the mask is stored once.
template <class Machine>
[[nodiscard]] inline u64 claim_many(basic_slab<Machine> &s, u64 key, u64 fresh, u64 count,
                                    u64 *out_names, bool shown_only = false) noexcept {
  u64 mask = s.free.load(std::memory_order_relaxed);                // relaxed: a hint
  auto *const headers = s.headers.load(std::memory_order_relaxed);  // relaxed: set once
  u64 done = 0;
  for (bool looked = shown_only; done < count;) {
    if (mask == 0) {
      // relaxed: a hint
      if (looked || s.dirty.load(std::memory_order_relaxed) == 0) break;
      looked = true;
      mask = free_slots(s);
      continue;
    }
    u64 const k = static_cast<u32>(std::countr_zero(mask));
    mask &= mask - 1;
    basic_claim<Machine> one;
    if (claim_one(s, headers, k, key, fresh, one)) out_names[done++] = one.name;
  }
  // Only where a claim pins the slab, as in claim_freed. relaxed: a hint
  if (done != 0) s.free.store(mask, std::memory_order_relaxed);
  return done;
}

}  // namespace escrow::inline ESCROW_ABI

#endif
