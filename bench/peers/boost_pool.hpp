// bench/peers/boost_pool.hpp: boost::pool, zeroed by memset. One size, one thread.
#ifndef ESCROW_BENCH_PEERS_BOOST_POOL_HPP
#define ESCROW_BENCH_PEERS_BOOST_POOL_HPP

#include <cstring>

#include "../block.hpp"

#if __has_include(<boost/pool/pool.hpp>)
#include <boost/pool/pool.hpp>

namespace bench {

class boost_pool {
 public:
  static constexpr bool here = true;
  static constexpr bool zeroes = true;
  static constexpr bool shared = false;
  explicit boost_pool(u64 bytes) : pool_(bytes) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    auto *const memory = static_cast<char *>(pool_.malloc());
    std::memset(memory, 0, bytes);
    return {memory, 0};
  }
  [[gnu::always_inline]] void release(block b, u64) { pool_.free(b.memory); }

 private:
  boost::pool<> pool_;
};

}  // namespace bench

#else

namespace bench {

/// Boost is not installed; nobody calls these.
class boost_pool {
 public:
  static constexpr bool here = false;
  static constexpr bool zeroes = true;
  static constexpr bool shared = false;
  explicit boost_pool(u64) {}
  [[gnu::always_inline]] block acquire(u64) { refused("boost::pool"); }
  [[gnu::always_inline]] void release(block, u64) {}
};

}  // namespace bench

#endif
#endif
