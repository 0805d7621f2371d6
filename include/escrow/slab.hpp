// escrow/slab.hpp: 64 neighbouring slots of one class: look, clean, take back. [L2]
//
// The words are the truth. The free mask is a hint: claims and sweeps store it without looking, so
// it may show a slot that is taken (the claim's compare-and-swap refuses it) or hide one that is
// free (the next sweep finds it).
#ifndef ESCROW_SLAB_HPP
#define ESCROW_SLAB_HPP

#include <bit>
#include <cstring>

#include "canary.hpp"
#include "platform.hpp"
#include "poison.hpp"
#include "size_class.hpp"
#include "slot.hpp"
#include "slot_build.hpp"

/// Of the facade's unit, in a build with checked slots: reports a write behind a held object of the
/// slab's slot with this header, and aborts; `at` is where.
extern "C" [[noreturn]] __attribute__((visibility("hidden"))) void escrow1_slot_damaged(
    void const *slab, void const *header, char const *at) noexcept;

namespace escrow::inline ESCROW_ABI {

template <class Machine>
struct basic_lane;
struct ledger_entry;

/// The classes of a pool: size_class::count sizes (a fixed-size pool uses the first), blocks of
/// their own above size_class::largest, and the slots of duplicates and loans.
constexpr u32 block_class = size_class::count;
constexpr u32 reference_class = size_class::count + 1;
constexpr u32 class_count = size_class::count + 2;

/// The record of a slab; 128 bytes, immortal like the headers it describes.
///
/// A slab belongs to nobody (owner 0, every word RESERVED or RETIRED), or to one class of one pool.
/// Handing it over: all words RESERVED by compare-and-swap, so no slot is held and none can be
/// claimed; then owner and layout change; then each word becomes FREE one generation on. A claim
/// reads word, owner, layout, in this order, and then swaps the word: success proves that the
/// generation, and so the owner and the layout it read, were the same throughout. [B1]
template <class Machine>
struct alignas(2 * cache_line) basic_slab {
  static constexpr u32 slots = Machine::slots;
  using header_type = basic_slot_header<Machine>;
  template <class T>
  using atomic = typename Machine::template atomic<T>;
  template <class T>
  using locked = typename Machine::template locked<T>;

  // Line 1, for those who acquire.
  atomic<u64> free;   // hint: bit k set = slot k was FREE when last looked at
  atomic<u64> owner;  // owner_key() of pool and class; 0 = nobody
  atomic<header_type *> headers;
  atomic<char *> payload;
  atomic<u64> stride;
  atomic<u64> name;                     // handle of slot 0 at generation 0
  atomic<u32> capacity;                 // slots in use as such, 1..64; the others stay RESERVED
  u32 index;                            // first slot index / 64; set once
  std::atomic<ledger_entry *> entries;  // a row of them, or none; see ledger_entry::prepare

  // Line 2, for those who release, and the lists of slow paths.
  alignas(cache_line) atomic<u32> dirty;  // 1 = on a dirty stack, or being pushed
  atomic<u32> next_dirty;                 // index + 1
  atomic<basic_lane<Machine> *> home;     // whose dirty stack; lanes are immortal
  atomic<u64> owed;                       // word::tra where a freed slot owes work, else 0
  locked<u32> next_listed;                // index + 1; by the lock of the lane that lists it
  u32 next_owned;          // index + 1; by the pool's lock, or the table's when nobody owns it
  u32 prev_owned;          // index + 1; by the pool's lock
  locked<u32> next_owing;  // index + 1; by the shelf's owing lock
  u32 region;              // where the payload came from, see slab_memory; by the owner
  u32 units;               // its length there; 0 = no payload
  locked<bool> listed;     // by the lock of the home lane
  locked<bool> owing;      // has DEAD slots for drain(); by the shelf's owing lock
  atomic<u32> freed;       // of quarantine: slots freed so far, modulo 2^32

  [[nodiscard]] static constexpr u64 owner_key(u64 pool_handle, u32 class_index) noexcept {
    return pool_handle << 8 | class_index;  // the tag goes: it is that of all pools
  }
  [[nodiscard]] static constexpr u64 pool_of(u64 key) noexcept {
    return key == 0 ? 0 : handle::pool_tag << handle::tag_shift | key >> 8;
  }
  [[nodiscard]] static constexpr u32 class_of(u64 key) noexcept {
    return static_cast<u32>(key & 0xFF);
  }

