// escrow/cell_face.hpp: what readers of a cell look at: its word, and a copy of small contents.
// [L2]
#ifndef ESCROW_CELL_FACE_HPP
#define ESCROW_CELL_FACE_HPP

#include <cstring>

#include "handle.hpp"
#include "platform.hpp"
#include "slot.hpp"
#include "snapshot.hpp"

namespace escrow::inline ESCROW_ABI {

/// The handle of the current snapshot is the word of the cell. Handles never come back, so one
/// compare of it says whether a version is still the current one, and there is no second word that
/// could tear from it.
///
///     current   handle of the current snapshot; 0: none
///     copied    the same handle while the words below are of that snapshot; 0 while they change
///     version, size, content     of it; content where size is at most most_copy
///
/// publish(), under the cell's lock: (1) copied = 0, (2) the copy, (3) current = h, (4) copied = h.
///
/// Loads of snapshots [F1]. (3) releases what the publisher wrote into the snapshot; hold() and a
/// reader acquire it. hold() takes a loan of the slot if its generation is that of the handle and
/// the cell still keeps it; else a newer version has been published before the slot's word was
/// changed, which the failed look at that word has acquired: the next load of current is newer. So
/// every turn of hold() is a swap that others have made, and no reader keeps a writer waiting.
///
/// Copies [F2]. A reader (a) loads copied, (b) the copy, (c) copied again and believes (b) where
/// (c) gives what (a) gave. A word of (b) that is newer than (a) was stored by a release after the
/// (1) of its publication; so the acquire of (b) makes that 0, or something newer, what (c) reads.
/// Nothing is stored, and the memory is the control block's own, which is never given back.
///
/// No reader goes back. current is one word, stored under the lock in the order of versions. (a)
/// that gives h comes after (4) of h, so after (3) of h; and who has seen h in current has acquired
/// the (1) before, so it finds 0, h or newer in copied.
template <template <class> class Atomic>
struct basic_cell_face {
  static constexpr u64 most_copy = 256;
  static constexpr u32 words = most_copy / sizeof(u64);

  Atomic<u64> current{0};
  Atomic<u64> copied{0};
  Atomic<u64> version{0};
  Atomic<u64> size{0};
  Atomic<u64> content[words]{};

  /// Makes a snapshot the current one. The cell's lock is held. NULL with 0: none any more.
  void publish(u64 h, snapshot const *s) noexcept {
    copied.store(0, std::memory_order_relaxed);  // relaxed: ordered by the releases below [F2]
    if (s != nullptr) copy_in(*s);
    current.store(h, std::memory_order_release);  // release: the snapshot, and copied = 0 [F1] [F2]
    copied.store(h, std::memory_order_release);   // release: the copy, and current = h [F2]
  }

  /// One attempt to copy a content of exactly `bytes`, at most most_copy. False: it was disturbed,
  /// or the content has another size.
  [[nodiscard, gnu::always_inline]] inline bool copy(char *out, u64 bytes,
                                                     u64 &out_version) const noexcept {
    u64 const h = copied.load(std::memory_order_acquire);  // acquire: (a) [F2]
    if (h == 0) [[unlikely]]
      return false;
    // acquire, as all of (b): newer than (a) makes (c) differ [F2]
    out_version = version.load(std::memory_order_acquire);
    if (size.load(std::memory_order_acquire) != bytes) [[unlikely]]
      return false;
    copy_out(out, bytes);
    return copied.load(std::memory_order_relaxed) == h;  // relaxed: after the acquires of (b) [F2]
  }
  /// The same for a content of any size up to `capacity`; `out_size` may be believed on true alone.
  [[nodiscard]] bool copy_any(char *out, u64 capacity, u64 &out_size,
                              u64 &out_version) const noexcept {
    u64 const h = copied.load(std::memory_order_acquire);  // acquire: (a) [F2]
    out_version = version.load(std::memory_order_acquire);
    out_size = size.load(std::memory_order_acquire);  // acquire: (b) [F2]
    if (h == 0 || out_size > most_copy || out_size > capacity) return false;
    copy_out(out, out_size);
    return copied.load(std::memory_order_relaxed) == h;  // relaxed: after the acquires of (b) [F2]
  }
  /// The current version alone, of a content of any size; 0: none yet. False: disturbed.
  [[nodiscard]] bool read_version(u64 &out_version) const noexcept {
    u64 const h = copied.load(std::memory_order_acquire);          // acquire: (a) [F2]
    out_version = version.load(std::memory_order_acquire);         // acquire: (b) [F2]
    return h != 0 && copied.load(std::memory_order_relaxed) == h;  // relaxed: as in copy()
  }

  /// A loan of the current snapshot. `slots.word(h)` is the word of a handle's slot. `AtOnce`, for
  /// leaves: BUSY after max_lost_races.
  /// @return ESCROW_OK | ESCROW_E_ABSENT no version yet | ESCROW_E_LIMIT | at once ESCROW_E_BUSY
  /// Progress: lock-free.
  template <bool AtOnce, class Slots>
  [[nodiscard, gnu::always_inline]] inline escrow_status hold(Slots const &slots,
                                                              u64 &out) const noexcept {
    return hold_from<AtOnce>(current.load(std::memory_order_acquire), slots, out);  // acquire: [F1]
  }
  /// The same by who has loaded `h` from current with acquire.
  template <bool AtOnce, class Slots>
  [[nodiscard, gnu::always_inline]] inline escrow_status hold_from(u64 h, Slots const &slots,
                                                                   u64 &out) const noexcept {
    for (u32 turns = 0;;) {
      if (h == 0) [[unlikely]]
        return ESCROW_E_ABSENT;
      auto const s = snapshot_loan::take(slots.word(h), handle::generation(h));
      if (s == ESCROW_OK) [[likely]] {
        out = h;
        return s;
      }
      if (s == ESCROW_E_LIMIT) return s;
      if (AtOnce && ++turns == max_lost_races) return ESCROW_E_BUSY;
      cpu_pause();
      h = current.load(std::memory_order_acquire);  // acquire: [F1]
    }
  }

 private:
  void copy_in(snapshot const &s) noexcept {
    // release, as all of (2): brings copied = 0 to who sees it [F2]
    version.store(s.version, std::memory_order_release);
    size.store(s.size, std::memory_order_release);
    if (s.size > most_copy) return;
    char const *from = s.content();
    for (u64 left = s.size, i = 0; left != 0; ++i) {
      u64 const n = left < sizeof(u64) ? left : sizeof(u64);
      u64 word = 0;
      std::memcpy(&word, from + i * sizeof(u64), n);
      content[i].store(word, std::memory_order_release);
      left -= n;
    }
  }
  [[gnu::always_inline]] inline void copy_out(char *out, u64 bytes) const noexcept {
    u64 const whole = bytes / sizeof(u64);
    for (u64 i = 0; i < whole; ++i) {
      u64 const word = content[i].load(std::memory_order_acquire);  // acquire: (b) [F2]
      std::memcpy(out + i * sizeof(u64), &word, sizeof word);
    }
    if (u64 const rest = bytes % sizeof(u64); rest != 0) {
      u64 const word = content[whole].load(std::memory_order_acquire);  // acquire: (b) [F2]
      std::memcpy(out + whole * sizeof(u64), &word, rest);
    }
  }
};

using cell_face = basic_cell_face<std::atomic>;

}  // namespace escrow::inline ESCROW_ABI

#endif
