#include "escrow/trace.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "escrow/misuse.h"
#include "escrow/trace.h"
#include "ledger_fixture.hpp"

namespace {

struct traced_pool : test_pool {
  explicit traced_pool(std::uint32_t rate = 1,
                       escrow_pool_options const &o = escrow::pool::options())
      : test_pool(o) {
    EXPECT_EQ(escrow_pool_set_trace(id, rate), ESCROW_OK);
  }
};

std::vector<escrow_trace_event> events_of(std::uint64_t root) {
  std::vector<escrow_trace_event> all;
  std::uint64_t cursor = 0;
  std::uint32_t n = 0;
  do {
    escrow_trace_event page[7];
    EXPECT_EQ(escrow_trace_list(root, &cursor, page, 7, &n), ESCROW_OK);
    all.insert(all.end(), page, page + n);
  } while (n == 7);
  return all;
}

/// What happened to an object: operations by number, a refused one with its code.
std::string life_of(std::uint64_t root) {
  std::string life;
  for (auto const &e : events_of(root)) {
    if (!life.empty()) life += ", ";
    life += escrow_operation_text(e.operation);
    if (e.status < 0) life += std::string(" ") + escrow_status_name(e.status);
  }
  return life;
}

bool is_within(std::uint32_t site, void const *function) {
  auto const s = site_of(site);
  auto const from = reinterpret_cast<escrow::u64>(function);
  return s.count != 0 && s.frames[0] > from && s.frames[0] < from + 4096;
}

}  // namespace

TEST(Trace, TellsTheLifeOfAnObjectOfC) {
  traced_pool p;
  auto const before = escrow::trace::now();
  escrow_handle const root = acquire_here(p.id);
  escrow_handle dup = 0;
  escrow_loan loan = 0;
  escrow_ticket ticket = 0;
  escrow_view view;
  EXPECT_EQ(escrow_dup(root, &dup), ESCROW_OK);
  EXPECT_EQ(escrow_lend(dup, &loan, nullptr), ESCROW_OK);
  EXPECT_EQ(escrow_move_out(root, &ticket), ESCROW_E_SHARED);
  EXPECT_EQ(escrow_give_back(loan), ESCROW_OK);
  EXPECT_EQ(escrow_release(dup), ESCROW_OK);
  EXPECT_EQ(escrow_move_out(root, &ticket), ESCROW_OK);
  escrow_handle in = 0;
  EXPECT_EQ(escrow_release(root), ESCROW_E_MOVED);
  EXPECT_EQ(escrow_move_in(ticket, &in), ESCROW_OK);
  EXPECT_EQ(escrow_borrow(in, &view), ESCROW_OK);
  EXPECT_EQ(escrow_return(view.root), ESCROW_OK);
  EXPECT_EQ(escrow_revoke(in), ESCROW_OK);
  EXPECT_EQ(escrow_release(in), ESCROW_FREED);
  EXPECT_EQ(escrow_release(in), ESCROW_E_STALE);
  EXPECT_EQ(life_of(root),
            "acquire, dup, lend, move out ESCROW_E_SHARED, give back, release, move out, release "
            "ESCROW_E_MOVED, move in, borrow, return, revoke, release, release ESCROW_E_STALE");
  auto const all = events_of(root);
  ASSERT_EQ(all.size(), 14u);
  EXPECT_EQ(all[0].handle, root);
  EXPECT_TRUE(is_within(all[0].site, reinterpret_cast<void const *>(&acquire_here)));
  EXPECT_EQ(all[1].peer, dup);
  EXPECT_EQ(all[2].handle, dup);
  EXPECT_EQ(all[2].peer, loan);
  EXPECT_EQ(all[3].peer, 0u);
  EXPECT_EQ(all[6].peer, ticket);
  EXPECT_EQ(all[8].handle, ticket);
  EXPECT_EQ(all[8].peer, in);
  EXPECT_EQ(all[12].status, ESCROW_FREED);
  std::uint64_t last = 0, when = before;
  for (auto const &e : all) {
    EXPECT_EQ(e.root, root);
    EXPECT_EQ(e.pool, p.id);
    EXPECT_EQ(e.goroutine, 0u);
    EXPECT_NE(e.thread, 0u);
    EXPECT_GT(e.sequence, last);
    EXPECT_GE(e.when, when);
    last = e.sequence;
    when = e.when;
  }
}

TEST(Trace, TellsTheLifeOfAGuardsObject) {
  escrow::pool_of<int> p;
  ASSERT_EQ(escrow::pool_of<int>::open("traced", p), ESCROW_OK);
  ASSERT_EQ(escrow_pool_set_trace(p.untyped().id(), 1), ESCROW_OK);
  std::uint64_t root = 0;
  {
    escrow::owned<int> one, two;
    make_here(p, one);
    root = one.handle();
    ASSERT_EQ(one.dup(two), ESCROW_OK);
    two = {};
    escrow::borrowed<int> b;
    ASSERT_EQ(one.lend(b), ESCROW_OK);
    b.reset();
    escrow::ticket t;
    ASSERT_EQ(one.move_out(t), ESCROW_OK);
    ASSERT_EQ(t.move_in(two), ESCROW_OK);
  }
  EXPECT_EQ(life_of(root), "acquire, dup, release, borrow, return, move out, move in, release");
  auto const all = events_of(root);
  ASSERT_EQ(all.size(), 8u);
  escrow::owned<int> again, other;
  make_here(p, again);
  make_there(p, other);
  EXPECT_EQ(events_of(again.handle())[0].site, all[0].site);
  EXPECT_NE(events_of(other.handle())[0].site, all[0].site);  // not what they called
}

