// What the unit tests of ledgers share: all entries of a pool, and the stack of one site.
#ifndef ESCROW_TESTS_UNIT_LEDGER_FIXTURE_HPP
#define ESCROW_TESTS_UNIT_LEDGER_FIXTURE_HPP

#include <vector>

#include "escrow/ledger.h"
#include "pool_fixture.hpp"

inline std::vector<escrow_ledger_entry> entries_of(escrow_pool p) {
  std::vector<escrow_ledger_entry> all;
  std::uint64_t cursor = 0;
  do {
    escrow_ledger_entry page[50];
    std::uint32_t n = 0;
    EXPECT_EQ(escrow_ledger_list(p, &cursor, page, 50, &n), ESCROW_OK);
    all.insert(all.end(), page, page + n);
  } while (cursor != 0);
  return all;
}

inline escrow_ledger_site site_of(std::uint32_t number) {
  escrow_ledger_site s;
  EXPECT_EQ(escrow_ledger_read_site(number, &s), ESCROW_OK);
  return s;
}

#endif
