// Guarantee G of docs/trust.md.
#include "escrow/cell_proposals.hpp"

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "address_space.hpp"
#include "cell_fixture.hpp"
#include "escrow/cell.h"

namespace {

constexpr u64 soon = 1'000'000;
constexpr u64 long_ns = 20'000'000'000;

escrow_cell_options decided() {
  auto o = cell<config>::options();
  o.flags = ESCROW_CELL_DECIDED;
  o.history = 1;
  return o;
}

/// Takes proposals and accepts even numbers, until the cell is closed.
struct decider {
  u64 id;
  std::atomic<u64> taken{0};
  std::thread thread;

  explicit decider(u64 cell) : id(cell), thread([this] { run(); }) {}
  ~decider() { thread.join(); }
  void run() {
    escrow_cell_view view;
    for (;;) {
      auto const s = escrow_cell_take(id, ESCROW_FOREVER, &view);
      if (s == ESCROW_E_CLOSED) return;
      EXPECT_EQ(s, ESCROW_OK);
      ++taken;
      auto const &c = *static_cast<config const *>(view.content);
      EXPECT_TRUE(c.is_whole());
      if (c.number % 2 == 0) {
        (void)escrow_cell_accept(id, view.snapshot, nullptr);
      } else {
        escrow_cell_reason why{static_cast<int32_t>(c.number), "odd"};
        (void)escrow_cell_refuse(id, view.snapshot, &why);
      }
      EXPECT_GE(escrow_cell_release(view.loan), ESCROW_OK);
    }
  }
};

}  // namespace

TEST(CellProposals, TheDeciderPublishesOrSaysWhyNot) {
  test_cell<> c(decided());
  {
    decider d(c.id());
    u64 version = 0;
    escrow_cell_reason why{};
    EXPECT_EQ(c.propose({}, config::of(2), long_ns, &version, &why), ESCROW_OK);
    EXPECT_EQ(version, 1u);
    EXPECT_EQ(c.propose({}, config::of(3), long_ns, &version, &why), ESCROW_E_REFUSED);
    EXPECT_EQ(version, 0u);
    EXPECT_EQ(why.code, 3);
    EXPECT_STREQ(why.text, "odd");
    EXPECT_EQ(c.propose(cell_if::version(7), config::of(4), long_ns), ESCROW_E_DIFFERS);
    EXPECT_EQ(c.propose(cell_if::version(1), config::of(4), long_ns, &version), ESCROW_OK);
    EXPECT_EQ(version, 2u);
    EXPECT_EQ(c.propose(cell_if::changed(), config::of(4), long_ns, &version), ESCROW_ALREADY);
    EXPECT_EQ(d.taken, 5u) << "each once";
    config copy{};
    ASSERT_EQ(c.copy(copy), ESCROW_OK);
    EXPECT_EQ(copy.number, 4u);
    EXPECT_EQ(c.stats().refused, 1u);
    (void)c.close();
  }
  EXPECT_EQ(c.stats().snapshots, 2u);
}

TEST(CellProposals, SwapsAreForCellsThatDecideThemselves) {
  test_cell<> outside(decided());
  EXPECT_EQ(outside.swap(config::of(2)), ESCROW_E_KIND);
  EXPECT_EQ(outside.roll_back(1), ESCROW_E_KIND);
  test_cell<> inside;
  EXPECT_EQ(inside.propose({}, config::of(2), long_ns), ESCROW_E_KIND);
  escrow_cell_view view;
  EXPECT_EQ(escrow_cell_take(inside.id(), 0, &view), ESCROW_E_KIND);
}

TEST(CellProposals, OneThatNobodyDecidesIsWithdrawnInTime) {
  test_cell<> c(decided());
  EXPECT_EQ(c.propose({}, config::of(2), soon), ESCROW_E_TIMEOUT);
  EXPECT_EQ(c.propose({}, config::of(2), 0), ESCROW_E_TIMEOUT);
  EXPECT_EQ(c.stats().snapshots, 0u);
  EXPECT_EQ(c.stats().proposals, 0u);
  escrow_cell_view view{};
  EXPECT_EQ(escrow_cell_take(c.id(), 0, &view), ESCROW_E_TIMEOUT);
  EXPECT_EQ(view.loan, 0u);
}

TEST(CellProposals, AProposerThatGivesUpTakesNothingAwayFromTheDecider) {
  test_cell<> c(decided());
  std::atomic<bool> gone{false};
  std::thread proposer([&] {
    EXPECT_EQ(c.propose({}, config::of(2), 50'000'000), ESCROW_E_TIMEOUT);
    gone = true;
  });
  escrow_cell_view view{};
  ASSERT_EQ(escrow_cell_take(c.id(), long_ns, &view), ESCROW_OK);
  proposer.join();
  EXPECT_TRUE(static_cast<config const *>(view.content)->is_whole());
  EXPECT_EQ(escrow_cell_accept(c.id(), view.snapshot, nullptr), ESCROW_E_STALE);
  EXPECT_EQ(escrow_cell_refuse(c.id(), view.snapshot, nullptr), ESCROW_E_STALE);
  EXPECT_EQ(c.version(), 0u) << "what its proposer believes not to have happened does not happen";
  EXPECT_EQ(escrow_cell_release(view.loan), ESCROW_FREED);
  EXPECT_EQ(c.stats().snapshots, 0u);
}

