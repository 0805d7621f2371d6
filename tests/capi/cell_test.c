// Cells through the facade: outputs, refusals, the word in memory, and what outlives what.
#include "escrow/cell.h"

#include <string.h>
#include <unistd.h>

#include "calls.h"

static escrow_cell_options default_cell(void) {
  return (escrow_cell_options){.struct_size = sizeof(escrow_cell_options)};
}
static escrow_cell open_cell(escrow_cell_options options) {
  escrow_cell cell = 0;
  EXPECT_STATUS(escrow_cell_open(&options, &cell), ESCROW_OK);
  return cell;
}
static void end_cell(escrow_cell cell) {
  EXPECT_STATUS(escrow_cell_close(cell), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_destroy(cell), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_destroy(cell), ESCROW_E_STALE);
}
static escrow_bytes text(char const *s) {
  return (escrow_bytes){s, strlen(s)};
}
static uint64_t swap(escrow_cell cell, char const *content) {
  escrow_bytes const b = text(content);
  uint64_t version = 0;
  EXPECT_STATUS(escrow_cell_swap(cell, &b, NULL, &version, NULL), ESCROW_OK);
  return version;
}
static escrow_cell_stats cell_stats(escrow_cell cell) {
  escrow_cell_stats s = {.struct_size = sizeof s};
  EXPECT_STATUS(escrow_cell_read_stats(cell, &s), ESCROW_OK);
  return s;
}
static int shows(escrow_cell_view const *v, char const *content) {
  return v->size == strlen(content) && memcmp(v->content, content, v->size) == 0;
}

