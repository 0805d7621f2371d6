// The leaf entries of maps: each answers as the ordinary function does, or BUSY where that must
// wait.
#include "escrow/map_leaf.h"

#include "escrow/leaf.h"
#include "escrow/map_bytes.h"
#include "escrow/map_handles.h"
#include "escrow/map_words.h"

#include "expect.h"

#include <stdbool.h>
#include <string.h>

static escrow_map open_map(uint32_t keys, uint32_t values) {
  escrow_map_options const o = {.struct_size = sizeof o, .keys = keys, .values = values};
  escrow_map map = 0;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_OK);
  return map;
}
static void end_map(escrow_map map) {
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
}
/* The status in a result that may say that growth is due. */
static escrow_status status_of(int64_t result) {
  return (escrow_status)(result < 0 ? result : result & ~(int64_t)ESCROW_LEAF_GROW);
}
#define EXPECT_LEAF(call, status) EXPECT_STATUS(status_of(call), status)

static void words(void) {
  escrow_map const map = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  uint64_t out = 9;
  EXPECT_LEAF(escrow1_leaf_map_get(map, 1, &out), ESCROW_E_ABSENT);
  EXPECT(out == 0);
  EXPECT_LEAF(escrow1_leaf_map_put(map, 1, 5), ESCROW_CREATED);
  EXPECT_LEAF(escrow1_leaf_map_put(map, 1, 6), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_get(map, 1, &out), ESCROW_OK);
  EXPECT(out == 6);
  EXPECT_LEAF(escrow1_leaf_map_put_if_absent(map, 1, 7, &out), ESCROW_OK);
  EXPECT(out == 6);
  EXPECT_LEAF(escrow1_leaf_map_swap(map, 1, 8, &out), ESCROW_OK);
  EXPECT(out == 6);
  EXPECT_LEAF(escrow1_leaf_map_compare_and_swap(map, 1, 7, 9), ESCROW_E_DIFFERS);
  EXPECT_LEAF(escrow1_leaf_map_compare_and_swap(map, 1, 8, 9), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_add(map, 1, 1, &out), ESCROW_OK);
  EXPECT(out == 9);
  EXPECT_LEAF(escrow1_leaf_map_erase_if(map, 1, 3, 0), ESCROW_E_OPTION);
  EXPECT_LEAF(escrow1_leaf_map_erase_if(map, 1, ESCROW_IF_LESS, 10), ESCROW_E_DIFFERS);
  EXPECT_LEAF(escrow1_leaf_map_erase_if(map, 1, ESCROW_IF_LESS, 11), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_erase(map, 1), ESCROW_E_ABSENT);
  EXPECT_LEAF(escrow1_leaf_map_put(map, 1, 5), ESCROW_CREATED);
  EXPECT_LEAF(escrow1_leaf_map_take(map, 1, &out), ESCROW_OK);
  EXPECT(out == 5);
  EXPECT_LEAF(escrow1_leaf_map_get(map, 1, NULL), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_take(map, 1, NULL), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_swap(map, 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_add(map, 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_put_if_absent(map, 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_put(map, 1, 5), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_get(map, 1, &out), ESCROW_E_STALE);
  EXPECT_LEAF(escrow1_leaf_map_get(0, 1, &out), ESCROW_E_NULL);
}

/* As a host calls: leaf first, then what it may not do. Growth comes in between. */
static void growth_is_done_by_the_ordinary_calls(void) {
  escrow_map const map = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  enum { entries = 20000 };
  unsigned grown = 0;
  for (uint64_t key = 0; key < entries; ++key) {
    int64_t result = escrow1_leaf_map_put(map, key, key);
    if (result == ESCROW_E_BUSY) result = escrow_map_put(map, key, key);
    EXPECT_LEAF(result, ESCROW_CREATED);
    if (result >= 0 && (result & ESCROW_LEAF_GROW) != 0) {
      ++grown;
      EXPECT_STATUS(escrow_map_grow(map), ESCROW_OK);
    }
  }
  EXPECT(grown > 5);
  escrow_map_stats stats = {.struct_size = sizeof stats};
  EXPECT_STATUS(escrow_map_read_stats(map, &stats), ESCROW_OK);
  EXPECT(stats.entries == entries && stats.buckets > entries / 5);
  end_map(map);
}

static void batches(void) {
  escrow_map const map = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  uint64_t keys[ESCROW_LEAF_BATCH + 1];
  uint64_t values[ESCROW_LEAF_BATCH + 1];
  escrow_status each[ESCROW_LEAF_BATCH + 1];
  for (uint64_t i = 0; i <= ESCROW_LEAF_BATCH; ++i) keys[i] = i;
  EXPECT_LEAF(escrow1_leaf_map_put_n(map, keys, keys, ESCROW_LEAF_BATCH + 1, each), ESCROW_E_SIZE);
  EXPECT_LEAF(escrow1_leaf_map_get_n(map, keys, ESCROW_LEAF_BATCH + 1, values, each),
              ESCROW_E_SIZE);
  EXPECT_LEAF(escrow1_leaf_map_erase_n(map, keys, ESCROW_LEAF_BATCH + 1, each), ESCROW_E_SIZE);
  EXPECT_LEAF(escrow1_leaf_map_put_n(map, keys, keys, 4, NULL), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_get_n(map, NULL, 4, values, each), ESCROW_E_NULL);
  int64_t const busy = escrow1_leaf_map_put_n(map, keys, keys, 40, each);
  EXPECT(busy >= 0);
  int64_t counted = 0;
  for (int i = 0; i < 40; ++i) {
    EXPECT(each[i] == ESCROW_CREATED || each[i] == ESCROW_E_BUSY);
    counted += each[i] == ESCROW_E_BUSY;
    if (each[i] == ESCROW_E_BUSY)
      EXPECT_STATUS(escrow_map_put(map, keys[i], keys[i]), ESCROW_CREATED);
  }
  EXPECT((busy & ~(int64_t)ESCROW_LEAF_GROW) == counted);
  EXPECT(escrow1_leaf_map_get_n(map, keys, 50, values, each) >= 0);
  for (uint64_t i = 0; i < 50; ++i)
    EXPECT(i < 40 ? each[i] == ESCROW_OK && values[i] == i : each[i] == ESCROW_E_ABSENT);
  EXPECT(escrow1_leaf_map_erase_n(map, keys, 50, each) >= 0);
  for (uint64_t i = 0; i < 50; ++i) EXPECT(each[i] == (i < 40 ? ESCROW_OK : ESCROW_E_ABSENT));
  end_map(map);
}

static void bytes(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_BYTES);
  escrow_map const keyed = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_WORD);
  static char longer[1025];
  escrow_bytes const v = {"v", 1};
  escrow_bytes const w = {"w", 1};
  escrow_bytes const large = {longer, sizeof longer};
  uint64_t const seven = 7;
  escrow_bytes const eight = {&seven, 8};
  static char room[2000];
  escrow_buffer out = {room, sizeof room, 0};
  uint64_t before = 0;
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, &v), ESCROW_CREATED);
  EXPECT_LEAF(escrow1_leaf_map_get_bytes(map, NULL, 1, &out), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_get_bytes(map, "k", 1, &out), ESCROW_OK);
  EXPECT(out.size == 1 && room[0] == 'v');
  EXPECT_LEAF(escrow1_leaf_map_compare_and_erase_bytes(map, "k", 1, &w), ESCROW_E_DIFFERS);
  EXPECT_LEAF(escrow1_leaf_map_take_bytes(map, "k", 1, &out), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_erase_bytes(map, "k", 1), ESCROW_E_ABSENT);
  EXPECT_LEAF(escrow1_leaf_map_compare_and_erase_bytes(map, "k", 1, &v), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, &large), ESCROW_CREATED);
  EXPECT_LEAF(escrow1_leaf_map_get_bytes(map, "k", 1, &out), ESCROW_E_BUSY);
  EXPECT_STATUS(escrow_map_get_bytes(map, "k", 1, &out), ESCROW_OK);
  EXPECT(out.size == sizeof longer);
  EXPECT_STATUS(escrow_map_add_bytes(keyed, "k", 1, 2, &before), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_put_bytes(keyed, "k", 1, &eight), ESCROW_OK);

  escrow_bytes const keys[2] = {{"k", 1}, {longer, sizeof longer}};
  uint64_t values[2] = {1, 8};
  escrow_status each[2];
  EXPECT(escrow1_leaf_map_get_keyed_n(keyed, keys, 2, values, each) == 1);
  EXPECT(values[0] == 7 && values[1] == 0);
  EXPECT(escrow1_leaf_map_erase_keyed_n(keyed, keys, 2, each) == 1);
  uint64_t const stored[2] = {21, 22};
  EXPECT(escrow1_leaf_map_put_keyed_n(keyed, keys, stored, 2, each) == 1);
  EXPECT(each[0] == ESCROW_CREATED && each[1] == ESCROW_E_BUSY);
  EXPECT(escrow1_leaf_map_get_keyed_n(keyed, keys, 1, values, each) == 0);
  EXPECT(values[0] == 21);

  /* Six keys of 1,000 bytes: a leaf looks at four, and leaves the others. */
  static char names[6][1000];
  escrow_bytes many[6];
  uint64_t sixes[6];
  escrow_status of_many[6];
  for (int i = 0; i < 6; ++i) {
    names[i][0] = (char)i;
    many[i] = (escrow_bytes){names[i], sizeof names[i]};
    sixes[i] = 6;
  }
  EXPECT(escrow1_leaf_map_put_keyed_n(keyed, many, sixes, 6, of_many) == 2);
  EXPECT(of_many[3] == ESCROW_CREATED && of_many[4] == ESCROW_E_BUSY);
  EXPECT_STATUS(escrow_map_put_bytes(keyed, names[4], sizeof names[4], &eight), ESCROW_CREATED);
  EXPECT(escrow1_leaf_map_get_keyed_n(keyed, many, 6, sixes, of_many) == 2);
  EXPECT(sixes[3] == 6 && sixes[4] == 0 && of_many[4] == ESCROW_E_BUSY);
  EXPECT(escrow1_leaf_map_erase_keyed_n(keyed, many, 6, of_many) == 2);
  EXPECT_STATUS(escrow_map_erase_bytes(keyed, names[4], sizeof names[4]), ESCROW_OK);

  EXPECT_LEAF(escrow1_leaf_map_put_keyed_n(map, keys, stored, 2, each), ESCROW_E_KIND);
  EXPECT_LEAF(escrow1_leaf_map_put_keyed_n(keyed, keys, NULL, 2, each), ESCROW_E_NULL);
  EXPECT_LEAF(escrow1_leaf_map_put_keyed_n(keyed, keys, stored, ESCROW_LEAF_BATCH + 1, each),
              ESCROW_E_SIZE);
  EXPECT_LEAF(escrow1_leaf_map_get_keyed_n(map, keys, 2, values, each), ESCROW_E_KIND);
  EXPECT_LEAF(escrow1_leaf_map_erase_keyed_n(keyed, keys, ESCROW_LEAF_BATCH + 1, each),
              ESCROW_E_SIZE);
  end_map(map);
  end_map(keyed);
}

