// escrow/code_control.hpp: the control block behind a code slot's handle, and its versions. [L3]
#ifndef ESCROW_CODE_CONTROL_HPP
#define ESCROW_CODE_CONTROL_HPP

#include "code_face.hpp"
#include "code_library.hpp"
#include "code_types.h"
#include "control.hpp"
#include "handle.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "status.h"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// A version of the code: what a call needs on the line of `retired`, and the table's own copy, so
/// that calls read no memory of a library but its functions.
///
///     free -> current -> kept -> retired -> free      a roll back makes a new version
///
/// Records belong to one control block for ever, and are never unmapped: who took the address of
/// one long ago still counts in memory that is a record [U1]. What is not atomic changes while the
/// record is free, and is read by calls inside and under the control block's lock.
struct code_version : basic_code_gate<std::atomic, 32> {
  using gate_type = basic_code_gate<std::atomic, 32>;

  u64 slot;     // handle of the slot: tells a call of an earlier one, whose block this was
  u64 version;  // from 1
  code_control *home;
  code_version *next;       // in `waiting` or `unused`; under guard
  code_library *library;    // (nullable) one of its references
  std::atomic<u32> leaked;  // 1: a call never returned
  alignas(cache_line) char table[ESCROW_CODE_MOST_TABLE];

  [[nodiscard]] static code_version *at(u64 name) noexcept {
    return reinterpret_cast<code_version *>(name);
  }
  [[nodiscard]] u64 name() const noexcept { return reinterpret_cast<u64>(this); }
};

/// Immortal, and reused under a new generation: a call on a destroyed slot reads valid memory and
/// gets a code.
///
/// `guard` is held for some stores and sums, never while a library is loaded, verified or let go,
/// nor around user code.
struct alignas(2 * cache_line) code_control {
  std::atomic<u64> word;  // as block_word
  basic_code_face<std::atomic, code_version> face;
  u64 abi;
  u64 table_bytes;
  escrow_code_check check;
  void *context;
  u32 history;
  u32 index;      // of this block; set once
  u32 next_free;  // index + 1; see control_blocks

  // Under guard, from here on.
  alignas(cache_line) lock guard;
  u32 kept_count;
  code_version *kept[ESCROW_CODE_MOST_HISTORY + 1];  // oldest first; the last is the current one
  code_version *waiting;                             // retired, with calls inside or holds
  code_version *unused;
  u64 latest;    // version
  u64 swapping;  // swaps under way
  u64 going;     // libraries that are being let go
  u64 swapped;
  u64 rolled_back;
  u64 differed;
  u64 refused;
  u64 libraries;
  u64 unloaded;
  u64 left_loaded;
  u64 leaked;
  escrow_code_reason reason;

  [[nodiscard]] bool is_open_at(u64 slot) const noexcept {
    // acquire: the options; pairs with code_lifecycle::open [U3]
    return word.load(std::memory_order_acquire) == block_word::open_at(slot);
  }
  /// Of a handle of any age. @return ESCROW_OK | ESCROW_E_CLOSED | ESCROW_E_STALE destroyed
  [[nodiscard]] escrow_status status_at(u64 slot) const noexcept {
    // acquire: as is_open_at() [U3]
    return block_word::status(word.load(std::memory_order_acquire), slot);
  }
};

/// Finds the control block of a code slot's handle of any age.
/// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND another kind of handle | ESCROW_E_RANGE
[[nodiscard]] inline escrow_status find_code(u64 slot, code_control *&out) noexcept {
  return table().codes.find(slot, out);
}

/// The control block of an open code slot.
/// @return ESCROW_OK | as find_code | ESCROW_E_CLOSED | ESCROW_E_STALE destroyed
[[nodiscard]] inline escrow_status open_code(u64 slot, code_control *&out) noexcept {
  auto const s = find_code(slot, out);
  return s != ESCROW_OK ? s : out->status_at(slot);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
