// escrow/slot_build.hpp: what this build adds around payload, to find misuse of it. [L1]
#ifndef ESCROW_SLOT_BUILD_HPP
#define ESCROW_SLOT_BUILD_HPP

#include "platform.hpp"
#include "poison.hpp"

namespace escrow::inline ESCROW_ABI {

/// Constants that the switches of the build decide; every unit of an image has the same.
///
///     ordinary               nothing: a slot is as large as its class
///     AddressSanitizer       hidden bytes behind the payload of every slot
///     ESCROW_DEBUG_SLOTS     canaries behind it, freed slots filled and kept back
///     ESCROW_MALLOC_OBJECTS  each object is a block of malloc, whose own checks see it
struct slot_build {
#if defined(ESCROW_DEBUG_SLOTS) && defined(ESCROW_MALLOC_OBJECTS)
#error "ESCROW_DEBUG_SLOTS checks slots of slabs, ESCROW_MALLOC_OBJECTS makes none: define one"
#endif
#if defined(ESCROW_MALLOC_OBJECTS)
  static constexpr bool of_malloc = true;
#else
  static constexpr bool of_malloc = false;
#endif
#if defined(ESCROW_DEBUG_SLOTS)
  static constexpr bool checked = true;
#else
  static constexpr bool checked = false;
#endif
#if defined(ESCROW_ADDRESS_SANITIZER)
  static constexpr bool hides = !of_malloc;  // malloc has redzones of its own
#else
  static constexpr bool hides = false;
#endif
  /// No acquisition by the short way, which knows nothing of checks or blocks.
  static constexpr bool slowly = of_malloc || checked;
  /// Bytes that a slot has at least behind its payload; a multiple of 16.
  static constexpr u64 redzone = hides || checked ? 16 : 0;

  /// What a slot of `stride` counts against limits, and in statistics: a limit that is enough for
  /// ten objects is so in every build.
  [[nodiscard]] static constexpr u64 booked(u64 stride) noexcept {
    return stride > redzone ? stride - redzone : stride;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
