// Ledgers through the facade: outputs, refusals, levels, a walk.
#include "escrow/ledger.h"

#include "calls.h"

static escrow_ledger_site sites[4096];

int main(void) {
  escrow_pool_options options = {.struct_size = sizeof options, .name = "ledger", .type_id = 3};
  escrow_pool pool = 0;
  EXPECT_STATUS(escrow_pool_open(&options, &pool), ESCROW_OK);
  escrow_handle early = 0, h = 0;
  EXPECT_STATUS(escrow_acquire(pool, 100, &early, NULL), ESCROW_OK);
  uint64_t const pcs[3] = {0x1000, 0x2000, 0x3000};
  escrow_ledger_site site;
  EXPECT_STATUS(escrow_ledger_note(early, pcs, 3, 1), ESCROW_E_NOMEM);  // it was never on
  EXPECT_STATUS(escrow_ledger_read_site(1, &site), ESCROW_E_RANGE);

  EXPECT_STATUS(escrow_pool_set_ledger(pool, 3, 1), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_SAMPLED, 0), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_SAMPLED, (1u << 31) + 1),
                ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_pool_set_ledger(0, ESCROW_LEDGER_FULL, 0), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_set_ledger(early, ESCROW_LEDGER_FULL, 0), ESCROW_E_KIND);
  escrow_ledger_state state;
  EXPECT_STATUS(escrow_pool_read_ledger(pool, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_read_ledger(pool, &state), ESCROW_OK);
  EXPECT(state.level == ESCROW_LEDGER_OFF && state.rate == 0 && state.missed == 1);
  uint32_t const *limit = NULL;
  EXPECT_STATUS(escrow_pool_ledger_limit(pool, &limit), ESCROW_OK);
  EXPECT(*limit == 0);

  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL | ESCROW_LEDGER_FRAMES, 0),
                ESCROW_OK);
  EXPECT_STATUS(escrow_pool_read_ledger(pool, &state), ESCROW_OK);
  EXPECT(state.level == (ESCROW_LEDGER_FULL | ESCROW_LEDGER_FRAMES) && state.rate == 1);
  EXPECT(*limit == 1u << 31);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_SAMPLED, 100), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_read_ledger(pool, &state), ESCROW_OK);
  EXPECT(state.level == ESCROW_LEDGER_SAMPLED && state.rate == 100);
  EXPECT(*limit == ((1u << 31) + 99) / 100);

  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  uint64_t const before = escrow_ledger_now();
  EXPECT_STATUS(escrow_acquire(pool, 200, &h, NULL), ESCROW_OK);
  uint64_t cursor = 0;
  uint32_t n = 9;
  escrow_ledger_entry entries[8];
  EXPECT_STATUS(escrow_ledger_list(pool, NULL, entries, 8, &n), ESCROW_E_NULL);
  EXPECT(n == 0);
  EXPECT_STATUS(escrow_ledger_list(pool, &cursor, entries, 0, &n), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow_ledger_list(pool, &cursor, entries, 8, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_ledger_list(pool, &cursor, entries, 8, &n), ESCROW_OK);
  EXPECT(n == 1 && cursor == 0);
  EXPECT(entries[0].handle == h && entries[0].size == 200 && entries[0].type_id == 3);
  EXPECT(entries[0].weight == 1 && entries[0].pool == pool && entries[0].label == 0);
  EXPECT(entries[0].when >= before && entries[0].when <= escrow_ledger_now());

  EXPECT_STATUS(escrow_ledger_note(early, NULL, 3, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_ledger_note(0, pcs, 3, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_ledger_note(early, pcs, 3, 42), ESCROW_OK);
  EXPECT_STATUS(escrow_ledger_note(early, pcs, 3, 42), ESCROW_OK);  // replaces it
  EXPECT_STATUS(escrow_ledger_list(0, &cursor, entries, 8, &n), ESCROW_OK);
  EXPECT(n == 2);
  EXPECT(entries[0].label + entries[1].label == 42);

  escrow_pool listed[2];
  EXPECT_STATUS(escrow_pool_list(NULL, listed, 2, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_list(&cursor, NULL, 2, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_list(&cursor, listed, 2, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_list(&cursor, listed, 0, &n), ESCROW_E_SIZE);
  EXPECT(n == 0);
  EXPECT_STATUS(escrow_pool_list(&cursor, listed, 2, &n), ESCROW_OK);
  EXPECT(n == 1 && cursor == 0 && listed[0] == pool);

  EXPECT_STATUS(escrow_ledger_list_sites(pool, NULL, 8, &n), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_ledger_list_sites(pool, sites, 1, &n), ESCROW_E_SIZE);
  EXPECT(n == 2);
  EXPECT_STATUS(escrow_ledger_list_sites(pool, sites, 4096, &n), ESCROW_OK);
  EXPECT(n == 2);
  uint64_t live = 0, bytes = 0;
  for (uint32_t i = 0; i < n; ++i) {
    live += sites[i].live;
    bytes += sites[i].bytes;
    EXPECT(sites[i].noted == 1);
    EXPECT_STATUS(escrow_ledger_read_site(sites[i].site, &site), ESCROW_OK);
    EXPECT(site.count == sites[i].count && site.frames[0] == sites[i].frames[0]);
    EXPECT(site.count == 3 ? site.native == 0 && site.frames[2] == 0x3000
                           : site.native == site.count);
  }
  EXPECT(live == 2 && bytes == 300);
  EXPECT_STATUS(escrow_ledger_read_site(1, NULL), ESCROW_E_NULL);

  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_STATUS(escrow_release(early), ESCROW_FREED);
  EXPECT_STATUS(escrow_ledger_note(h, pcs, 3, 1), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_ledger_list(pool, &cursor, entries, 8, &n), ESCROW_OK);
  EXPECT(n == 0);
  EXPECT_STATUS(escrow_pool_close(pool, 0, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0), ESCROW_E_CLOSED);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_ledger_limit(pool, &limit), ESCROW_E_STALE);
  EXPECT(limit == NULL);
  EXPECT_STATUS(escrow_ledger_list_sites(pool, sites, 4096, &n), ESCROW_E_STALE);
  return expect_result();
}
