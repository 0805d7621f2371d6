// What code under the explorer, or Relacy, is compiled for instead of escrow's own machine.
#ifndef ESCROW_TESTS_MODEL_MACHINE_HPP
#define ESCROW_TESTS_MODEL_MACHINE_HPP

#include "atomic.hpp"
#include "locked.hpp"

namespace model {

struct machine {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using locked = model::locked<T>;
  struct patience {
    void wait() noexcept { yield(); }
  };
};

}  // namespace model

#endif
