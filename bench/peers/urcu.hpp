// bench/peers/urcu.hpp: liburcu in the flavours memb, whose readers register, and bp, whose readers
// need not. Inlined, as its license allows for programs that are measured and not shipped.
#ifndef ESCROW_BENCH_URCU_HPP
#define ESCROW_BENCH_URCU_HPP

#if defined(ESCROW_BENCH_URCU)

#define _LGPL_SOURCE
#define URCU_INLINE_SMALL_FUNCTIONS
#include <urcu/urcu-bp.h>
#include <urcu/urcu-memb.h>

namespace bench {

struct urcu_memb {
  static constexpr char const *name = "urcu.memb";
  static void enter() { urcu_memb_register_thread(); }
  static void leave() { urcu_memb_unregister_thread(); }
  [[gnu::always_inline]] static void lock() { urcu_memb_read_lock(); }
  [[gnu::always_inline]] static void unlock() { urcu_memb_read_unlock(); }
  static void synchronize() { urcu_memb_synchronize_rcu(); }
};
struct urcu_bp {
  static constexpr char const *name = "urcu.bp";
  static void enter() {}
  static void leave() {}
  [[gnu::always_inline]] static void lock() { urcu_bp_read_lock(); }
  [[gnu::always_inline]] static void unlock() { urcu_bp_read_unlock(); }
  static void synchronize() { urcu_bp_synchronize_rcu(); }
};

}  // namespace bench

#endif

#endif
