/* dense.c: files with many matches in little text first.
 *
 *     cc -O2 -shared -fPIC -fvisibility=hidden -I include -I cgo_demo/engine dense.c -o dense.so */
#include "escrow/code_table.h"
#include "ranking.h"

static double score(engine_ranked const *file, engine_weights const *weights) {
  return weights->matches * (double)file->matches / (1 + (double)file->bytes / 1024);
}

static engine_ranking const functions = {score};
static escrow_code_descriptor const descriptor = {.struct_size = sizeof descriptor,
                                                  .format = ESCROW_CODE_FORMAT,
                                                  .abi = ENGINE_RANKING_ABI,
                                                  .table_bytes = sizeof functions,
                                                  .table = &functions};

__attribute__((visibility("default"))) escrow_code_descriptor const *escrow_code_table(void);
escrow_code_descriptor const *escrow_code_table(void) {
  return &descriptor;
}
