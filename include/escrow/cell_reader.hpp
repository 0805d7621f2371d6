// escrow/cell_reader.hpp: the ways to read a cell: cached, copied, held; and to wait for it. [L3]
#ifndef ESCROW_CELL_READER_HPP
#define ESCROW_CELL_READER_HPP

#include <cstring>
#include <utility>

#include "bell.hpp"
#include "cell_control.hpp"
#include "cell_snapshots.hpp"
#include "cell_types.h"
#include "destruction.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "reference.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// What one thread has read last, and holds until it looks again. Used by one thread at a time.
class cell_cache {
 public:
  cell_cache() noexcept = default;
  cell_cache(cell_control const &c, u64 cell) noexcept : control_(&c), cell_(cell) {}
  cell_cache(cell_cache &&other) noexcept
      : held_(std::exchange(other.held_, 0)),
        content_(std::exchange(other.content_, nullptr)),
        control_(other.control_),
        cell_(other.cell_) {}
  cell_cache &operator=(cell_cache &&other) noexcept {
    if (this == &other) return *this;
    reset();
    held_ = std::exchange(other.held_, 0);
    content_ = std::exchange(other.content_, nullptr);
    control_ = other.control_;
    cell_ = other.cell_;
    return *this;
  }
  cell_cache(cell_cache const &) = delete;
  cell_cache &operator=(cell_cache const &) = delete;
  ~cell_cache() { reset(); }

  /// The current content; NULL: no version yet, or the cell was destroyed, or 65,535 others hold
  /// this snapshot. What the last call gave is let go when there is a newer one.
  [[nodiscard, gnu::always_inline]] inline char const *get() noexcept {
    // acquire: the snapshot, where it is another; where not, it was acquired before [F1]
    u64 const h = control_->face.current.load(std::memory_order_acquire);
    if (h == held_) [[likely]]
      return content_;
    return renew(h);
  }
  /// Holds nothing any more.
  void reset() noexcept {
    if (held_ != 0) (void)cell_snapshots::drop(held_);
    held_ = 0;
    content_ = nullptr;
  }
  /// The snapshot that get() gave; NULL: none.
  [[nodiscard]] snapshot const *seen() const noexcept {
    return held_ == 0 ? nullptr : cell_snapshots::at(held_);
  }

 private:
  /// First lets go, then takes: a reader never holds two.
  [[nodiscard, gnu::noinline]] char const *renew(u64 h) noexcept {
    reset();
    u64 taken = 0;
    if (control_->face.hold_from<false>(h, image_slots{}, taken) != ESCROW_OK ||
        cell_snapshots::confirm(*control_, cell_, taken) != ESCROW_OK)
      return nullptr;
    held_ = taken;
    content_ = cell_snapshots::at(taken)->content();
    return content_;
  }

  u64 held_ = 0;
  char const *content_ = nullptr;
  cell_control const *control_ = nullptr;  // immortal
  u64 cell_ = 0;
};

/// Reads without a state of one's own.
struct cell_reader {
  /// Attempts of a copy before it takes a loan: a swap is in the way of each.
  static constexpr u32 most_copies = 8;

  /// Copies a content of `bytes` bytes. Up to most_copy it stores nothing that is shared, but where
  /// most_copies swaps disturb it; it then takes a loan, as it does for larger contents.
  /// @return ESCROW_OK | as cell_snapshots::hold | ESCROW_E_SIZE the content has another size
  [[nodiscard, gnu::always_inline]] static inline escrow_status copy(cell_control const &c,
                                                                     u64 cell, void *out, u64 bytes,
                                                                     u64 &out_version) noexcept {
    if (bytes <= cell_face::most_copy) {
      if (c.face.copy(static_cast<char *>(out), bytes, out_version)) [[likely]]
        return served(c, cell);
    }
    u64 size = 0;
    auto const s = copy_any(c, cell, out, bytes, size, out_version);
    return s == ESCROW_OK && size != bytes ? escrow_status{ESCROW_E_SIZE} : s;
  }

  /// Copies a content of at most `capacity` bytes; `out_size` says how long it is.
  /// @return as copy | ESCROW_E_SIZE there is not room enough
  [[nodiscard, gnu::noinline]] static escrow_status copy_any(cell_control const &c, u64 cell,
                                                             void *out, u64 capacity, u64 &out_size,
                                                             u64 &out_version) noexcept {
    auto const quick = copy_at_once(c, cell, out, capacity, out_size, out_version);
    if (quick != ESCROW_E_BUSY) return quick;
    u64 h = 0;
    if (auto const s = cell_snapshots::hold(c, cell, h); s != ESCROW_OK) return s;
    snapshot const &s = *cell_snapshots::at(h);
    bool const fits = s.size <= capacity;
    out_size = s.size;
    out_version = s.version;
    if (fits && s.size != 0) std::memcpy(out, s.content(), s.size);
    (void)cell_snapshots::drop(h);
    return fits ? ESCROW_OK : ESCROW_E_SIZE;
  }
  /// The part of it that a leaf may run. @return ESCROW_OK | ESCROW_E_STALE | ESCROW_E_BUSY
  /// disturbed, or above most_copy or `capacity`, or no version yet
  [[nodiscard]] static escrow_status copy_at_once(cell_control const &c, u64 cell, void *out,
                                                  u64 capacity, u64 &out_size,
                                                  u64 &out_version) noexcept {
    for (u32 i = 0; i < most_copies; ++i) {
      if (c.face.copy_any(static_cast<char *>(out), capacity, out_size, out_version))
        return served(c, cell);
      if (out_size > cell_face::most_copy || out_size > capacity) break;
      cpu_pause();
    }
    return ESCROW_E_BUSY;
  }

