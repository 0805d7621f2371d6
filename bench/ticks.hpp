// bench/ticks.hpp: a clock for single operations.
#ifndef ESCROW_BENCH_TICKS_HPP
#define ESCROW_BENCH_TICKS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "harness.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

/// On x86 the time stamp counter, read when what came before is done; elsewhere nanoseconds.
[[gnu::always_inline]] inline u64 ticks() {
#if defined(__x86_64__)
  unsigned core;
  return __rdtscp(&core);
#else
  return static_cast<u64>(now_ns(CLOCK_MONOTONIC));
#endif
}

/// Nanoseconds of a tick, measured once against the system's clock for 20 ms.
inline double tick_ns() {
  static double const each = [] {
    double const begin = now_ns(CLOCK_MONOTONIC);
    u64 const first = ticks();
    double now = begin;
    while (now - begin < 20e6) now = now_ns(CLOCK_MONOTONIC);
    return (now - begin) / static_cast<double>(ticks() - first);
  }();
  return each;
}

/// The quantile q of times in ticks, in nanoseconds. Reorders them.
inline double quantile_ns(std::vector<std::uint32_t> &seen, double q) {
  auto const at = seen.begin() + static_cast<std::ptrdiff_t>(
                                     std::llround(q * static_cast<double>(seen.size() - 1)));
  std::nth_element(seen.begin(), at, seen.end());
  return *at * tick_ns();
}

}  // namespace bench

#endif
