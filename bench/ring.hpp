// bench/ring.hpp: hands batches from one thread to another, the same for every subject.
#ifndef ESCROW_BENCH_RING_HPP
#define ESCROW_BENCH_RING_HPP

#include <sched.h>

#include <array>
#include <atomic>

#include "block.hpp"

namespace bench {

/// One producer, one consumer. Both wait by pausing, then by yielding.
class ring {
 public:
  static constexpr u64 batch = 64;
  using load = std::array<block, batch>;

  /// Where the producer fills in its next batch; waits while the ring is full.
  load &next_to_fill() {
    wait([this] { return filled_ - taken_.load(std::memory_order_acquire) < depth; });
    return loads_[filled_ % depth];
  }
  void fill() { ready_.store(++filled_, std::memory_order_release); }

  /// Where the consumer finds its next batch; waits while the ring is empty.
  load const &next_to_take() {
    wait([this] { return ready_.load(std::memory_order_acquire) != seen_; });
    return loads_[seen_ % depth];
  }
  void take() { taken_.store(++seen_, std::memory_order_release); }

 private:
  static constexpr u64 depth = 16;

  template <class Condition>
  static void wait(Condition condition) {
    for (int i = 0; !condition(); ++i)
      if (i < 256)
        __builtin_ia32_pause();
      else
        sched_yield();
  }

  alignas(128) u64 filled_ = 0;  // the producer's
  std::atomic<u64> ready_{0};
  alignas(128) u64 seen_ = 0;  // the consumer's
  std::atomic<u64> taken_{0};
  alignas(128) std::array<load, depth> loads_;
};

}  // namespace bench

#endif
