#include "escrow/misuse.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "escrow/misuse.h"
#include "ledger_fixture.hpp"

namespace {

std::vector<escrow_misuse_site> all_of(escrow_pool p) {
  std::vector<escrow_misuse_site> all(ESCROW_MISUSE_SITES_MOST), mine;
  std::uint32_t n = 0;
  EXPECT_EQ(escrow_misuse_list(all.data(), ESCROW_MISUSE_SITES_MOST, &n, nullptr), ESCROW_OK);
  for (std::uint32_t i = 0; i < n; ++i)
    if (all[i].pool == p) mine.push_back(all[i]);
  return mine;
}

bool is_within(std::uint32_t site, void const *function) {
  auto const s = site_of(site);
  auto const from = reinterpret_cast<escrow::u64>(function);
  return s.count != 0 && s.frames[0] > from && s.frames[0] < from + 4096;
}

/// A pool whose ledger is on: from here on refused calls are noted.
struct noting_pool : test_pool {
  noting_pool() { EXPECT_EQ(escrow_pool_set_ledger(id, ESCROW_LEDGER_FULL, 0), ESCROW_OK); }
};

[[gnu::noinline]] escrow_status release_stale(escrow_handle h) {
  auto const s = escrow_release(h);
  asm volatile("");  // no tail call
  return s;
}

[[gnu::noinline]] escrow_status borrow_stale(escrow_handle h) {
  escrow::borrowed<> b;
  auto const s = escrow::borrowed<>::of(h, b);
  asm volatile("");
  return s;
}

[[gnu::noinline]] escrow_status borrow_stale_elsewhere(escrow_handle h) {
  escrow::borrowed<> b;
  auto const s = escrow::borrowed<>::of(h, b);
  asm volatile("nop");  // not the same function to the compiler
  return s;
}

[[gnu::noinline]] escrow_status dup_moved(escrow::owned<> const &g) {
  escrow::owned<> dup;
  auto const s = g.dup(dup);
  asm volatile("");
  return s;
}

escrow_handle released(test_pool &p) {
  escrow_handle const h = p.acquire(64);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  return h;
}

}  // namespace

TEST(Misuse, AReleaseThatIsRefusedIsNotedWithItsCaller) {
  noting_pool p;
  escrow_handle const h = released(p);
  auto const before = escrow_ledger_now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(release_stale(h), ESCROW_E_STALE);
  auto const all = all_of(p.id);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].status, ESCROW_E_STALE);
  EXPECT_EQ(all[0].operation, std::uint32_t{ESCROW_OPERATION_RELEASE});
  EXPECT_EQ(all[0].count, 3u);
  EXPECT_GE(all[0].last, before);
  EXPECT_TRUE(is_within(all[0].site, reinterpret_cast<void const *>(&release_stale)));
  EXPECT_EQ(p.stats().misuse[-ESCROW_E_STALE], 3u);
}

TEST(Misuse, AGuardsRefusalIsNotedWhereItsCallerIs) {
  noting_pool p;
  escrow_handle const gone = released(p);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(borrow_stale(gone), ESCROW_E_STALE);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(borrow_stale_elsewhere(gone), ESCROW_E_STALE);
  escrow_handle const h = p.acquire(64);
  escrow_ticket t = 0;
  ASSERT_EQ(escrow_move_out(h, &t), ESCROW_OK);
  auto g = escrow::owned<>::adopt(h);
  EXPECT_EQ(dup_moved(g), ESCROW_E_MOVED);
  (void)g.detach();
  EXPECT_EQ(escrow_release(t), ESCROW_FREED);
  std::map<std::uint64_t, escrow_misuse_site> by_count;
  for (auto const &m : all_of(p.id)) by_count[m.count] = m;
  ASSERT_EQ(by_count.size(), 3u);  // of each function its own, none of the library
  EXPECT_EQ(by_count[1].operation, std::uint32_t{ESCROW_OPERATION_DUP});
  EXPECT_EQ(by_count[1].status, ESCROW_E_MOVED);
  EXPECT_EQ(by_count[2].operation, std::uint32_t{ESCROW_OPERATION_BORROW});
  EXPECT_EQ(by_count[5].status, ESCROW_E_STALE);
  EXPECT_EQ(p.stats().misuse[-ESCROW_E_STALE], 7u);
  EXPECT_EQ(p.stats().misuse[-ESCROW_E_MOVED], 1u);
}