static uint64_t length_of(escrow_map map) {
  uint64_t length = 0;
  EXPECT_STATUS(escrow_map_length(map, &length), ESCROW_OK);
  return length;
}

/* Each kind of map that makes records, by the same steps: the first store finds no memory. */
static void stores_that_make_records(void) {
  uint32_t const kinds[3][2] = {{ESCROW_MAP_BYTES, ESCROW_MAP_WORD},
                                {ESCROW_MAP_WORD, ESCROW_MAP_BYTES},
                                {ESCROW_MAP_BYTES, ESCROW_MAP_BYTES}};
  for (int i = 0; i < 3; ++i) {
    escrow_map const map = open_map(kinds[i][0], kinds[i][1]);
    uint64_t const words[4] = {11, 22, 33, 44};
    escrow_bytes const v[4] = {{&words[0], 8}, {&words[1], 8}, {&words[2], 8}, {&words[3], 8}};
    uint64_t const key = 5;
    uint64_t seen = 0;
    escrow_buffer out = {&seen, sizeof seen, 9};
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, &v[0]), ESCROW_E_BUSY);
    EXPECT_LEAF(escrow1_leaf_map_swap_bytes(map, &key, 8, &v[0], &out), ESCROW_E_BUSY);
    EXPECT(out.size == 0);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes_if_absent(map, &key, 8, &v[0], &out), ESCROW_E_BUSY);
    EXPECT(length_of(map) == 0);
    uint64_t const first = 6;
    EXPECT_STATUS(escrow_map_put_bytes(map, &first, 8, &v[0]), ESCROW_CREATED);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, &v[0]), ESCROW_CREATED);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, &v[1]), ESCROW_OK);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes_if_absent(map, &key, 8, &v[2], &out), ESCROW_OK);
    EXPECT(out.size == 8 && seen == 22);
    EXPECT_LEAF(escrow1_leaf_map_swap_bytes(map, &key, 8, &v[2], &out), ESCROW_OK);
    EXPECT(out.size == 8 && seen == 22);
    EXPECT_LEAF(escrow1_leaf_map_compare_and_swap_bytes(map, &key, 8, &v[1], &v[3]),
                ESCROW_E_DIFFERS);
    EXPECT_LEAF(escrow1_leaf_map_compare_and_swap_bytes(map, &key, 8, &v[2], &v[3]), ESCROW_OK);
    EXPECT_LEAF(escrow1_leaf_map_get_bytes(map, &key, 8, &out), ESCROW_OK);
    EXPECT(out.size == 8 && seen == 44);
    escrow_buffer small = {&seen, 7, 0};
    EXPECT_LEAF(escrow1_leaf_map_swap_bytes(map, &key, 8, &v[0], &small), ESCROW_E_SIZE);
    EXPECT_LEAF(escrow1_leaf_map_get_bytes(map, &key, 8, &out), ESCROW_OK);
    EXPECT(seen == 44);
    uint64_t before = 9;
    bool const adds = kinds[i][1] == ESCROW_MAP_WORD;
    EXPECT_LEAF(escrow1_leaf_map_add_bytes(map, &key, 8, 1, &before),
                adds ? ESCROW_OK : ESCROW_E_KIND);
    EXPECT(before == (adds ? 44 : 0));
    EXPECT_LEAF(escrow1_leaf_map_erase_bytes(map, &key, 8), ESCROW_OK);
    EXPECT_LEAF(escrow1_leaf_map_compare_and_swap_bytes(map, &key, 8, &v[2], &v[3]),
                ESCROW_E_ABSENT);
    EXPECT_LEAF(escrow1_leaf_map_swap_bytes(map, &key, 8, &v[0], &out), ESCROW_CREATED);
    EXPECT(adds ? out.size == 8 && seen == 0 : out.size == 0);
    EXPECT_LEAF(escrow1_leaf_map_erase_bytes(map, &key, 8), ESCROW_OK);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes_if_absent(map, &key, 8, &v[0], &out), ESCROW_CREATED);
    EXPECT(length_of(map) == 2);

    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, NULL), ESCROW_E_NULL);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, NULL, 8, &v[0]), ESCROW_E_NULL);
    EXPECT_LEAF(escrow1_leaf_map_swap_bytes(map, &key, 8, &v[0], NULL), ESCROW_E_NULL);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes_if_absent(map, &key, 8, NULL, &out), ESCROW_E_NULL);
    EXPECT_LEAF(escrow1_leaf_map_compare_and_swap_bytes(map, &key, 8, NULL, &v[0]), ESCROW_E_NULL);
    EXPECT_LEAF(escrow1_leaf_map_add_bytes(map, &key, 8, 1, NULL), ESCROW_E_NULL);
    static char longer[1025];
    escrow_bytes const large = {longer, sizeof longer};
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, longer, sizeof longer, &v[0]),
                kinds[i][0] == ESCROW_MAP_WORD ? ESCROW_E_SIZE : ESCROW_E_BUSY);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, &large),
                kinds[i][1] == ESCROW_MAP_WORD ? ESCROW_E_SIZE : ESCROW_E_BUSY);
    EXPECT(length_of(map) == 2);

    escrow_map_stats stats = {.struct_size = sizeof stats};
    EXPECT_LEAF(escrow1_leaf_map_erase_bytes(map, &key, 8), ESCROW_OK);
    EXPECT_LEAF(escrow1_leaf_map_erase_bytes(map, &first, 8), ESCROW_OK);
    EXPECT_STATUS(escrow_map_read_stats(map, &stats), ESCROW_OK);
    EXPECT(stats.bytes_records_live == 0);
    EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
    EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, &v[0]), ESCROW_E_CLOSED);
    EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  }
}

