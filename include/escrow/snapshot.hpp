// escrow/snapshot.hpp: one version of a cell, as it lies in the memory of its pool. [L2]
#ifndef ESCROW_SNAPSHOT_HPP
#define ESCROW_SNAPSHOT_HPP

#include <cstring>

#include "bytes.hpp"
#include "platform.hpp"
#include "slot.hpp"

namespace escrow::inline ESCROW_ABI {

/// Head, content, ETag, in one object. Whoever prepares it writes it alone; version and time are
/// written by its publisher under the cell's lock. It is published by the release of its handle
/// [F1] and immutable from then on, so its fields are plain.
///
/// The object is aligned as the content shall be, at least to 16; the head takes as much as the
/// most that may be asked for, so that the content is aligned where the object is.
struct alignas(16) snapshot {
  static constexpr u64 most_alignment = 64;

  u64 version;  // 0: not published
  u64 size;
  u64 etag_size;
  u64 published;  // nanoseconds since 1970
  u64 reserved[4] = {};

  [[nodiscard]] static constexpr u64 bytes_for(u64 size, u64 etag_size) noexcept {
    return sizeof(snapshot) + size + etag_size;
  }
  [[nodiscard]] char *content() noexcept { return reinterpret_cast<char *>(this + 1); }
  [[nodiscard]] char const *content() const noexcept {
    return reinterpret_cast<char const *>(this + 1);
  }
  [[nodiscard]] bytes etag() const noexcept { return {content() + size, etag_size}; }
};
static_assert(sizeof(snapshot) == snapshot::most_alignment);

/// Loans of snapshots: the lends of the slot's word (slot.hpp). The cell holds the object itself
/// while the version is current or in its history; who reads holds a loan, which does not name its
/// holder and may end on any thread. The memory is free for another when both are gone.
struct snapshot_loan {
  /// One loan more, while the cell keeps the version.
  /// @return ESCROW_OK | ESCROW_E_STALE it has left the cell | ESCROW_E_REVOKED the same, the cell
  ///         is being destroyed | ESCROW_E_LIMIT | ESCROW_E_BUSY nothing happened
  template <class Word>
  [[nodiscard, gnu::always_inline]] static inline escrow_status take(Word &target,
                                                                     u64 generation) noexcept {
    return apply(target, [=](u64 w) { return protocol::add_loan(w, generation, true); });
  }
  /// One loan fewer. `owed` as in protocol. @return ESCROW_OK | ESCROW_FREED it was the last holder
  template <class Word>
  [[gnu::always_inline]] static inline escrow_status end(Word &target, u64 generation,
                                                         u64 owed) noexcept {
    return apply_surely(target, [=](u64 w) { return protocol::drop_loan(w, generation, owed); });
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
