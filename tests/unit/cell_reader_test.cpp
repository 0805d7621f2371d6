#include "escrow/cell_reader.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "cell_fixture.hpp"
#include "escrow/cell.h"
#include "escrow/slot.hpp"

TEST(CellReader, SeesNothingBeforeTheFirstVersion) {
  test_cell<> c;
  cell<config>::reader r(c);
  cell<config>::held h;
  config copy{};
  u64 version = 7;
  EXPECT_EQ(r.get(), nullptr);
  EXPECT_EQ(r.version(), 0u);
  EXPECT_EQ(c.copy(copy), ESCROW_E_ABSENT);
  EXPECT_EQ(c.load(h), ESCROW_E_ABSENT);
  EXPECT_FALSE(h);
  EXPECT_EQ(c.await(0, 0, &version), ESCROW_E_TIMEOUT);
  EXPECT_EQ(version, 0u);
  c.put(5);
  ASSERT_NE(r.get(), nullptr);
  EXPECT_EQ(r.get()->number, 5u);
  EXPECT_EQ(r.version(), 1u);
}

TEST(CellReader, AllThreeWaysSeeEachSwap) {
  test_cell<> c;
  cell<config>::reader r(c);
  for (u64 i = 1; i < 500; ++i) {
    c.put(i);
    config copy{};
    u64 version = 0;
    cell<config>::held h;
    ASSERT_EQ(c.copy(copy, version), ESCROW_OK);
    ASSERT_EQ(c.load(h), ESCROW_OK);
    ASSERT_EQ(r.get()->number, i);
    EXPECT_EQ(copy.number, i);
    EXPECT_EQ(version, i);
    EXPECT_EQ(h->number, i);
    EXPECT_EQ(h.version(), i);
    EXPECT_EQ(r.version(), i);
    EXPECT_EQ(c.version(), i);
  }
}

