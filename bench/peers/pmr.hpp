// bench/peers/pmr.hpp: the standard library's pool for several threads, zeroed by memset.
#ifndef ESCROW_BENCH_PEERS_PMR_HPP
#define ESCROW_BENCH_PEERS_PMR_HPP

#include <cstring>
#include <memory_resource>

#include "../block.hpp"

namespace bench {

class pmr_pool {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  [[gnu::always_inline]] block acquire(u64 bytes) {
    auto *const memory = static_cast<char *>(resource_.allocate(bytes, 16));
    std::memset(memory, 0, bytes);
    return {memory, 0};
  }
  [[gnu::always_inline]] void release(block b, u64 bytes) {
    resource_.deallocate(b.memory, bytes, 16);
  }

 private:
  std::pmr::synchronized_pool_resource resource_;
};

}  // namespace bench

#endif
