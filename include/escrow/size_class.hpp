// escrow/size_class.hpp: the ladder of slot sizes from 16 B to 64 KiB. [L1]
#ifndef ESCROW_SIZE_CLASS_HPP
#define ESCROW_SIZE_CLASS_HPP

#include <bit>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Classes 0..7 are 16, 32, .. 128 B; from there eight steps a doubling, so a slot above 128 B is
/// at most 12.5 % larger than what it holds. A slot is aligned to the largest power of two that
/// divides its size.
struct size_class {
  static constexpr u32 count = 80;  // 8 + 9 doublings * 8
  static constexpr u64 largest = 64u << 10;

  /// The smallest class that holds `bytes`, 1..largest.
  [[nodiscard]] static constexpr u32 of(u64 bytes) noexcept {
    u64 const last = bytes - 1;
    if (last < 128) return static_cast<u32>(last / 16);
    u32 const log = static_cast<u32>(std::bit_width(last)) - 1;  // 7 for 129..256
    return 8 + (log - 7) * 8 + static_cast<u32>((last >> (log - 3)) & 7);
  }

  /// Slot size of a class.
  [[nodiscard]] static constexpr u64 bytes(u32 index) noexcept {
    if (index < 8) return 16 * (static_cast<u64>(index) + 1);
    u32 const log = 7 + (index - 8) / 8;
    return (static_cast<u64>(8 + (index - 8) % 8) + 1) << (log - 3);
  }

  /// The smallest class that holds `bytes` and is a multiple of `alignment` (a power of two up to
  /// 4096); `count` when there is none.
  [[nodiscard]] static constexpr u32 aligned(u64 wanted, u64 alignment) noexcept {
    u64 const rounded = align_up(wanted, alignment);
    if (rounded > largest) return count;
    u32 index = of(rounded);
    while (index < count && bytes(index) % alignment != 0) ++index;
    return index;
  }
};

static_assert(size_class::of(1) == 0 && size_class::of(16) == 0 && size_class::of(17) == 1);
static_assert(size_class::of(128) == 7 && size_class::of(129) == 8);
static_assert(size_class::bytes(8) == 144 && size_class::bytes(15) == 256);
static_assert(size_class::of(size_class::largest) == size_class::count - 1);
static_assert(size_class::bytes(size_class::count - 1) == size_class::largest);

}  // namespace escrow::inline ESCROW_ABI

#endif
