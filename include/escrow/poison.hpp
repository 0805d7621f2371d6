// escrow/poison.hpp: tells a sanitizer, or Memcheck, which payload nobody holds. [L1]
#ifndef ESCROW_POISON_HPP
#define ESCROW_POISON_HPP

#include "platform.hpp"

#if defined(ESCROW_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#elif defined(ESCROW_MEMORY_SANITIZER)
#include <sanitizer/msan_interface.h>
#elif defined(ESCROW_VALGRIND)
#include <valgrind/memcheck.h>
#endif

namespace escrow::inline ESCROW_ABI {

/// Without any of them all of this is nothing. With AddressSanitizer a read of freed payload, or
/// past the size that was asked for, stops the program; Memcheck reports it with the stacks of
/// acquire and release, which begin() and end() tell it; MemorySanitizer reports a branch on freed
/// payload, with its release as the origin. Memcheck's leak check calls every object reachable,
/// since its slot has its address: what is out is for the pool to say.
///
/// hide and show bound what may be touched; begin and end are the life of one object in it, for
/// reports: begin after its memory is shown and its slack hidden, end once, before it is cleaned.
struct poison {
#if defined(ESCROW_ADDRESS_SANITIZER)
  static constexpr bool on = true;
  static void hide(char const *first, u64 bytes) noexcept {
    __asan_poison_memory_region(first, bytes);
  }
  static void show(char const *first, u64 bytes) noexcept {
    __asan_unpoison_memory_region(first, bytes);
  }
  static void begin(char const *, u64) noexcept {}
  static void end(char const *) noexcept {}
#elif defined(ESCROW_MEMORY_SANITIZER)
  static constexpr bool on = true;
  /// As what malloc gives: to be set before a decision hangs on it.
  static void hide(char const *first, u64 bytes) noexcept {
    __msan_allocated_memory(first, bytes);
  }
  /// Whoever shows payload knows that it is zero, or zeroes it.
  static void show(char const *first, u64 bytes) noexcept {
    __msan_unpoison(first, bytes);
  }
  static void begin(char const *, u64) noexcept {}
  static void end(char const *) noexcept {}
#elif defined(ESCROW_VALGRIND)
  static constexpr bool on = true;
  static void hide(char const *first, u64 bytes) noexcept {
    VALGRIND_MAKE_MEM_NOACCESS(first, bytes);
  }
  /// Whoever shows payload knows that it is zero, or zeroes it.
  static void show(char const *first, u64 bytes) noexcept {
    VALGRIND_MAKE_MEM_DEFINED(first, bytes);
  }
  static void begin(char const *first, u64 bytes) noexcept {
    VALGRIND_MALLOCLIKE_BLOCK(first, bytes, 0, 1);
  }
  static void end(char const *first) noexcept {
    VALGRIND_FREELIKE_BLOCK(first, 0);
  }
#else
  static constexpr bool on = false;
  static void hide(char const *, u64) noexcept {}
  static void show(char const *, u64) noexcept {}
  static void begin(char const *, u64) noexcept {}
  static void end(char const *) noexcept {}
#endif
};

}  // namespace escrow::inline ESCROW_ABI

#endif
