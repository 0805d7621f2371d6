/* shallow.c: files near the root first; where two are equally near, the one with more matches.
 *
 *     cc -O2 -shared -fPIC -fvisibility=hidden -I include -I cgo_demo/engine shallow.c -o
 * shallow.so */
#include <string.h>

#include "escrow/code_table.h"
#include "ranking.h"

static double score(engine_ranked const *file, engine_weights const *weights) {
  (void)weights;
  double depth = 0;
  for (uint64_t i = 0; i < file->path_length; ++i) depth += file->path[i] == '/';
  double const few = 1 / (1 + (double)file->matches); /* below 1, so depth decides */
  return -depth - few;
}

/* Looks whether it works here before anybody is ranked by it. */
static int32_t self_test(char *reason, uint64_t capacity) {
  engine_weights const none = {0, 0, 0};
  engine_ranked const near = {"a", 1, 1, 1}, far = {"a/b", 3, 1, 100};
  if (score(&near, &none) > score(&far, &none)) return 0;
  strncpy(reason, "a file near the root does not come first", capacity - 1);
  return 1;
}

static engine_ranking const functions = {score};
static escrow_code_descriptor const descriptor = {.struct_size = sizeof descriptor,
                                                  .format = ESCROW_CODE_FORMAT,
                                                  .abi = ENGINE_RANKING_ABI,
                                                  .table_bytes = sizeof functions,
                                                  .table = &functions,
                                                  .self_test = self_test};

__attribute__((visibility("default"))) escrow_code_descriptor const *escrow_code_table(void);
escrow_code_descriptor const *escrow_code_table(void) {
  return &descriptor;
}
