// Maps with byte keys or byte values through the facade: sizes, buffers, conditions, scans.
#include "escrow/map_bytes.h"

#include "calls.h"

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
static escrow_bytes text(char const *s) {
  return (escrow_bytes){s, strlen(s)};
}
static int holds(escrow_buffer const *b, char const *s) {
  return b->size == strlen(s) && memcmp(b->data, s, b->size) == 0;
}

static char room[200000];
static escrow_buffer whole(void) {
  return (escrow_buffer){room, sizeof room, dirt};
}

/* Every call with a key of 1 byte and "v" for a value. */
static escrow_status call_get(escrow_map map) {
  escrow_buffer out = whole();
  escrow_status const s = escrow_map_get_bytes(map, "k", 1, &out);
  EXPECT(s >= 0 || out.size == 0);
  return s;
}
static escrow_status call_put(escrow_map map) {
  escrow_bytes const v = text("v");
  return escrow_map_put_bytes(map, "k", 1, &v);
}
static escrow_status call_put_if_absent(escrow_map map) {
  escrow_bytes const v = text("v");
  escrow_buffer out = whole();
  escrow_status const s = escrow_map_put_bytes_if_absent(map, "k", 1, &v, &out);
  EXPECT(s >= 0 || out.size == 0);
  return s;
}
static escrow_status call_swap(escrow_map map) {
  escrow_bytes const v = text("v");
  escrow_buffer out = whole();
  escrow_status const s = escrow_map_swap_bytes(map, "k", 1, &v, &out);
  EXPECT(s >= 0 || out.size == 0);
  return s;
}
static escrow_status call_compare_and_swap(escrow_map map) {
  escrow_bytes const v = text("v");
  return escrow_map_compare_and_swap_bytes(map, "k", 1, &v, &v);
}
static escrow_status call_compare_and_erase(escrow_map map) {
  escrow_bytes const v = text("v");
  return escrow_map_compare_and_erase_bytes(map, "k", 1, &v);
}
static escrow_status call_add(escrow_map map) {
  uint64_t out = dirt;
  escrow_status const s = escrow_map_add_bytes(map, "k", 1, 1, &out);
  EXPECT(s >= 0 || out == 0);
  return s;
}
static escrow_status call_erase(escrow_map map) {
  return escrow_map_erase_bytes(map, "k", 1);
}
static escrow_status call_take(escrow_map map) {
  escrow_buffer out = whole();
  escrow_status const s = escrow_map_take_bytes(map, "k", 1, &out);
  EXPECT(s >= 0 || out.size == 0);
  return s;
}
static escrow_status call_erase_if(escrow_map map) {
  return escrow_map_erase_bytes_if(map, "k", 1, ESCROW_IF_EQUAL, 1);
}
static struct call const on_bytes[] = {
    {"get", call_get},
    {"put", call_put},
    {"put_if_absent", call_put_if_absent},
    {"swap", call_swap},
    {"erase", call_erase},
    {"compare_and_swap", call_compare_and_swap},
    {"take", call_take},
    {"add", call_add},
    {"compare_and_erase", call_compare_and_erase},
    {"erase_if", call_erase_if},
};
enum { bytes_calls = sizeof on_bytes / sizeof on_bytes[0] };
#define EXPECT_BYTES_CALLS(bits, status) \
  expect_all(on_bytes, bytes_calls, (bits), (status), __FILE__, __LINE__)

static void states_and_wrong_handles(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_BYTES);
  escrow_map const handles = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_HANDLE);
  escrow_pool const pool = open_pool(default_options());
  EXPECT_BYTES_CALLS(0, ESCROW_E_NULL);
  EXPECT_BYTES_CALLS(pool, ESCROW_E_KIND);
  EXPECT_BYTES_CALLS(handles, ESCROW_E_KIND);
  uint64_t out = dirt;
  EXPECT_STATUS(escrow_map_purge(handles, ESCROW_IF_EQUAL, 0, &out), ESCROW_E_KIND);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_map_add_bytes(map, "k", 1, 1, &out), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_BYTES_CALLS(map, ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  EXPECT_BYTES_CALLS(map, ESCROW_E_STALE);
  end_map(handles);
  end_pool(pool);
}

