/* escrow/sequence.h: numbers that are never given twice, to any thread of either language. C11 and
 * C++20. */
#ifndef ESCROW_SEQUENCE_H
#define ESCROW_SEQUENCE_H

#include <stdint.h>

#include "escrow.h"

#define ESCROW_SEQUENCE_LANES 64

/* A generator, in memory of the caller's, aligned to 64 bytes: an object of a pool, a static
 * variable. Its fields belong to the functions below. There is nothing to end: the memory may go
 * when nobody calls any more. */
typedef struct escrow_sequence {
  uint64_t next; /* offset of the next number, or of the next block of numbers, not yet given */
  uint64_t first;
  uint64_t limit; /* offsets below this are given */
  uint64_t block; /* numbers a lane takes at once, a power of two; 0: ordered */
  uint64_t reserved[4];
  struct {
    uint64_t next; /* offset; a multiple of block: used up */
    uint64_t reserved[7];
  } lanes[ESCROW_SEQUENCE_LANES];
} escrow_sequence;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes a generator of the numbers from `first` on.
 * @param s      (out)  64-byte aligned; nobody uses it yet
 * @param first  below 2^63
 * @param block  0: ordered, a number is larger than every number given before the call began; all
 *               threads share one cache line. Else a power of two, 2 to 65,536: numbers are unique
 *               and not ordered between threads, each lane takes so many at once, and those that
 *               it does not need in the end are never given.
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_OPTION block or first out of range, s not aligned
 * Threads: one.  Finalizer-safe: yes.  Cost: about 100 ns.
 */
ESCROW_API escrow_status escrow1_sequence_init(escrow_sequence *s, uint64_t first,
                                               uint64_t block) ESCROW_NOEXCEPT;

/**
 * Gives one number.
 * @param s           (transfer none)
 * @param out_number  (out)  0 on failure
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_EXHAUSTED 2^63 - 1 was reached
 * Threads: any.  Finalizer-safe: yes.  Cost: one locked instruction; ordered: on a line all share.
 */
ESCROW_API escrow_status escrow1_sequence_next(escrow_sequence *s,
                                               uint64_t *out_number) ESCROW_NOEXCEPT;

/**
 * Gives `count` numbers in a row, out_first to out_first + count - 1.
 * @param s          (transfer none)
 * @param count      1 to 2^32
 * @param out_first  (out)  0 on failure
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE count out of range | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: yes.  Cost: one locked instruction on a line all share.
 */
ESCROW_API escrow_status escrow1_sequence_next_n(escrow_sequence *s, uint64_t count,
                                                 uint64_t *out_first) ESCROW_NOEXCEPT;

#define escrow_sequence_init escrow1_sequence_init
#define escrow_sequence_next escrow1_sequence_next
#define escrow_sequence_next_n escrow1_sequence_next_n

#ifdef __cplusplus
}
#endif

#endif
