// escrow/bytes.hpp: a run of bytes that somebody else owns. [L1]
#ifndef ESCROW_BYTES_HPP
#define ESCROW_BYTES_HPP

#include <cstring>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// `size` bytes at `data`, which outlive the view. `data` may be NULL where `size` is 0.
struct bytes {
  char const *data;
  u64 size;

  /// Equal content, wherever it lies.
  [[nodiscard]] friend bool operator==(bytes const &a, bytes const &b) noexcept {
    return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, a.size) == 0);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