TEST(CellReader, ASleepingReaderCostsItsSnapshotAlone) {
  test_cell<> c;
  c.put(1);
  cell<config>::reader sleeper(c);
  config const *const seen = sleeper.get();
  cell<config>::held held;
  c.put(2);
  ASSERT_EQ(c.load(held), ESCROW_OK);
  u64 const bytes = c.stats().bytes_held;
  // No more than one slot has generations for: where slots retire, others take their place.
  u64 const end = std::min<u64>(20'000, escrow::word::last_generation);
  for (u64 i = 3; i < end; ++i) {
    c.put(i);
    if (i % 1000 == 0) {
      ASSERT_EQ(c.stats().snapshots, 3u);
    }
  }
  EXPECT_EQ(c.stats().bytes_held, bytes) << "writers in a loop take no memory";
  EXPECT_EQ(seen->number, 1u);
  EXPECT_TRUE(seen->is_whole());
  EXPECT_EQ(held->number, 2u);
  EXPECT_EQ(sleeper.get()->number, end - 1);
  EXPECT_EQ(c.stats().snapshots, 2u) << "the sleeper let the first one go";
  std::thread([&] { held.reset(); }).join();
  EXPECT_EQ(c.stats().snapshots, 1u) << "any thread frees the second";
}

TEST(CellReader, AReaderHoldsOneSnapshotAndLetsItGo) {
  test_cell<> c;
  c.put(1);
  cell<config>::reader r(c);
  EXPECT_EQ(c.stats().loans, 0u);
  (void)r.get();
  (void)r.get();
  EXPECT_EQ(c.stats().loans, 1u);
  cell<config>::reader moved(std::move(r));
  EXPECT_EQ(moved.get()->number, 1u);
  EXPECT_EQ(c.stats().loans, 1u);
  moved.reset();
  EXPECT_EQ(c.stats().loans, 0u);
  EXPECT_EQ(moved.get()->number, 1u);
  { cell<config>::reader const end(std::move(moved)); }
  EXPECT_EQ(c.stats().loans, 0u);
}

TEST(CellReader, CopiesOfEverySizeAreWhole) {
  test_cell<bytes> c;
  for (u64 const size : {0u, 1u, 8u, 64u, 255u, 256u, 257u, 1000u, 5000u, 70'000u, 300'000u}) {
    std::string content(size, static_cast<char>('a' + size % 26));
    ASSERT_EQ(c.swap(of(content)), ESCROW_OK);
    std::string out(size + 1, '.');
    u64 seen = 0;
    u64 version = 0;
    ASSERT_EQ(c.copy(out.data(), size, seen, version), ESCROW_OK) << size;
    EXPECT_EQ(seen, size);
    EXPECT_EQ(out, content + ".");
    if (size == 0) continue;
    ASSERT_EQ(c.copy(out.data(), size - 1, seen, version), ESCROW_E_SIZE);
    EXPECT_EQ(seen, size) << "how much room it needs";
  }
}

TEST(CellReader, ACopyThatIsDisturbedTakesALoan) {
  test_cell<> c;
  c.put(3);
  c.control().face.copied = 0;  // as if a writer were descheduled between two of its stores
  config copy{};
  u64 version = 0;
  EXPECT_EQ(c.copy(copy, version), ESCROW_OK);
  EXPECT_EQ(copy.number, 3u);
  EXPECT_EQ(version, 1u);
  EXPECT_EQ(c.version(), 1u);
  EXPECT_EQ(c.stats().loans, 0u) << "and gives it back";
}

TEST(CellReader, TooManyHoldersAreToldSo) {
  test_cell<> c;
  c.put(1);
  std::vector<cell<config>::held> all(escrow::word::most_lends);
  for (auto &h : all) ASSERT_EQ(c.load(h), ESCROW_OK);
  cell<config>::held more;
  EXPECT_EQ(c.load(more), ESCROW_E_LIMIT);
  EXPECT_EQ(c.swap(config::of(2)), ESCROW_OK) << "no writer minds";
  EXPECT_EQ(c.load(more), ESCROW_OK);
  EXPECT_EQ(more->number, 2u);
  all.clear();
  EXPECT_EQ(c.stats().snapshots, 1u);
}

TEST(CellReader, ANamedLoanEndsOnce) {
  test_cell<> c;
  c.put(1);
  escrow_cell_view view{};
  ASSERT_EQ(escrow_cell_load(c.id(), &view), ESCROW_OK);
  EXPECT_EQ(view.version, 1u);
  c.put(2);
  EXPECT_EQ(static_cast<config const *>(view.content)->number, 1u);
  EXPECT_EQ(escrow_cell_release(view.loan), ESCROW_FREED);
  EXPECT_EQ(escrow_cell_release(view.loan), ESCROW_E_STALE);
  EXPECT_EQ(c.stats().snapshots, 1u);
}

TEST(CellReader, MemoryOfLargeVersionsGoesBackWhenItsReaderLeaves) {
  test_cell<bytes> c;
  std::string const large(1 << 20, 'x');
  ASSERT_EQ(c.swap(of(large)), ESCROW_OK);
  escrow_cell_view view{};
  ASSERT_EQ(escrow_cell_load(c.id(), &view), ESCROW_OK);
  cell<bytes>::held held;
  ASSERT_EQ(c.swap(of(large)), ESCROW_OK);
  ASSERT_EQ(c.load(held), ESCROW_OK);
  ASSERT_EQ(c.swap(of("small")), ESCROW_OK);
  EXPECT_GT(c.stats().bytes_held, 2u << 20);
  EXPECT_EQ(escrow_cell_release(view.loan), ESCROW_FREED);
  EXPECT_LT(c.stats().bytes_held, 2u << 20);
  held.reset();
  EXPECT_LT(c.stats().bytes_held, 1u << 20);
}

TEST(CellReader, WhoWaitsSeesTheVersionHeWaitsFor) {
  test_cell<> c;
  std::atomic<u64> last{0};
  std::thread waiter([&] {
    u64 version = 0;
    while (version < 300) {
      u64 const known = version;
      ASSERT_EQ(c.await(known, ESCROW_FOREVER, &version), ESCROW_OK);
      ASSERT_GT(version, known);
      last = version;
    }
    EXPECT_EQ(c.await(version, ESCROW_FOREVER, &version), ESCROW_E_CLOSED);
    EXPECT_EQ(version, 0u);
  });
  for (u64 i = 1; i <= 300; ++i) {
    c.put(i);
    if (i % 10 == 0)
      while (last < i) std::this_thread::yield();
  }
  EXPECT_EQ(c.close(), ESCROW_OK);
  waiter.join();
  EXPECT_EQ(c.await(300, 1'000'000), ESCROW_E_CLOSED);
  u64 version = 0;
  EXPECT_EQ(c.await(299, 0, &version), ESCROW_OK) << "what is there is there";
  EXPECT_EQ(version, 300u);
}
