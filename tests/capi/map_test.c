// Maps through the facade: opening, every state and every wrong handle, words, and what any map
// does.
#include "escrow/map.h"

#include "escrow/map_bytes.h"
#include "escrow/map_handles.h"
#include "escrow/map_words.h"

#include "calls.h"

static escrow_map_options const words = {
    .struct_size = sizeof words, .keys = ESCROW_MAP_WORD, .values = ESCROW_MAP_WORD};

static escrow_map open_map(escrow_map_options o) {
  escrow_map map = 0;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_OK);
  EXPECT(map != 0);
  return map;
}
static void end_map(escrow_map map) {
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
}

/* Every function, called with `map`; each must leave its outputs zero where it fails. */
static escrow_status one_word(escrow_status (*call)(escrow_map, uint64_t, uint64_t *),
                              escrow_map map) {
  uint64_t out = dirt;
  escrow_status const s = call(map, 7, &out);
  EXPECT(s >= 0 || out == 0);
  return s;
}
static escrow_status two_words(escrow_status (*call)(escrow_map, uint64_t, uint64_t, uint64_t *),
                               escrow_map map) {
  uint64_t out = dirt;
  escrow_status const s = call(map, 7, 1, &out);
  EXPECT(s >= 0 || out == 0);
  return s;
}
static escrow_status call_get(escrow_map map) {
  return one_word(escrow_map_get, map);
}
static escrow_status call_put(escrow_map map) {
  return escrow_map_put(map, 7, 1);
}
static escrow_status call_put_if_absent(escrow_map map) {
  return two_words(escrow_map_put_if_absent, map);
}
static escrow_status call_swap(escrow_map map) {
  return two_words(escrow_map_swap, map);
}
static escrow_status call_compare_and_swap(escrow_map map) {
  return escrow_map_compare_and_swap(map, 7, 1, 2);
}
static escrow_status call_add(escrow_map map) {
  return two_words(escrow_map_add, map);
}
static escrow_status call_erase(escrow_map map) {
  return escrow_map_erase(map, 7);
}
static escrow_status call_take(escrow_map map) {
  return one_word(escrow_map_take, map);
}
static escrow_status call_erase_if(escrow_map map) {
  return escrow_map_erase_if(map, 7, ESCROW_IF_EQUAL, 1);
}
static escrow_status call_get_n(escrow_map map) {
  uint64_t const keys[2] = {7, 8};
  uint64_t values[2] = {dirt, dirt};
  escrow_status each[2];
  uint64_t found = dirt;
  escrow_status const s = escrow_map_get_n(map, keys, 2, values, each, &found);
  EXPECT(s >= 0 ? found <= 2 : found == 0);
  return s;
}
static escrow_status call_put_n(escrow_map map) {
  uint64_t const keys[2] = {7, 8};
  uint64_t stored = dirt;
  escrow_status const s = escrow_map_put_n(map, keys, keys, 2, NULL, &stored);
  EXPECT(s >= 0 ? stored == 2 : stored == 0);
  return s;
}
static escrow_status call_erase_n(escrow_map map) {
  uint64_t const keys[2] = {7, 8};
  uint64_t erased = dirt;
  escrow_status const s = escrow_map_erase_n(map, keys, 2, NULL, &erased);
  EXPECT(s >= 0 ? erased <= 2 : erased == 0);
  return s;
}
static escrow_status call_scan(escrow_map map) {
  escrow_map_entry some[4];
  uint64_t cursor = 0;
  uint64_t count = dirt;
  escrow_status const s = escrow_map_scan(map, &cursor, some, 4, &count);
  EXPECT(s >= 0 ? count <= 4 : count == 0 && cursor == 0);
  return s;
}
static struct call const on_words[] = {
    {"get", call_get},     {"put", call_put},
    {"add", call_add},     {"put_if_absent", call_put_if_absent},
    {"swap", call_swap},   {"compare_and_swap", call_compare_and_swap},
    {"erase", call_erase}, {"take", call_take},
    {"get_n", call_get_n}, {"erase_if", call_erase_if},
    {"put_n", call_put_n}, {"erase_n", call_erase_n},
    {"scan", call_scan},
};
enum { word_calls = sizeof on_words / sizeof on_words[0] };