TEST(CellProposals, WhatLiesAtTheDecidersIsNobodyElses) {
  test_cell<> c(decided());
  std::thread proposer([&] { EXPECT_EQ(c.propose({}, config::of(2), long_ns), ESCROW_OK); });
  escrow_cell_view view{};
  ASSERT_EQ(escrow_cell_take(c.id(), long_ns, &view), ESCROW_OK);
  EXPECT_EQ(escrow_cell_publish(c.id(), view.snapshot, nullptr, nullptr), ESCROW_E_STALE);
  EXPECT_EQ(escrow_cell_discard(c.id(), view.snapshot), ESCROW_E_STALE);
  escrow_cell_view second{};
  EXPECT_EQ(escrow_cell_take(c.id(), 0, &second), ESCROW_E_TIMEOUT) << "handed out once";
  u64 version = 0;
  uint64_t const *word = nullptr;
  ASSERT_EQ(escrow_cell_word(c.id(), &word), ESCROW_OK);
  EXPECT_EQ(*word, 0u);
  EXPECT_EQ(escrow_cell_accept(c.id(), view.snapshot, &version), ESCROW_OK);
  EXPECT_EQ(*word, view.snapshot) << "the handle the decider knew before";
  EXPECT_EQ(escrow_cell_accept(c.id(), view.snapshot, &version), ESCROW_E_STALE);
  proposer.join();
  EXPECT_EQ(escrow_cell_release(view.loan), ESCROW_OK);
}

TEST(CellProposals, CloseTellsThoseWhoWait) {
  test_cell<> c(decided());
  std::vector<std::thread> waiting;
  // More than there are places for.
  for (u32 i = 0; i < ESCROW_CELL_MOST_PROPOSALS + 4; ++i)
    waiting.emplace_back(
        [&] { EXPECT_EQ(c.propose({}, config::of(2), ESCROW_FOREVER), ESCROW_E_CLOSED); });
  while (c.stats().proposals != ESCROW_CELL_MOST_PROPOSALS) std::this_thread::yield();
  EXPECT_EQ(c.close(), ESCROW_OK);
  for (auto &w : waiting) w.join();
  EXPECT_EQ(c.stats().snapshots, 0u);
}

TEST(CellProposals, ThoseWithoutAPlaceGetOneLater) {
  test_cell<> c(decided());
  std::vector<std::thread> proposers;
  constexpr u64 each = 50;
  std::atomic<u64> published{0};
  {
    decider d(c.id());
    for (u64 t = 0; t < ESCROW_CELL_MOST_PROPOSALS + 4; ++t)
      proposers.emplace_back([&, t] {
        for (u64 i = 0; i < each; ++i) {
          auto const s = c.propose({}, config::of(t + i), long_ns);
          EXPECT_EQ(s, (t + i) % 2 == 0 ? ESCROW_OK : ESCROW_E_REFUSED);
          published += s == ESCROW_OK ? 1 : 0;
        }
      });
    for (auto &p : proposers) p.join();
    EXPECT_EQ(d.taken, each * (ESCROW_CELL_MOST_PROPOSALS + 4));
    (void)c.close();
  }
  EXPECT_EQ(c.version(), published);
  EXPECT_EQ(c.stats().refused, each * (ESCROW_CELL_MOST_PROPOSALS + 4) - published);
}

// Memory may be refused to the proposer, for its content, and to the decider, for its hold.
TEST(CellProposals, WithoutAddressSpaceNothingIsLost) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  // Until the blocks and slabs that earlier tests left are in use.
  std::vector<std::unique_ptr<test_cell<bytes>>> open;
  for (int i = 0; i < 70; ++i) open.push_back(std::make_unique<test_cell<bytes>>());
  std::string const large(3 << 20, 'x');
  unsigned refused_proposals = 0;
  unsigned refused_takes = 0;
  for (u64 more = 0; more < 128; ++more) {
    cell<bytes> c;
    auto o = cell<bytes>::options();
    o.flags = ESCROW_CELL_DECIDED;
    ASSERT_EQ(cell<bytes>::open(o, c), ESCROW_OK);
    constexpr escrow_status nothing_yet = ESCROW_ALREADY;  // propose() cannot say so here
    std::atomic<bool> go{false};
    std::atomic<escrow_status> said{nothing_yet};
    std::thread proposer([&] {
      while (!go.load()) std::this_thread::yield();
      said.store(c.propose({}, {large.data(), large.size()}, long_ns));
    });
    escrow_cell_view view{};
    escrow_status took = ESCROW_E_TIMEOUT;
    {
      address_space const tight(more * (64u << 10));
      go.store(true);
      while (said.load() == nothing_yet && took == ESCROW_E_TIMEOUT)
        took = escrow_cell_take(c.id(), soon, &view);
    }
    if (took == ESCROW_E_TIMEOUT) {
      proposer.join();
      EXPECT_EQ(said.load(), ESCROW_E_NOMEM);
      ++refused_proposals;
      escrow_cell_stats stats{};
      stats.struct_size = sizeof stats;
      EXPECT_EQ(c.read_stats(stats), ESCROW_OK);
      EXPECT_EQ(stats.snapshots, 0u) << "what could not be proposed is gone";
      continue;
    }
    if (took != ESCROW_OK) {
      EXPECT_EQ(took, ESCROW_E_NOMEM);
      ++refused_takes;
      EXPECT_EQ(escrow_cell_take(c.id(), long_ns, &view), ESCROW_OK) << "the proposal still waits";
    }
    EXPECT_EQ(escrow_cell_accept(c.id(), view.snapshot, nullptr), ESCROW_OK);
    EXPECT_GE(escrow_cell_release(view.loan), ESCROW_OK);
    proposer.join();
    EXPECT_EQ(said.load(), ESCROW_OK);
    EXPECT_EQ(c.version(), 1u);
  }
  EXPECT_GT(refused_proposals, 0u);
  std::printf("refused: %u proposals, %u takes\n", refused_proposals, refused_takes);
}
