// Sequences through the facade: outputs, refusals, and the leaf entry.
#include "escrow/sequence.h"
#include "escrow/leaf.h"

#include "calls.h"

static _Alignas(64) escrow_sequence place;

int main(void) {
  uint64_t n = 9;
  EXPECT_STATUS(escrow_sequence_init(NULL, 0, 0), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_sequence_init((escrow_sequence *)((char *)&place + 8), 0, 0),
                ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_sequence_init(&place, 0, 12), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_sequence_init(&place, 5, 16), ESCROW_OK);
  EXPECT_STATUS(escrow_sequence_next(&place, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_sequence_next(NULL, &n), ESCROW_E_NULL);
  EXPECT(n == 0);
  for (uint64_t want = 5; want < 100; want += 2) {
    EXPECT_STATUS(escrow_sequence_next(&place, &n), ESCROW_OK);
    EXPECT(n == want);
    EXPECT_STATUS(escrow1_leaf_sequence_next(&place, &n), ESCROW_OK);
    EXPECT(n == want + 1);
  }
  EXPECT_STATUS(escrow1_leaf_sequence_next(NULL, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_sequence_next(&place, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_sequence_next_n(&place, 0, &n), ESCROW_E_SIZE);
  EXPECT(n == 0);
  EXPECT_STATUS(escrow_sequence_next_n(&place, 3, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_sequence_next_n(NULL, 3, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_sequence_next_n(&place, 3, &n), ESCROW_OK);
  EXPECT(n == 5 + 96);
  return expect_result();
}
