// Delays between any two atomic accesses of the real code, by a seed.
//
// A program is compiled with -fsanitize=thread, which turns every atomic access into a call, and is
// linked with this file in the place of ThreadSanitizer's library: each call waits, where its turn
// has come, and then does what was asked, in the order that was asked for. What the compiler
// reports of plain accesses and of functions does nothing here.
//
// Which accesses wait: those at some sites of the code, one in 32, chosen by the seed and anew
// every 2,000 accesses of a thread. An access there waits with a chance of one in 4, for so long
// that other threads do thousands of accesses meanwhile. All others run at full speed, so what one
// slow step leaves open is open to whole operations of the others, which is what delays at random
// all over the code do not reach.
//
// The seed is the program's argument --seed N. Which thread is when at which access is the
// system's: the same seed chooses the same sites, and does not repeat the same run.
//
// Compiled without -fsanitize. x86-64 and arm64, gcc and clang.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <type_traits>

extern "C" char const __executable_start;

namespace {

std::uint64_t seed = 1;
std::atomic<std::uint64_t> threads{0};
std::atomic<std::uint64_t> waits{0};

constexpr std::uint64_t accesses_an_epoch = 2000;
constexpr std::uint64_t slow_sites = 32;  // one in so many
constexpr std::uint64_t waits_there = 4;  // one access in so many

constexpr std::uint64_t mix(std::uint64_t n) {
  n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9u;
  n = (n ^ n >> 27) * 0x94D049BB133111EBu;
  return n ^ n >> 31;
}

struct pace {
  std::uint64_t state = 0;
  std::uint64_t accesses = 0;
  std::uint64_t choice = 0;  // of this epoch
};
thread_local pace mine;

[[gnu::noinline]] void begin_epoch(pace &p) {
  if (p.state == 0) p.state = mix(seed * 0x9E3779B97F4A7C15u + threads.fetch_add(1) + 1) | 1;
  p.choice = mix(p.state + p.accesses);
}

[[gnu::noinline]] void wait(pace &p) {
  p.state ^= p.state << 13;
  p.state ^= p.state >> 7;
  p.state ^= p.state << 17;
  if (p.state % waits_there != 0) return;
  waits.fetch_add(1, std::memory_order_relaxed);
  // Up to 100 us, most of them short.
  auto const longest = std::uint64_t{1000} << (p.state >> 32) % 8;
  timespec const time{0, static_cast<long>((p.state >> 40) % longest)};
  (void)::nanosleep(&time, nullptr);
}

/// Before every access; `site` is where it was compiled in.
[[gnu::always_inline]] inline void before(void const *site) {
  pace &p = mine;
  if (p.accesses++ % accesses_an_epoch == 0) begin_epoch(p);
  auto const at = static_cast<std::uint64_t>(static_cast<char const *>(site) - &__executable_start);
  if (((at ^ p.choice) * 0x9E3779B97F4A7C15u >> 32) % slow_sites == 0) wait(p);
}

[[gnu::constructor]] void read_seed(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10);
}
[[gnu::destructor]] void say_how_many() {
  std::printf("%llu delays\n", static_cast<unsigned long long>(waits.load()));
  // A run that delayed nothing has shown nothing.
  if (waits.load() == 0) std::_Exit(3);
}

/// The order as a constant, which is what the builtins take.
template <class Access>
[[gnu::always_inline]] inline auto in_order(int order, Access access) {
  switch (order) {
    case __ATOMIC_RELAXED:
      return access(std::integral_constant<int, __ATOMIC_RELAXED>{});
    case __ATOMIC_CONSUME:
    case __ATOMIC_ACQUIRE:
      return access(std::integral_constant<int, __ATOMIC_ACQUIRE>{});
    case __ATOMIC_RELEASE:
      return access(std::integral_constant<int, __ATOMIC_RELEASE>{});
    case __ATOMIC_ACQ_REL:
      return access(std::integral_constant<int, __ATOMIC_ACQ_REL>{});
    default:
      return access(std::integral_constant<int, __ATOMIC_SEQ_CST>{});
  }
}
constexpr int for_load(int order) {
  return order == __ATOMIC_RELEASE   ? __ATOMIC_RELAXED
         : order == __ATOMIC_ACQ_REL ? __ATOMIC_ACQUIRE
                                     : order;
}
constexpr int for_store(int order) {
  return order == __ATOMIC_ACQUIRE   ? __ATOMIC_RELAXED
         : order == __ATOMIC_ACQ_REL ? __ATOMIC_RELEASE
                                     : order;
}

}  // namespace

// The interface that both compilers call; its names are not ours.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define DELAYED_READ_MODIFY_WRITE(bits, name, builtin)                                      \
  std::uint##bits##_t __tsan_atomic##bits##_##name(std::uint##bits##_t volatile *at,        \
                                                   std::uint##bits##_t value, int order) {  \
    before(__builtin_return_address(0));                                                    \
    return in_order(order, [&](auto o) { return builtin(at, value, decltype(o)::value); }); \
  }
