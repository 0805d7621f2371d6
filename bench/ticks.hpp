// bench/ticks.hpp: a clock for single operations.
#ifndef ESCROW_BENCH_TICKS_HPP
#define ESCROW_BENCH_TICKS_HPP

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

}  // namespace bench

#endif
