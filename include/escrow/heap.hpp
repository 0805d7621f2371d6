// escrow/heap.hpp: blocks of malloc, for what must lie there. [L1]
#ifndef ESCROW_HEAP_HPP
#define ESCROW_HEAP_HPP

#include <stdlib.h>

#include "memory_request.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// What malloc's own checks shall see, and what is too rare for a place of its own.
struct heap {
  /// `bytes` that read as zero. (transfer full) end it with give_back(). NULL: there are none.
  [[nodiscard]] static void *take_zeroed(u64 bytes) noexcept {
    return memory_request::is_refused(memory_request::heap) ? nullptr : ::calloc(1, bytes);
  }
  /// Exactly `bytes`, not set; `alignment` is a power of two from 8 on. (transfer full) as above.
  [[nodiscard]] static void *take_aligned(u64 bytes, u64 alignment) noexcept {
    void *block = nullptr;
    if (memory_request::is_refused(memory_request::heap) ||
        ::posix_memalign(&block, alignment, bytes) != 0)
      return nullptr;
    return block;
  }
  /// (transfer full) (nullable)
  static void give_back(void *block) noexcept { ::free(block); }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
