// bench/block.hpp: the memory that a subject hands out, and how a benchmark uses it.
//
// A subject has
//   block acquire(u64 bytes)           memory, and what the subject needs to take it back
//   void release(block, u64 bytes)
//   static constexpr bool zeroes       is the memory zero?
//   static constexpr bool shared       may several threads use it?
// Both are always inlined, so that the compiler does not choose otherwise for those used most.
#ifndef ESCROW_BENCH_BLOCK_HPP
#define ESCROW_BENCH_BLOCK_HPP

#include <cstring>

#include "harness.hpp"

namespace bench {

struct block {
  char *memory;
  u64 token;
};

[[noreturn, gnu::cold]] inline void refused(char const *who) {
  (void)std::fprintf(stderr, "%s: refused\n", who);
  std::abort();
}

/// Writes `mark` at both ends; what zeroed memory did not have to be comes back as a sum that no
/// checksum expects.
template <class Subject>
[[gnu::always_inline]] inline u64 put(char *memory, u64 bytes, u64 mark) {
  asm volatile("" : "+r"(memory)::"memory");
  u64 first = 0;
  u64 last = 0;
  if constexpr (Subject::zeroes) {
    std::memcpy(&first, memory, sizeof first);
    std::memcpy(&last, memory + bytes - sizeof last, sizeof last);
  }
  std::memcpy(memory, &mark, sizeof mark);
  std::memcpy(memory + bytes - sizeof mark, &mark, sizeof mark);
  asm volatile("" ::: "memory");
  return (first | last) << 32;
}

/// Reads the mark back.
[[gnu::always_inline]] inline u64 take(char const *memory) {
  u64 mark;
  asm volatile("" : "+r"(memory)::"memory");
  std::memcpy(&mark, memory, sizeof mark);
  return mark;
}

/// The same subject behind calls that the compiler may not inline.
template <class Subject>
class called {
 public:
  static constexpr bool zeroes = Subject::zeroes;
  static constexpr bool shared = Subject::shared;

  explicit called(Subject &subject) : subject_(subject) {}
  [[gnu::noinline]] block acquire(u64 bytes) {
    asm volatile("");  // keeps the call
    return subject_.acquire(bytes);
  }
  [[gnu::noinline]] void release(block b, u64 bytes) {
    asm volatile("");
    subject_.release(b, bytes);
  }

 private:
  Subject &subject_;
};

}  // namespace bench

#endif
