// Refused calls through the facade: outputs, refusals of its own, what a caller notes by itself.
#include "escrow/misuse.h"

#include "calls.h"
#include "escrow/ledger.h"

static escrow_misuse_site sites[ESCROW_MISUSE_SITES_MOST];

int main(void) {
  escrow_pool_options options = {.struct_size = sizeof options, .name = "misuse"};
  escrow_pool pool = 0;
  escrow_handle h = 0;
  uint32_t n = 9;
  uint64_t lost = 9;
  uint64_t const pcs[2] = {0x1000, 0x2000};
  EXPECT_STATUS(escrow_pool_open(&options, &pool), ESCROW_OK);
  EXPECT_STATUS(escrow_acquire(pool, 100, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_STATUS(escrow_release(h), ESCROW_E_STALE);
  EXPECT(*escrow_misuse_switch() == 0);
  EXPECT_STATUS(escrow_misuse_list(sites, ESCROW_MISUSE_SITES_MOST, &n, &lost), ESCROW_OK);
  EXPECT(n == 0 && lost == 0);  // no ledger was ever on
  EXPECT_STATUS(escrow_misuse_note(pool, h, ESCROW_OPERATION_RELEASE, ESCROW_E_STALE, pcs, 2),
                ESCROW_E_NOMEM);

  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_SAMPLED, 1u << 31), ESCROW_OK);
  EXPECT(*escrow_misuse_switch() != 0);
  EXPECT_STATUS(escrow_release(h), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_misuse_list(NULL, 1, &n, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_misuse_list(sites, 8, NULL, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_misuse_list(sites, 8, &n, NULL), ESCROW_OK);
  EXPECT(n == 1 && sites[0].count == 1 && sites[0].pool == pool);
  EXPECT(sites[0].operation == ESCROW_OPERATION_RELEASE && sites[0].status == ESCROW_E_STALE);
  EXPECT(sites[0].last <= escrow_ledger_now());
  escrow_ledger_site where;
  EXPECT_STATUS(escrow_ledger_read_site(sites[0].site, &where), ESCROW_OK);
  EXPECT(where.count == 1 && where.native == 1);

  EXPECT_STATUS(escrow_misuse_note(pool, 0, 1234, ESCROW_E_KIND, NULL, 2), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_misuse_note(0, h, 1234, ESCROW_E_KIND, pcs, 2), ESCROW_OK);
  EXPECT_STATUS(escrow_misuse_note(0, 0, 1234, ESCROW_E_NULL, pcs, 2), ESCROW_OK);
  EXPECT_STATUS(escrow_misuse_note(pool, 0, 1234, ESCROW_E_FULL, pcs, 2), ESCROW_OK);  // none
  EXPECT_STATUS(escrow_misuse_list(sites, 1, &n, NULL), ESCROW_OK);
  EXPECT(n == 1);
  EXPECT_STATUS(escrow_misuse_list(sites, ESCROW_MISUSE_SITES_MOST, &n, NULL), ESCROW_OK);
  EXPECT(n == 3);
  int of_caller = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (sites[i].operation != 1234) continue;
    ++of_caller;
    EXPECT(sites[i].pool == (sites[i].status == ESCROW_E_KIND ? pool : 0));
    EXPECT_STATUS(escrow_ledger_read_site(sites[i].site, &where), ESCROW_OK);
    EXPECT(where.count == 2 && where.native == 0 && where.frames[1] == 0x2000);
  }
  EXPECT(of_caller == 2);

  EXPECT(strcmp(escrow_operation_text(ESCROW_OPERATION_GIVE_BACK), "give back") == 0);
  EXPECT(strcmp(escrow_operation_text(0), "") == 0 && strcmp(escrow_operation_text(1234), "") == 0);
  EXPECT_STATUS(escrow_pool_close(pool, 0, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
  return expect_result();
}
