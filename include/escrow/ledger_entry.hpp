// escrow/ledger_entry.hpp: what a ledger knows of the reference in one slot. [L2]
#ifndef ESCROW_LEDGER_ENTRY_HPP
#define ESCROW_LEDGER_ENTRY_HPP

#include "handle.hpp"
#include "platform.hpp"
#include "slab.hpp"
#include "slot.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Who holds what was acquired; of a reference in flight, and of one that its word tells apart
/// (duplicate, loan), the word knows better.
enum class holder : u32 { owner = 0, map = 1, cell = 2 };

/// What is kept of an acquisition.
struct ledger_note {
  u64 when;    // CLOCK_MONOTONIC, nanoseconds
  u32 site;    // number of its fingerprint; 0: none
  u32 label;   // of the goroutine or task, a number that the caller gave; 0: none
  u32 weight;  // acquisitions it stands for: the rate of that time; 0: it is traced and not noted
  holder kind;
};

/// 24 bytes a slot, in a row of 64 for each slab of a pool whose ledger was ever on, or which was
/// traced; never given back, like the header. Bound: three quarters of the headers' own memory.
///
///     how   birth 28 | 0 | holder 3 | weight 32     birth: 0, or the object is traced, and this is
///                                                   the generation of its first handle
///
/// The header's `site` word says whose entry it is: the handle it was written for, 0, or `writing`.
/// A handle never comes back, so an entry of an object that has ended matches nobody, and the end
/// of an object has nothing to do. [E1]
///
///   write  (1) site -> writing, by compare-and-swap: one writer;  (2) the words;  (3) site = name
///   read   (a) site is the name that the slot's word implies;  (b) the words;  (c) site again
///
/// The words are stored with release after (1) and loaded with acquire: a reader whose (b) sees a
/// word of a later entry has (1) behind it, so its (c) does not find the old name. Two entries for
/// one and the same reference (a second note replaces the first) may mix in a reader.
/// Progress: all bounded, nobody waits; a writer that finds another at work gives up.
struct ledger_entry {
  static constexpr u64 writing = ~0ull;

  std::atomic<u64> when;
  std::atomic<u64> where;  // label | site
  std::atomic<u64> how;

  /// A row of entries for a slab, once: its memory is touched here, so that a write takes no page
  /// fault. The guard of the owning pool is held. False: no memory.
  [[nodiscard]] static bool prepare(slab &s) noexcept {
    if (s.entries.load(std::memory_order_relaxed) != nullptr) return true;  // relaxed: under guard
    char *const raw = table().take_record(sizeof(ledger_entry) * slab::slots);
    if (raw == nullptr) return false;
    for (u64 at = 0; at < sizeof(ledger_entry) * slab::slots; at += cache_line)
      *static_cast<char volatile *>(raw + at) = 0;
    // release: the zero memory; pairs with of() [E2]
    s.entries.store(reinterpret_cast<ledger_entry *>(raw), std::memory_order_release);
    return true;
  }
  /// The entry of a slot; nullptr where its slab has none.
  [[nodiscard]] static ledger_entry *of(slot const &at, u64 name) noexcept {
    ledger_entry *const row = at.home->entries.load(std::memory_order_acquire);  // acquire: [E2]
    return row == nullptr ? nullptr : row + handle::index(name) % slab::slots;
  }

  /// Notes how the reference `name` in `h` came to be. `out_before`: the site of the note that this
  /// one replaces, 0 for none. False: another writer is at work, or the reference has ended.
  [[nodiscard]] bool write(slot_header &h, u64 name, ledger_note const &n,
                           u32 &out_before) noexcept {
    out_before = 0;
    u64 before;
    if (!claim(h, before)) return false;
    // acquire: as every look at a word [S1]. Late: the entry is that of a later reference.
    if (u64 const w = h.word.load(std::memory_order_acquire);
        word::generation(w) != handle::generation(name) || !word::is_occupied(w)) {
      h.site.store(before, std::memory_order_release);  // release: as we found it [E1]
      return false;
    }
    u64 born = 0;
    if (before == name) {
      // relaxed: ours now
      u64 const manner = how.load(std::memory_order_relaxed);
      born = manner >> birth_shift;
      if (weight_of(manner) != 0)
        out_before = static_cast<u32>(where.load(std::memory_order_relaxed));
    }
    // release: after `writing`; pairs with read() [E1]
    when.store(n.when, std::memory_order_release);
    where.store(u64{n.label} << 32 | n.site, std::memory_order_release);
    how.store(pack(born, n.kind, n.weight), std::memory_order_release);
    h.site.store(name, std::memory_order_release);  // release: the words; pairs with read() [E1]
    return true;
  }