static void null_and_foreign_arguments_get_a_code(void) {
  escrow_cell_options o = default_cell();
  escrow_cell cell = 9;
  uint64_t n = 9;
  escrow_bytes const content = text("x");
  escrow_bytes const broken = {NULL, 5};
  escrow_cell_view view;
  escrow_buffer buffer = {NULL, 4, 9};
  uint32_t count = 9;
  EXPECT_STATUS(escrow_cell_open(NULL, &cell), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_open(&o, NULL), ESCROW_E_NULL);
  o.struct_size = 1;
  EXPECT_STATUS(escrow_cell_open(&o, &cell), ESCROW_E_VERSION);
  EXPECT(cell == 0);
  cell = open_cell(default_cell());
  EXPECT_STATUS(escrow_cell_swap(cell, NULL, NULL, &n, NULL), ESCROW_E_NULL);
  EXPECT(n == 0);
  EXPECT_STATUS(escrow_cell_swap(cell, &broken, NULL, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_swap(cell, &content, &broken, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_swap_if(cell, NULL, &content, NULL, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_prepare(cell, &content, NULL, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_load(cell, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_load_version(cell, 1, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_take(cell, 0, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_copy(cell, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_copy(cell, &buffer, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_version(cell, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_word(cell, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_notify(cell, -2), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_cell_read_history(cell, NULL, 1, &count), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_read_history(cell, NULL, 0, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_read_stats(cell, NULL), ESCROW_E_NULL);
  escrow_cell_stats stats = {.struct_size = 4};
  EXPECT_STATUS(escrow_cell_read_stats(cell, &stats), ESCROW_E_VERSION);
  EXPECT_STATUS(escrow_cell_load(0, &view), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_release(0), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_cell_release(cell), ESCROW_E_KIND);
  escrow_pool const pool = open_pool(default_options());
  EXPECT_STATUS(escrow_cell_load(pool, &view), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_cell_close(pool), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_pool_close(cell, 0, NULL), ESCROW_E_KIND);
  end_pool(pool);
  end_cell(cell);
}

static void contents_are_copied_and_versions_count(void) {
  escrow_cell const cell = open_cell(default_cell());
  escrow_cell_view view;
  uint64_t version = 9;
  EXPECT_STATUS(escrow_cell_load(cell, &view), ESCROW_E_ABSENT);
  EXPECT(view.loan == 0 && view.content == NULL);
  EXPECT_STATUS(escrow_cell_version(cell, &version), ESCROW_E_ABSENT);
  EXPECT(version == 0);
  char mine[] = "limit: 10";
  EXPECT(swap(cell, mine) == 1);
  mine[0] = 'X';
  EXPECT_STATUS(escrow_cell_load(cell, &view), ESCROW_OK);
  EXPECT(shows(&view, "limit: 10") && view.version == 1 && view.published != 0);
  EXPECT(view.etag_size == ESCROW_CELL_ETAG && view.etag[0] == '"');
  EXPECT((uintptr_t)view.content % 16 == 0);
  EXPECT(swap(cell, "limit: 11") == 2);
  EXPECT(shows(&view, "limit: 10"));
  char room[16];
  escrow_buffer buffer = {room, 4, 0};
  EXPECT_STATUS(escrow_cell_copy(cell, &buffer, &version), ESCROW_E_SIZE);
  EXPECT(buffer.size == 9 && version == 0);
  buffer.capacity = sizeof room;
  EXPECT_STATUS(escrow_cell_copy(cell, &buffer, &version), ESCROW_OK);
  EXPECT(buffer.size == 9 && version == 2 && memcmp(room, "limit: 11", 9) == 0);
  EXPECT_STATUS(escrow_cell_release(view.loan), ESCROW_FREED);
  EXPECT_STATUS(escrow_cell_release(view.loan), ESCROW_E_STALE);
  end_cell(cell);
}

static void the_word_shows_the_handle_of_what_is_current(void) {
  escrow_cell const cell = open_cell(default_cell());
  uint64_t const *word = NULL;
  EXPECT_STATUS(escrow_cell_word(cell, &word), ESCROW_OK);
  EXPECT(__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0);
  swap(cell, "one");
  escrow_cell_view view;
  EXPECT_STATUS(escrow_cell_load(cell, &view), ESCROW_OK);
  EXPECT(__atomic_load_n(word, __ATOMIC_ACQUIRE) == view.snapshot);
  swap(cell, "two");
  uint64_t const last = __atomic_load_n(word, __ATOMIC_ACQUIRE);
  EXPECT(last != view.snapshot && last != 0);
  EXPECT_STATUS(escrow_cell_release(view.loan), ESCROW_FREED);
  end_cell(cell);
  EXPECT(__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0);
  for (int i = 0; i < 10; ++i) {  // readable for ever, and the handle does not come back
    escrow_cell const next = open_cell(default_cell());
    swap(next, "other");
    EXPECT(__atomic_load_n(word, __ATOMIC_ACQUIRE) != last);
    end_cell(next);
  }
}

static void a_prepared_snapshot_is_published_once_or_discarded(void) {
  escrow_cell const cell = open_cell(default_cell());
  escrow_cell const other = open_cell(default_cell());
  escrow_bytes const content = text("one");
  uint64_t snapshot = 0;
  uint64_t version = 9;
  uint64_t const *word = NULL;
  EXPECT_STATUS(escrow_cell_word(cell, &word), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_prepare(cell, &content, NULL, &snapshot, NULL), ESCROW_OK);
  EXPECT(*word == 0 && snapshot != 0);
  escrow_status const stray = escrow_cell_publish(other, snapshot, NULL, NULL);
  EXPECT(stray == ESCROW_E_FOREIGN);
  escrow_cell_condition when = {.kind = ESCROW_CELL_IF_VERSION, .version = 3};
  EXPECT_STATUS(escrow_cell_publish(cell, snapshot, &when, &version), ESCROW_E_DIFFERS);
  EXPECT(version == 0);
  when.kind = 9;
  EXPECT_STATUS(escrow_cell_publish(cell, snapshot, &when, &version), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_cell_publish(cell, snapshot, NULL, &version), ESCROW_OK);
  EXPECT(version == 1 && *word == snapshot);
  EXPECT_STATUS(escrow_cell_publish(cell, snapshot, NULL, &version), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_cell_discard(cell, snapshot), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_cell_prepare(cell, &content, NULL, &snapshot, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_close(cell), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_destroy(cell), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_cell_publish(cell, snapshot, NULL, NULL), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_cell_discard(cell, snapshot), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_discard(cell, snapshot), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_cell_destroy(cell), ESCROW_OK);
  end_cell(other);
}

static int32_t no_spaces(void const *content, uint64_t size, void *context,
                         escrow_cell_reason *out_reason) {
  ++*(int *)context;
  if (memchr(content, ' ', size) == NULL) return 0;
  (void)strcpy(out_reason->text, "a space");
  return -3;
}

static void the_validator_says_why(void) {
  int asked = 0;
  escrow_cell_options o = default_cell();
  o.validator = no_spaces;
  o.validator_context = &asked;
  escrow_cell const cell = open_cell(o);
  escrow_cell_reason reason;
  escrow_bytes const bad = text("a b");
  uint64_t snapshot = 9;
  uint64_t version = 9;
  swap(cell, "ab");
  EXPECT_STATUS(escrow_cell_swap(cell, &bad, NULL, &version, &reason), ESCROW_E_REFUSED);
  EXPECT(version == 0 && reason.code == -3 && strcmp(reason.text, "a space") == 0);
  EXPECT_STATUS(escrow_cell_prepare(cell, &bad, NULL, &snapshot, &reason), ESCROW_E_REFUSED);
  EXPECT(snapshot == 0 && asked == 3);
  escrow_cell_stats const s = cell_stats(cell);
  EXPECT(s.version == 1 && s.refused == 2 && s.why.code == -3 && s.snapshots == 1);
  end_cell(cell);
}

static void history_and_conditions(void) {
  escrow_cell_options o = default_cell();
  o.history = 2;
  escrow_cell const cell = open_cell(o);
  swap(cell, "one");
  swap(cell, "two");
  swap(cell, "three");
  escrow_cell_entry entries[4];
  uint32_t count = 0;
  EXPECT_STATUS(escrow_cell_read_history(cell, entries, 4, &count), ESCROW_OK);
  EXPECT(count == 3 && entries[0].version == 3 && entries[2].version == 1 && entries[2].size == 3);
  escrow_cell_view view;
  EXPECT_STATUS(escrow_cell_load_version(cell, 1, &view), ESCROW_OK);
  EXPECT(shows(&view, "one") && view.snapshot == entries[2].snapshot);
  escrow_cell_condition when = {
      .kind = ESCROW_CELL_IF_ETAG, .etag_size = (uint32_t)view.etag_size, .etag = view.etag};
  escrow_bytes const four = text("four");
  uint64_t version = 0;
  EXPECT_STATUS(escrow_cell_swap_if(cell, &when, &four, NULL, &version, NULL), ESCROW_E_DIFFERS);
  EXPECT_STATUS(escrow_cell_roll_back(cell, 1, &version), ESCROW_OK);
  EXPECT(version == 4);
  EXPECT_STATUS(escrow_cell_swap_if(cell, &when, &four, NULL, &version, NULL), ESCROW_OK);
  EXPECT(version == 5);
  escrow_loan const loan = view.loan;
  EXPECT_STATUS(escrow_cell_load_version(cell, 1, &view), ESCROW_E_ABSENT);
  EXPECT(view.loan == 0);
  escrow_cell_stats const s = cell_stats(cell);
  EXPECT(s.history == 2 && s.rolled_back == 1 && s.differed == 1 && s.loans == 1);
  EXPECT_STATUS(escrow_cell_await(cell, 5, 0, &version), ESCROW_E_TIMEOUT);
  EXPECT_STATUS(escrow_cell_await(cell, 4, ESCROW_FOREVER, &version), ESCROW_OK);
  EXPECT(version == 5);
  EXPECT_STATUS(escrow_cell_close(cell), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_destroy(cell), ESCROW_E_LEAK);
  EXPECT_STATUS(escrow_cell_release(loan), ESCROW_FREED);
  EXPECT_STATUS(escrow_cell_destroy(cell), ESCROW_OK);
}

static void a_decider_takes_and_decides_in_turns(void) {
  escrow_cell_options o = default_cell();
  o.flags = ESCROW_CELL_DECIDED;
  escrow_cell const cell = open_cell(o);
  escrow_cell_view view;
  escrow_bytes const content = text("x");
  EXPECT_STATUS(escrow_cell_take(cell, 0, &view), ESCROW_E_TIMEOUT);
  EXPECT_STATUS(escrow_cell_propose(cell, NULL, &content, NULL, 0, NULL, NULL), ESCROW_E_TIMEOUT);
  EXPECT_STATUS(escrow_cell_swap(cell, &content, NULL, NULL, NULL), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_cell_accept(cell, 5, NULL), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_cell_refuse(cell, 5, NULL), ESCROW_E_STALE);
  uint64_t snapshot = 0;
  EXPECT_STATUS(escrow_cell_prepare(cell, &content, NULL, &snapshot, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_cell_publish(cell, snapshot, NULL, NULL), ESCROW_OK);
  end_cell(cell);
}

int main(void) {
  null_and_foreign_arguments_get_a_code();
  contents_are_copied_and_versions_count();
  the_word_shows_the_handle_of_what_is_current();
  a_prepared_snapshot_is_published_once_or_discarded();
  the_validator_says_why();
  history_and_conditions();
  a_decider_takes_and_decides_in_turns();
  return expect_result();
}
