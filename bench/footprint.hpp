// bench/footprint.hpp: memory in use while objects are freed by another thread.
#ifndef ESCROW_BENCH_FOOTPRINT_HPP
#define ESCROW_BENCH_FOOTPRINT_HPP

#include <thread>
#include <vector>

#include "block.hpp"
#include "child.hpp"
#include "ring.hpp"

namespace bench {

struct footprint {
  double warm;  // bytes resident after the live set was replaced four times
  double late;  // and after forty times
};

/// Keeps `live` objects of `smallest` to `largest` bytes; one thread acquires, another one replaces
/// a random one of those it holds and releases it.
template <class Subject>
footprint churn(Subject &subject, u64 live, u64 smallest, u64 largest) {
  u64 const rounds = 40;
  ring way;
  std::thread producer([&] {
    u64 state = 1;
    for (u64 i = 0; i < live * rounds; i += ring::batch) {
      ring::load &out = way.next_to_fill();
      for (block &b : out) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        u64 const bytes = smallest + ((state >> 32) * (largest - smallest + 1) >> 32);
        b = subject.acquire(bytes);
        if (put<Subject>(b.memory, bytes, bytes) != 0) refused("memory is not zero");
      }
      way.fill();
    }
  });
  std::vector<block> held(live, block{nullptr, 0});
  double const before = resident_bytes();
  footprint seen{};
  u64 state = 2;
  for (u64 i = 0; i < live * rounds; i += ring::batch) {
    for (block const &b : way.next_to_take()) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      block &place = held[(state >> 32) * live >> 32];
      if (place.memory != nullptr) subject.release(place, take(place.memory));
      place = b;
    }
    way.take();
    if (i == live * 4) seen.warm = resident_bytes() - before;
  }
  producer.join();
  seen.late = resident_bytes() - before;
  return seen;
}

/// churn() in a process of its own.
template <class Subject>
footprint churn_alone(Subject &subject, u64 live, u64 smallest, u64 largest) {
  return in_a_child("footprint", [&] { return churn(subject, live, smallest, largest); });
}

}  // namespace bench

#endif
