#include "fault.h"

#include <stddef.h>

struct word {
  int64_t before, value;
};

__attribute__((noinline)) static int64_t add_up(int64_t const *words, uint64_t count) {
  int64_t sum = 0;
  for (uint64_t at = 0; at != count; ++at) sum += words[at];
  return sum;
}

int64_t fault_sum(int64_t const *words, uint64_t count) {
  return add_up(words, count) + 1;
}

int64_t fault_word(int64_t const *word) {
  return *word;
}

__attribute__((always_inline)) static inline int64_t look(struct word const *word) {
  int64_t const seen = word->value;
  return seen * seen + word->before;
}

int64_t fault_inlined(void const *word) {
  return look(word);
}
