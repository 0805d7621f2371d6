// Stands in for tests/model's explorer: the same scenes, on the atomics of Relacy.
//
// The two have nothing in common but the scenes. The explorer is ours and searches every execution;
// Relacy is Dmitry Vyukov's, has its own rules of what a load may return and its own schedulers,
// and has been used for twenty years. What both let pass is unlikely to be wrong in the same way.
#ifndef ESCROW_TESTS_RELACY_ATOMIC_HPP
#define ESCROW_TESTS_RELACY_ATOMIC_HPP

// In place of these two headers of tests/model, which the scenes include.
#define ESCROW_TESTS_MODEL_ATOMIC_HPP
#define ESCROW_TESTS_MODEL_EXPLORER_HPP

#include <relacy/relacy.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "../model/scenario.hpp"
#include "escrow/platform.hpp"

namespace model {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

/// An order that is taken for relaxed in functions of this name, whatever their template arguments.
struct weakening {
  std::string_view function;  // empty: none
  std::memory_order order = std::memory_order_relaxed;
};
inline weakening weakened;

inline rl::memory_order order_of(std::memory_order asked, std::string_view function) {
  if (asked == weakened.order && weakened.function == function.substr(0, function.find('<')))
    return rl::memory_order::relaxed;
  switch (asked) {
    case std::memory_order_relaxed:
      return rl::memory_order::relaxed;
    case std::memory_order_acquire:
    case std::memory_order_consume:
      return rl::memory_order::acquire;
    case std::memory_order_release:
      return rl::memory_order::release;
    case std::memory_order_acq_rel:
      return rl::memory_order::acq_rel;
    default:
      return rl::memory_order::seq_cst;
  }
}

/// std::atomic's interface, as far as the library uses it, on a word of Relacy's.
template <class T>
class atomic {
 public:
  atomic() noexcept : atomic(T{}) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as in std::atomic
  atomic(T initial) noexcept { word_.store(initial, rl::memory_order::relaxed, $); }
  atomic(atomic const &) = delete;
  atomic &operator=(atomic const &) = delete;

  T load(std::memory_order o, char const *f = __builtin_FUNCTION()) const noexcept {
    return word_.load(order_of(o, f), $);
  }
  void store(T desired, std::memory_order o, char const *f = __builtin_FUNCTION()) noexcept {
    word_.store(desired, order_of(o, f), $);
  }
  T exchange(T desired, std::memory_order o, char const *f = __builtin_FUNCTION()) noexcept {
    return word_.exchange(desired, order_of(o, f), $);
  }
  T fetch_add(T n, std::memory_order o, char const *f = __builtin_FUNCTION()) noexcept {
    return word_.fetch_add(n, order_of(o, f), $);
  }
  T fetch_sub(T n, std::memory_order o, char const *f = __builtin_FUNCTION()) noexcept {
    return word_.fetch_sub(n, order_of(o, f), $);
  }
  T fetch_or(T bits, std::memory_order o, char const *f = __builtin_FUNCTION()) noexcept {
    return word_.fetch_or(bits, order_of(o, f), $);
  }
  T fetch_and(T bits, std::memory_order o, char const *f = __builtin_FUNCTION()) noexcept {
    return word_.fetch_and(bits, order_of(o, f), $);
  }
  bool compare_exchange_strong(T &expected, T desired, std::memory_order success,
                               std::memory_order failure,
                               char const *f = __builtin_FUNCTION()) noexcept {
    return word_.compare_exchange_strong(expected, desired, order_of(success, f),
                                         order_of(failure, f), $);
  }
  bool compare_exchange_weak(T &expected, T desired, std::memory_order success,
                             std::memory_order failure,
                             char const *f = __builtin_FUNCTION()) noexcept {
    return word_.compare_exchange_weak(expected, desired, order_of(success, f),
                                       order_of(failure, f), $);
  }
  void name(std::string const &) const {}

 private:
  rl::atomic<T> mutable word_;
};

inline void check(bool holds, char const *) {
  RL_ASSERT(holds);
}
inline void yield() {
  rl::yield(1, $);
}

}  // namespace model

#endif
