// The command line that every stress test shares, and its random numbers.
#ifndef ESCROW_TESTS_STRESS_OPTIONS_HPP
#define ESCROW_TESTS_STRESS_OPTIONS_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

struct stress_options {
  std::uint64_t seed = 1;
  double seconds = 2;
  unsigned threads = 4;

  static stress_options parse(int argc, char **argv) {
    stress_options o;
    for (int i = 1; i < argc; i += 2) {
      char const *const value = i + 1 < argc ? argv[i + 1] : nullptr;
      if (value != nullptr && std::strcmp(argv[i], "--seed") == 0) {
        o.seed = std::strtoull(value, nullptr, 10);
      } else if (value != nullptr && std::strcmp(argv[i], "--seconds") == 0) {
        o.seconds = std::strtod(value, nullptr);
      } else if (value != nullptr && std::strcmp(argv[i], "--threads") == 0) {
        o.threads = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
      } else {
        std::fprintf(stderr, "usage: %s [--seed N] [--seconds S] [--threads N]\n", argv[0]);
        std::exit(std::strcmp(argv[i], "-h") == 0 ? 0 : 2);
      }
    }
    std::printf("seed %llu, %.1f s, %u threads\n", static_cast<unsigned long long>(o.seed),
                o.seconds, o.threads);
    return o;
  }

  /// Runs `body(thread, random)` on every thread until the time is up; `body` is one round.
  template <class Body>
  void run(Body body) const {
    std::atomic<bool> stop{false};
    std::vector<std::thread> workers;
    for (unsigned t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        std::uint64_t state = seed * 0x9E3779B97F4A7C15ull + t + 1;
        auto random = [&state] {
          state ^= state << 13;
          state ^= state >> 7;
          state ^= state << 17;
          return state;
        };
        while (!stop.load(std::memory_order_relaxed)) body(t, random);
      });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (auto &w : workers) w.join();
  }
};

/// Failures found by any thread; the first few are printed with the line.
inline std::atomic<unsigned> stress_failures{0};
#define STRESS_EXPECT(condition)                                           \
  do {                                                                     \
    if (!(condition) && stress_failures.fetch_add(1) < 10)                 \
      std::printf("%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
  } while (false)

#endif
