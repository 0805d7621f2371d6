//go:build (linux || darwin) && (amd64 || arm64)

#include "measure.h"

// Paints the stack below this function, calls, and looks how far down the paint is gone. Signals
// leave the paint alone: Go has them handled on another stack. A function that makes calls keeps
// nothing below its stack pointer, so painting there destroys nothing of its own.
__attribute__((no_sanitize("address"))) uint64_t escrow1_leafcgo_measure(uintptr_t fn,
                                                                         uint64_t const *words,
                                                                         uint64_t *out_used) {
  uint64_t const paint = 0xa5c35a3c69960ff1u;
  uintptr_t top;
#if defined(__x86_64__)
  __asm__ volatile("mov %%rsp, %0" : "=r"(top));
#else
  __asm__ volatile("mov %0, sp" : "=r"(top));
#endif
  uint64_t volatile *const low = (uint64_t volatile *)(top - LEAFCGO_PAINTED);
  uint64_t volatile *const high = (uint64_t volatile *)top;
  for (uint64_t volatile *at = low; at != high; ++at) *at = paint;
  uint64_t (*const function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) =
      (uint64_t(*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t))fn;
  uint64_t const result = function(words[0], words[1], words[2], words[3], words[4], words[5]);
  uint64_t volatile *at = low;
  while (at != high && *at == paint) ++at;
  *out_used = (uint64_t)((uintptr_t)high - (uintptr_t)at);
  return result;
}

int escrow1_leafcgo_optimized(void) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(SANITIZED)
  return 1;
#else
  return 0;
#endif
}