static escrow_status call_length(escrow_map map) {
  uint64_t n = dirt;
  escrow_status const s = escrow_map_length(map, &n);
  EXPECT(s >= 0 ? n != dirt : n == 0);
  return s;
}
static escrow_status call_reserve(escrow_map map) {
  return escrow_map_reserve(map, 10);
}
static escrow_status call_shrink(escrow_map map) {
  uint64_t bytes = dirt;
  escrow_status const s = escrow_map_shrink(map, &bytes);
  EXPECT(s >= 0 ? bytes != dirt : bytes == 0);
  return s;
}
static escrow_status call_stats(escrow_map map) {
  escrow_map_stats stats;
  memset(&stats, 0xD1, sizeof stats);
  stats.struct_size = sizeof stats;
  escrow_status const s = escrow_map_read_stats(map, &stats);
  EXPECT(s >= 0 ? stats.buckets != 0 : stats.buckets == 0 && stats.entries == 0);
  return s;
}
static escrow_status call_scan_bytes(escrow_map map) {
  char room[256];
  escrow_buffer out = {room, sizeof room, dirt};
  uint64_t cursor = 0;
  uint64_t count = dirt;
  escrow_status const s = escrow_map_scan_bytes(map, &cursor, &out, &count);
  EXPECT(s >= 0 ? out.size <= sizeof room : out.size == 0 && count == 0);
  return s;
}
static struct call const on_any[] = {
    {"length", call_length},     {"reserve", call_reserve},       {"clear", escrow_map_clear},
    {"sweep", escrow_map_sweep}, {"grow", escrow_map_grow},       {"shrink", call_shrink},
    {"read_stats", call_stats},  {"scan_bytes", call_scan_bytes},
};
enum { any_calls = sizeof on_any / sizeof on_any[0] };

static void expect_maps(uint64_t bits, escrow_status want, int line) {
  expect_all(on_words, word_calls, bits, want, __FILE__, line);
  expect_all(on_any, any_calls, bits, want, __FILE__, line);
}
#define EXPECT_MAP_CALLS(bits, status) expect_maps((bits), (status), __LINE__)

static void options_are_checked(void) {
  escrow_map map = dirt;
  EXPECT_STATUS(escrow_map_open(NULL, &map), ESCROW_E_NULL);
  EXPECT(map == 0);
  escrow_map_options o = words;
  EXPECT_STATUS(escrow_map_open(&o, NULL), ESCROW_E_NULL);
  o.struct_size = 8;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_VERSION);
  o = words;
  o.keys = ESCROW_MAP_HANDLE;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
  o = words;
  o.keys = 0;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
  o = words;
  o.values = 4;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
  o = words;
  o.reserved = 1;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
  o = words;
  o.limit_bytes = 100;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_FULL);
  o.limit_bytes = 20000;
  o.expected = 10000;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_FULL);
  o.limit_bytes = 0;
  o.expected = UINT64_MAX;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_SIZE);
  EXPECT(map == 0);
}

static void states_and_wrong_handles(void) {
  escrow_map const map = open_map(words);
  escrow_pool const pool = open_pool(default_options());
  escrow_handle const handle = acquire(pool, 64, NULL);
  EXPECT_MAP_CALLS(0, ESCROW_E_NULL);
  EXPECT_MAP_CALLS(pool, ESCROW_E_KIND);
  EXPECT_MAP_CALLS(handle, ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_close(pool), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_destroy(handle), ESCROW_E_KIND);
  EXPECT_POOL_CALLS(map, ESCROW_E_KIND);
  EXPECT_REFERENCE_CALLS(map, ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_close(0), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_destroy(0), ESCROW_E_NULL);

  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_E_BUSY);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_E_CLOSED);
  EXPECT_MAP_CALLS(map, ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  EXPECT_MAP_CALLS(map, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(handle), ESCROW_FREED);
  end_pool(pool);
}

