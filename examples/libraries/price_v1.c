// cc -shared -fPIC -fvisibility=hidden -fno-gnu-unique -I include price_v1.c -o price_v1.so
#include "escrow/code_table.h"
#include "price.h"

static uint64_t total(uint64_t cents, uint64_t pieces) {
  return cents * pieces;
}
static char const *offer(uint64_t pieces) {
  (void)pieces;
  return "list price";
}

static struct prices const functions = {total, offer};
static escrow_code_descriptor const descriptor = {.struct_size = sizeof descriptor,
                                                  .format = ESCROW_CODE_FORMAT,
                                                  .abi = PRICE_ABI,
                                                  .table_bytes = sizeof functions,
                                                  .table = &functions};

__attribute__((visibility("default"))) escrow_code_descriptor const *escrow_code_table(void);
escrow_code_descriptor const *escrow_code_table(void) {
  return &descriptor;
}
