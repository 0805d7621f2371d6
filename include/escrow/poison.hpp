// escrow/poison.hpp: tells AddressSanitizer which payload nobody holds. [L1]
#ifndef ESCROW_POISON_HPP
#define ESCROW_POISON_HPP

#include "platform.hpp"

#if defined(ESCROW_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#endif

namespace escrow::inline ESCROW_ABI {

/// Without AddressSanitizer all of this is nothing. With it a read of freed payload, or past the
/// size that was asked for, stops the program with both stacks.
struct poison {
#if defined(ESCROW_ADDRESS_SANITIZER)
  static constexpr bool on = true;
  static void hide(char const *first, u64 bytes) noexcept {
    __asan_poison_memory_region(first, bytes);
  }
  static void show(char const *first, u64 bytes) noexcept {
    __asan_unpoison_memory_region(first, bytes);
  }
#else
  static constexpr bool on = false;
  static void hide(char const *, u64) noexcept {}
  static void show(char const *, u64) noexcept {}
#endif
};

}  // namespace escrow::inline ESCROW_ABI

#endif
