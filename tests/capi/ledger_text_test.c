// What is live, written by site: native frames as module and offset, managed ones by the name that
// was given to the site, bare where none was.
#define _POSIX_C_SOURCE 200809L  // fileno
#include <unistd.h>

#include "calls.h"
#include "escrow/ledger.h"
#include "written.h"

static char const *ledgers(uint64_t *out_live) {
  EXPECT_STATUS(escrow_ledger_write(written_begin(), out_live), ESCROW_OK);
  return written_end();
}

/// One call, so one site, however a loop around it is compiled.
__attribute__((noinline)) static escrow_handle acquire_here(escrow_pool pool) {
  return acquire(pool, 100, NULL);
}

/// The first frame below the line that holds `part`: what is known of it differs by platform.
static char const *frame_below(char const *text, char const *part) {
  char const *const line = strstr(text, part);
  char const *const end = line == NULL ? NULL : strchr(line, '\n');
  return end == NULL ? "" : end + 1;
}

static uint32_t site_of(escrow_handle h) {
  uint32_t site = 0;
  EXPECT_STATUS(escrow_ledger_find(h, &site), ESCROW_OK);
  EXPECT(site != 0);
  return site;
}

static void finds(escrow_pool pool, escrow_handle noted) {
  uint32_t site = 9;
  EXPECT_STATUS(escrow_ledger_find(noted, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_ledger_find(0, &site), ESCROW_E_NULL);
  EXPECT(site == 0);
  EXPECT_STATUS(escrow_ledger_find(pool, &site), ESCROW_E_KIND);
}

static void names(uint32_t site) {
  static char long_name[5000];
  memset(long_name, 'x', sizeof long_name - 1);
  EXPECT_STATUS(escrow_ledger_name_site(site, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_ledger_name_site(site, long_name), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_ledger_name_site(site + 1000, "nobody"), ESCROW_E_RANGE);
  EXPECT_STATUS(escrow_ledger_name_site(site, "main.fill main.go:3\nmain.main main.go:9"),
                ESCROW_OK);
  EXPECT_STATUS(escrow_ledger_name_site(site, "again"), ESCROW_ALREADY);
}

int main(void) {
  uint64_t live = dirt;
  EXPECT(strcmp(ledgers(&live), "") == 0);  // no ledger was ever on
  EXPECT(live == 0);
  EXPECT_STATUS(escrow_ledger_name_site(1, "early"), ESCROW_E_RANGE);

  escrow_pool_options options = {.struct_size = sizeof options, .name = "text"};
  escrow_pool const pool = open_pool(options);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle here[3];
  for (int i = 0; i < 3; ++i) here[i] = acquire_here(pool);
  uint64_t const pcs[2] = {0x1000, 0x2000};
  escrow_handle const managed = acquire(pool, 7, NULL), unnamed = acquire(pool, 9, NULL);
  EXPECT_STATUS(escrow_ledger_note(managed, pcs, 2, 1), ESCROW_OK);
  EXPECT_STATUS(escrow_ledger_note(unnamed, pcs + 1, 1, 1), ESCROW_OK);
  finds(pool, managed);
  names(site_of(managed));

  char const *text = ledgers(&live);
  EXPECT(live == 5);
  EXPECT_TEXT(text, "escrow: 3 live, 300 bytes, acquired at site ");
  char const *const frame = frame_below(text, "300 bytes");
  EXPECT(strncmp(frame, "    ", 4) == 0);
  // A module and an offset in it; where a sanitizer knows names, the function; in a static program
  // the bare address.
  EXPECT(strstr(frame, "+0x") != NULL || strncmp(frame + 4, "acquire", 7) == 0 ||
         strncmp(frame + 4, "0x", 2) == 0);
  EXPECT_TEXT(text, "escrow: 1 live, 7 bytes, acquired at site ");
  EXPECT_TEXT(text, "    main.fill main.go:3\n    main.main main.go:9\n");
  EXPECT_TEXT(text, "    Go 0x2000\n");
  EXPECT(strstr(text, "Go 0x1000") == NULL);  // it has a name

  for (int i = 0; i < 3; ++i) EXPECT_STATUS(escrow_release(here[i]), ESCROW_FREED);
  uint32_t const before = site_of(managed);
  EXPECT_STATUS(escrow_release(managed), ESCROW_FREED);
  EXPECT(site_of(managed) == before);  // until its slot is used again
  text = ledgers(NULL);
  EXPECT(strstr(text, "300 bytes") == NULL);
  EXPECT_TEXT(text, "escrow: 1 live, 9 bytes");
  EXPECT_STATUS(escrow_release(unnamed), ESCROW_FREED);
  end_pool(pool);
  return expect_result();
}
