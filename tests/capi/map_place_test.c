/* Where the words of a map lie: for maps of words alone, while they are open; and what lies there.
 */
#include "escrow/map_place.h"

#include <string.h>

#include "escrow/map_words.h"
#include "expect.h"

static escrow_map open_map(uint32_t keys, uint32_t values) {
  escrow_map_options const o = {.struct_size = sizeof o, .keys = keys, .values = values, .seed = 7};
  escrow_map m = 0;
  EXPECT_STATUS(escrow_map_open(&o, &m), ESCROW_OK);
  return m;
}

static void end(escrow_map m) {
  EXPECT_STATUS(escrow_map_close(m), ESCROW_OK);
  EXPECT_STATUS(escrow_map_destroy(m), ESCROW_OK);
}

/* The word of the pair whose key is `key`, looked for in all buckets, without the hash. */
static uint64_t const *find(escrow_map_place const *p, uint64_t key) {
  for (uint64_t i = 0; i < *p->bound; ++i) {
    uint64_t const *bucket = (uint64_t const *)p->buckets + 16 * i;
    for (int s = 0; s < 7; ++s)
      if ((bucket[0] >> s & 1) != 0 && bucket[2 + 2 * s] == key) return &bucket[3 + 2 * s];
  }
  return NULL;
}

int main(void) {
  escrow_map_place p;
  EXPECT_STATUS(escrow1_read_map_place(0, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_read_map_place(0, &p), ESCROW_E_NULL);
  EXPECT(p.word == NULL);

  escrow_map const bytes = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_WORD);
  EXPECT_STATUS(escrow1_read_map_place(bytes, &p), ESCROW_E_KIND);
  end(bytes);

  escrow_map const m = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  for (uint64_t key = 1; key <= 20; ++key)
    EXPECT_STATUS(escrow_map_put(m, key, 100 * key), ESCROW_CREATED);
  memset(&p, 0, sizeof p);
  EXPECT_STATUS(escrow1_read_map_place(m, &p), ESCROW_OK);
  EXPECT(p.layout == ESCROW_MAP_LAYOUT);
  EXPECT(*p.word == p.open);
  EXPECT(*p.epoch == 0);
  EXPECT(*p.bound <= *p.mask + 1 && (*p.mask & (*p.mask + 1)) == 0);
  uint64_t const *const value = find(&p, 7);
  EXPECT(value != NULL && *value == 700);
  EXPECT(find(&p, 21) == NULL);
  EXPECT_STATUS(escrow_map_put(m, 7, 701), ESCROW_OK);
  EXPECT(*value == 701);
  EXPECT_STATUS(escrow_map_clear(m), ESCROW_OK);
  EXPECT(*p.epoch == 1);

  EXPECT_STATUS(escrow_map_close(m), ESCROW_OK);
  EXPECT(*p.word != p.open);
  escrow_map_place closed;
  EXPECT_STATUS(escrow1_read_map_place(m, &closed), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_map_destroy(m), ESCROW_OK);
  EXPECT_STATUS(escrow1_read_map_place(m, &closed), ESCROW_E_STALE);
  EXPECT(*p.word != p.open && *p.bound == 0); /* still readable */

  /* The next map of the same control block does not answer for this one. */
  escrow_map const next = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  EXPECT(*p.word != p.open);
  end(next);
  return expect_result();
}
