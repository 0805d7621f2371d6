// escrow/canary.hpp: a pattern in memory that nobody may write, and whether somebody has. [L1]
#ifndef ESCROW_CANARY_HPP
#define ESCROW_CANARY_HPP

#include <cstring>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// One byte value throughout: as a number it is negative and odd, as an address not canonical, as
/// text not ASCII, so what reads it by mistake seldom goes on as if nothing had happened.
struct canary {
  static constexpr unsigned char value = 0xDB;

  static void fill(char *first, u64 bytes) noexcept { std::memset(first, value, bytes); }

  /// The first byte of the range that is another; nullptr: all are as fill() left them.
  [[nodiscard]] static char const *broken(char const *first, u64 bytes) noexcept {
    constexpr u64 word = u64{0x0101010101010101} * value;
    char const *const end = first + bytes;
    for (; end - first >= 8; first += 8) {
      u64 seen;
      std::memcpy(&seen, first, 8);
      if (seen != word) break;
    }
    for (; first != end; ++first)
      if (static_cast<unsigned char>(*first) != value) return first;
    return nullptr;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