  /// The current version. @return as cell_snapshots::hold
  [[nodiscard]] static escrow_status version(cell_control const &c, u64 cell,
                                             u64 &out_version) noexcept {
    if (auto const s = version_at_once(c, cell, out_version); s != ESCROW_E_BUSY) return s;
    u64 h = 0;
    if (auto const s = cell_snapshots::hold(c, cell, h); s != ESCROW_OK) return s;
    out_version = cell_snapshots::at(h)->version;
    (void)cell_snapshots::drop(h);
    return ESCROW_OK;
  }
  /// The part of it that a leaf may run. @return ESCROW_OK | ESCROW_E_STALE | ESCROW_E_BUSY
  /// disturbed, or no version yet
  [[nodiscard]] static escrow_status version_at_once(cell_control const &c, u64 cell,
                                                     u64 &out_version) noexcept {
    for (u32 i = 0; i < most_copies; ++i) {
      if (c.face.read_version(out_version)) return served(c, cell);
      cpu_pause();
    }
    return ESCROW_E_BUSY;
  }

  /// A loan of the current version with a name of its own, which ends once: (transfer full)
  /// out.loan.
  /// @return as cell_snapshots::hold | as reference::lend
  [[nodiscard]] static escrow_status load(cell_control const &c, u64 cell,
                                          escrow_cell_view &out) noexcept {
    for (;;) {
      u64 const h = c.face.current.load(std::memory_order_acquire);  // acquire: [F1]
      u64 loan = 0;
      escrow_view ignored;
      // As cell_face::hold: what the cell has let go of is not the current one any more.
      auto const s = h == 0 ? escrow_status{ESCROW_E_ABSENT} : reference::lend(h, loan, ignored);
      if (s == ESCROW_E_STALE || s == ESCROW_E_REVOKED) {
        cpu_pause();
        continue;
      }
      if (!c.serves(cell)) {
        if (s == ESCROW_OK) (void)release(loan);
        return ESCROW_E_STALE;
      }
      if (s == ESCROW_OK) out = cell_snapshots::view(loan, h);
      return s;
    }
  }
  /// The same of a version that the cell keeps. @return ESCROW_OK | ESCROW_E_ABSENT |
  /// ESCROW_E_STALE destroyed meanwhile | as reference::lend
  [[nodiscard]] static escrow_status load_version(cell_control &c, u64 cell, u64 version,
                                                  escrow_cell_view &out) noexcept {
    lock_hold const hold(c.writer);
    if (!c.serves(cell)) return ESCROW_E_STALE;
    cell_version const *const v = c.find(version);
    if (v == nullptr) return ESCROW_E_ABSENT;
    u64 loan = 0;
    escrow_view ignored;
    auto const s = reference::lend(v->handle, loan, ignored);
    if (s == ESCROW_OK) out = cell_snapshots::view(loan, v->handle);
    return s;
  }

  /// Ends a named loan. The last holder's runs the destructor, and gives memory back.
  /// @return ESCROW_OK | ESCROW_FREED | ESCROW_PENDING called from a destructor | as
  ///         reference::give_back
  [[nodiscard]] static escrow_status release(u64 loan) noexcept {
    pool_control *p = nullptr;
    if (handle::names_slot(loan))
      if (slot const at = slot::at(loan); at.header != nullptr) p = owner_of(*at.home);
    auto const s = patiently([=] { return reference::give_back(loan); });
    if (p == nullptr || (s != ESCROW_PENDING && s != ESCROW_FREED)) return s;
    u64 ran = 0;
    return destruction::drain(*p, 0, ran) == ESCROW_OK ? escrow_status{ESCROW_FREED} : s;
  }

  /// Sleeps until the current version is above `known`. @return ESCROW_OK | ESCROW_E_TIMEOUT |
  /// ESCROW_E_CLOSED no version comes any more | ESCROW_E_STALE destroyed
  [[nodiscard]] static escrow_status await(cell_control &c, u64 cell, u64 known, u64 timeout_ns,
                                           u64 &out_version) noexcept {
    auto status = escrow_status{ESCROW_E_TIMEOUT};
    (void)c.changed.until(
        [&] {
          auto const s = version(c, cell, out_version);
          if (s == ESCROW_E_STALE || (s == ESCROW_OK && out_version > known)) {
            status = s;
            return true;
          }
          if (c.is_open(cell)) return false;
          status = ESCROW_E_CLOSED;
          return true;
        },
        deadline::after(timeout_ns));
    if (status != ESCROW_OK) out_version = 0;
    return status;
  }

 private:
  /// What was read was this cell's, if its block still serves it. @return ESCROW_OK |
  /// ESCROW_E_STALE
  [[nodiscard, gnu::always_inline]] static inline escrow_status served(cell_control const &c,
                                                                       u64 cell) noexcept {
    return c.serves(cell) ? ESCROW_OK : ESCROW_E_STALE;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
