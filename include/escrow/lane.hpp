// escrow/lane.hpp: which stripe a thread should try first. A hint, never an identity. [L1]
#ifndef ESCROW_LANE_HPP
#define ESCROW_LANE_HPP

#include <unistd.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <pthread.h>
#endif

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// A number that no other living thread has. Reads the thread pointer; no thread_local variable, so
/// no question of TLS models in shared libraries, and it works on a goroutine's stack too.
[[nodiscard]] inline u64 thread_token() noexcept {
  u64 token;
#if defined(__x86_64__) && defined(__linux__)
  asm("mov %%fs:0, %0" : "=r"(token));
#elif defined(__x86_64__)
  asm("mov %%gs:0, %0" : "=r"(token));
#elif defined(__aarch64__) && defined(__APPLE__)
  asm("mrs %0, tpidrro_el0" : "=r"(token));
#elif defined(__aarch64__)
  asm("mrs %0, tpidr_el0" : "=r"(token));
#else
  token = reinterpret_cast<u64>(::pthread_self());
#endif
  return token;
}

/// The stripe for the calling thread: Fibonacci hashing of its token, since thread pointers differ
/// in few middle bits. `mask`: stripes - 1, stripes a power of two; or that times their size, also
/// a power of two, for the stripe's place in bytes.
[[nodiscard]] inline u32 lane_hint(u32 mask) noexcept {
  return static_cast<u32>((thread_token() * 0x9E3779B97F4A7C15ull) >> 32) & mask;
}

constexpr u32 max_lanes = 64;

/// Stripes worth having on this machine: a power of two, 4 a core, at most max_lanes. A system
/// call.
[[nodiscard]] inline u32 useful_lanes() noexcept {
  long const cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  u32 lanes = 4;
  while (lanes < max_lanes && static_cast<long>(lanes) < 4 * cores) lanes *= 2;
  return lanes;
}

}  // namespace escrow::inline ESCROW_ABI

#endif
