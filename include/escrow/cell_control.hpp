// escrow/cell_control.hpp: the control block behind a cell's handle. [L3]
#ifndef ESCROW_CELL_CONTROL_HPP
#define ESCROW_CELL_CONTROL_HPP

#include <unistd.h>

#include "bell.hpp"
#include "carried_layout.hpp"
#include "cell_face.hpp"
#include "cell_types.h"
#include "control.hpp"
#include "handle.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "snapshot.hpp"
#include "status.h"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// What somebody asks the decider of a cell to publish. Everything under the cell's lock.
struct cell_proposal {
  enum class stage : u32 { none, waiting, taken, decided };

  stage at;
  escrow_status result;  // decided
  u64 snapshot;          // owned, unless it was published
  u64 number;            // by when it came
  u64 version;           // decided: the one published
  escrow_cell_condition condition;
  char etag[ESCROW_CELL_MOST_ETAG];  // what the condition points to
  escrow_cell_reason reason;
};

/// A version that the cell keeps: the current one, or one of its history.
struct cell_version {
  u64 version;
  u64 handle;
  snapshot *at;
};

/// Immortal and reused under a new generation, like all control blocks, and the face comes first: a
/// reader may look at the word of a cell that is long gone and finds no handle there that it knows.
///
/// Under `writer`: versions, proposals, counts, the descriptor, and every store to the face. No
/// user code runs while it is held. Lock order: `writer`, then what a pool locks.
struct alignas(2 * cache_line) cell_control {
  cell_face face;
  alignas(cache_line) std::atomic<u64> word;  // of block_word
  u32 index;                                  // of this block; set once
  u32 next_free;                              // index + 1; see control_blocks

  // Fixed while the cell is open; published by `word`.
  u64 pool;
  u64 fixed_size;
  carried_layout layout;
  u32 flags;
  u32 history;
  escrow_cell_validator validator;
  void *validator_context;
  escrow_destructor destructor;
  void *destructor_context;

  bell changed;  // a version was published, or the cell ended
  bell asked;    // a proposal came, was decided, or left

  lock writer;
  int descriptor;  // plus 1: written to at each change, never blocks; 0: none
  u64 last_version;
  u32 kept_first;  // of the ring below
  u32 kept;        // versions in it; the last is the current one
  cell_version ring[ESCROW_CELL_MOST_HISTORY + 1];
  u64 published;
  u64 differed;
  u64 rolled_back;
  u64 refused;
  escrow_cell_reason why;
  u64 proposed;
  cell_proposal proposals[ESCROW_CELL_MOST_PROPOSALS];

  /// Is it still the block of this cell, open or closed? acquire: after a loan was taken through
  /// the face, says whether it was this cell's; pairs with cell_lifecycle [K2]
  [[nodiscard]] bool serves(u64 cell) const noexcept {
    u64 const w = word.load(std::memory_order_acquire);
    return block_word::is_of(w, cell) && block_word::state(w) != block_word::none;
  }
  [[nodiscard]] bool is_open(u64 cell) const noexcept {
    return word.load(std::memory_order_acquire) == block_word::open_at(cell);  // acquire: [K2]
  }
  [[nodiscard]] bool decided() const noexcept { return (flags & ESCROW_CELL_DECIDED) != 0; }

  // The lock is held:
  /// Tells who polls the descriptor. One that cannot take more has not been read since the last.
  void tell() const noexcept {
    u64 const one = 1;
    if (descriptor != 0) (void)!::write(descriptor - 1, &one, sizeof one);
  }
  [[nodiscard]] cell_version &kept_at(u32 i) noexcept {
    return ring[(kept_first + i) % (ESCROW_CELL_MOST_HISTORY + 1)];
  }
  /// The current version; NULL: none.
  [[nodiscard]] cell_version *current() noexcept {
    return kept == 0 ? nullptr : &kept_at(kept - 1);
  }
  [[nodiscard]] cell_version *find(u64 version) noexcept {
    for (u32 i = 0; i < kept; ++i)
      if (kept_at(i).version == version) return &kept_at(i);
    return nullptr;
  }
};

/// Where the words of slots are found, for cell_face.
struct image_slots {
  [[nodiscard, gnu::always_inline]] static inline std::atomic<u64> &word(u64 h) noexcept {
    return slot::at(h).header->word;
  }
};

/// Finds the control block of a cell handle of any age.
/// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND another kind of handle | ESCROW_E_RANGE
[[nodiscard]] inline escrow_status find_cell(u64 cell, cell_control *&out) noexcept {
  return table().cells.find(cell, out);
}

/// The control block of a cell that can be read: open, or closed and not yet destroyed.
/// @return ESCROW_OK | as find_cell | ESCROW_E_STALE destroyed
[[nodiscard]] inline escrow_status readable_cell(u64 cell, cell_control *&out) noexcept {
  if (auto const s = find_cell(cell, out); s != ESCROW_OK) [[unlikely]]
    return s;
  return out->serves(cell) ? ESCROW_OK : ESCROW_E_STALE;
}

/// The control block of an open cell.
/// @return ESCROW_OK | as find_cell | ESCROW_E_CLOSED | ESCROW_E_STALE destroyed
[[nodiscard]] inline escrow_status open_cell(u64 cell, cell_control *&out) noexcept {
  if (auto const s = readable_cell(cell, out); s != ESCROW_OK) [[unlikely]]
    return s;
  return out->is_open(cell) ? ESCROW_OK : ESCROW_E_CLOSED;
}

}  // namespace escrow::inline ESCROW_ABI

#endif
