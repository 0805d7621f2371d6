// escrow/map_condition.hpp: what a value may be asked, without a callback under a lock. [L1]
#ifndef ESCROW_MAP_CONDITION_HPP
#define ESCROW_MAP_CONDITION_HPP

#include <cstdint>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// A condition on a value, for erase_if and purge.
enum class map_condition : u32 {
  equal = 0,  // the value is the operand
  less = 1,   // the value, unsigned, is below the operand: a time that has passed
  less_signed = 2
};

[[nodiscard]] inline bool meets(map_condition condition, u64 value, u64 operand) noexcept {
  switch (condition) {
    case map_condition::equal:
      return value == operand;
    case map_condition::less:
      return value < operand;
    case map_condition::less_signed:
      return static_cast<std::int64_t>(value) < static_cast<std::int64_t>(operand);
  }
  return false;
}

}  // namespace escrow::inline ESCROW_ABI

#endif
