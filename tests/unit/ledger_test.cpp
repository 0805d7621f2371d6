#include "escrow/ledger.hpp"

#include <map>
#include <set>
#include <vector>

#include "escrow/ledger.h"
#include "ledger_fixture.hpp"

namespace {

bool is_within(escrow::u64 pc, void const *function) {
  auto const from = reinterpret_cast<escrow::u64>(function);
  return pc > from && pc < from + 4096;
}

}  // namespace

TEST(Ledger, OffNotesNothing) {
  test_pool p;
  escrow_handle const h = acquire_here(p.id);
  EXPECT_TRUE(entries_of(p.id).empty());
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Ledger, FullNotesEachAcquisitionWithItsCaller) {
  test_pool p(options([](auto &o) { o.type_id = 11; }));
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  auto const before = escrow::ledger::now();
  std::set<escrow_handle> held;
  for (int i = 0; i < 1000; ++i) held.insert(acquire_here(p.id));
  auto const noted = entries_of(p.id);
  EXPECT_EQ(noted.size(), held.size());
  for (auto const &e : noted) {
    EXPECT_TRUE(held.contains(e.handle));
    EXPECT_EQ(e.root, e.handle);
    EXPECT_EQ(e.pool, p.id);
    EXPECT_EQ(e.size, 40u);
    EXPECT_EQ(e.type_id, 11u);
    EXPECT_EQ(e.kind, std::uint32_t{ESCROW_KIND_OBJECT});
    EXPECT_EQ(e.weight, 1u);
    EXPECT_GE(e.when, before);
    EXPECT_EQ(e.site, noted[0].site);
  }
  auto const site = site_of(noted[0].site);
  EXPECT_EQ(site.count, 1u);
  EXPECT_EQ(site.native, 1u);
  EXPECT_TRUE(is_within(site.frames[0], reinterpret_cast<void const *>(&acquire_here)));
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_TRUE(entries_of(p.id).empty());
}

TEST(Ledger, ATypedPoolNotesTheFunctionThatMakes) {
  escrow::pool_of<int> p;
  ASSERT_EQ(escrow::pool_of<int>::open("made", p), ESCROW_OK);
  auto const id = p.untyped().id();
  ASSERT_EQ(escrow_pool_set_ledger(id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow::owned<int> one, two, other;
  make_here(p, one);
  make_here(p, two);
  make_there(p, other);
  std::map<std::uint64_t, int> at;
  for (auto const &e : entries_of(id)) ++at[site_of(e.site).frames[0]];
  ASSERT_EQ(at.size(), 2u);  // the functions themselves, not what they called
  EXPECT_EQ(at.begin()->second + at.rbegin()->second, 3);
}

TEST(Ledger, SamplesOneInTheRateAndWeighsIt) {
  test_pool p;
  constexpr std::uint32_t rate = 100;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_SAMPLED, rate), ESCROW_OK);
  std::vector<escrow_handle> held(100'000);
  for (auto &h : held) h = acquire_here(p.id);
  auto const noted = entries_of(p.id);
  EXPECT_NEAR(static_cast<double>(noted.size()), 1000, 150);
  for (auto const &e : noted) EXPECT_EQ(e.weight, rate);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Ledger, SamplesSitesThatAlternateInOneSlotAlike) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_SAMPLED, 16), ESCROW_OK);
  int picked[4] = {};
  escrow_ledger_state state;
  ASSERT_EQ(escrow_pool_read_ledger(p.id, &state), ESCROW_OK);
  EXPECT_EQ(state.rate, 16u);
  std::uint32_t const *limit = nullptr;
  ASSERT_EQ(escrow_pool_ledger_limit(p.id, &limit), ESCROW_OK);
  for (int i = 0; i < 64'000; ++i) {
    escrow_handle const h = acquire_here(p.id);
    picked[i % 4] += escrow::ledger::picks(*limit, h);
    EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  }
  for (int const n : picked) EXPECT_NEAR(n, 1000, 150);
}

// The same numbers as in go/escrow/ledger_test.go.
TEST(Ledger, PicksWhatGoPicks) {
  std::uint64_t picked = 0;
  for (std::uint64_t i = 0; i < 64; ++i)
    picked |= std::uint64_t{escrow::ledger::picks(1u << 29, 0x0123456789ABCDEFull * (i + 1))} << i;
  EXPECT_EQ(picked, 0x206060C0C0C18181ull);
}

TEST(Ledger, LevelsChangeWhileThePoolIsUsedAndNotesStay) {
  test_pool p;
  escrow_handle const early = acquire_here(p.id);
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle const noted = acquire_here(p.id);
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_OFF, 0), ESCROW_OK);
  escrow_handle const late = acquire_here(p.id);
  auto const found = entries_of(p.id);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].handle, noted);
  for (auto const h : {early, noted, late}) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Ledger, NotesInSlabsThatComeAfterItWasSwitchedOn) {
  test_pool p;
  escrow_handle const first = acquire_here(p.id);
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  std::vector<escrow_handle> held(5000);
  for (auto &h : held) h = acquire_here(p.id);
  EXPECT_EQ(entries_of(p.id).size(), held.size());
  escrow_ledger_state state;
  ASSERT_EQ(escrow_pool_read_ledger(p.id, &state), ESCROW_OK);
  EXPECT_EQ(state.missed, 0u);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(escrow_release(first), ESCROW_FREED);
}

