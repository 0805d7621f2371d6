// bench/chase.hpp: how long a load takes that depends on the one before it, by working set.
#ifndef ESCROW_BENCH_CHASE_HPP
#define ESCROW_BENCH_CHASE_HPP

#include <unistd.h>

#include <cstddef>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "harness.hpp"

namespace bench {

/// One line of memory that leads to the next.
struct alignas(64) link {
  std::size_t next;
};

/// Nanoseconds a hop through `megabytes` of lines linked to one random circle.
inline double chase(std::size_t megabytes) {
  std::vector<link> lines(megabytes * (1u << 20) / sizeof(link));
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin() + 1, order.end(),
               std::mt19937_64(7));  // NOLINT(bugprone-*): repeatable
  for (std::size_t i = 0; i < order.size(); ++i)
    lines[order[i]].next = order[(i + 1) % order.size()];
  std::size_t at = 0;
  auto const walk = [&](std::size_t hops) {
    for (std::size_t i = 0; i < hops; ++i) at = lines[at].next;
    asm volatile("" : "+r"(at));
  };
  walk(lines.size());
  std::size_t const hops = 1u << 19;
  std::vector<double> rounds;
  for (int i = 0; i < 3; ++i) {
    double const begin = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    walk(hops);
    rounds.push_back((now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin) / static_cast<double>(hops));
  }
  return median(rounds);
}

/// What the machine's memory does during this run.
inline void print_chase(session &s) {
  for (std::size_t const megabytes : {1, 8, 36}) {
    double const ns = chase(megabytes);
    std::printf("pointer chase, %zu MB: %.1f ns a load\n", megabytes, ns);
    s.row("Machine/PointerChase", std::to_string(megabytes) + " MB", "-", 0, "load_ns", ns);
  }
}

/// What the third-level cache holds, to be compared with a map's entries.
inline void print_cache(session &s) {
#if defined(_SC_LEVEL3_CACHE_SIZE)
  double const megabytes = static_cast<double>(sysconf(_SC_LEVEL3_CACHE_SIZE)) / (1 << 20);
  std::printf("L3: %.0f MB; keys and values of 1 M entries alone are 16 MB\n", megabytes);
  s.row("Machine/Cache", "L3", "-", 0, "cache_mb", megabytes);
#else
  (void)s;
#endif
}

}  // namespace bench

#endif
