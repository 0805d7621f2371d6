// escrow/lock.hpp: a four-byte lock for slow paths; a waiter sleeps rather than spins. [L1]
#ifndef ESCROW_LOCK_HPP
#define ESCROW_LOCK_HPP

#include "machine.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Mutual exclusion for refill, open, close, trim. Never held around user code. A leaf, and
/// whatever is finalizer-safe, never waits for it: at most try_acquire(), with another way when
/// that fails. Zero is unlocked, so it may live in fresh zero pages.
template <class Machine>
class basic_lock {
 public:
  [[nodiscard, gnu::always_inline]] inline bool try_acquire() noexcept {
    // acquire: sees what the last holder did; pairs with release() [X1]
    return held_.load(std::memory_order_relaxed) == 0 &&
           held_.exchange(1, std::memory_order_acquire) == 0;
  }
  void acquire() noexcept {
    typename Machine::patience patience;
    while (!try_acquire()) patience.wait();
  }
  void release() noexcept {
    // release: shows our writes to the next holder; pairs with try_acquire() [X1]
    held_.store(0, std::memory_order_release);
  }

 private:
  typename Machine::template atomic<u32> held_{0};
};
using lock = basic_lock<machine>;

/// Holds a lock for a block.
template <class Lock>
class lock_hold {
 public:
  explicit lock_hold(Lock &l) noexcept : lock_(l) { lock_.acquire(); }
  ~lock_hold() { lock_.release(); }
  lock_hold(lock_hold const &) = delete;
  lock_hold &operator=(lock_hold const &) = delete;

 private:
  Lock &lock_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
