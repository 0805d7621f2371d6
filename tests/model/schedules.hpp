// Schedules by a seed, for scenes that are too large for every execution: one execution a seed, and
// the same one again for the same seed.
//
// Sequentially consistent: each load returns what was stored last, whatever its order. So what is
// found here is a wrong step of the protocol; orders are the business of the explorer.
#ifndef ESCROW_TESTS_MODEL_SCHEDULES_HPP
#define ESCROW_TESTS_MODEL_SCHEDULES_HPP

#include "explorer.hpp"

namespace model {

class scheduler : public explorer {
 public:
  using explorer::explorer;

  /// What was wrong under this seed, with the steps; empty: nothing.
  std::string take(u64 seed) {
    explorer *const outer = std::exchange(running, this);
    random_ = seed * 0x9E3779B97F4A7C15ull + 1;
    path_.clear();
    report_ = {};
    set_out();
    u32 t = none;
    while (report_.failure.empty()) {
      t = pick(t);
      if (t == none) {
        finish();
        break;
      }
      access &a = threads_[t].pending;
      a.order = a.failure = std::memory_order_relaxed;
      found_.clear();
      memory_.options(t, a, found_);
      path_.push_back({static_cast<u8>(t), found_.back(), a.word});
      if (!step(path_.size() - 1)) wait_on(t);
      if (path_.size() > options_.most_steps) fail("an execution that does not end");
    }
    steps_ += path_.size();
    running = outer;
    return std::move(report_.failure);
  }
  [[nodiscard]] u64 steps() const { return steps_; }

 private:
  u64 next() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_ >> 16;
  }
  /// The same thread three times out of four: long runs of one between runs of others.
  u32 pick(u32 last) {
    u32 able[most_threads], count = 0;
    for (u32 t = 0; t < threads_.size(); ++t)
      if (threads_[t].at == place::access) able[count++] = t;
    if (count == 0) return none;
    if (last != none && threads_[last].at == place::access && next() % 4 != 0) return last;
    return able[next() % count];
  }

  /// A turn of a waiting loop that saw nothing new: it goes on when there is.
  void wait_on(u32 t) {
    actor &me = threads_[t];
    me.before = std::exchange(me.now, {});
    for (u32 other = 0; other < threads_.size(); ++other)
      if (threads_[other].at == place::waiting && may_wake(threads_[other])) go_on(other);
  }

  u64 random_ = 1;
  u64 steps_ = 0;
};

/// The first seed of `count` from `first` on that goes wrong.
struct found_seed {
  u64 seed = 0;
  std::string failure;  // empty: none
  u64 steps = 0;
};
template <class State>
found_seed schedule(scenario<State> const &s, u64 first, u64 count, options o = {}) {
  std::unique_ptr<State> state;
  scheduler all(program_of(s, state), std::move(o));
  found_seed found;
  for (found.seed = first; found.seed < first + count && found.failure.empty(); ++found.seed)
    found.failure = all.take(found.seed);
  --found.seed;  // the last one taken
  found.steps = all.steps();
  return found;
}

}  // namespace model

#endif
