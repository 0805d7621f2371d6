// The next version: ten pieces for the price of nine, and a test of its own.
#include <string.h>

#include "escrow/code_table.h"
#include "price.h"

static uint64_t total(uint64_t cents, uint64_t pieces) {
  return cents * (pieces - pieces / 10);
}
static char const *offer(uint64_t pieces) {
  return pieces < 10 ? "list price" : "ten for nine";
}
static int32_t self_test(char *reason, uint64_t capacity) {
  if (total(100, 10) == 900 && total(100, 9) == 900) return 0;
  strncpy(reason, "ten pieces do not cost what nine cost", capacity);
  return 1;
}

static struct prices const functions = {total, offer};
static escrow_code_descriptor const descriptor = {.struct_size = sizeof descriptor,
                                                  .format = ESCROW_CODE_FORMAT,
                                                  .abi = PRICE_ABI,
                                                  .table_bytes = sizeof functions,
                                                  .table = &functions,
                                                  .self_test = self_test};

__attribute__((visibility("default"))) escrow_code_descriptor const *escrow_code_table(void);
escrow_code_descriptor const *escrow_code_table(void) {
  return &descriptor;
}