#define DELAYED(bits)                                                                              \
  std::uint##bits##_t __tsan_atomic##bits##_load(std::uint##bits##_t const volatile *at,           \
                                                 int order) {                                      \
    before(__builtin_return_address(0));                                                           \
    return in_order(order,                                                                         \
                    [&](auto o) { return __atomic_load_n(at, for_load(decltype(o)::value)); });    \
  }                                                                                                \
  void __tsan_atomic##bits##_store(std::uint##bits##_t volatile *at, std::uint##bits##_t value,    \
                                   int order) {                                                    \
    before(__builtin_return_address(0));                                                           \
    in_order(order, [&](auto o) { __atomic_store_n(at, value, for_store(decltype(o)::value)); });  \
  }                                                                                                \
  DELAYED_READ_MODIFY_WRITE(bits, exchange, __atomic_exchange_n)                                   \
  DELAYED_READ_MODIFY_WRITE(bits, fetch_add, __atomic_fetch_add)                                   \
  DELAYED_READ_MODIFY_WRITE(bits, fetch_sub, __atomic_fetch_sub)                                   \
  DELAYED_READ_MODIFY_WRITE(bits, fetch_and, __atomic_fetch_and)                                   \
  DELAYED_READ_MODIFY_WRITE(bits, fetch_or, __atomic_fetch_or)                                     \
  DELAYED_READ_MODIFY_WRITE(bits, fetch_xor, __atomic_fetch_xor)                                   \
  /* A failure reads with what its own order asks for at most: success decides here. */            \
  int __tsan_atomic##bits##_compare_exchange_strong(                                               \
      std::uint##bits##_t volatile *at, std::uint##bits##_t *expected,                             \
      std::uint##bits##_t desired, int order, int /*failure*/) {                                   \
    before(__builtin_return_address(0));                                                           \
    return in_order(order, [&](auto o) {                                                           \
      return __atomic_compare_exchange_n(at, expected, desired, false, decltype(o)::value,         \
                                         for_load(decltype(o)::value));                            \
    });                                                                                            \
  }                                                                                                \
  int __tsan_atomic##bits##_compare_exchange_weak(                                                 \
      std::uint##bits##_t volatile *at, std::uint##bits##_t *expected,                             \
      std::uint##bits##_t desired, int order, int /*failure*/) {                                   \
    before(__builtin_return_address(0));                                                           \
    return in_order(order, [&](auto o) {                                                           \
      return __atomic_compare_exchange_n(at, expected, desired, true, decltype(o)::value,          \
                                         for_load(decltype(o)::value));                            \
    });                                                                                            \
  }                                                                                                \
  std::uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                  \
      std::uint##bits##_t volatile *at, std::uint##bits##_t expected, std::uint##bits##_t desired, \
      int order, int /*failure*/) {                                                                \
    before(__builtin_return_address(0));                                                           \
    return in_order(order, [&](auto o) {                                                           \
      (void)__atomic_compare_exchange_n(at, &expected, desired, false, decltype(o)::value,         \
                                        for_load(decltype(o)::value));                             \
      return expected;                                                                             \
    });                                                                                            \
  }
#define NOTHING_FOR(bytes)                      \
  void __tsan_read##bytes(void *) {}            \
  void __tsan_write##bytes(void *) {}           \
  void __tsan_unaligned_read##bytes(void *) {}  \
  void __tsan_unaligned_write##bytes(void *) {} \
  void __tsan_volatile_read##bytes(void *) {}   \
  void __tsan_volatile_write##bytes(void *) {}  \
  void __tsan_read_write##bytes(void *) {}      \
  void __tsan_unaligned_read_write##bytes(void *) {}

extern "C" {
DELAYED(8)
DELAYED(16)
DELAYED(32)
DELAYED(64)
NOTHING_FOR(1)
NOTHING_FOR(2)
NOTHING_FOR(4)
NOTHING_FOR(8)
NOTHING_FOR(16)
void __tsan_init() {}
void __tsan_func_entry(void *) {}
void __tsan_func_exit() {}
void __tsan_read_range(void *, std::size_t) {}
void __tsan_write_range(void *, std::size_t) {}
void __tsan_vptr_update(void **, void *) {}
void __tsan_vptr_read(void **) {}
void __tsan_atomic_thread_fence(int) {
  before(__builtin_return_address(0));
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
void *__tsan_memcpy(void *to, void const *from, std::size_t n) {
  return std::memcpy(to, from, n);
}
void *__tsan_memmove(void *to, void const *from, std::size_t n) {
  return std::memmove(to, from, n);
}
void *__tsan_memset(void *to, int value, std::size_t n) {
  return std::memset(to, value, n);
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
