// Small programs on three words, and every outcome they have.
#ifndef ESCROW_TESTS_MODEL_LITMUS_HPP
#define ESCROW_TESTS_MODEL_LITMUS_HPP

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "atomic.hpp"

using std::uint64_t;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

struct litmus {
  model::atomic<uint64_t> x, y, z;
  uint64_t r[6] = {};
  litmus() {
    x.name("x");
    y.name("y");
    z.name("z");
  }
};
using thread = std::function<void(litmus &)>;
using outcomes = std::set<std::string>;

/// Every outcome of the threads: the first `count` registers, then the last values of the words
/// where `words` is set.
inline outcomes outcomes_of(std::vector<thread> const &threads, unsigned count, bool words = false,
                            model::options o = {}) {
  outcomes found;
  auto const r =
      model::explore<litmus>({threads,
                              [&](litmus &s) {
                                std::string line;
                                for (unsigned i = 0; i < count; ++i) line += std::to_string(s.r[i]);
                                if (words)
                                  for (auto *w : {&s.x, &s.y, &s.z})
                                    line.append(",").append(std::to_string(w->load(relaxed)));
                                found.insert(line);
                              }},
                             std::move(o));
  EXPECT_TRUE(r.clean()) << r.failure;
  return found;
}

#endif
