/* A library of the tests: NUMBER is what it answers; a source defines what is to be wrong with it
 * and includes this. */
#ifndef ESCROW_TESTS_CODE_LIBRARY_H
#define ESCROW_TESTS_CODE_LIBRARY_H

#include <stdint.h>
#include <time.h>

#include "escrow/code_table.h"
#include "table.h"

#ifndef ABI
#define ABI CODE_TEST_ABI
#endif
#ifndef SYMBOL
#define SYMBOL escrow_code_table
#endif

/* Many pages, so that a library that is gone leaves a hole that is noticed. */
static unsigned char const filler[3 * 4096] = {NUMBER};
static unsigned char written[2 * 4096];

static uint64_t number(void) {
  return filler[0];
}
static uint64_t add(uint64_t a, uint64_t b) {
  written[a % sizeof written] = (unsigned char)b;
  return a + b + number();
}
static uint64_t sum(void const *bytes, uint64_t size) {
  uint64_t total = number();
  for (uint64_t i = 0; i < size; ++i) total += ((unsigned char const *)bytes)[i];
  return total;
}
static uint64_t wait_until(uint32_t const *until, uint64_t n) {
  while (__atomic_load_n(until, __ATOMIC_ACQUIRE) == 0) {
    struct timespec const nap = {0, 100000};
    nanosleep(&nap, NULL);
  }
  return n + number();
}
#ifdef HOLE
#define DESTROY NULL
#else
static void destroy(code_test_object *object) {
  if (object->number == number()) ++*object->ended;
}
#define DESTROY destroy
#endif

static code_test_table const functions = {number, add, sum, wait_until, DESTROY};

#ifdef FAILS
static int32_t self_test(char *reason, uint64_t capacity) {
  char const *const why = "two and two are five";
  uint64_t i = 0;
  for (; i + 1 < capacity && why[i] != 0; ++i) reason[i] = why[i];
  reason[i] = 0;
  return 1;
}
#else
static int32_t self_test(char *reason, uint64_t capacity) {
  (void)reason;
  (void)capacity;
  return functions.add(2, 2) == 4 + NUMBER ? 0 : 1;
}
#endif

static escrow_code_descriptor const descriptor = {
    .struct_size = sizeof(escrow_code_descriptor),
#ifdef OTHER_FORMAT
    .format = ESCROW_CODE_FORMAT + 1,
#else
    .format = ESCROW_CODE_FORMAT,
#endif
    .abi = ABI,
#ifdef SHORT
    .table_bytes = sizeof functions - sizeof(void *),
#else
    .table_bytes = sizeof functions,
#endif
#ifndef NO_TABLE
    .table = &functions,
#endif
    .self_test = self_test,
};

__attribute__((visibility("default"))) escrow_code_descriptor const *SYMBOL(void);
escrow_code_descriptor const *SYMBOL(void) {
  return &descriptor;
}

#endif
