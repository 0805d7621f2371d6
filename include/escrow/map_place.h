/* escrow/map_place.h: where the words of a map lie, for readers that look at them without a call.
 * C11 and C++20.
 *
 * A bucket is 16 words, each read with acquire: a control word, tags, and seven pairs of key and
 * value. What the two mean, and why a reader may believe what it saw, is told in bucket.hpp [M1];
 * a layout of another number is another layout. A reader that cannot decide calls escrow_map_get.
 */
#ifndef ESCROW_MAP_PLACE_H
#define ESCROW_MAP_PLACE_H

#include <stdint.h>

#include "map.h"

#define ESCROW_MAP_LAYOUT 1 /* of buckets and of the hash of words */

typedef struct escrow_map_place {
  uint64_t layout;       /* ESCROW_MAP_LAYOUT of the facade */
  uint64_t const *word;  /* reads `open` while the map is open */
  uint64_t open;         /* */
  uint64_t const *bound; /* buckets in one piece */
  uint64_t const *mask;  /* of a bucket's index; of the moment before or after bound's */
  uint64_t const *epoch; /* clears so far */
  void const *buckets;   /* bucket 0; bound of them */
  uint64_t offset;       /* of the hash of words: hash.hpp, hash_word */
  uint64_t multiplier;
} escrow_map_place;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Says where the words of a map of words lie. They stay readable for ever, also when the map is
 * destroyed; what they say then belongs to another map, or to none.
 * @param out_place  (out, transfer none)
 * @return ESCROW_OK | ESCROW_E_KIND keys or values are no words | ESCROW_E_CLOSED |
 *         ESCROW_E_STALE | ESCROW_E_NULL | ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: yes.  Cost: a few loads.
 */
ESCROW_API escrow_status escrow1_read_map_place(escrow_map map,
                                                escrow_map_place *out_place) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
