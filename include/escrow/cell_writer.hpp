// escrow/cell_writer.hpp: how a version comes to a cell: prepared, examined, published. [L3]
#ifndef ESCROW_CELL_WRITER_HPP
#define ESCROW_CELL_WRITER_HPP

#include <cstring>

#include "bell.hpp"
#include "bytes.hpp"
#include "cell_control.hpp"
#include "cell_snapshots.hpp"
#include "cell_types.h"
#include "clock.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// What writers do; none of it waits for a reader. Memory is taken and the validator runs before
/// the lock, the snapshot that leaves the history is let go after it, so every refusal leaves the
/// cell as it was and no user code runs under the lock.
struct cell_writer {
  /// A snapshot that the validator has accepted and that is not published: (transfer full) `out`.
  /// @return as cell_snapshots::make | ESCROW_E_REFUSED
  [[nodiscard]] static escrow_status prepare(cell_control &c, bytes const &content,
                                             bytes const &etag, u64 &out,
                                             escrow_cell_reason &why) noexcept {
    snapshot *at = nullptr;
    if (auto const s = cell_snapshots::make(c, content, etag, out, at); s != ESCROW_OK) return s;
    if (c.validator == nullptr) return ESCROW_OK;
    why = {};
    why.code = c.validator(at->content(), at->size, c.validator_context, &why);
    if (why.code == 0) return ESCROW_OK;
    why.text[sizeof why.text - 1] = 0;
    cell_snapshots::release(out);
    lock_hold const hold(c.writer);
    count_refusal(c, why);
    return ESCROW_E_REFUSED;
  }

  /// Publishes a prepared snapshot that the caller owns; on ESCROW_OK the cell does.
  /// @return ESCROW_OK | ESCROW_ALREADY IF_CHANGED, and it is not | ESCROW_E_ABSENT the condition
  ///         is on a version, and there is none | ESCROW_E_DIFFERS | ESCROW_E_CLOSED
  [[nodiscard]] static escrow_status publish(cell_control &c, u64 cell, u64 h,
                                             escrow_cell_condition const &condition,
                                             u64 &out_version) noexcept {
    u64 leaves = 0;
    {
      lock_hold const hold(c.writer);
      auto const s = publish_locked(c, cell, h, condition, out_version, leaves);
      if (s != ESCROW_OK) return s;
    }
    announce(c, leaves);
    return ESCROW_OK;
  }
  /// The part under the lock, for who has more to do there; announce(c, leaves) follows after it.
  [[nodiscard]] static escrow_status publish_locked(cell_control &c, u64 cell, u64 h,
                                                    escrow_cell_condition const &condition,
                                                    u64 &out_version, u64 &leaves) noexcept {
    if (!c.is_open(cell)) return c.serves(cell) ? ESCROW_E_CLOSED : ESCROW_E_STALE;
    snapshot *const at = cell_snapshots::at(h);
    if (auto const s = holds(c, condition, *at, out_version); s != ESCROW_OK) {
      if (s < 0) ++c.differed;
      return s;
    }
    out_version = ++c.last_version;
    at->version = out_version;
    at->published = read_clock(CLOCK_REALTIME);
    if (c.kept == c.history + 1) {
      leaves = c.kept_at(0).handle;
      c.kept_first = (c.kept_first + 1) % (ESCROW_CELL_MOST_HISTORY + 1);
      --c.kept;
    }
    ++c.kept;
    *c.current() = {out_version, h, at};
    ++c.published;
    c.face.publish(h, at);
    c.tell();
    return ESCROW_OK;
  }
  /// Lets go what left the history, and wakes who waits for a version.
  static void announce(cell_control &c, u64 leaves) noexcept {
    c.changed.ring();
    if (leaves != 0) cell_snapshots::release(leaves);
  }

  /// Prepares and publishes. @return as prepare and publish | ESCROW_E_KIND the cell is decided
  [[nodiscard]] static escrow_status swap(cell_control &c, u64 cell, bytes const &content,
                                          bytes const &etag, escrow_cell_condition const &condition,
                                          u64 &out_version, escrow_cell_reason &why) noexcept {
    out_version = 0;
    if (c.decided()) return ESCROW_E_KIND;
    if (!is_condition(condition)) return ESCROW_E_OPTION;
    u64 h = 0;
    if (auto const s = prepare(c, content, etag, h, why); s != ESCROW_OK) return s;
    auto const s = publish(c, cell, h, condition, out_version);
    if (s != ESCROW_OK) cell_snapshots::release(h);
    return s;
  }

