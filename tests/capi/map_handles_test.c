// Maps of handles through the facade: what they take over, give, refuse and release.
#include "escrow/map_handles.h"

#include "escrow/map_bytes.h"
#include "escrow/map_words.h"

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

static escrow_status call_map_get(escrow_map map) {
  escrow_handle out = dirt;
  escrow_status const s = escrow_map_get_handle(map, "k", 1, &out);
  EXPECT(s >= 0 || out == 0);
  return s;
}
static escrow_status call_map_borrow(escrow_map map) {
  escrow_view view = {&view, dirt, dirt};
  escrow_status const s = escrow_map_borrow_handle(map, "k", 1, &view);
  EXPECT(s >= 0 || (view.payload == NULL && view.root == 0));
  return s;
}
static escrow_status call_put(escrow_map map) {
  return escrow_map_put_handle(map, "k", 1, 0);
}
static escrow_status call_put_if_absent(escrow_map map) {
  escrow_handle out = dirt;
  escrow_status const s = escrow_map_put_handle_if_absent(map, "k", 1, 0, &out);
  EXPECT(s >= 0 || out == 0);
  return s;
}
static escrow_status call_take(escrow_map map) {
  escrow_handle out = dirt;
  escrow_status const s = escrow_map_take_handle(map, "k", 1, &out);
  EXPECT(s >= 0 || out == 0);
  return s;
}
static escrow_status call_erase(escrow_map map) {
  return escrow_map_erase_handle(map, "k", 1);
}
static escrow_status call_erase_stale(escrow_map map) {
  return escrow_map_erase_stale(map, "k", 1);
}
static escrow_status call_purge_stale(escrow_map map) {
  uint64_t n = dirt;
  escrow_status const s = escrow_map_purge_stale(map, &n);
  EXPECT(s >= 0 || n == 0);
  return s;
}
static struct call const on_handles[] = {
    {"get", call_map_get},
    {"borrow", call_map_borrow},
    {"put", call_put},
    {"take", call_take},
    {"erase", call_erase},
    {"put_if_absent", call_put_if_absent},
    {"erase_stale", call_erase_stale},
    {"purge_stale", call_purge_stale},
};
enum { handle_calls = sizeof on_handles / sizeof on_handles[0] };
#define EXPECT_HANDLE_CALLS(bits, status) \
  expect_all(on_handles, handle_calls, (bits), (status), __FILE__, __LINE__)

