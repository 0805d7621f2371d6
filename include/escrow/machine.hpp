// escrow/machine.hpp: what slots, slabs and lanes run on: threads and atomics, or a model. [L1]
#ifndef ESCROW_MACHINE_HPP
#define ESCROW_MACHINE_HPP

#include "backoff.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

template <class Machine>
struct basic_slab;

/// The machine of the library. tests/model has another one, on which the same code runs through
/// every execution that C++ allows: its words are those of a model, its slabs are small, its
/// threads are fibers.
struct machine {
  template <class T>
  using atomic = std::atomic<T>;
  /// What is ordered by a lock.
  template <class T>
  using locked = T;
  /// How a thread waits for another.
  using patience = backoff;

  static constexpr u32 slots = 64;  // of a slab

  /// By its number, which is below slot_table::slabs(). Defined with the table.
  [[nodiscard, gnu::always_inline]] static inline basic_slab<machine> &slab_at(u32 index) noexcept;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
