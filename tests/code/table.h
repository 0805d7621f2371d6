/* The table of functions that the test libraries and the tests agree on. */
#ifndef ESCROW_TESTS_CODE_TABLE_H
#define ESCROW_TESTS_CODE_TABLE_H

#include <stdint.h>

#define CODE_TEST_ABI 3

typedef struct code_test_object {
  uint64_t *ended; /* counts destructions */
  uint64_t number; /* of the library that made it */
} code_test_object;

typedef struct code_test_table {
  /* It answers the number of the library. */
  uint64_t (*number)(void);                          // NOLINT(modernize-redundant-void-arg): C, too
  uint64_t (*add)(uint64_t a, uint64_t b);           /* a + b + number */
  uint64_t (*sum)(void const *bytes, uint64_t size); /* of bytes, + number */
  uint64_t (*wait)(uint32_t const *until,
                   uint64_t n); /* sleeps until *until is not 0; n + number */
  void (*destroy)(code_test_object *object);
} code_test_table;

#endif