static void states_and_wrong_handles(escrow_pool pool) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_HANDLE);
  escrow_map const words = open_map(ESCROW_MAP_WORD, ESCROW_MAP_WORD);
  EXPECT_HANDLE_CALLS(0, ESCROW_E_NULL);
  EXPECT_HANDLE_CALLS(pool, ESCROW_E_KIND);
  EXPECT_HANDLE_CALLS(words, ESCROW_E_KIND);
  uint64_t out = 0;
  EXPECT_STATUS(escrow_map_get(map, 1, &out), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_put(map, 1, 1), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_get_handle(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_get_handle(map, NULL, 1, &out), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_borrow_handle(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_take_handle(map, "k", 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_handle(map, NULL, 1, 0), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_handle_if_absent(map, "k", 1, 0, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_purge_stale(map, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_HANDLE_CALLS(map, ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  EXPECT_HANDLE_CALLS(map, ESCROW_E_STALE);
  end_map(words);
}

static void references_go_in_and_out(escrow_pool pool) {
  escrow_map const map = open_map(ESCROW_MAP_BYTES, ESCROW_MAP_HANDLE);
  escrow_handle const h = acquire(pool, 64, NULL);
  escrow_handle out = dirt;
  EXPECT_STATUS(escrow_map_get_handle(map, "k", 1, &out), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_put_handle(map, "k", 1, 0), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_map_put_handle(map, "k", 1, pool), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_put_handle(map, "k", 1, map), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_map_put_handle(map, "k", 1, h), ESCROW_CREATED);
  EXPECT_STATUS(escrow_map_put_handle(map, "k", 1, h), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(h), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_map_get_handle(map, "k", 1, &out), ESCROW_OK);
  EXPECT_STATUS(escrow_validate(out, pool, 0), ESCROW_OK);
  EXPECT_STATUS(escrow_release(out), ESCROW_OK);
  escrow_view view;
  EXPECT_STATUS(escrow_map_borrow_handle(map, "k", 1, &view), ESCROW_OK);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_OK);
  escrow_handle const second = acquire(pool, 64, NULL);
  EXPECT_STATUS(escrow_map_put_handle_if_absent(map, "k", 1, second, &out), ESCROW_OK);
  EXPECT_STATUS(escrow_release(out), ESCROW_OK);
  EXPECT_STATUS(escrow_map_put_handle_if_absent(map, "2", 1, second, &out), ESCROW_CREATED);
  EXPECT(out == 0);
  EXPECT_STATUS(escrow_release(second), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_map_take_handle(map, "2", 1, &out), ESCROW_OK);
  EXPECT_STATUS(escrow_release(out), ESCROW_FREED);
  EXPECT_STATUS(escrow_map_take_handle(map, "2", 1, &out), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_erase_stale(map, "k", 1), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_map_get_handle(map, "k", 1, &out), ESCROW_OK);
  EXPECT_STATUS(escrow_revoke(out), ESCROW_OK);
  EXPECT_STATUS(escrow_release(out), ESCROW_OK);
  EXPECT_STATUS(escrow_map_get_handle(map, "k", 1, &out), ESCROW_E_REVOKED);
  EXPECT_STATUS(escrow_map_borrow_handle(map, "k", 1, &view), ESCROW_E_REVOKED);
  EXPECT_STATUS(escrow_map_erase_stale(map, "k", 1), ESCROW_OK);
  EXPECT_STATUS(escrow_map_erase_stale(map, "k", 1), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_map_erase_handle(map, "k", 1), ESCROW_E_ABSENT);
  EXPECT(stats_of(pool).live == 0);
  static char large[65537];
  EXPECT_STATUS(escrow_map_erase_handle(map, large, sizeof large), ESCROW_E_SIZE);
  end_map(map);
}

static void the_end_releases_what_is_left(escrow_pool pool) {
  for (int round = 0; round < 4; ++round) {
    escrow_map const map = open_map(ESCROW_MAP_WORD, ESCROW_MAP_HANDLE);
    for (uint64_t key = 0; key < 200; ++key)
      EXPECT_STATUS(escrow_map_put_handle(map, &key, 8, acquire(pool, 64, NULL)), ESCROW_CREATED);
    uint64_t const first = 0;
    uint64_t n = 0;
    EXPECT_STATUS(escrow_map_erase_handle(map, &first, 7), ESCROW_E_SIZE);
    EXPECT_STATUS(escrow_map_erase_handle(map, &first, 8), ESCROW_OK);
    EXPECT(stats_of(pool).live == 199);
    if (round == 1) {
      EXPECT_STATUS(escrow_map_clear(map), ESCROW_OK);
      EXPECT(stats_of(pool).live == 0);
    }
    if (round == 2) {
      EXPECT_STATUS(escrow_map_purge_stale(map, &n), ESCROW_OK);
      EXPECT(n == 0);
    }
    uint64_t cursor = 0;
    char room[2048];
    escrow_buffer out = {room, sizeof room, 0};
    EXPECT_STATUS(escrow_map_scan_bytes(map, &cursor, &out, &n), ESCROW_OK);
    EXPECT(round == 1 ? n == 0 : n != 0);
    end_map(map);
    EXPECT(stats_of(pool).live == 0);
  }
}

int main(void) {
  escrow_pool const pool = open_pool(default_options());
  states_and_wrong_handles(pool);
  references_go_in_and_out(pool);
  the_end_releases_what_is_left(pool);
  end_pool(pool);
  return expect_result();
}
