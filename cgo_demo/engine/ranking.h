/* ranking.h: the function that orders files, and what a shared library with another one includes.
 * The engine calls it through an escrow code slot; see docs/hot-swap.md. */
#ifndef CGO_DEMO_RANKING_H
#define CGO_DEMO_RANKING_H

#include <stdint.h>

#define ENGINE_RANKING_ABI 1

/* How much each fact of a file counts. */
typedef struct engine_weights {
  double matches;
  double depth;
  double size;
} engine_weights;

/* A file that has matches. */
typedef struct engine_ranked {
  char const *path; /* (transfer none) below the root, not ended by 0 */
  uint64_t path_length;
  uint64_t bytes;
  uint64_t matches; /* lines */
} engine_ranked;

/* Table of a code slot: function pointers alone. */
typedef struct engine_ranking {
  /* The higher, the earlier the file comes; never NaN. Called by many threads at once. */
  double (*score)(engine_ranked const *file, engine_weights const *weights);
} engine_ranking;

#endif
