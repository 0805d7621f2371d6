// escrow/budget.hpp: how much memory several parts of one structure may hold together. [L1]
#ifndef ESCROW_BUDGET_HPP
#define ESCROW_BUDGET_HPP

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Bytes held against a bound. Whoever asks the system for memory charges it first, and refunds
/// what it gives back. Any thread; the bound is never passed, not even for a moment.
class budget {
 public:
  /// `limit_bytes`: 0 = none. Nobody charges yet.
  void open(u64 limit_bytes) noexcept {
    limit_ = limit_bytes;
    held_.store(0, std::memory_order_relaxed);  // relaxed: before publication
  }
  /// False: it would pass the bound, and nothing was counted.
  [[nodiscard]] bool charge(u64 bytes) noexcept {
    u64 held = held_.load(std::memory_order_relaxed);  // relaxed: counter only
    do {
      if (limit_ != 0 && (bytes > limit_ || held > limit_ - bytes)) return false;
      // relaxed: counter only
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
    return true;
  }
  void refund(u64 bytes) noexcept {
    held_.fetch_sub(bytes, std::memory_order_relaxed);  // relaxed: counter only
  }
  [[nodiscard]] u64 held() const noexcept {
    return held_.load(std::memory_order_relaxed);  // relaxed: counter only
  }

 private:
  std::atomic<u64> held_{0};
  u64 limit_ = 0;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
