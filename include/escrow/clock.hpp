// escrow/clock.hpp: the clocks of the system, in nanoseconds. [L1]
#ifndef ESCROW_CLOCK_HPP
#define ESCROW_CLOCK_HPP

#include <time.h>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

[[nodiscard]] inline u64 read_clock(clockid_t clock) noexcept {
  timespec t{};
  (void)::clock_gettime(clock, &t);
  return static_cast<u64>(t.tv_sec) * 1'000'000'000 + static_cast<u64>(t.tv_nsec);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
