// Numbers that are given once, in memory of the caller's: ordered, and by blocks.
//
// It prints:
//     ordered: 1 2 3
//     three in a row: 4 to 6
//     blocks: 100 101 102
//     three in a row, from a block of their own: 116 to 118
//     back in the first block: 103
//     at the end: 9223372036854775807, then ESCROW_E_EXHAUSTED
#include <inttypes.h>
#include <stdio.h>

#include "escrow/escrow.h"
#include "escrow/sequence.h"

static escrow_sequence _Alignas(64) orders, traces, last;

static int ok(char const *what, escrow_status status) {
  if (status >= 0) return 1;
  fprintf(stderr, "%s: %s\n", what, escrow_status_text(status));
  return 0;
}

static int print_next(char const *what, escrow_sequence *s, int count) {
  printf("%s:", what);
  for (int i = 0; i < count; ++i) {
    uint64_t number;
    if (!ok("next", escrow_sequence_next(s, &number))) return 0;
    printf(" %" PRIu64, number);
  }
  printf("\n");
  return 1;
}

static int print_three(char const *what, escrow_sequence *s) {
  uint64_t first;
  if (!ok("next_n", escrow_sequence_next_n(s, 3, &first))) return 0;
  printf("%s: %" PRIu64 " to %" PRIu64 "\n", what, first, first + 2);
  return 1;
}

int main(void) {
  // block 0: a number is larger than all given before the call began.
  if (!ok("init", escrow_sequence_init(&orders, 1, 0))) return 1;
  // block 16: threads take 16 at a time and do not meet in between.
  if (!ok("init", escrow_sequence_init(&traces, 100, 16))) return 1;
  if (!ok("init", escrow_sequence_init(&last, INT64_MAX, 0))) return 1;
  if (!print_next("ordered", &orders, 3) || !print_three("three in a row", &orders)) return 1;
  if (!print_next("blocks", &traces, 3) ||
      !print_three("three in a row, from a block of their own", &traces) ||
      !print_next("back in the first block", &traces, 1))
    return 1;
  uint64_t number, none;
  if (!ok("next", escrow_sequence_next(&last, &number))) return 1;
  escrow_status const status = escrow_sequence_next(&last, &none);
  printf("at the end: %" PRIu64 ", then %s\n", number, escrow_status_name(status));
  return 0;
}
