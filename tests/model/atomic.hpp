// What code under the explorer is given for std::atomic.
#ifndef ESCROW_TESTS_MODEL_ATOMIC_HPP
#define ESCROW_TESTS_MODEL_ATOMIC_HPP

#include <type_traits>

#include "explorer.hpp"

namespace model {

/// The interface of std::atomic, as far as the library uses it. The orders have no defaults: the
/// library names each one.
template <class T>
class atomic {
  static_assert(sizeof(T) <= sizeof(u64) && (std::is_integral_v<T> || std::is_pointer_v<T>));

 public:
  atomic() noexcept : atomic(T{}) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as in std::atomic
  atomic(T initial) noexcept : word_(running->add_word(bits(initial))) {}
  atomic(atomic const &) = delete;
  atomic &operator=(atomic const &) = delete;

#define ESCROW_MODEL_SITE                                                           \
  char const *file = __builtin_FILE(), char const *function = __builtin_FUNCTION(), \
             u32 line = __builtin_LINE()
#define ESCROW_MODEL_AT  \
  site {                 \
    file, function, line \
  }

  T load(std::memory_order o, ESCROW_MODEL_SITE) const noexcept {
    return read({verb::load, word_, o, o, 0, 0, ESCROW_MODEL_AT});
  }
  void store(T desired, std::memory_order o, ESCROW_MODEL_SITE) noexcept {
    (void)read({verb::store, word_, o, o, bits(desired), 0, ESCROW_MODEL_AT});
  }
  T exchange(T desired, std::memory_order o, ESCROW_MODEL_SITE) noexcept {
    return read({verb::exchange, word_, o, o, bits(desired), 0, ESCROW_MODEL_AT});
  }
  T fetch_add(T n, std::memory_order o, ESCROW_MODEL_SITE) noexcept {
    return read({verb::add, word_, o, o, bits(n), 0, ESCROW_MODEL_AT});
  }
  T fetch_sub(T n, std::memory_order o, ESCROW_MODEL_SITE) noexcept {
    return read({verb::subtract, word_, o, o, bits(n), 0, ESCROW_MODEL_AT});
  }
  T fetch_or(T mask, std::memory_order o, ESCROW_MODEL_SITE) noexcept {
    return read({verb::set, word_, o, o, bits(mask), 0, ESCROW_MODEL_AT});
  }
  T fetch_and(T mask, std::memory_order o, ESCROW_MODEL_SITE) noexcept {
    return read({verb::keep, word_, o, o, bits(mask), 0, ESCROW_MODEL_AT});
  }
  bool compare_exchange_strong(T &expected, T desired, std::memory_order success,
                               std::memory_order failure, ESCROW_MODEL_SITE) noexcept {
    T const wanted = expected;
    expected = read(
        {verb::compare, word_, success, failure, bits(desired), bits(wanted), ESCROW_MODEL_AT});
    return expected == wanted;
  }
  bool compare_exchange_weak(T &expected, T desired, std::memory_order success,
                             std::memory_order failure, ESCROW_MODEL_SITE) noexcept {
    return compare_exchange_strong(expected, desired, success, failure, file, function, line);
  }
#undef ESCROW_MODEL_SITE
#undef ESCROW_MODEL_AT

  /// For the steps that a failure prints.
  void name(std::string const &text) const {
    running->name(word_, text);
  }

 private:
  static u64 bits(T value) noexcept {
    if constexpr (std::is_pointer_v<T>)
      return reinterpret_cast<u64>(value);
    else
      return static_cast<u64>(value);
  }
  static T read(access const &a) noexcept {
    u64 const found = running->perform(a).read;
    if constexpr (std::is_pointer_v<T>)
      return reinterpret_cast<T>(found);
    else
      return static_cast<T>(found);
  }

  u16 word_;
};

}  // namespace model

#endif