TEST(Ledger, NotesDuplicatesLoansBatchesAndTickets) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle batch[10], dup = 0;
  escrow_loan loan = 0;
  escrow_ticket ticket = 0;
  ASSERT_EQ(escrow_acquire_n(p.id, 64, 10, batch, nullptr), ESCROW_OK);
  ASSERT_EQ(escrow_dup(batch[0], &dup), ESCROW_OK);
  ASSERT_EQ(escrow_lend(batch[0], &loan, nullptr), ESCROW_OK);
  ASSERT_EQ(escrow_move_out(batch[1], &ticket), ESCROW_OK);
  std::map<std::uint32_t, int> kinds;
  for (auto const &e : entries_of(p.id)) {
    ++kinds[e.kind];
    if (e.kind == ESCROW_KIND_DUPLICATE || e.kind == ESCROW_KIND_LOAN) {
      EXPECT_EQ(e.root, batch[0]);
    }
  }
  EXPECT_EQ(kinds, (std::map<std::uint32_t, int>{{ESCROW_KIND_OBJECT, 9},
                                                 {ESCROW_KIND_DUPLICATE, 1},
                                                 {ESCROW_KIND_LOAN, 1},
                                                 {ESCROW_KIND_TICKET, 1}}));
  EXPECT_EQ(escrow_give_back(loan), ESCROW_OK);
  EXPECT_EQ(escrow_release(dup), ESCROW_OK);
  EXPECT_EQ(escrow_release(ticket), ESCROW_FREED);
  batch[1] = 0;
  EXPECT_EQ(escrow_release_n(batch, 10, nullptr), ESCROW_OK);
  EXPECT_TRUE(entries_of(p.id).empty());
}

TEST(Ledger, NotesAStackOfTheCallersOwn) {
  test_pool p;
  escrow_handle const h = acquire_here(p.id);
  std::uint64_t const pcs[] = {0x101, 0x202, 0x303};
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_SAMPLED, 1u << 31), ESCROW_OK);
  ASSERT_EQ(escrow_ledger_note(h, pcs, 3, 77), ESCROW_OK);
  auto const noted = entries_of(p.id);
  ASSERT_EQ(noted.size(), 1u);
  EXPECT_EQ(noted[0].label, 77u);
  auto const site = site_of(noted[0].site);
  EXPECT_EQ(site.native, 0u);
  ASSERT_EQ(site.count, 3u);
  EXPECT_EQ(site.frames[2], 0x303u);
  EXPECT_EQ(site.noted, 1u);
  EXPECT_EQ(escrow_ledger_note(0, pcs, 3, 0), ESCROW_E_NULL);
  EXPECT_EQ(escrow_ledger_note(p.id, pcs, 3, 0), ESCROW_E_KIND);
  EXPECT_EQ(escrow_ledger_note(h + (1ull << 50), pcs, 3, 0), ESCROW_E_RANGE);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(escrow_ledger_note(h, pcs, 3, 0), ESCROW_E_STALE);
}

TEST(Ledger, ANoteThatIsReplacedIsTakenBackFromItsSite) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  std::uint64_t const first[] = {0x1111}, second[] = {0x2222};
  escrow_handle const h = acquire_here(p.id);
  ASSERT_EQ(escrow_ledger_note(h, first, 1, 0), ESCROW_OK);
  auto const old = entries_of(p.id).at(0).site;
  ASSERT_EQ(escrow_ledger_note(h, second, 1, 0), ESCROW_OK);
  EXPECT_EQ(site_of(old).noted, 0u);
  EXPECT_EQ(entries_of(p.id).size(), 1u);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Ledger, FollowsCallersByFramePointersWhereAsked) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL | ESCROW_LEDGER_FRAMES, 0), ESCROW_OK);
  escrow_handle const h = acquire_here(p.id);
  auto const noted = entries_of(p.id);
  ASSERT_EQ(noted.size(), 1u);
  // Whether there are more frames depends on how this test was compiled; the first never does.
  EXPECT_TRUE(
      is_within(site_of(noted[0].site).frames[0], reinterpret_cast<void const *>(&acquire_here)));
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Ledger, AnotherPoolInTheSameBlockBeginsOff) {
  {
    test_pool p;
    ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
    EXPECT_EQ(escrow_release(acquire_here(p.id)), ESCROW_FREED);
  }
  test_pool next;
  escrow_ledger_state state;
  ASSERT_EQ(escrow_pool_read_ledger(next.id, &state), ESCROW_OK);
  EXPECT_EQ(state.level, std::uint32_t{ESCROW_LEDGER_OFF});
  std::uint32_t const *limit = nullptr;  // what acquisitions look at
  ASSERT_EQ(escrow_pool_ledger_limit(next.id, &limit), ESCROW_OK);
  EXPECT_EQ(*limit, 0u);
  escrow_handle const h = acquire_here(next.id);
  EXPECT_TRUE(entries_of(next.id).empty());
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}
