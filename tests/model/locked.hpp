// What code under the explorer is given for a plain word that a lock orders.
#ifndef ESCROW_TESTS_MODEL_LOCKED_HPP
#define ESCROW_TESTS_MODEL_LOCKED_HPP

#include "atomic.hpp"

namespace model {

/// A relaxed word: were it not ordered by the lock, a thread would find an old value.
template <class T>
class locked {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): as the plain type
  operator T() const noexcept { return word_.load(std::memory_order_relaxed); }
  locked &operator=(T value) noexcept {
    word_.store(value, std::memory_order_relaxed);
    return *this;
  }
  locked &operator=(locked const &other) noexcept {
    *this = T{other};
    return *this;
  }

 private:
  atomic<T> word_;
};

}  // namespace model

#endif