static void outputs_may_not_be_null(void) {
  escrow_map const map = open_map(words);
  uint64_t cursor = 0;
  uint64_t out = 0;
  escrow_map_entry entry;
  EXPECT_STATUS(escrow_map_get(map, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_if_absent(map, 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_swap(map, 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_add(map, 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_take(map, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_length(map, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_purge(map, 0, 0, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_read_stats(map, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_get_n(map, NULL, 1, &out, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_get_n(map, &out, 1, NULL, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_n(map, &out, NULL, 1, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_n(map, NULL, &out, 1, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_erase_n(map, NULL, 1, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_erase_n(map, NULL, 0, NULL, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_map_scan(map, NULL, &entry, 1, &out), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_scan(map, &cursor, NULL, 1, &out), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_scan(map, &cursor, &entry, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_shrink(map, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_map_length(map, &out), ESCROW_OK);
  EXPECT(out == 0);
  escrow_map_stats stats = {.struct_size = 1};
  EXPECT_STATUS(escrow_map_read_stats(map, &stats), ESCROW_E_VERSION);
  end_map(map);
}

static void words_come_back(void) {
  escrow_map_options o = words;
  o.expected = 100;
  escrow_map const map = open_map(o);
  escrow_map const other = open_map(words);
  uint64_t out = dirt;
  EXPECT_STATUS(escrow_map_get(map, UINT64_MAX, &out), ESCROW_E_ABSENT);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_put(map, UINT64_MAX, 5), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_put(map, 0, 6), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_put(map, 0, 7), ESCROW_OK);
  EXPECT_STATUS(escrow_map_get(map, 0, &out), ESCROW_OK);
  EXPECT(out == 7);
  EXPECT_STATUS(escrow_map_get(other, 0, &out), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_put_if_absent(map, 0, 8, &out), ESCROW_OK);
  EXPECT(out == 7);
  EXPECT_STATUS(escrow_map_put_if_absent(map, 1, 8, &out), ESCROW_CREATED);
  EXPECT(out == 8);
  EXPECT_STATUS(escrow_map_swap(map, 1, 9, &out), ESCROW_OK);
  EXPECT(out == 8);
  EXPECT_STATUS(escrow_map_swap(map, 2, 9, &out), ESCROW_CREATED);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_compare_and_swap(map, 3, 9, 1), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_compare_and_swap(map, 2, 8, 1), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_compare_and_swap(map, 2, 9, UINT64_MAX), ESCROW_OK);
  EXPECT_STATUS(escrow_map_add(map, 2, 2, &out), ESCROW_OK);
  EXPECT(out == UINT64_MAX);
  EXPECT_STATUS(escrow_map_add(map, 4, 2, &out), ESCROW_CREATED);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_erase_if(map, 2, 3, 0), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_map_erase_if(map, 2, ESCROW_IF_EQUAL, 2), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_erase_if(map, 2, ESCROW_IF_LESS, 2), ESCROW_OK);
  EXPECT_STATUS(escrow_map_erase_if(map, 2, ESCROW_IF_LESS_SIGNED, 2), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_take(map, 4, &out), ESCROW_OK);
  EXPECT(out == 2);
  EXPECT_STATUS(escrow_map_take(map, 4, &out), ESCROW_E_ABSENT);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_erase(map, 0), ESCROW_OK);
  EXPECT_STATUS(escrow_map_erase(map, 0), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_length(map, &out), ESCROW_OK);
  EXPECT(out == 2);
  EXPECT_STATUS(escrow_map_purge(map, 9, 0, &out), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_map_purge(map, ESCROW_IF_LESS, 6, &out), ESCROW_OK);
  EXPECT(out == 1);
  EXPECT_STATUS(escrow_map_clear(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_length(map, &out), ESCROW_OK);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_reserve(map, UINT64_MAX), ESCROW_E_SIZE);
  end_map(map);
  end_map(other);
}

static void batches_and_scans(void) {
  enum { count = 500 };
  static uint64_t keys[count];
  static uint64_t values[count];
  static escrow_status each[count];
  static int seen[count];
  escrow_map const map = open_map(words);
  for (uint64_t i = 0; i < count; ++i) keys[i] = i;
  uint64_t n = 0;
  EXPECT_STATUS(escrow_map_put_n(map, keys, keys, count, each, &n), ESCROW_OK);
  EXPECT(n == count && each[0] == ESCROW_CREATED && each[count - 1] == ESCROW_CREATED);
  for (uint64_t i = 0; i < count; ++i) keys[i] = i * 2;
  EXPECT_STATUS(escrow_map_get_n(map, keys, count, values, each, &n), ESCROW_OK);
  EXPECT(n == count / 2);
  for (uint64_t i = 0; i < count; ++i)
    EXPECT(i < count / 2 ? each[i] == ESCROW_OK && values[i] == keys[i]
                         : each[i] == ESCROW_E_ABSENT && values[i] == 0);
  escrow_map_entry some[7];
  for (uint64_t cursor = 0; cursor != ESCROW_MAP_END;) {
    EXPECT_STATUS(escrow_map_scan(map, &cursor, some, 7, &n), ESCROW_OK);
    for (uint64_t i = 0; i < n; ++i) {
      EXPECT(some[i].key == some[i].value && some[i].key < count);
      ++seen[some[i].key];
    }
  }
  for (int i = 0; i < count; ++i) EXPECT(seen[i] == 1);
  uint64_t cursor = 0;
  EXPECT_STATUS(escrow_map_scan(map, &cursor, some, 0, &n), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_erase_n(map, keys, count, each, &n), ESCROW_OK);
  EXPECT(n == count / 2 && each[count - 1] == ESCROW_E_ABSENT);
  end_map(map);
}

static void at_the_limit(void) {
  escrow_map_options o = words;
  o.limit_bytes = 64u << 10;
  escrow_map const map = open_map(o);
  escrow_status s = ESCROW_OK;
  uint64_t key = 0;
  uint64_t out = 0;
  while ((s = escrow_map_put(map, key, 1)) == ESCROW_CREATED) ++key;
  EXPECT_STATUS(s, ESCROW_E_FULL);
  EXPECT_STATUS(escrow_map_put_if_absent(map, key, 1, &out), ESCROW_E_FULL);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_add(map, key, 1, &out), ESCROW_E_FULL);
  EXPECT_STATUS(escrow_map_swap(map, key, 1, &out), ESCROW_E_FULL);
  EXPECT_STATUS(escrow_map_erase(map, key), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_reserve(map, 100000), ESCROW_E_FULL);
  escrow_map_stats stats = {.struct_size = sizeof stats};
  EXPECT_STATUS(escrow_map_read_stats(map, &stats), ESCROW_OK);
  EXPECT(stats.entries == key && stats.bytes_index <= o.limit_bytes);
  EXPECT_STATUS(escrow_map_put(map, 0, 2), ESCROW_OK);
  end_map(map);
}

int main(void) {
  options_are_checked();
  states_and_wrong_handles();
  outputs_may_not_be_null();
  words_come_back();
  batches_and_scans();
  at_the_limit();
  return expect_result();
}
