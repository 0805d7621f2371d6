// Code slots through the facade: every function with every wrong handle, calls, holds, libraries.
#include "escrow/code.h"

#include <string.h>

#include "calls.h"
#include "escrow/map.h"
#include "table.h"

static uint64_t three(void) {
  return 3;
}
static uint64_t four(void) {
  return 4;
}
typedef struct numbers {
  uint64_t (*number)(void);
} numbers;
static numbers const threes = {three};
static numbers const fours = {four};

static escrow_code_options options_of(uint32_t history, uint64_t bytes) {
  return (escrow_code_options){
      .struct_size = sizeof(escrow_code_options), .history = history, .table_bytes = bytes};
}
static escrow_code_slot open_slot(escrow_code_options o) {
  escrow_code_slot slot = 0;
  EXPECT_STATUS(escrow_code_open(&o, &slot), ESCROW_OK);
  EXPECT(slot != 0);
  return slot;
}
static void end_slot(escrow_code_slot slot) {
  EXPECT_STATUS(escrow_code_close(slot), ESCROW_OK);
  EXPECT_STATUS(escrow_code_destroy(slot), ESCROW_OK);
}
static uint64_t swap(escrow_code_slot slot, numbers const *table) {
  uint64_t version = 0;
  EXPECT_STATUS(escrow_code_swap(slot, table, ESCROW_CODE_ANY, NULL, &version), ESCROW_OK);
  return version;
}
static escrow_code_call enter(escrow_code_slot slot) {
  escrow_code_call call;
  EXPECT_STATUS(escrow_code_enter(slot, &call), ESCROW_OK);
  return call;
}
static uint64_t number_of(escrow_code_call const *call) {
  return ((numbers const *)call->table)->number();
}
static escrow_code_stats code_stats_of(escrow_code_slot slot) {
  escrow_code_stats stats = {.struct_size = sizeof stats};
  EXPECT_STATUS(escrow_code_read_stats(slot, &stats), ESCROW_OK);
  return stats;
}

/* Every function that takes a slot; each must leave its outputs zero where it fails. */
static escrow_status call_swap(escrow_code_slot slot) {
  escrow_code_reason why = {"dirt"};
  uint64_t version = dirt;
  escrow_status const s = escrow_code_swap(slot, &threes, ESCROW_CODE_ANY, &why, &version);
  EXPECT(version == 0 && why.text[0] == 0);
  return s;
}
static escrow_status call_swap_library(escrow_code_slot slot) {
  escrow_code_library_options const o = {.struct_size = sizeof o, .path = "/nowhere"};
  uint64_t version = dirt;
  escrow_status const s = escrow_code_swap_library(slot, &o, ESCROW_CODE_ANY, NULL, &version);
  EXPECT(version == 0);
  return s;
}
static escrow_status call_roll_back(escrow_code_slot slot) {
  uint64_t version = dirt;
  escrow_status const s = escrow_code_roll_back(slot, 1, &version);
  EXPECT(version == 0);
  return s;
}
static escrow_status call_list(escrow_code_slot slot) {
  uint32_t count = 77;
  escrow_status const s = escrow_code_list_versions(slot, NULL, 5, &count);
  EXPECT(count == 0);
  return s;
}
static escrow_status call_enter(escrow_code_slot slot) {
  escrow_code_call call = {&call, dirt, dirt};
  escrow_status const s = escrow_code_enter(slot, &call);
  EXPECT(call.table == NULL && call.version == 0 && call.place == 0);
  return s;
}
static escrow_status call_collect(escrow_code_slot slot) {
  uint32_t count = 77;
  escrow_status const s = escrow_code_collect(slot, &count);
  EXPECT(count == 0);
  return s;
}
static escrow_status call_stats(escrow_code_slot slot) {
  escrow_code_stats stats = {.struct_size = sizeof stats, .current = dirt};
  escrow_status const s = escrow_code_read_stats(slot, &stats);
  EXPECT(stats.current == 0);
  return s;
}
static escrow_status (*const calls[])(escrow_code_slot) = {
    call_swap,    call_swap_library, call_roll_back,    call_list,          call_enter,
    call_collect, call_stats,        escrow_code_close, escrow_code_destroy};
enum { all_calls = sizeof calls / sizeof *calls, calls_of_open_slots = 5 };

