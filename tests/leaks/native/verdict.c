#define _GNU_SOURCE /* dl_iterate_phdr */
#include "verdict.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escrow/ledger.h"

static char text[1 << 14];

char const *verdict_code(escrow_status s) {
  char const prefix[] = "ESCROW_E_";
  char const *const name = escrow_status_name(s);
  if (s >= 0 || strncmp(name, prefix, sizeof prefix - 1) != 0) {
    snprintf(text, sizeof text, "no code: %s", name);
  } else {
    snprintf(text, sizeof text, "code %s", name + sizeof prefix - 1);
  }
  return text;
}

char const *verdict_cannot(int right) {
  return right ? "cannot" : "the mistake is there";
}

/* The first is the program itself. */
static int take_bias(struct dl_phdr_info *info, size_t size, void *out) {
  (void)size;
  *(uint64_t *)out = info->dlpi_addr;
  return 1;
}

/* Adds to the text who acquired what is out. */
static void add_sites(escrow_pool pool, int n) {
  static escrow_ledger_site sites[64];
  uint32_t count = 0;
  escrow_status const s = escrow_ledger_list_sites(pool, sites, 64, &count);
  demand(s == ESCROW_OK && count > 0, "what is out was noted");
  uint64_t bias = 0;
  dl_iterate_phdr(take_bias, &bias);
  for (uint32_t i = 0; i < count; ++i) {
    n += snprintf(text + n, sizeof text - (size_t)n, "\nout %d", (int)sites[i].live);
    for (uint32_t k = 0; k < sites[i].native; ++k) /* a return address lies behind its call */
      n += snprintf(text + n, sizeof text - (size_t)n, "\n\t%#llx",
                    (unsigned long long)(sites[i].frames[k] - 1 - bias));
  }
}

char const *verdict_still(escrow_pool pool) {
  escrow_pool_stats stats = {.struct_size = sizeof stats};
  demand(escrow_pool_read_stats(pool, &stats) == ESCROW_OK, "a pool has statistics");
  uint64_t live = 0;
  demand(escrow_pool_close(pool, 0, &live) == ESCROW_OK, "a pool closes");
  demand(live == stats.live, "close and statistics agree");
  if (escrow_pool_destroy(pool) != ESCROW_E_LEAK) return "no report: the pool can be destroyed";
  int n = snprintf(text, sizeof text, "report live=%d", (int)live);
  if (stats.loans > 0)
    n += snprintf(text + n, sizeof text - (size_t)n, " loans=%d", (int)stats.loans);
  if (stats.tickets > 0)
    n += snprintf(text + n, sizeof text - (size_t)n, " tickets=%d", (int)stats.tickets);
  add_sites(pool, n);
  return text;
}

void leaks_note_all(escrow_pool pool) {
  uint32_t const level = ESCROW_LEDGER_FULL | ESCROW_LEDGER_FRAMES;
  demand(escrow_pool_set_ledger(pool, level, 0) == ESCROW_OK, "a ledger is switched on");
}

escrow_pool leaks_pool(uint32_t type_id, uint64_t limit_bytes) {
  escrow_pool_options const o = {
      .struct_size = sizeof o, .name = "leaks", .type_id = type_id, .limit_bytes = limit_bytes};
  escrow_pool pool = 0;
  demand(escrow_pool_open(&o, &pool) == ESCROW_OK, "a pool opens");
  leaks_note_all(pool);
  return pool;
}

int leaks_pool_ended(escrow_pool pool) {
  uint64_t live = 0;
  return escrow_pool_close(pool, 0, &live) == ESCROW_OK && live == 0 &&
         escrow_pool_destroy(pool) == ESCROW_OK;
}

escrow_handle leaks_number(escrow_pool pool, int value) {
  escrow_handle handle = 0;
  void *payload = NULL;
  demand(escrow_acquire(pool, 64, &handle, &payload) == ESCROW_OK, "an object is acquired");
  memcpy(payload, &value, sizeof value);
  return handle;
}

int leaks_read(escrow_handle handle) {
  escrow_view view;
  escrow_status const s = escrow_borrow(handle, &view);
  if (s < 0) return s;
  int value;
  memcpy(&value, view.payload, sizeof value);
  escrow_return(view.root);
  return value;
}

void demand(int so, char const *what) {
  if (so) return;
  fprintf(stderr, "not so: %s\n", what);
  exit(3);
}
