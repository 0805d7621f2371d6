// What the unit tests of ledgers and traces share: all entries of a pool, the stack of one site,
// and places that acquire, by the C functions and by inline code.
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

[[gnu::noinline]] inline escrow_handle acquire_here(escrow_pool p) {
  escrow_handle h = 0;
  EXPECT_EQ(escrow_acquire(p, 40, &h, nullptr), ESCROW_OK);
  asm volatile("");  // no tail call
  return h;
}

[[gnu::noinline]] inline void make_here(escrow::pool_of<int> &p, escrow::owned<int> &out) {
  EXPECT_EQ(p.make(out, 5), ESCROW_OK);
  asm volatile("");
}

[[gnu::noinline]] inline void make_there(escrow::pool_of<int> &p, escrow::owned<int> &out) {
  EXPECT_EQ(p.make(out, 6), ESCROW_OK);
  asm volatile("");
}

#endif
