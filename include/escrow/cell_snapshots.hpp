// escrow/cell_snapshots.hpp: makes the snapshots of a cell, and holds and ends them. [L3]
#ifndef ESCROW_CELL_SNAPSHOTS_HPP
#define ESCROW_CELL_SNAPSHOTS_HPP

#include <cstring>

#include "backoff.hpp"
#include "bytes.hpp"
#include "cell_control.hpp"
#include "destruction.hpp"
#include "etag.hpp"
#include "ledger.hpp"
#include "object.hpp"
#include "platform.hpp"
#include "reference.hpp"
#include "snapshot.hpp"

namespace escrow::inline ESCROW_ABI {

/// A snapshot is an object of the cell's pool. One reference to it, the object's first handle, is
/// owned by its maker until it is published, then by the cell. Readers hold loans.
struct cell_snapshots {
  /// A snapshot that is not published; the validator has not seen it. `tag` empty: one is computed.
  /// @return ESCROW_OK | ESCROW_E_SIZE not the cell's size, too large, or an ETag above 255 bytes |
  ///         ESCROW_E_FULL | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED | ESCROW_E_CLOSED
  [[nodiscard]] static escrow_status make(cell_control const &c, bytes const &content,
                                          bytes const &tag, u64 &out, snapshot *&out_at) noexcept {
    if (c.fixed_size != 0 && content.size != c.fixed_size) return ESCROW_E_SIZE;
    if (tag.size > etag::most || content.size > most_content) return ESCROW_E_SIZE;
    u64 const etag_size = tag.size != 0 ? tag.size : etag::size;
    pool_control *p = nullptr;
    if (auto const s = find_pool(c.pool, p); s != ESCROW_OK) return s;
    if (pool_status(*p, c.pool) != ESCROW_OK) return ESCROW_E_CLOSED;
    char *payload = nullptr;
    u64 const size = snapshot::bytes_for(content.size, etag_size);
    if (auto const s = acquisition::object(*p, c.pool, size, out, payload); s != ESCROW_OK)
      return s;
    ledger::acquired(*p, out, holder::cell);
    auto *const at = reinterpret_cast<snapshot *>(payload);
    at->version = 0;
    at->size = content.size;
    at->etag_size = etag_size;
    at->published = 0;
    if (content.size != 0) std::memcpy(at->content(), content.data, content.size);
    char *const tag_at = at->content() + content.size;
    if (tag.size != 0) {
      std::memcpy(tag_at, tag.data, tag.size);
    } else {
      etag::of({at->content(), content.size}, tag_at);
    }
    out_at = at;
    return ESCROW_OK;
  }

  /// Ends the reference of maker or cell; loans keep the snapshot. May run the destructor.
  static void release(u64 h) noexcept {
    (void)patiently([=] { return reference::release(h, false); });
  }

  /// A loan of the current snapshot of `cell`, whose block is `c`.
  /// @return as cell_face::hold | ESCROW_E_STALE the cell was destroyed meanwhile
  template <bool AtOnce = false>
  [[nodiscard, gnu::always_inline]] static inline escrow_status hold(cell_control const &c,
                                                                     u64 cell, u64 &out) noexcept {
    auto const s = c.face.hold<AtOnce>(image_slots{}, out);
    if (s != ESCROW_OK) [[unlikely]]
      return c.serves(cell) ? s : escrow_status{ESCROW_E_STALE};
    return confirm(c, cell, out);
  }
  /// Gives a loan back that was taken through the face of a block that serves another cell by now.
  [[nodiscard, gnu::always_inline]] static inline escrow_status confirm(cell_control const &c,
                                                                        u64 cell, u64 h) noexcept {
    if (c.serves(cell)) [[likely]]
      return ESCROW_OK;
    drop(h);
    return ESCROW_E_STALE;
  }

  /// Ends a loan that the caller holds. Common: somebody else still holds the snapshot.
  /// `deferred`: runs no destructor, and gives no memory back to the system.
  /// @return ESCROW_OK | ESCROW_FREED | ESCROW_PENDING its destructor is owed
  [[gnu::always_inline]] static inline escrow_status drop(u64 h, bool deferred = false) noexcept {
    slot const at = slot::at(h);
    u64 const g = handle::generation(h);
    u64 const owed = at.home->owed.load(std::memory_order_relaxed);  // relaxed: our loan pins it
    if (owed != 0) return drop_owing(at, g, owed, deferred);
    auto const s = snapshot_loan::end(at.header->word, g, 0);
    return s == ESCROW_OK ? s : destruction::leave(at, 0, false);
  }

  /// Memory of a snapshot that the caller holds.
  [[nodiscard]] static snapshot *at(u64 h) noexcept {
    // acquire: as every reader of a header; pairs with the claim [S1]
    return reinterpret_cast<snapshot *>(
        slot::at(h).header->payload.load(std::memory_order_acquire));
  }
  [[nodiscard]] static escrow_cell_view view(u64 loan, u64 h) noexcept {
    snapshot const &s = *at(h);
    return {loan, h, s.content(), s.size, s.etag().data, s.etag_size, s.version, s.published};
  }

 private:
  static constexpr u64 most_content = 0xFFFFFFFF - snapshot::bytes_for(0, ESCROW_CELL_MOST_ETAG);

  /// The same where a freed slot owes a destructor, or zeroing.
  [[gnu::noinline]] static escrow_status drop_owing(slot const &at, u64 g, u64 owed,
                                                    bool deferred) noexcept {
    pool_control *const p = owner_of(*at.home);  // while our loan pins the slab
    // relaxed: fixed while the pool has objects
    bool const destructor = p->destructor.load(std::memory_order_relaxed) != nullptr;
    auto const s = snapshot_loan::end(at.header->word, g, owed);
    return s == ESCROW_OK
               ? s
               : destruction::settle(*p, at, word::at(g + 1, owed), destructor, deferred);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