  [[nodiscard]] header_type &header(u32 k) const noexcept {
    return headers.load(std::memory_order_relaxed)[k];  // relaxed: set once before publication
  }
  /// The handle of slot `k` at a generation. relaxed: the caller pins the slab, or reports.
  [[nodiscard]] u64 name_at(u64 k, u64 generation) const noexcept {
    return name.load(std::memory_order_relaxed) + (k << handle::index_shift) + generation;
  }
  [[nodiscard]] u32 used() const noexcept {
    return capacity.load(std::memory_order_relaxed);  // relaxed: re-checked by [B1]
  }
  /// Some slot has no generation for another holder: memory put behind it would be held in vain,
  /// and a block, which takes its one slot unasked, would wrap. Nobody holds a slot.
  [[nodiscard]] bool is_worn() const noexcept {
    for (u32 k = 0; k < slots; ++k) {
      u64 const w = header(k).word.load(std::memory_order_relaxed);  // relaxed: only we change it
      if (word::generation(w) >= word::last_generation) return true;
    }
    return false;
  }
  /// One object that is a slab by itself: its memory is not used again, it goes back.
  [[nodiscard]] bool is_block() const noexcept {
    return class_of(owner.load(std::memory_order_relaxed)) == block_class;  // relaxed: [B1]
  }
  /// What a slab that belongs to nobody will be; all its words are RESERVED.
  void lay_out(char *memory, u64 bytes_each, u32 count, u64 first_name, u64 debt) noexcept {
    // relaxed: published by owner and by the words [B1]
    payload.store(memory, std::memory_order_relaxed);
    stride.store(bytes_each, std::memory_order_relaxed);
    capacity.store(count, std::memory_order_relaxed);
    // release, here and of the addresses below: shows that the slots were taken back to who reads by
    // the handle of one that ended [S2]
    name.store(first_name, std::memory_order_release);
    owed.store(debt, std::memory_order_relaxed);
    free.store(0, std::memory_order_relaxed);
    for (u32 k = 0; k < count; ++k)
      header(k).payload.store(reinterpret_cast<u64>(memory) + k * bytes_each,
                              std::memory_order_release);
    listed = false;
    owing = false;
  }
  /// Gives it to a class of a pool, for good: an end that slept may push it from here on, so only
  /// take_idle makes it homeless again [B3]. open_slots follows.
  void give_to(basic_lane<Machine> &lane, u64 key) noexcept {
    // seq_cst: before the ends of this owner set the flag; pairs with raise_dirty's second look [B3]
    home.store(&lane, std::memory_order_seq_cst);
    owner.store(key, std::memory_order_seq_cst);  // seq_cst: before the words are opened [B1]
  }
  /// It belongs to nobody from here on; all its words are RESERVED, RUNNING or RETIRED.
  void leave_owner() noexcept {
    owner.store(0, std::memory_order_seq_cst);  // seq_cst: before any new owner's words [B1]
  }
  [[nodiscard]] u64 full_mask() const noexcept { return ~0ull >> (64 - used()); }
};
using slab = basic_slab<machine>;
static_assert(sizeof(slab) == 128);

/// In a build with checked slots: a freed slot rests until half as many others of its slab as it
/// has were freed after it, so that a write through a stale address meets the filled slot and not
/// the next object. When it was freed stands in the upper half of `about`, which nobody believes of
/// a free slot; its size stays.
struct quarantine {
  template <class Machine>
  static void begin(basic_slab<Machine> &s, basic_slot_header<Machine> &h) noexcept {
    // relaxed: the slot is RUNNING by us; published by its word
    u64 const about = h.about.load(std::memory_order_relaxed);
    u32 const turn = s.freed.fetch_add(1, std::memory_order_relaxed) + 1;
    h.about.store(h.pack_about(turn, h.size_of(about)), std::memory_order_relaxed);
  }
  template <class Machine>
  [[nodiscard]] static bool has(basic_slab<Machine> const &s,
                                basic_slot_header<Machine> const &h) noexcept {
    // relaxed: a slot that is claimed meanwhile fails the claim's swap
    u32 const turn = h.type_of(h.about.load(std::memory_order_relaxed));
    return s.freed.load(std::memory_order_relaxed) - turn < s.used() / 2;
  }
  /// Lets all slots of a slab go: at the limit memory is worth more.
  static void end(slab &s) noexcept {
    s.freed.fetch_add(slab::slots / 2, std::memory_order_relaxed);  // relaxed: see has()
  }
  template <class Machine>
  [[nodiscard]] static u64 without(basic_slab<Machine> const &s, u64 mask) noexcept {
    for (u64 left = mask; left != 0; left &= left - 1) {
      u32 const k = static_cast<u32>(std::countr_zero(left));
      if (has(s, s.header(k))) mask &= ~(u64{1} << k);
    }
    return mask;
  }
};

/// The slots of a slab whose word `is` something now, as a mask. Memory ordering: seq_cst loads
/// after the dirty flag was cleared, so an end that these loads miss finds the flag clear and
/// pushes the slab again. [B2]
template <class Machine, class Predicate>
[[nodiscard]] inline u64 slots_that(basic_slab<Machine> const &s, Predicate is) noexcept {
  u64 mask = 0;
  basic_slot_header<Machine> const *const headers =
      s.headers.load(std::memory_order_relaxed);  // relaxed: set once
  auto const look = [&](basic_slot_header<Machine> const &h) {
    mask += mask + static_cast<u64>(is(h.word.load(std::memory_order_seq_cst)));
  };
  // All 64, four at a time; what is not in use goes at the end.
  for (auto *h = headers + s.slots; h != headers; h -= 4) {
    look(h[-1]);
    look(h[-2]);
    look(h[-3]);
    look(h[-4]);
  }
  return mask & s.full_mask();
}

/// Its FREE slots that may be claimed. A lambda, no function's address: a leaf calls nothing
/// through a pointer.
template <class Machine>
[[nodiscard]] inline u64 free_slots(basic_slab<Machine> const &s) noexcept {
  u64 const mask = slots_that(s, [](u64 w) { return word::is_free(w); });
  return slot_build::checked ? quarantine::without(s, mask) : mask;
}

/// Zeroes `bytes` (at least 1) at a 16-byte boundary, rounded up to 16. Up to 64 bytes, the common
/// case, it is two or four stores that may overlap and no loop.
inline void zero(char *first, u64 bytes) noexcept {
  using block = u64 __attribute__((vector_size(16), may_alias));
  auto const clear = [](char *at) { *reinterpret_cast<block *>(at) = block{}; };
  u64 rounded = align_up(bytes, 16);
  if (bytes > 64) {
    asm("" : "+r"(rounded));  // a size known to gcc becomes `rep stos`, twice as slow here
    std::memset(first, 0, rounded);
    return;
  }
  char *const last = first + rounded - 16;
  clear(first);
  if (rounded > 32) {
    clear(first + 16);
    clear(last - 16);
  }
  clear(last);
}

/// Up to this size the acquirer zeroes; a larger slot is zeroed between two holders (DEAD), so that
/// acquire stays short whatever the size.
constexpr u64 zeroed_at_acquire = 1024;

/// Finishes a slot this thread has made RUNNING: its memory is clean and nobody else touches it.
template <class Machine>
inline void vacate(basic_slot_header<Machine> &h) noexcept {
  u64 const w = h.word.load(std::memory_order_relaxed);  // relaxed: only we may change RUNNING
  // seq_cst: publishes the cleaning to the next claim, and comes before the dirty flag [B2]
  h.word.store(word::vacant(word::generation(w)), std::memory_order_seq_cst);
}

/// DEAD -> RUNNING from the word `w`; true for exactly one caller, who destroys or zeroes and then
/// vacates.
template <class Machine>
[[nodiscard]] inline bool begin_cleaning(basic_slot_header<Machine> &h, u64 w) noexcept {
  // seq_cst: one winner among drains, sweeps and the release that made it DEAD [S1]
  return word::is_dead(w) &&
         h.word.compare_exchange_strong(w, w | word::rev, std::memory_order_seq_cst,
                                        std::memory_order_acquire);
}

/// In a build with checked slots: looks behind the payload of an object that has ended, and fills
/// it. What is behind it in its slot is filled already.
template <class Machine>
inline void check_ended(basic_slab<Machine> &s, basic_slot_header<Machine> &h, char *payload,
                        u64 stride) noexcept {
  u64 const bytes = h.size_of(h.about.load(std::memory_order_relaxed));
  if (char const *const at = canary::broken(payload + bytes, stride - bytes); at != nullptr)
    escrow1_slot_damaged(&s, &h, at);
  canary::fill(payload, bytes);
  quarantine::begin(s, h);
}

/// Makes the memory of a slot that this thread has made RUNNING fit for its next holder, and the
/// slot FREE. A block of its own is not zeroed: it goes back to the system instead.
template <class Machine>
inline void clean_slot(basic_slab<Machine> &s, basic_slot_header<Machine> &h) noexcept {
  char *const payload = reinterpret_cast<char *>(h.payload.load(std::memory_order_relaxed));
  u64 const stride = s.stride.load(std::memory_order_relaxed);  // relaxed: RUNNING pins the slab
  poison::end(payload);
  poison::show(payload, stride);
  if (!s.is_block()) {
    if constexpr (slot_build::checked)
      check_ended(s, h, payload, stride);
    else if (stride > zeroed_at_acquire)
      zero(payload, stride);
  }
  poison::hide(payload, stride);
  vacate(h);
}

/// Cleans the freed slots of a slab whose slots owe no destructor.
template <class Machine>
inline void clean_slots(basic_slab<Machine> &s) noexcept {
  u32 const used = s.used();
  for (u32 k = 0; k < used; ++k) {
    auto &h = s.header(k);
    if (begin_cleaning(h, h.word.load(std::memory_order_acquire))) clean_slot(s, h);
  }
}

/// Undoes reserve_slots in the first `count` slots: what was FREE is FREE, what was DEAD is DEAD.
template <class Machine>
inline void unreserve_slots(basic_slab<Machine> &s, u32 count) noexcept {
  for (u32 k = 0; k < count; ++k) {
    auto &target = s.header(k).word;
    u64 const w = target.load(std::memory_order_relaxed);  // relaxed: only we change it
    u64 const before = word::is_running(w) ? word::tra : 0;
    if (word::is_reserved(w) || word::is_running(w))
      target.store(word::at(word::generation(w), before), std::memory_order_seq_cst);
  }
}

/// Keeps every slot of a slab from being claimed, or none: false when one is held. FREE becomes
/// RESERVED; DEAD, where `zeroing_only` says that it owes no destructor, RUNNING. Retired ones
/// stay. The guards of all lanes are held, so no sweep cleans meanwhile.
template <class Machine>
[[nodiscard]] inline bool reserve_slots(basic_slab<Machine> &s, bool zeroing_only) noexcept {
  u32 const used = s.used();
  for (u32 k = 0; k < used; ++k) {
    auto &target = s.header(k).word;
    u64 w = target.load(std::memory_order_acquire);
    if (word::is_retired(w)) continue;
    // seq_cst: from here no claim succeeds; acquires what the last holder did [S1] [B1]
    if (!(word::is_free(w) || (zeroing_only && word::is_dead(w))) ||
        !target.compare_exchange_strong(w, w | word::rev, std::memory_order_seq_cst,
                                        std::memory_order_relaxed)) {
      unreserve_slots(s, k);
      return false;
    }
  }
  return true;
}

/// Sets REV on all that is held in a slab of a pool that is closing. `reclaim(k, w)`: true where it
/// takes slot k, a ticket of word w, over from here.
template <class Machine, class Reclaim>
inline void revoke_slots(basic_slab<Machine> &s, Reclaim reclaim) noexcept {
  for (u32 k = 0; k < s.used(); ++k) {
    auto &target = s.header(k).word;
    u64 w = target.load(std::memory_order_seq_cst);  // seq_cst: after CLOSING [P1]
    while (word::is_occupied(w)) {
      if (word::is_ticket(w) && reclaim(k, w)) break;
      // seq_cst: no new dup, lend or move from here [P1]
      if (target.compare_exchange_weak(w, w | word::rev, std::memory_order_seq_cst,
                                       std::memory_order_seq_cst))
        break;
    }
  }
}

/// Opens the first `capacity` slots of a RESERVED slab for claims, after its owner and layout are
/// set.
template <class Machine>
inline void open_slots(basic_slab<Machine> &s, u32 capacity) noexcept {
  for (u32 k = 0; k < capacity; ++k) {
    auto &target = s.header(k).word;
    u64 const w = target.load(std::memory_order_relaxed);  // relaxed: only we change RESERVED
    // seq_cst: publishes owner and layout; pairs with the claim [B1]
    if (word::is_reserved(w) || word::is_running(w))
      target.store(word::vacant(word::generation(w) + 1), std::memory_order_seq_cst);
  }
}

}  // namespace escrow::inline ESCROW_ABI

#endif