TEST(Misuse, EachOperationIsNotedByItsName) {
  noting_pool p;
  escrow_handle const h = released(p);
  escrow_handle out = 0;
  escrow_view view;
  EXPECT_EQ(escrow_dup(h, &out), ESCROW_E_STALE);
  EXPECT_EQ(escrow_lend(h, &out, nullptr), ESCROW_E_STALE);
  EXPECT_EQ(escrow_give_back(h), ESCROW_E_STALE);
  EXPECT_EQ(escrow_borrow(h, &view), ESCROW_E_STALE);
  EXPECT_EQ(escrow_return(h), ESCROW_E_STALE);
  EXPECT_EQ(escrow_move_out(h, &out), ESCROW_E_STALE);
  EXPECT_EQ(escrow_move_in(h, &out), ESCROW_E_STALE);
  EXPECT_EQ(escrow_release_deferred(h), ESCROW_E_STALE);
  EXPECT_EQ(escrow_revoke(h), ESCROW_E_STALE);
  EXPECT_EQ(escrow_read(h, &view), ESCROW_E_STALE);
  EXPECT_EQ(escrow_acquire(p.id, 0, &out, nullptr), ESCROW_E_SIZE);
  EXPECT_EQ(escrow_pool_close(p.id, 64, nullptr), ESCROW_E_OPTION);
  std::set<std::string> names;
  for (auto const &m : all_of(p.id)) {
    EXPECT_EQ(m.count, 1u);
    names.insert(escrow_operation_text(m.operation));
  }
  std::set<std::string> const want{"dup",    "lend",     "give back", "borrow",
                                   "return", "move out", "move in",   "release",
                                   "revoke", "read",     "acquire",   "close pool"};
  EXPECT_EQ(names, want);
}

TEST(Misuse, AHandleOfNoPoolIsNotedWithoutOne) {
  noting_pool p;
  auto const before = all_of(0).size();
  EXPECT_EQ(escrow_release(0), ESCROW_E_NULL);
  EXPECT_EQ(escrow_release(p.id), ESCROW_E_KIND);
  EXPECT_EQ(escrow_release(~0ull), ESCROW_E_RANGE);
  EXPECT_EQ(all_of(0).size(), before + 3);
}

TEST(Misuse, StatesOfTheWorldAndQuestionsAreNotNoted) {
  test_pool p(options([](auto &o) {
    o.fixed_size = 4096;
    o.limit_bytes = 4096 * 64;
  }));
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  std::vector<escrow_handle> held;
  escrow_handle h = 0;
  escrow_status s = ESCROW_OK;
  while ((s = escrow_acquire(p.id, 4096, &h, nullptr)) == ESCROW_OK) held.push_back(h);
  EXPECT_EQ(s, ESCROW_E_FULL);
  EXPECT_EQ(escrow_pool_destroy(p.id), ESCROW_E_BUSY);
  h = held.back();
  held.pop_back();
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(escrow_validate(h, 0, 0), ESCROW_E_STALE);
  EXPECT_TRUE(all_of(p.id).empty());
  EXPECT_EQ(p.stats().misuse[-ESCROW_E_FULL], 1u);
  EXPECT_EQ(p.stats().misuse[-ESCROW_E_STALE], 0u);  // the question; nothing else was stale
  for (auto const one : held) EXPECT_EQ(escrow_release(one), ESCROW_FREED);
}

TEST(Misuse, EachCodeIsAMistakeOrAStateOfTheWorld) {
  std::set<escrow_status> const states{ESCROW_E_LIMIT,       ESCROW_E_LEAK,   ESCROW_E_NOMEM,
                                       ESCROW_E_EXHAUSTED,   ESCROW_E_FULL,   ESCROW_E_BUSY,
                                       ESCROW_E_UNSUPPORTED, ESCROW_E_ABSENT, ESCROW_E_DIFFERS,
                                       ESCROW_E_REFUSED,     ESCROW_E_TIMEOUT};
  for (escrow_status s = -ESCROW_ERROR_COUNT; s < 0; ++s)
    EXPECT_EQ(escrow::misuse::is_mistake(s), !states.contains(s)) << escrow_status_name(s);
  for (escrow_status s = 0; s < 6; ++s) EXPECT_FALSE(escrow::misuse::is_mistake(s));
}

TEST(Misuse, WhatIsRefusedDoesNotCountAsNotedAcquisitions) {
  noting_pool p;
  EXPECT_EQ(release_stale(released(p)), ESCROW_E_STALE);
  auto const all = all_of(p.id);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(site_of(all[0].site).noted, 0u);
}
