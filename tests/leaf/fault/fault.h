#ifndef ESCROW_TESTS_LEAF_FAULT_H
#define ESCROW_TESTS_LEAF_FAULT_H

#include <stdint.h>

/* The sum of count words, by a function of its own with a frame. */
int64_t fault_sum(int64_t const *words, uint64_t count);

/* One word, by a function without a frame. */
int64_t fault_word(int64_t const *word);

/* One word, by a function that is inlined. */
int64_t fault_inlined(void const *word);

#endif
