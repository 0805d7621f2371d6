// What code that is compiled with -fsanitize=thread calls, in the place of ThreadSanitizer's
// library: steps of the explorer while one searches, else just what was asked for. Compiled without
// it, and with frame pointers. x86-64 and arm64, gcc and clang.
#include <sched.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "compiled.hpp"

namespace {

using model::access;
using model::code;
using model::verb;

/// The caller's caller, for an accessor of std::atomic that is a function of its own.
struct place {
  void const *returns;
  void const *caller_returns;
};
#define HERE                                                                    \
  place {                                                                       \
    __builtin_return_address(0),                                                \
        static_cast<void const *const *>(                                       \
            static_cast<void const *const *>(__builtin_frame_address(0))[0])[1] \
  }

std::memory_order order_of(int order) {
  return static_cast<std::memory_order>(order);
}

template <class T>
T step(verb what, T const volatile *at, int order, int failure, T operand, T expected, place from) {
  access a;
  a.what = what;
  a.order = order_of(order);
  a.failure = order_of(failure);
  a.operand = operand;
  a.expected = expected;
  return static_cast<T>(
      code.access(a, const_cast<T const *>(at), sizeof(T), from.returns, from.caller_returns));
}
template <class T>
bool compare(T volatile *at, T *expected, T desired, int order, int failure, place from) {
  if (code.search == nullptr)
    return __atomic_compare_exchange_n(at, expected, desired, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  T const wanted = *expected;
  *expected = step<T>(verb::compare, at, order, failure, desired, wanted, from);
  return *expected == wanted;
}
void plain(void *at, std::size_t bytes, bool writes, void const *returns) {
  if (code.search != nullptr) code.plain(at, bytes, writes, returns);
}
bool on_fiber() {
  return code.search != nullptr && code.search->on_thread();
}
bool is_library(void const *returns) {
  return on_fiber() && code.is_library(returns);
}

}  // namespace

// The interface that both compilers call; its names are not ours.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define STEP(bits, name, verb, builtin)                                                    \
  std::uint##bits##_t __tsan_atomic##bits##_##name(std::uint##bits##_t volatile *at,       \
                                                   std::uint##bits##_t value, int order) { \
    if (code.search == nullptr) return builtin(at, value, __ATOMIC_SEQ_CST);               \
    return step<std::uint##bits##_t>(verb, at, order, order, value, 0, HERE);              \
  }
#define COMPARE(bits, name)                                            \
  int __tsan_atomic##bits##_compare_exchange_##name(                   \
      std::uint##bits##_t volatile *at, std::uint##bits##_t *expected, \
      std::uint##bits##_t desired, int order, int failure) {           \
    return compare(at, expected, desired, order, failure, HERE);       \
  }
#define STEPS(bits)                                                                                \
  std::uint##bits##_t __tsan_atomic##bits##_load(std::uint##bits##_t const volatile *at,           \
                                                 int order) {                                      \
    if (code.search == nullptr) return __atomic_load_n(at, __ATOMIC_SEQ_CST);                      \
    return step<std::uint##bits##_t>(verb::load, at, order, order, 0, 0, HERE);                    \
  }                                                                                                \
  void __tsan_atomic##bits##_store(std::uint##bits##_t volatile *at, std::uint##bits##_t value,    \
                                   int order) {                                                    \
    if (code.search == nullptr) return __atomic_store_n(at, value, __ATOMIC_SEQ_CST);              \
    (void)step<std::uint##bits##_t>(verb::store, at, order, order, value, 0, HERE);                \
  }                                                                                                \
  STEP(bits, exchange, verb::exchange, __atomic_exchange_n)                                        \
  STEP(bits, fetch_add, verb::add, __atomic_fetch_add)                                             \
  STEP(bits, fetch_sub, verb::subtract, __atomic_fetch_sub)                                        \
  STEP(bits, fetch_and, verb::keep, __atomic_fetch_and)                                            \
  STEP(bits, fetch_or, verb::set, __atomic_fetch_or)                                               \
  COMPARE(bits, strong)                                                                            \
  COMPARE(bits, weak)                                                                              \
  std::uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                  \
      std::uint##bits##_t volatile *at, std::uint##bits##_t expected, std::uint##bits##_t desired, \
      int order, int failure) {                                                                    \
    (void)compare(at, &expected, desired, order, failure, HERE);                                   \
    return expected;                                                                               \
  }
#define REPORT(name, bytes, writes)                        \
  void __tsan_##name##bytes(void *at) {                    \
    plain(at, bytes, writes, __builtin_return_address(0)); \
  }
#define PLAIN(bytes)                   \
  REPORT(read, bytes, false)           \
  REPORT(write, bytes, true)           \
  REPORT(unaligned_read, bytes, false) \
  REPORT(unaligned_write, bytes, true) \
  REPORT(read_write, bytes, true)      \
  REPORT(unaligned_read_write, bytes, true)

extern "C" {
STEPS(8)
STEPS(16)
STEPS(32)
STEPS(64)
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)
void __tsan_init() {}
void __tsan_func_entry(void *) {}
void __tsan_func_exit() {}
void __tsan_read_range(void *at, std::size_t n) {
  plain(at, n, false, __builtin_return_address(0));
}
void __tsan_write_range(void *at, std::size_t n) {
  plain(at, n, true, __builtin_return_address(0));
}

// gcc leaves these as they are; the linker, told by --wrap, leads them here.
void *__real_memset(void *, int, std::size_t);
void *__real_memcpy(void *, void const *, std::size_t);
void *__wrap_memset(void *to, int value, std::size_t n) {
  if (is_library(__builtin_return_address(0))) plain(to, n, true, __builtin_return_address(0));
  return __real_memset(to, value, n);
}
void *__wrap_memcpy(void *to, void const *from, std::size_t n) {
  if (is_library(__builtin_return_address(0))) {
    plain(const_cast<void *>(from), n, false, __builtin_return_address(0));
    plain(to, n, true, __builtin_return_address(0));
  }
  return __real_memcpy(to, from, n);
}
void *__tsan_memset(void *to, int value, std::size_t n) {
  plain(to, n, true, __builtin_return_address(0));
  return __real_memset(to, value, n);
}
void *__tsan_memcpy(void *to, void const *from, std::size_t n) {
  plain(const_cast<void *>(from), n, false, __builtin_return_address(0));
  plain(to, n, true, __builtin_return_address(0));
  return __real_memcpy(to, from, n);
}

// Whoever waits lets the others go on.
int __wrap_sched_yield() {
  if (on_fiber()) model::yield();
  return 0;
}
int __wrap_nanosleep(timespec const *, timespec *) {
  if (on_fiber()) model::yield();
  return 0;
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