  /// Marks the object `name` in `h`, which was just acquired and which the caller alone holds, as
  /// traced; what is noted of it stays. False: as of write().
  [[nodiscard]] bool mark(slot_header &h, u64 name) noexcept {
    u64 before;
    if (!claim(h, before)) return false;
    // relaxed: ours now
    u64 const noted = before == name ? how.load(std::memory_order_relaxed) : 0;
    // release: as in write() [E1]
    how.store(noted | handle::generation(name) << birth_shift, std::memory_order_release);
    h.site.store(name, std::memory_order_release);
    return true;
  }
  /// The generation under which the object that is or was in `h` was acquired, if it is traced and
  /// `name` was one of its handles or tickets; else 0. Of an object that has ended, until another
  /// one is noted in the slot.
  [[nodiscard]] u64 birth(slot_header const &h, u64 name) const noexcept {
    u64 const current = h.site.load(std::memory_order_acquire);  // acquire: the word below [E1]
    if (current == 0 || current == writing) return 0;
    u64 const born = how.load(std::memory_order_acquire) >> birth_shift;  // acquire: as in read()
    if (h.site.load(std::memory_order_relaxed) != current) return 0;      // relaxed: [E1]
    u64 const g = handle::generation(name);
    return born != 0 && born <= g && g <= handle::generation(current) ? born : 0;
  }

  /// What was noted of the reference `name`; false: nothing, or it is being written.
  [[nodiscard]] bool read(slot_header const &h, u64 name, ledger_note &out) const noexcept {
    return read_around(h, name, out, [] {});
  }
  /// The same; `between` runs after the words and before the second look at site: where tests put
  /// others' work.
  template <class Between>
  [[nodiscard]] bool read_around(slot_header const &h, u64 name, ledger_note &out,
                                 Between const &between) const noexcept {
    // acquire: the words; pairs with write() [E1]
    if (h.site.load(std::memory_order_acquire) != name) return false;
    // acquire: before the second look at site [E1]
    u64 const at = when.load(std::memory_order_acquire);
    u64 const place = where.load(std::memory_order_acquire);
    u64 const manner = how.load(std::memory_order_acquire);
    between();
    if (h.site.load(std::memory_order_relaxed) != name) return false;  // relaxed: ordered by [E1]
    out = {at, static_cast<u32>(place), static_cast<u32>(place >> 32), weight_of(manner),
           static_cast<holder>(manner >> holder_shift & holder_mask)};
    return true;
  }

  /// The reference, which the caller holds, is held by another kind of holder from now on.
  void hold(slot_header const &h, u64 name, holder kind) noexcept {
    if (h.site.load(std::memory_order_relaxed) != name) return;  // relaxed: our own note, or none
    u64 manner = how.load(std::memory_order_relaxed);
    // Fails where a second note of the same reference comes between. release: as in write() [E1]
    (void)how.compare_exchange_strong(manner, pack(manner >> birth_shift, kind, weight_of(manner)),
                                      std::memory_order_release, std::memory_order_relaxed);
  }

  /// A reference goes on under its next handle, which is returned: so does its note. Where there is
  /// none this is one load of a line that the caller has just written. Leaf.
  static u64 follow(slot_header &h, u64 name) noexcept {
    u64 mine = h.site.load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    // relaxed: it continues the release sequence of the writer, whose words read() acquires [E1]
    if (mine == name) [[unlikely]]
      (void)h.site.compare_exchange_strong(mine, handle::successor(name),
                                           std::memory_order_relaxed);
    return handle::successor(name);
  }

 private:
  /// Step (1) of a write; `out_before`: what `site` was. False: another writer is at work.
  [[nodiscard]] static bool claim(slot_header &h, u64 &out_before) noexcept {
    u64 before = h.site.load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    // acquire: the words of the writer before us, which ours must follow [E1]
    if (before == writing ||
        !h.site.compare_exchange_strong(before, writing, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      return false;
    out_before = before;
    return true;
  }

  static constexpr u32 birth_shift = 36;
  static constexpr u32 holder_shift = 32;
  static constexpr u64 holder_mask = 7;

  [[nodiscard]] static constexpr u32 weight_of(u64 manner) noexcept {
    return static_cast<u32>(manner);
  }
  [[nodiscard]] static constexpr u64 pack(u64 born, holder kind, u32 weight) noexcept {
    return born << birth_shift | static_cast<u64>(kind) << holder_shift | weight;
  }
};
static_assert(sizeof(ledger_entry) == 24);

}  // namespace escrow::inline ESCROW_ABI

#endif
