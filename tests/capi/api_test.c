// A pool used for its whole life through the table of functions alone.
#include <string.h>

#include "expect.h"

static void a_wrong_major_gets_no_table(void) {
  EXPECT(escrow_api_get(ESCROW_ABI_MAJOR + 1) == NULL);
  EXPECT(escrow_api_get(0) == NULL);
  EXPECT(escrow_api_get(UINT32_MAX) == NULL);
}

static void the_table_describes_itself(escrow_api const *api) {
  EXPECT(api == escrow_api_get(ESCROW_ABI_MAJOR));
  EXPECT(api->struct_size == sizeof(escrow_api));
  EXPECT(api->major == ESCROW_ABI_MAJOR);
  EXPECT(api->abi == escrow_abi());
  // No function is missing: everything behind `abi` is a pointer to one.
  char const *const first = (char const *)&api->status_text;
  char const *const end = (char const *)(api + 1);
  for (char const *at = first; at < end; at += sizeof(void *)) {
    void *function = NULL;
    memcpy(&function, at, sizeof function);
    EXPECT(function != NULL);
  }
}

static unsigned destroyed;
static void destroy(void *payload, uint64_t size, void *context) {
  EXPECT(payload != NULL && size == 100 && context == &destroyed);
  ++destroyed;
}

static void a_pool_lives_through_pointers_only(escrow_api const *api) {
  escrow_pool pool = 0;
  escrow_pool_options options = default_options();
  options.name = "table";
  options.type_id = 5;
  options.destructor = destroy;
  options.context = &destroyed;
  EXPECT_STATUS(api->pool_open(&options, &pool), ESCROW_OK);

  escrow_handle h = 0, d = 0, many[4] = {0};
  void *payload = NULL, *payloads[4] = {0};
  EXPECT_STATUS(api->acquire(pool, 100, &h, &payload), ESCROW_OK);
  EXPECT_STATUS(api->acquire_n(pool, 100, 4, many, payloads), ESCROW_OK);
  memset(payload, 7, 100);
  EXPECT_STATUS(api->dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(api->validate(d, pool, 5), ESCROW_OK);
  escrow_view view = {0};
  EXPECT_STATUS(api->read(d, &view), ESCROW_OK);
  EXPECT(view.payload == payload && view.size == 100 && view.root == h);

  escrow_loan loan = 0;
  EXPECT_STATUS(api->lend(h, &loan, &view), ESCROW_OK);
  EXPECT_STATUS(api->borrow(h, &view), ESCROW_OK);
  EXPECT_STATUS(api->give_back(loan), ESCROW_OK);
  EXPECT_STATUS(api->return_borrow(view.root), ESCROW_OK);

  escrow_ticket ticket = 0;
  escrow_handle moved = 0;
  EXPECT_STATUS(api->move_out(d, &ticket), ESCROW_OK);
  EXPECT_STATUS(api->move_in(ticket, &moved), ESCROW_OK);
  EXPECT_STATUS(api->revoke(moved), ESCROW_OK);
  EXPECT_STATUS(api->move_out(moved, &ticket), ESCROW_E_REVOKED);

  escrow_pool_stats stats = {.struct_size = sizeof stats};
  EXPECT_STATUS(api->pool_read_stats(pool, &stats), ESCROW_OK);
  EXPECT(stats.live == 5 && stats.duplicates == 1 && strcmp(stats.name, "table") == 0);
  escrow_class_stats classes[4];
  uint32_t count = 0;
  EXPECT_STATUS(api->pool_read_classes(pool, classes, 4, &count), ESCROW_OK);
  EXPECT(count == 1 && classes[0].live == 5);
  escrow_reference_info info[8];
  uint64_t cursor = 0;
  EXPECT_STATUS(api->pool_inspect(pool, &cursor, info, 8, &count), ESCROW_OK);
  EXPECT(count == 6);

  EXPECT_STATUS(api->release(moved), ESCROW_OK);
  EXPECT_STATUS(api->release_deferred(h), ESCROW_PENDING);
  EXPECT(destroyed == 0);
  uint64_t number = 0;
  EXPECT_STATUS(api->pool_drain(pool, 0, &number), ESCROW_OK);
  EXPECT(number == 1 && destroyed == 1);
  escrow_status statuses[4];
  EXPECT_STATUS(api->release_n(many, 4, statuses), ESCROW_OK);
  EXPECT(destroyed == 5 && statuses[3] == ESCROW_FREED);
  EXPECT_STATUS(api->pool_trim(pool, &number), ESCROW_OK);
  EXPECT(number != 0);
  EXPECT_STATUS(api->pool_close(pool, 0, &number), ESCROW_OK);
  EXPECT(number == 0);
  EXPECT_STATUS(api->pool_destroy(pool), ESCROW_OK);
  EXPECT(strcmp(api->status_name(api->pool_destroy(pool)), "ESCROW_E_STALE") == 0);
  EXPECT(strcmp(api->status_text(ESCROW_OK), "done") == 0);
}

int main(void) {
  escrow_api const *const api = escrow_api_get(ESCROW_ABI_MAJOR);
  EXPECT(api != NULL);
  if (api == NULL) return expect_result();
  a_wrong_major_gets_no_table();
  the_table_describes_itself(api);
  a_pool_lives_through_pointers_only(api);
  return expect_result();
}