  /// Publishes the content and ETag of a version that the cell still keeps once more, as a new
  /// version. It was accepted when it came and is not examined again.
  /// @return ESCROW_OK | ESCROW_ALREADY it is the current one | ESCROW_E_ABSENT not kept |
  ///         ESCROW_E_KIND the cell is decided, or has a destructor | as cell_snapshots::make
  [[nodiscard]] static escrow_status roll_back(cell_control &c, u64 cell, u64 version,
                                               u64 &out_version) noexcept {
    out_version = 0;
    if (c.decided() || c.destructor != nullptr) return ESCROW_E_KIND;
    u64 from = 0;
    if (auto const s = hold_version(c, cell, version, from); s != ESCROW_OK) return s;
    snapshot const &old = *cell_snapshots::at(from);
    u64 h = 0;
    snapshot *at = nullptr;
    auto s = cell_snapshots::make(c, {old.content(), old.size}, old.etag(), h, at);
    cell_snapshots::drop(from);
    if (s != ESCROW_OK) return s;
    u64 leaves = 0;
    {
      lock_hold const hold(c.writer);
      cell_version const *const now = c.current();
      if (now != nullptr && now->version == version) {
        s = ESCROW_ALREADY;
        out_version = version;
      } else {
        s = publish_locked(c, cell, h, {}, out_version, leaves);
      }
      c.rolled_back += s == ESCROW_OK ? 1 : 0;
    }
    if (s == ESCROW_OK) {
      announce(c, leaves);
    } else {
      cell_snapshots::release(h);
    }
    return s;
  }

  /// A loan of a version that the cell keeps. @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_LIMIT
  /// | ESCROW_E_STALE destroyed meanwhile
  [[nodiscard]] static escrow_status hold_version(cell_control &c, u64 cell, u64 version,
                                                  u64 &out) noexcept {
    lock_hold const hold(c.writer);
    if (!c.serves(cell)) return ESCROW_E_STALE;
    cell_version const *const v = version == 0 ? nullptr : c.find(version);
    if (v == nullptr) return ESCROW_E_ABSENT;
    auto const s = patiently([&] {
      return snapshot_loan::take(image_slots::word(v->handle), handle::generation(v->handle));
    });
    if (s == ESCROW_OK) out = v->handle;
    return s;
  }

  [[nodiscard]] static bool is_condition(escrow_cell_condition const &condition) noexcept {
    return condition.kind <= ESCROW_CELL_IF_CHANGED &&
           (condition.etag_size == 0 || condition.etag != nullptr);
  }
  /// The lock is held.
  static void count_refusal(cell_control &c, escrow_cell_reason const &why) noexcept {
    ++c.refused;
    c.why = why;
  }

 private:
  /// Does the condition hold for the version that is current? `out_version` gets it where not.
  [[nodiscard]] static escrow_status holds(cell_control &c, escrow_cell_condition const &condition,
                                           snapshot const &fresh, u64 &out_version) noexcept {
    cell_version const *const now = c.current();
    u64 const version = now == nullptr ? 0 : now->version;
    bytes const etag = now == nullptr ? bytes{nullptr, 0} : now->at->etag();
    bool met = true;
    auto otherwise = ESCROW_E_DIFFERS;
    switch (condition.kind) {
      case ESCROW_CELL_IF_VERSION:
        met = version == condition.version;
        break;
      case ESCROW_CELL_IF_ETAG:
        met = now != nullptr && etag == bytes{condition.etag, condition.etag_size};
        break;
      case ESCROW_CELL_IF_CHANGED:
        met = now == nullptr || !(etag == fresh.etag());
        otherwise = ESCROW_ALREADY;
        break;
      default:
        break;
    }
    out_version = met ? 0 : version;
    return met ? ESCROW_OK : otherwise;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
