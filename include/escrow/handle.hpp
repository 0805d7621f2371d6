// escrow/handle.hpp: how a reference is packed into 64 bits. [L2]
#ifndef ESCROW_HANDLE_HPP
#define ESCROW_HANDLE_HPP

#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// A handle names one reference:
///
///     63 | 62 .. 56 | 55 .. 28   | 27 .. 0
///      0 | tag      | slot index | generation
///
/// 0 is null. The tag is a check value: 1..123 for slots, by pool; 124 for code slots, 125 for
/// cells, 126 for maps, 127 for pools themselves. It tells a pool from an object and catches most
/// foreign handles; the slab's owner decides the rest. Positive as int64, so it survives languages
/// without unsigned integers.
struct handle {
  static constexpr u32 index_shift = 28;
  static constexpr u32 tag_shift = 56;
  static constexpr u64 generation_mask = (1ull << index_shift) - 1;
  static constexpr u64 index_mask = (1ull << (tag_shift - index_shift)) - 1;
  static constexpr u64 pool_tag = 127;
  static constexpr u64 map_tag = 126;
  static constexpr u64 cell_tag = 125;
  static constexpr u64 code_tag = 124;
  static constexpr u64 slot_tags = 123;

  [[nodiscard]] static constexpr u64 pack(u64 tag, u64 index, u64 generation) noexcept {
    return tag << tag_shift | index << index_shift | generation;
  }
  [[nodiscard]] static constexpr u64 tag(u64 bits) noexcept { return bits >> tag_shift; }
  [[nodiscard]] static constexpr u64 index(u64 bits) noexcept {
    return (bits >> index_shift) & index_mask;
  }
  [[nodiscard]] static constexpr u64 generation(u64 bits) noexcept {
    return bits & generation_mask;
  }
  /// The same reference one generation on: what move_out and move_in hand over.
  [[nodiscard]] static constexpr u64 successor(u64 bits) noexcept { return bits + 1; }

  /// True for anything shaped like a slot's handle; null, code, cells, maps, pools and bit 63 fail
  /// in one compare.
  [[nodiscard]] static constexpr bool names_slot(u64 bits) noexcept {
    return tag(bits) - 1 < slot_tags;
  }
  [[nodiscard]] static constexpr u64 slot_tag(u64 pool_index) noexcept {
    return pool_index % slot_tags + 1;
  }
  /// Why `bits` are not a handle of the kind that is asked for.
  [[nodiscard]] static constexpr escrow_status shape_error(u64 bits) noexcept {
    if (bits == 0) return ESCROW_E_NULL;
    return tag(bits) - 1 < pool_tag ? ESCROW_E_KIND : ESCROW_E_RANGE;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