static void nulls(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_BYTES);
  escrow_bytes const v = text("v");
  escrow_bytes const no_data = {NULL, 1};
  escrow_bytes const empty = {NULL, 0};
  escrow_buffer out = whole();
  escrow_buffer no_room = {NULL, 8, dirt};
  escrow_buffer nothing = {NULL, 0, dirt};
  uint64_t word = 0;
  EXPECT_STATUS(escrow_map_get_bytes(map, NULL, 1, &out), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_get_bytes(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_get_bytes(map, "k", 1, &no_room), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_bytes(map, NULL, 1, &v), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, &no_data), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_bytes_if_absent(map, "k", 1, NULL, &out), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_bytes_if_absent(map, "k", 1, &v, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_swap_bytes(map, "k", 1, NULL, &out), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_swap_bytes(map, "k", 1, &v, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_compare_and_swap_bytes(map, "k", 1, NULL, &v), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_compare_and_swap_bytes(map, "k", 1, &v, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_compare_and_erase_bytes(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_add_bytes(map, "k", 1, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_erase_bytes(map, NULL, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_take_bytes(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_erase_bytes_if(map, "k", 1, 3, 1), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_map_erase_bytes_if(map, NULL, 1, 0, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_scan_bytes(map, NULL, &out, &word), ESCROW_E_NULL);
  uint64_t cursor = 0;
  EXPECT_STATUS(escrow_map_scan_bytes(map, &cursor, NULL, &word), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_scan_bytes(map, &cursor, &out, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_bytes(map, NULL, 0, &empty), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_get_bytes(map, NULL, 0, &nothing), ESCROW_OK);
  EXPECT(nothing.size == 0);
  end_map(map);
}

static void values_come_back(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_BYTES);
  escrow_bytes const a = text("value a");
  escrow_bytes const b = text("b");
  escrow_buffer out = whole();
  escrow_buffer small = {room, 3, dirt};
  EXPECT_STATUS(escrow_map_get_bytes(map, "k", 1, &out), ESCROW_E_ABSENT);
  EXPECT(out.size == 0);
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, &a), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, &a), ESCROW_OK);
  EXPECT_STATUS(escrow_map_get_bytes(map, "k", 1, &small), ESCROW_E_SIZE);
  EXPECT(small.size == 7);
  EXPECT_STATUS(escrow_map_take_bytes(map, "k", 1, &small), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_swap_bytes(map, "k", 1, &b, &small), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_put_bytes_if_absent(map, "k", 1, &b, &small), ESCROW_E_SIZE);
  EXPECT(small.size == 7);
  EXPECT_STATUS(escrow_map_put_bytes_if_absent(map, "k", 1, &b, &out), ESCROW_OK);
  EXPECT(holds(&out, "value a"));
  EXPECT_STATUS(escrow_map_compare_and_swap_bytes(map, "k", 1, &b, &a), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_compare_and_swap_bytes(map, "?", 1, &b, &a), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_compare_and_erase_bytes(map, "k", 1, &b), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_swap_bytes(map, "k", 1, &b, &out), ESCROW_OK);
  EXPECT(holds(&out, "value a"));
  EXPECT_STATUS(escrow_map_erase_bytes_if(map, "k", 1, ESCROW_IF_EQUAL, 'c'), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_erase_bytes_if(map, "k", 1, ESCROW_IF_EQUAL, 'b'), ESCROW_OK);
  EXPECT_STATUS(escrow_map_erase_bytes_if(map, "k", 1, ESCROW_IF_EQUAL, 'b'), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_put_bytes_if_absent(map, "k", 1, &b, &out), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_compare_and_erase_bytes(map, "k", 1, &b), ESCROW_OK);
  EXPECT_STATUS(escrow_map_compare_and_erase_bytes(map, "k", 1, &b), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_swap_bytes(map, "k", 1, &b, &out), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_take_bytes(map, "k", 1, &out), ESCROW_OK);
  EXPECT(holds(&out, "b"));
  EXPECT_STATUS(escrow_map_take_bytes(map, "k", 1, &out), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_erase_bytes(map, "k", 1), ESCROW_E_ABSENT);

  static char large[65537];
  escrow_bytes const most = {large, 65536};
  escrow_bytes const too_large = {large, 65537};
  EXPECT_STATUS(escrow_map_put_bytes(map, large, 65536, &most), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_get_bytes(map, large, 65536, &out), ESCROW_OK);
  EXPECT(out.size == 65536);
  EXPECT_STATUS(escrow_map_put_bytes(map, "k", 1, &too_large), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_put_bytes(map, large, 65537, &most), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_get_bytes(map, large, 65537, &out), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_erase_bytes(map, large, 65537), ESCROW_E_SIZE);
  end_map(map);
}

static void words_are_eight_bytes_here(void) {
  escrow_map const words = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  escrow_map const keyed = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_WORD);
  escrow_map const valued = open_map(ESCROW_MAP_WORD, ESCROW_MAP_BYTES);
  uint64_t const key = 5;
  uint64_t const value = 9;
  uint64_t before = dirt;
  escrow_bytes const v = {&value, 8};
  escrow_bytes const few = {&value, 7};
  escrow_buffer out = whole();
  escrow_buffer small = {room, 7, dirt};
  EXPECT_STATUS(escrow_map_put_bytes(words, &key, 7, &v), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_put_bytes(words, &key, 8, &few), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_put_bytes(words, &key, 8, &v), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_get_bytes(words, &key, 8, &small), ESCROW_E_SIZE);
  EXPECT(small.size == 8);
  EXPECT_STATUS(escrow_map_take_bytes(words, &key, 8, &small), ESCROW_E_SIZE);
  EXPECT(small.size == 8);
  EXPECT_STATUS(escrow_map_get_bytes(words, &key, 8, &out), ESCROW_OK);
  EXPECT(out.size == 8 && memcmp(room, &value, 8) == 0);
  EXPECT_STATUS(escrow_map_add_bytes(words, &key, 8, 1, &before), ESCROW_OK);
  EXPECT(before == 9);
  EXPECT_STATUS(escrow_map_compare_and_swap_bytes(words, &key, 8, &few, &v), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_compare_and_erase_bytes(words, &key, 8, &v), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_take_bytes(words, &key, 8, &out), ESCROW_OK);
  EXPECT_STATUS(escrow_map_add_bytes(keyed, "counter", 7, 3, &before), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_add_bytes(keyed, "counter", 7, 3, &before), ESCROW_OK);
  EXPECT(before == 3);
  EXPECT_STATUS(escrow_map_put_bytes(keyed, "counter", 7, &few), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_map_put_bytes(valued, &key, 8, &few), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_get_bytes(valued, &key, 8, &out), ESCROW_OK);
  EXPECT(out.size == 7);
  EXPECT_STATUS(escrow_map_get_bytes(valued, &key, 4, &out), ESCROW_E_SIZE);
  end_map(words);
  end_map(keyed);
  end_map(valued);
}

static void scans(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_BYTES);
  enum { count = 300 };
  static int seen[count];
  for (int i = 0; i < count; ++i) {
    char key[16];
    int const n = snprintf(key, sizeof key, "key %d", i);
    escrow_bytes const value = {&i, sizeof i};
    EXPECT_STATUS(escrow_map_put_bytes(map, key, (uint64_t)n, &value), ESCROW_CREATED);
  }
  uint64_t cursor = 0;
  while (cursor != ESCROW_MAP_END) {
    escrow_buffer out = {room, 1000, dirt};
    uint64_t n = 0;
    EXPECT_STATUS(escrow_map_scan_bytes(map, &cursor, &out, &n), ESCROW_OK);
    EXPECT(out.size <= 1000);
    char const *at = room;
    for (uint64_t i = 0; i < n; ++i) {
      uint64_t header;
      memcpy(&header, at, 8);
      uint64_t const key_size = header >> 32;
      EXPECT((header & 0xFFFFFFFF) == sizeof(int));
      int value;
      memcpy(&value, at + 8 + (key_size + 7) / 8 * 8, sizeof value);
      if (value >= 0 && value < count) ++seen[value];
      at += 8 + (key_size + 7) / 8 * 8 + 8;
    }
    EXPECT(at == room + out.size);
  }
  for (int i = 0; i < count; ++i) EXPECT(seen[i] == 1);
  escrow_buffer tiny = {room, 8, dirt};
  uint64_t n = 0;
  escrow_status s = ESCROW_OK;
  for (cursor = 0; cursor != ESCROW_MAP_END && s == ESCROW_OK;)
    s = escrow_map_scan_bytes(map, &cursor, &tiny, &n);
  EXPECT_STATUS(s, ESCROW_E_SIZE);
  end_map(map);
}

/// A clear empties the map in one step; a sweep gives up the records that its entries had.
static void a_sweep_gives_up_what_was_cleared(void) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_BYTES);
  escrow_bytes const value = text("some bytes that lie in a record");
  escrow_map_stats stats = {.struct_size = sizeof stats};
  for (int i = 0; i < 1000; ++i)
    EXPECT_STATUS(escrow_map_put_bytes(map, &i, sizeof i, &value), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_clear(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_read_stats(map, &stats), ESCROW_OK);
  EXPECT(stats.entries == 0 && stats.bytes_records_live >= 1000 * value.size);
  EXPECT_STATUS(escrow_map_sweep(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_read_stats(map, &stats), ESCROW_OK);
  EXPECT(stats.bytes_records_live == 0);
  end_map(map);
}

int main(void) {
  states_and_wrong_handles();
  nulls();
  values_come_back();
  words_are_eight_bytes_here();
  scans();
  a_sweep_gives_up_what_was_cleared();
  return expect_result();
}
