// escrow/platform.hpp: what differs between compilers and configurations, and nothing else. [L0]
#ifndef ESCROW_PLATFORM_HPP
#define ESCROW_PLATFORM_HPP

// Before anything of the system: it refuses 32-bit compilers.
#include "status.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

#if !defined(__GNUC__)
#error "escrow needs gcc or clang: it uses their builtins and attributes"
#endif
#if __cplusplus < 202002L
#error "escrow needs -std=c++20 or newer"
#endif

// Feature switches. Each one changes the code of inline functions, so each one is a letter of the
// inline namespace below: copies compiled with different switches are never merged by the linker.
#if defined(ESCROW_FACADE_TU)
#define ESCROW_ABI_UNIT f  // the facade's unit, whose leaf functions are proved
#else
#define ESCROW_ABI_UNIT u
#endif
#if defined(__OPTIMIZE__)
#define ESCROW_ABI_OPTIMIZED o
#else
#define ESCROW_ABI_OPTIMIZED d
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ESCROW_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define ESCROW_THREAD_SANITIZER 1
#elif __has_feature(memory_sanitizer)
#define ESCROW_MEMORY_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ESCROW_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define ESCROW_THREAD_SANITIZER 1
#endif
#if defined(ESCROW_ADDRESS_SANITIZER)
#define ESCROW_ABI_SANITIZER a
#elif defined(ESCROW_THREAD_SANITIZER)
#define ESCROW_ABI_SANITIZER t
#elif defined(ESCROW_MEMORY_SANITIZER)
#define ESCROW_ABI_SANITIZER m
#elif defined(ESCROW_VALGRIND)
#define ESCROW_ABI_SANITIZER v  // Memcheck is told who holds what; costs, so on request alone
#else
#define ESCROW_ABI_SANITIZER n
#endif
#if defined(ESCROW_SMALL_COUNTS)
#define ESCROW_ABI_COUNTS s  // tests: limits are reached within milliseconds
#else
#define ESCROW_ABI_COUNTS w
#endif

#if defined(ESCROW_MALLOC_OBJECTS)
#define ESCROW_ABI_SLOTS h  // one block of malloc an object
#elif defined(ESCROW_DEBUG_SLOTS)
#define ESCROW_ABI_SLOTS q  // quarantine and canaries
#else
#define ESCROW_ABI_SLOTS p
#endif

#if defined(ESCROW_FAULTS)
#define ESCROW_ABI_MEMORY r  // tests: memory may be refused, memory_request.hpp
#else
#define ESCROW_ABI_MEMORY
#endif

#define ESCROW_ABI_JOIN_(a, b, c, d, e, f) v1_##a##b##c##d##e##f
#define ESCROW_ABI_JOIN(a, b, c, d, e, f) ESCROW_ABI_JOIN_(a, b, c, d, e, f)
/// The inline namespace of this version and configuration, `v1_uonwp` in an ordinary release build.
#define ESCROW_ABI                                                                                \
  ESCROW_ABI_JOIN(ESCROW_ABI_UNIT, ESCROW_ABI_OPTIMIZED, ESCROW_ABI_SANITIZER, ESCROW_ABI_COUNTS, \
                  ESCROW_ABI_SLOTS, ESCROW_ABI_MEMORY)

namespace escrow::inline ESCROW_ABI {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

/// Bytes that two threads may not share without slowing each other down.
constexpr std::size_t cache_line = 64;

static_assert(sizeof(void *) == 8, "escrow packs addresses and handles into 64-bit words");
static_assert(std::atomic<u64>::is_always_lock_free);
static_assert(std::atomic<void *>::is_always_lock_free);

/// Tells the core that this is a spin loop.
inline void cpu_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

/// `pow2` must be a power of two.
[[nodiscard]] constexpr u64 align_up(u64 n, u64 pow2) noexcept {
  return (n + pow2 - 1) & ~(pow2 - 1);
}

/// How many bits are set. By hand: without -mpopcnt the compiler calls libgcc for it.
[[nodiscard]] constexpr u32 bits_set(u64 n) noexcept {
  n -= n >> 1 & 0x5555555555555555ull;
  n = (n & 0x3333333333333333ull) + (n >> 2 & 0x3333333333333333ull);
  n = (n + (n >> 4)) & 0x0F0F0F0F0F0F0F0Full;
  return static_cast<u32>(n * 0x0101010101010101ull >> 56);
}
static_assert(bits_set(0) == 0 && bits_set(~0ull) == 64 && bits_set(0x8000000000000101ull) == 3);

/// The largest power of two that divides `n`; `n` is not 0.
[[nodiscard]] constexpr u64 natural_alignment(u64 n) noexcept {
  return n & (~n + 1);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
