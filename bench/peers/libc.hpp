// bench/peers/libc.hpp: malloc of the C library.
#ifndef ESCROW_BENCH_PEERS_LIBC_HPP
#define ESCROW_BENCH_PEERS_LIBC_HPP

#include <cstdlib>

#include "../block.hpp"

namespace bench {

class libc_calloc {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  [[gnu::always_inline]] block acquire(u64 bytes) {
    return {static_cast<char *>(std::calloc(1, bytes)), 0};
  }
  [[gnu::always_inline]] void release(block b, u64) { std::free(b.memory); }
};

class libc_malloc {
 public:
  static constexpr bool zeroes = false;
  static constexpr bool shared = true;
  [[gnu::always_inline]] block acquire(u64 bytes) {
    return {static_cast<char *>(std::malloc(bytes)), 0};
  }
  [[gnu::always_inline]] void release(block b, u64) { std::free(b.memory); }
};

}  // namespace bench

#endif