static void wrong_handles_are_codes(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_code_slot const gone = open_slot(options_of(0, sizeof(numbers)));
  escrow_code_slot const closed = open_slot(options_of(0, sizeof(numbers)));
  end_slot(gone);
  EXPECT_STATUS(escrow_code_close(closed), ESCROW_OK);
  for (int i = 0; i < all_calls; ++i) {
    EXPECT_STATUS(calls[i](0), ESCROW_E_NULL);
    EXPECT_STATUS(calls[i](pool), ESCROW_E_KIND);
    EXPECT_STATUS(calls[i](5), ESCROW_E_RANGE);
    EXPECT_STATUS(calls[i](1ull << 63 | gone), ESCROW_E_RANGE);
    EXPECT_STATUS(calls[i](gone | 60000ull << 28), ESCROW_E_RANGE);
    EXPECT_STATUS(calls[i](gone), ESCROW_E_STALE);
  }
  for (int i = 0; i < calls_of_open_slots; ++i) EXPECT_STATUS(calls[i](closed), ESCROW_E_CLOSED);
  EXPECT_STATUS(call_collect(closed), ESCROW_OK);
  EXPECT_STATUS(call_stats(closed), ESCROW_OK);
  EXPECT_STATUS(escrow_code_close(closed), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_code_destroy(closed), ESCROW_OK);
  EXPECT_STATUS(escrow_map_close(gone), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_pool_close(gone, 0, NULL), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_release(gone), ESCROW_E_KIND);
  end_pool(pool);
}

