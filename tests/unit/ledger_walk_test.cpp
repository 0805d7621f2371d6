#include "escrow/ledger_walk.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "ledger_fixture.hpp"

namespace {

std::vector<escrow_ledger_site> sites_of(escrow_pool p) {
  std::vector<escrow_ledger_site> all(escrow::fingerprints::places);
  std::uint32_t n = 0;
  EXPECT_EQ(escrow_ledger_list_sites(p, all.data(), static_cast<std::uint32_t>(all.size()), &n),
            ESCROW_OK);
  all.resize(n);
  return all;
}

// A reference noted as if acquired at `pc`.
escrow_handle noted_at(test_pool &p, std::uint64_t bytes, std::uint64_t pc) {
  escrow_handle const h = p.acquire(bytes);
  EXPECT_EQ(escrow_ledger_note(h, &pc, 1, 0), ESCROW_OK);
  return h;
}

}  // namespace

TEST(LedgerWalk, AddsUpWhatIsLiveBySite) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_SAMPLED, 1u << 30), ESCROW_OK);
  std::vector<escrow_handle> held;
  for (int i = 0; i < 30; ++i) held.push_back(noted_at(p, 100, 0xAAAA));
  for (int i = 0; i < 5; ++i) held.push_back(noted_at(p, 1000, 0xBBBB));
  EXPECT_EQ(escrow_release(held.back()), ESCROW_FREED);
  held.pop_back();
  auto sites = sites_of(p.id);
  ASSERT_EQ(sites.size(), 2u);
  EXPECT_LT(sites[0].site, sites[1].site);
  std::sort(sites.begin(), sites.end(),
            [](auto const &a, auto const &b) { return a.frames[0] < b.frames[0]; });
  EXPECT_EQ(sites[0].frames[0], 0xAAAAu);
  EXPECT_EQ(sites[0].live, 30u);
  EXPECT_EQ(sites[0].bytes, 3000u);
  EXPECT_EQ(sites[0].live_estimate, 30ull << 30);
  EXPECT_EQ(sites[0].bytes_estimate, 3000ull << 30);
  EXPECT_NE(sites[0].oldest, 0u);
  EXPECT_EQ(sites[1].live, 4u);
  EXPECT_EQ(sites[1].noted, 5u);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_TRUE(sites_of(p.id).empty());
}

TEST(LedgerWalk, TellsPoolsApartOrTakesThemTogether) {
  test_pool a, b;
  for (auto *const p : {&a, &b})
    ASSERT_EQ(escrow_pool_set_ledger(p->id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle const x = noted_at(a, 10, 0xCCCC), y = noted_at(b, 10, 0xCCCC);
  EXPECT_EQ(entries_of(a.id).size(), 1u);
  EXPECT_EQ(entries_of(b.id).size(), 1u);
  EXPECT_EQ(entries_of(0).size(), 2u);
  EXPECT_EQ(sites_of(a.id).at(0).live, 1u);
  EXPECT_EQ(sites_of(0).at(0).live, 2u);
  EXPECT_EQ(escrow_release(x), ESCROW_FREED);
  EXPECT_EQ(escrow_release(y), ESCROW_FREED);
}

TEST(LedgerWalk, SaysHowManySitesThereAreWhereTheRoomIsTooSmall) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle const x = noted_at(p, 10, 0xD1), y = noted_at(p, 10, 0xD2);
  std::uint32_t n = 0;
  EXPECT_EQ(escrow_ledger_list_sites(p.id, nullptr, 0, &n), ESCROW_E_SIZE);
  EXPECT_GE(n, 2u);
  EXPECT_EQ(escrow_release(x), ESCROW_FREED);
  EXPECT_EQ(escrow_release(y), ESCROW_FREED);
}

TEST(LedgerWalk, WorksOnAClosedPoolAndNotOnOneThatIsGone) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle const h = noted_at(p, 10, 0xE1);
  std::uint64_t live = 0;
  ASSERT_EQ(escrow_pool_close(p.id, 0, &live), ESCROW_OK);
  EXPECT_EQ(entries_of(p.id).size(), 1u);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(escrow_pool_destroy(p.id), ESCROW_OK);
  escrow_ledger_entry one;
  std::uint64_t cursor = 0;
  std::uint32_t n = 0;
  EXPECT_EQ(escrow_ledger_list(p.id, &cursor, &one, 1, &n), ESCROW_E_STALE);
  EXPECT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_E_STALE);
  p.id = 0;
}

TEST(LedgerWalk, ShowsWholeEntriesWhileSlotsAreReused) {
  if (escrow::word::last_generation < 1'000'000)
    GTEST_SKIP() << "threads use slots again for as long as the walk takes; all would retire";
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  std::atomic<bool> stop{false};
  std::vector<std::thread> crowd;
  // Size, site and label of an acquisition belong together.
  for (std::uint32_t t = 1; t <= 3; ++t)
    crowd.emplace_back([&, t] {
      std::uint64_t const pc = 0xF0000 + t;
      while (!stop) {
        escrow_handle h = 0;
        ASSERT_EQ(escrow_acquire(p.id, t, &h, nullptr), ESCROW_OK);
        ASSERT_EQ(escrow_ledger_note(h, &pc, 1, t), ESCROW_OK);
        ASSERT_EQ(escrow_release(h), ESCROW_FREED);
      }
    });
  for (std::uint64_t seen = 0; seen < 20'000 && !HasFailure();)
    for (auto const &e : entries_of(p.id)) {
      if (e.label == 0) continue;  // the note that acquire made
      ++seen;
      EXPECT_EQ(site_of(e.site).frames[0], 0xF0000 + e.label);
      EXPECT_EQ(e.size, e.label);
    }
  stop = true;
  for (auto &one : crowd) one.join();
}