/* A map at its limit: what a leaf would have to ask the system for is refused by the ordinary call.
 */
static void at_the_limit(void) {
  escrow_map_options const o = {.struct_size = sizeof o,
                                .keys = ESCROW_MAP_BYTES,
                                .values = ESCROW_MAP_BYTES,
                                .limit_bytes = 1 << 18};
  escrow_map map = 0;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_OK);
  static char text[1000];
  escrow_bytes const v = {text, sizeof text};
  uint64_t key = 0;
  escrow_status s = ESCROW_CREATED;
  for (; s == ESCROW_CREATED; ++key) {
    s = status_of(escrow1_leaf_map_put_bytes(map, &key, 8, &v));
    if (s == ESCROW_E_BUSY) s = escrow_map_put_bytes(map, &key, 8, &v);
  }
  EXPECT_STATUS(s, ESCROW_E_FULL);
  EXPECT(key > 100 && length_of(map) == key - 1);
  EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &key, 8, &v), ESCROW_E_BUSY);
  uint64_t const there = 3;
  EXPECT_LEAF(escrow1_leaf_map_put_bytes(map, &there, 8, &v), ESCROW_E_BUSY);
  EXPECT(length_of(map) == key - 1);
  EXPECT_LEAF(escrow1_leaf_map_erase_bytes(map, &there, 8), ESCROW_OK);
  // A key whose bucket has no room of its own is left to the call; where it lies is chance.
  int64_t made = ESCROW_E_BUSY;
  for (int tries = 0; tries < 8 && status_of(made) == ESCROW_E_BUSY; ++tries, ++key)
    made = escrow1_leaf_map_put_bytes(map, &key, 8, &v);
  EXPECT_LEAF(made, ESCROW_CREATED);
  end_map(map);
}