static void null_arguments_are_codes(void) {
  escrow_code_options const o = options_of(1, sizeof(numbers));
  escrow_code_slot slot = dirt;
  EXPECT_STATUS(escrow_code_open(&o, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_open(NULL, &slot), ESCROW_E_NULL);
  EXPECT(slot == 0);
  slot = open_slot(o);
  escrow_code_library_options l = {.struct_size = 4};
  escrow_code_stats stats = {.struct_size = 8};
  escrow_code_call call = {0};
  escrow_code_hold hold = dirt;
  EXPECT_STATUS(escrow_code_swap(slot, NULL, 0, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_swap_library(slot, NULL, 0, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_swap_library(slot, &l, 0, NULL, NULL), ESCROW_E_VERSION);
  l = (escrow_code_library_options){.struct_size = sizeof l, .reserved = 1};
  EXPECT_STATUS(escrow_code_swap_library(slot, &l, 0, NULL, NULL), ESCROW_E_OPTION);
  l.reserved = 0;
  EXPECT_STATUS(escrow_code_swap_library(slot, &l, 0, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_list_versions(slot, NULL, 0, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_read_stats(slot, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_read_stats(slot, &stats), ESCROW_E_VERSION);
  EXPECT_STATUS(escrow_code_enter(slot, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_enter(slot, &call), ESCROW_E_ABSENT);
  EXPECT_STATUS(escrow_code_leave(NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_leave(&call), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_code_abandon(&call), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_code_retain(&call, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_code_retain(NULL, &hold), ESCROW_E_NULL);
  EXPECT(hold == 0);
  EXPECT_STATUS(escrow_code_retain(&call, &hold), ESCROW_E_STALE);
  EXPECT(escrow_code_held_table(0) == NULL);
  EXPECT_STATUS(escrow_code_release(0), ESCROW_E_NULL);
  end_slot(slot);
}

static void calls_swaps_and_holds(void) {
  escrow_code_slot const slot = open_slot(options_of(1, sizeof(numbers)));
  EXPECT(swap(slot, &threes) == 1);
  escrow_code_call first = enter(slot);
  EXPECT(number_of(&first) == 3 && first.version == 1);
  EXPECT(swap(slot, &fours) == 2);
  EXPECT(swap(slot, &fours) == 3);
  EXPECT(number_of(&first) == 3);
  escrow_code_hold hold = 0;
  EXPECT_STATUS(escrow_code_retain(&first, &hold), ESCROW_OK);
  EXPECT_STATUS(escrow_code_leave(&first), ESCROW_OK);
  EXPECT_STATUS(escrow_code_leave(&first), ESCROW_E_STALE);
  EXPECT(((numbers const *)escrow_code_held_table(hold))->number() == 3);
  escrow_code_stats stats = code_stats_of(slot);
  EXPECT(stats.live == 3 && stats.waiting == 1 && stats.holds == 1 && stats.inside == 0);
  uint64_t version = dirt;
  EXPECT_STATUS(escrow_code_roll_back(slot, 1, &version), ESCROW_E_ABSENT);
  EXPECT(version == 0);
  EXPECT_STATUS(escrow_code_roll_back(slot, 2, &version), ESCROW_OK);
  EXPECT(version == 4);
  escrow_code_version_info infos[1] = {{0}};
  uint32_t count = 0;
  EXPECT_STATUS(escrow_code_list_versions(slot, infos, 1, &count), ESCROW_OK);
  EXPECT(count == 2 && infos[0].version == 3);
  EXPECT_STATUS(escrow_code_swap(slot, &threes, 3, NULL, &version), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_code_destroy(slot), ESCROW_E_BUSY);
  escrow_code_call last = enter(slot);
  EXPECT_STATUS(escrow_code_close(slot), ESCROW_OK);
  EXPECT_STATUS(escrow_code_destroy(slot), ESCROW_E_BUSY);
  EXPECT_STATUS(escrow_code_abandon(&last), ESCROW_OK);
  EXPECT_STATUS(escrow_code_destroy(slot), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_code_release(hold), ESCROW_OK);
  stats = code_stats_of(slot);
  EXPECT(stats.leaked == 1 && stats.live == 0);
  EXPECT_STATUS(escrow_code_destroy(slot), ESCROW_OK);
}

static escrow_status wants_four(void const *table, void *context, escrow_code_reason *reason) {
  if (((numbers const *)table)->number() == 4) return ESCROW_OK;
  strncpy(reason->text, context, sizeof reason->text - 1);
  return ESCROW_E_RANGE;
}

static void a_check_refuses(void) {
  escrow_code_options o = options_of(0, sizeof(numbers));
  char text[] = "no four";
  o.check = wants_four;
  o.context = text;
  escrow_code_slot const slot = open_slot(o);
  escrow_code_reason why;
  uint64_t version = dirt;
  EXPECT_STATUS(escrow_code_swap(slot, &threes, 0, &why, &version), ESCROW_E_REFUSED);
  EXPECT(version == 0 && strcmp(why.text, "the check says: no four") == 0);
  EXPECT_STATUS(escrow_code_swap(slot, &fours, 0, &why, &version), ESCROW_OK);
  EXPECT(version == 1 && why.text[0] == 0);
  EXPECT(strcmp(code_stats_of(slot).reason.text, "the check says: no four") == 0);
  end_slot(slot);
}

#if defined(ESCROW_CODE_LIBRARIES)
static void libraries_come_and_go(void) {
  escrow_code_options o = options_of(0, sizeof(code_test_table));
  o.abi = CODE_TEST_ABI;
  escrow_code_slot const slot = open_slot(o);
  escrow_code_library_options l = {.struct_size = sizeof l,
                                   .path = ESCROW_CODE_LIBRARIES "/good_1.so"};
  escrow_code_reason why;
  uint64_t version = 0;
  EXPECT_STATUS(escrow_code_swap_library(slot, &l, 0, &why, &version), ESCROW_OK);
  EXPECT(version == 1 && why.text[0] == 0);
  escrow_code_call call = enter(slot);
  code_test_table const *const functions = call.table;
  EXPECT(functions->add(40, 1) == 42);
  l.path = ESCROW_CODE_LIBRARIES "/failing.so";
  EXPECT_STATUS(escrow_code_swap_library(slot, &l, ESCROW_CODE_ANY, &why, &version),
                ESCROW_E_REFUSED);
  EXPECT(strcmp(why.text, "its self-test says: two and two are five") == 0);
  l.path = ESCROW_CODE_LIBRARIES "/nameless.so";
  l.symbol = "another_table";
  EXPECT_STATUS(escrow_code_swap_library(slot, &l, 1, NULL, &version), ESCROW_OK);
  EXPECT(version == 2);
  EXPECT(functions->number() == 1);
  EXPECT_STATUS(escrow_code_leave(&call), ESCROW_OK);
  escrow_code_stats const stats = code_stats_of(slot);
  EXPECT(stats.unloaded == 2 && stats.kept == 0 && stats.libraries == 1 && stats.refused == 1);
  end_slot(slot);
}
#else
static void libraries_come_and_go(void) {
  puts("no libraries: this program is linked statically, or this is not Linux");
}
#endif

int main(void) {
  wrong_handles_are_codes();
  null_arguments_are_codes();
  calls_swaps_and_holds();
  a_check_refuses();
  libraries_come_and_go();
  return expect_result();
}