TEST(Trace, ShowsWhenADestructorRuns) {
  auto const o = options([](auto &o) { o.destructor = [](void *, std::uint64_t, void *) {}; });
  traced_pool p(1, o);
  escrow_handle const now = acquire_here(p.id), later = acquire_here(p.id);
  EXPECT_EQ(escrow_release(now), ESCROW_FREED);
  EXPECT_EQ(escrow_release_deferred(later), ESCROW_PENDING);
  EXPECT_EQ(life_of(now), "acquire, destroy, release");
  EXPECT_EQ(life_of(later), "acquire, release");
  std::uint64_t ran = 0;
  EXPECT_EQ(escrow_pool_drain(p.id, 0, &ran), ESCROW_OK);
  EXPECT_EQ(ran, 1u);
  EXPECT_EQ(life_of(later), "acquire, release, destroy");
  EXPECT_TRUE(is_within(events_of(later)[2].site, reinterpret_cast<void const *>(o.destructor)));
}

TEST(Trace, ChoosesOneObjectInTheRate) {
  traced_pool p(16);
  std::set<std::uint64_t> roots;
  std::uint64_t cursor = 0;
  std::uint32_t n = 0;
  std::vector<escrow_trace_event> page(ESCROW_TRACE_EVENTS_MOST);
  for (int i = 0; i < 4000; ++i) EXPECT_EQ(escrow_release(acquire_here(p.id)), ESCROW_FREED);
  ASSERT_EQ(escrow_trace_list(0, &cursor, page.data(), ESCROW_TRACE_EVENTS_MOST, &n), ESCROW_OK);
  for (std::uint32_t i = 0; i < n; ++i)
    if (page[i].pool == p.id) roots.insert(page[i].root);
  EXPECT_NEAR(static_cast<double>(roots.size()), 250, 80);
  for (auto const root : roots) EXPECT_EQ(life_of(root), "acquire, release");
}

TEST(Trace, EndsWithTheRateAndWithThePool) {
  EXPECT_EQ(*escrow_trace_switch(), 0u);
  std::uint64_t root = 0;
  {
    traced_pool p;
    EXPECT_EQ(*escrow_trace_switch(), 1u);
    EXPECT_EQ(escrow_pool_set_trace(p.id, 7), ESCROW_OK);  // still one pool
    EXPECT_EQ(*escrow_trace_switch(), 1u);
    EXPECT_EQ(escrow_pool_set_trace(p.id, 1), ESCROW_OK);
    root = acquire_here(p.id);
    EXPECT_EQ(escrow_pool_set_trace(p.id, 0), ESCROW_OK);
    EXPECT_EQ(*escrow_trace_switch(), 0u);
    traced_pool other;
    EXPECT_EQ(escrow_release(root), ESCROW_FREED);
    EXPECT_EQ(*escrow_trace_switch(), 1u);
  }
  EXPECT_EQ(life_of(root), "acquire");
  EXPECT_EQ(*escrow_trace_switch(), 0u);
}

TEST(Trace, AnotherObjectOfTheSlotIsNotTaken) {
  traced_pool p;
  escrow_handle const root = acquire_here(p.id);
  EXPECT_EQ(escrow_release(root), ESCROW_FREED);
  EXPECT_EQ(escrow_pool_set_trace(p.id, 1u << 31), ESCROW_OK);  // next to none
  for (int i = 0; i < 200; ++i) EXPECT_EQ(escrow_release(acquire_here(p.id)), ESCROW_FREED);
  EXPECT_EQ(life_of(root), "acquire, release");
}

TEST(Trace, GoesAlongWithALedger) {
  traced_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle const noted = acquire_here(p.id);
  std::uint64_t const pcs[] = {0x1000};
  EXPECT_EQ(escrow_ledger_note(noted, pcs, 1, 5), ESCROW_OK);  // replaces the note, not the mark
  auto const entries = entries_of(p.id);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].label, 5u);
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_OFF, 0), ESCROW_OK);
  escrow_handle const alone = acquire_here(p.id);
  EXPECT_EQ(entries_of(p.id).size(), 1u);
  EXPECT_EQ(escrow_release(noted), ESCROW_FREED);
  EXPECT_EQ(escrow_release(alone), ESCROW_FREED);
  EXPECT_EQ(life_of(noted), "acquire, release");
  EXPECT_EQ(life_of(alone), "acquire, release");
}

TEST(Trace, APoolThatIsTracedAloneIsNotNoted) {
  traced_pool p;
  escrow_handle const h = acquire_here(p.id);
  EXPECT_TRUE(entries_of(p.id).empty());
  std::uint64_t const pcs[] = {0x1000};
  EXPECT_EQ(escrow_ledger_note(h, pcs, 1, 5), ESCROW_E_NOMEM);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Trace, TellsThreadsApart) {
  traced_pool p;
  escrow_handle const root = acquire_here(p.id);
  std::thread([=] { EXPECT_EQ(escrow_release(root), ESCROW_FREED); }).join();
  auto const all = events_of(root);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0].thread, all[1].thread);
}
