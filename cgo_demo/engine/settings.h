/* settings.h: what a search obeys. One value is the content of one version of a cell that Go and
 * the engine share; Go has it as engine.Settings, and cell and engine compare the two layouts. */
#ifndef CGO_DEMO_SETTINGS_H
#define CGO_DEMO_SETTINGS_H

#include <stdint.h>

#include "ranking.h"

enum { ENGINE_SKIP_BYTES = 2048 };

typedef struct engine_settings {
  uint32_t default_limit; /* matches of an answer to a request that names no limit */
  uint32_t most_limit;    /* that a request may name */
  uint32_t page_matches;  /* 1 to 65,536 a page */
  uint32_t skip_length;   /* bytes of `skip` that are in use */
  uint64_t page_bytes;    /* scanned for a page, but for the last file's; not 0 */
  engine_weights weights;
  /* Patterns of fnmatch(3), each ended by 0. One without a slash is for the names of files and
   * directories, one with a slash for paths from the root. What they match is not searched, nor is
   * anything below it. */
  char skip[ENGINE_SKIP_BYTES];
} engine_settings;

#endif
