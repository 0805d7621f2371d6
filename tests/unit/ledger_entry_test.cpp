#include "escrow/ledger_entry.hpp"

#include <atomic>
#include <thread>

#include "pool_fixture.hpp"

using namespace escrow;

namespace {

// An object of a pool whose slab has entries.
struct noted_object {
  noted_object() : name(p.acquire(64)), at(slot::at(name)) {
    EXPECT_TRUE(ledger_entry::prepare(*at.home));
    entry = ledger_entry::of(at, name);
  }
  ~noted_object() {
    if (name != 0) {
      EXPECT_EQ(escrow_release(name), ESCROW_FREED);
    }
  }
  bool write(u64 as, ledger_note const &n) {
    u32 before;
    return entry->write(*at.header, as, n, before);
  }
  bool read(u64 as, ledger_note &n) { return entry->read(*at.header, as, n); }

  test_pool p;
  u64 name;
  slot at;
  ledger_entry *entry = nullptr;
};

constexpr ledger_note note{123, 7, 9, 1000, holder::owner};

}  // namespace

TEST(LedgerEntry, IsReadUnderTheNameItWasWrittenFor) {
  noted_object o;
  ASSERT_NE(o.entry, nullptr);
  ledger_note n{};
  EXPECT_FALSE(o.read(o.name, n));
  EXPECT_TRUE(o.write(o.name, note));
  ASSERT_TRUE(o.read(o.name, n));
  EXPECT_EQ(n.when, 123u);
  EXPECT_EQ(n.site, 7u);
  EXPECT_EQ(n.label, 9u);
  EXPECT_EQ(n.weight, 1000u);
  EXPECT_EQ(n.kind, holder::owner);
  EXPECT_FALSE(o.read(o.name + 1, n));
}

TEST(LedgerEntry, ASecondNoteSaysWhichOneItReplaces) {
  noted_object o;
  u32 before = 99;
  EXPECT_TRUE(o.entry->write(*o.at.header, o.name, note, before));
  EXPECT_EQ(before, 0u);
  EXPECT_TRUE(o.entry->write(*o.at.header, o.name, {200, 8, 0, 1, holder::owner}, before));
  EXPECT_EQ(before, 7u);
  ledger_note n{};
  ASSERT_TRUE(o.read(o.name, n));
  EXPECT_EQ(n.site, 8u);
}

TEST(LedgerEntry, IsNotWrittenForAReferenceThatHasEnded) {
  noted_object o;
  EXPECT_TRUE(o.write(o.name, note));
  u64 const old = o.name;
  EXPECT_EQ(escrow_release(o.name), ESCROW_FREED);
  o.name = 0;
  EXPECT_FALSE(o.write(old, {1, 1, 1, 1, holder::owner}));
  ledger_note n{};
  ASSERT_TRUE(o.read(old, n));  // still the old one, which matches no word any more
  EXPECT_EQ(n.site, 7u);
  EXPECT_FALSE(o.write(old + 1, note));  // nor for one that is yet to come
}

TEST(LedgerEntry, FollowsAReferenceThroughItsTicket) {
  noted_object o;
  EXPECT_TRUE(o.write(o.name, note));
  escrow_ticket t = 0;
  ASSERT_EQ(escrow_move_out(o.name, &t), ESCROW_OK);
  ledger_note n{};
  EXPECT_FALSE(o.read(o.name, n));
  EXPECT_TRUE(o.read(t, n));
  ASSERT_EQ(escrow_move_in(t, &o.name), ESCROW_OK);
  ASSERT_TRUE(o.read(o.name, n));
  EXPECT_EQ(n.site, 7u);
}

TEST(LedgerEntry, DoesNotFollowWhatItWasNotWrittenFor) {
  noted_object o;
  EXPECT_TRUE(o.write(o.name, note));
  EXPECT_EQ(ledger_entry::follow(*o.at.header, o.name + 5), o.name + 6);
  ledger_note n{};
  EXPECT_TRUE(o.read(o.name, n));
}

TEST(LedgerEntry, ChangesItsHolderAndNothingElse) {
  noted_object o;
  EXPECT_TRUE(o.write(o.name, note));
  o.entry->hold(*o.at.header, o.name, holder::map);
  o.entry->hold(*o.at.header, o.name + 1, holder::cell);
  ledger_note n{};
  ASSERT_TRUE(o.read(o.name, n));
  EXPECT_EQ(n.kind, holder::map);
  EXPECT_EQ(n.weight, 1000u);
}

TEST(LedgerEntry, AWriterThatFindsAnotherAtWorkGivesUp) {
  noted_object o;
  o.at.header->site.store(ledger_entry::writing);
  EXPECT_FALSE(o.write(o.name, note));
  ledger_note n{};
  EXPECT_FALSE(o.read(o.name, n));
  EXPECT_EQ(o.at.header->site.load(), ledger_entry::writing);
  o.at.header->site.store(0);
}

TEST(LedgerEntry, ARowIsPreparedOnce) {
  noted_object o;
  EXPECT_TRUE(ledger_entry::prepare(*o.at.home));
  EXPECT_EQ(ledger_entry::of(o.at, o.name), o.entry);
}

TEST(LedgerEntry, ALookThatIsOvertakenShowsNothing) {
  noted_object o;
  EXPECT_TRUE(o.write(o.name, note));
  ledger_note n{};
  u64 const before = o.name;
  EXPECT_FALSE(o.entry->read_around(*o.at.header, before, n, [&] {
    escrow_ticket t = 0;
    EXPECT_EQ(escrow_move_out(before, &t), ESCROW_OK);
    EXPECT_EQ(escrow_move_in(t, &o.name), ESCROW_OK);
    EXPECT_TRUE(o.write(o.name, {1, 1, 1, 1, holder::map}));
  }));
  EXPECT_EQ(n.when, 0u);
}

TEST(LedgerEntry, ALookBesideAWriterShowsOneNoteOrNone) {
  if (word::last_generation < 1'000'000)
    GTEST_SKIP() << "one slot is used for a million looks, and has few generations here";
  // A pool of one slot; time, site and label of a note are those of the slot's generation.
  test_pool p(options([](auto &o) {
    o.fixed_size = 64;
    o.limit_bytes = 64;
  }));
  u64 name = p.acquire(64);
  slot const at = slot::at(name);
  ASSERT_TRUE(ledger_entry::prepare(*at.home));
  ledger_entry *const entry = ledger_entry::of(at, name);
  at.header->site.store(0);  // the slot may have a note of an object before
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) {
      auto const g = static_cast<u32>(handle::generation(name));
      u32 before;
      EXPECT_TRUE(entry->write(*at.header, name, {g, g, g, 1, holder::owner}, before));
      EXPECT_EQ(escrow_release(name), ESCROW_FREED);
      name = p.acquire(64);
    }
  });
  for (u64 seen = 0; seen < 1'000'000;) {
    u64 const now = at.header->site.load(std::memory_order_relaxed);
    ledger_note n;
    if (now == 0 || now == ledger_entry::writing || !entry->read(*at.header, now, n)) continue;
    ++seen;
    auto const g = handle::generation(now);
    if (n.when != g || n.site != g || n.label != g) {
      ADD_FAILURE() << g << ": " << n.when << ", " << n.site << ", " << n.label;
      break;
    }
  }
  stop = true;
  writer.join();
  EXPECT_EQ(escrow_release(name), ESCROW_FREED);
}
