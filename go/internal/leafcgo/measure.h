// The most stack that a measurement can see, in bytes.
#define LEAFCGO_PAINTED 4096

#include <stdint.h>

// Calls fn with six words and stores how many bytes below its stack pointer were written, the
// return address included; LEAFCGO_PAINTED when that many or more were.
__attribute__((visibility("hidden"))) uint64_t escrow1_leafcgo_measure(uintptr_t fn,
                                                                       uint64_t const *words,
                                                                       uint64_t *out_used);

// 1 when C is compiled with optimisation, without a sanitizer's frames.
__attribute__((visibility("hidden"))) int escrow1_leafcgo_optimized(void);

// Calls a function for a trampoline (enter.c); not to be called from C.
__attribute__((visibility("hidden"))) void escrow1_leafcgo_enter(void);
