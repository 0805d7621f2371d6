// escrow/bell.hpp: threads that sleep until a state changes, and who changes it. [L1]
#ifndef ESCROW_BELL_HPP
#define ESCROW_BELL_HPP

#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "clock.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// A point in time, in nanoseconds of the monotonic clock.
class deadline {
 public:
  static constexpr u64 never = ~0ull;

  /// `timeout_ns` from now; `never` does not come.
  [[nodiscard]] static deadline after(u64 timeout_ns) noexcept {
    deadline d;
    u64 const now = read_clock(CLOCK_MONOTONIC);
    d.at_ = timeout_ns > never - now ? never : now + timeout_ns;
    return d;
  }
  /// 0: it has come.
  [[nodiscard]] u64 left() const noexcept {
    if (at_ == never) return never;
    u64 const now = read_clock(CLOCK_MONOTONIC);
    return now >= at_ ? 0 : at_ - now;
  }

 private:
  u64 at_ = never;
};

/// How a thread sleeps on a word. Elsewhere than on Linux it looks again every millisecond.
struct futex {
  static void sleep(std::atomic<u32> &word, u32 expected, u64 ns) noexcept {
#if defined(__linux__)
    timespec const t = span(ns);
    // Not asleep if the word is no longer `expected`: the kernel compares under its own lock.
    (void)::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, &t, nullptr, 0);
#else
    (void)word;
    (void)expected;
    timespec const t = span(ns < 1'000'000 ? ns : 1'000'000);
    (void)::nanosleep(&t, nullptr);
#endif
  }
  static void wake(std::atomic<u32> &word) noexcept {
#if defined(__linux__)
    (void)::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 0x7FFFFFFF, nullptr, nullptr, 0);
#else
    (void)word;
#endif
  }

 private:
  [[nodiscard]] static timespec span(u64 ns) noexcept {
    return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  }
};

/// Zero is a bell without waiters. No wake-up is lost [W1]: who waits (1) counts itself, (2) reads
/// the turn, (3) looks at the state, (4) sleeps, unless the kernel finds another turn than that of
/// (2); who changes the state (5) does so, (6) moves the turn on, (7) reads the count. (1), (6),
/// (7) and the kernel's look are seq_cst. If (7) does not see (1), then (6) comes before (1), so
/// before (4), which finds the turn of (6); where that is the turn of (2), too, (3) has seen (5).
/// Else (7) wakes: (4) has not begun, and finds another turn, or it ends.
///
/// Progress: ring() is two steps, and a system call where somebody waits.
template <template <class> class Atomic, class Sleep>
class basic_bell {
 public:
  /// After the state has changed. Finalizer-safe.
  void ring() noexcept {
    turn_.fetch_add(1, std::memory_order_seq_cst);  // seq_cst: (6) [W1]
    // seq_cst: (7) [W1]
    if (waiters_.load(std::memory_order_seq_cst) != 0) Sleep::wake(turn_);
  }

  /// Sleeps until look() is true, at most until `end`. Returns what look() said last.
  template <class Look, class End>
  [[nodiscard]] bool until(Look const &look, End const &end) noexcept {
    if (look()) return true;
    waiters_.fetch_add(1, std::memory_order_seq_cst);  // seq_cst: (1) [W1]
    bool seen = false;
    for (;;) {
      u32 const turn = turn_.load(std::memory_order_acquire);  // acquire: (2), for (3) [W1]
      seen = look();
      if (seen) break;
      u64 const left = end.left();
      if (left == 0) break;
      // Not longer than a second at once: 2^32 turns, after which (4) could be deceived, take more.
      Sleep::sleep(turn_, turn, left < longest_nap ? left : longest_nap);
    }
    waiters_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: a ring too many does no harm
    return seen;
  }

 private:
  static constexpr u64 longest_nap = 1'000'000'000;

  Atomic<u32> turn_{0};
  Atomic<u32> waiters_{0};
};

using bell = basic_bell<std::atomic, futex>;

}  // namespace escrow::inline ESCROW_ABI

#endif