static void growth_of_bytes(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_WORD);
  unsigned grown = 0;
  for (uint64_t key = 0; key < 5000; ++key) {
    escrow_bytes const v = {&key, 8};
    int64_t result = escrow1_leaf_map_put_bytes(map, &key, 8, &v);
    if (result == ESCROW_E_BUSY) result = escrow_map_put_bytes(map, &key, 8, &v);
    EXPECT_LEAF(result, ESCROW_CREATED);
    if (result >= 0 && (result & ESCROW_LEAF_GROW) != 0) {
      ++grown;
      EXPECT_STATUS(escrow_map_grow(map), ESCROW_OK);
    }
  }
  EXPECT(grown > 5);
  end_map(map);
}

static void handles(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_HANDLE);
  escrow_view view;
  EXPECT_LEAF(escrow1_leaf_map_borrow_handle(map, "k", 1, &view), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_put_handle(map, "k", 1, acquire(pool, 64, NULL)), ESCROW_CREATED);
  EXPECT_LEAF(escrow1_leaf_map_borrow_handle(map, "k", 1, &view), ESCROW_OK);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_OK);
  EXPECT_LEAF(escrow1_leaf_map_borrow_handle(map, "k", 1, NULL), ESCROW_E_NULL);
  end_map(map);
  end_pool(pool);
}

int main(void) {
  words();
  growth_is_done_by_the_ordinary_calls();
  batches();
  bytes();
  stores_that_make_records();
  at_the_limit();
  growth_of_bytes();
  handles();
  return expect_result();
}
