// escrow/backoff.hpp: how long to wait for another thread: pause, then yield, then sleep. [L1]
#ifndef ESCROW_BACKOFF_HPP
#define ESCROW_BACKOFF_HPP

#include <sched.h>
#include <time.h>

#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// One waiting thread's patience. Never used in a leaf: it may enter the kernel.
class backoff {
 public:
  /// 2^k pauses for k < 6 (about 1 us in all), then 16 yields, then sleeps of 50 us: a descheduled
  /// lock holder costs its waiters no core.
  void wait() noexcept {
    if (round_ < pause_rounds) {
      for (u32 i = 0; i < (1u << round_); ++i) cpu_pause();
    } else if (round_ < pause_rounds + yield_rounds) {
      ::sched_yield();
    } else {
      timespec const nap{0, 50'000};
      ::nanosleep(&nap, nullptr);
      return;
    }
    ++round_;
  }

 private:
  static constexpr u32 pause_rounds = 6;
  static constexpr u32 yield_rounds = 16;
  u32 round_ = 0;
};

/// The rest of patiently(), out of line: it is hardly ever needed.
template <class Operation>
[[nodiscard, gnu::cold, gnu::noinline]] inline escrow_status wait_until_done(
    Operation operation) noexcept {
  backoff patience;
  for (;;) {
    patience.wait();
    if (escrow_status const s = operation(); s != ESCROW_E_BUSY) return s;
  }
}

/// Repeats an operation that answers BUSY while another thread is in its way; nothing has happened
/// then. For callers who may wait.
template <class Operation>
[[nodiscard]] inline escrow_status patiently(Operation operation) noexcept {
  escrow_status const s = operation();
  return s != ESCROW_E_BUSY ? s : wait_until_done(operation);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
