#include "escrow/cell_lifecycle.hpp"

#include <cstdio>
#include <memory>
#include <set>
#include <vector>

#include "address_space.hpp"
#include "cell_fixture.hpp"
#include "escrow/escrow.h"
#include "escrow/map.h"

using escrow::handle;
using escrow::slot_table;

TEST(CellControl, EveryHandleThatIsNoCellSaysWhy) {
  cell_control *c = nullptr;
  EXPECT_EQ(escrow::find_cell(0, c), ESCROW_E_NULL);
  EXPECT_EQ(escrow::find_cell(handle::pack(1, 0, 1), c), ESCROW_E_KIND);
  EXPECT_EQ(escrow::find_cell(handle::pack(handle::pool_tag, 0, 1), c), ESCROW_E_KIND);
  EXPECT_EQ(escrow::find_cell(handle::pack(handle::map_tag, 0, 1), c), ESCROW_E_KIND);
  EXPECT_EQ(escrow::find_cell(5, c), ESCROW_E_RANGE);
  EXPECT_EQ(escrow::find_cell(handle::pack(handle::cell_tag, 60'000, 1), c), ESCROW_E_RANGE);
  EXPECT_EQ(
      escrow::find_cell(handle::pack(handle::cell_tag, decltype(slot_table::cells)::most, 1), c),
      ESCROW_E_RANGE);
  test_cell<> t;
  EXPECT_EQ(escrow_release(t.id()), ESCROW_E_KIND);
  EXPECT_EQ(escrow_pool_trim(t.id(), nullptr), ESCROW_E_KIND);
  EXPECT_EQ(escrow_map_sweep(t.id()), ESCROW_E_KIND);
}

TEST(CellLifecycle, OptionsOutOfTheirRangeAreRefused) {
  auto const refused = [](auto change) {
    auto o = cell<bytes>::options();
    change(o);
    cell<bytes> c;
    return cell<bytes>::open(o, c);
  };
  EXPECT_EQ(refused([](auto &o) { o.struct_size -= 8; }), ESCROW_E_VERSION);
  EXPECT_EQ(refused([](auto &o) { o.flags = 2; }), ESCROW_E_OPTION);
  EXPECT_EQ(refused([](auto &o) { o.history = 64; }), ESCROW_E_OPTION);
  EXPECT_EQ(refused([](auto &o) { o.alignment = 128; }), ESCROW_E_OPTION);
  EXPECT_EQ(refused([](auto &o) { o.alignment = 24; }), ESCROW_E_OPTION);
  EXPECT_EQ(refused([](auto &o) { o.fixed_size = 0xFFFFFFFF; }), ESCROW_E_SIZE);
  EXPECT_EQ(refused([](auto &o) { o.name = "a name of more than thirty-one bytes"; }),
            ESCROW_E_OPTION);
  EXPECT_EQ(refused([](auto &o) {
              o.flags = ESCROW_CELL_DECIDED;
              o.validator = [](void const *, uint64_t, void *, escrow_cell_reason *) { return 0; };
            }),
            ESCROW_E_OPTION);
}

TEST(CellLifecycle, ClosedIsReadableAndDestroyedIsStale) {
  test_cell<> c;
  u64 const id = c.id();
  c.put(7);
  EXPECT_EQ(c.destroy(), ESCROW_E_BUSY);
  EXPECT_EQ(c.close(), ESCROW_OK);
  EXPECT_EQ(c.close(), ESCROW_E_CLOSED);
  EXPECT_EQ(c.swap(config::of(8)), ESCROW_E_CLOSED);
  config copy{};
  EXPECT_EQ(c.copy(copy), ESCROW_OK);
  EXPECT_EQ(copy.number, 7u);
  EXPECT_EQ(c.destroy(), ESCROW_OK);
  EXPECT_EQ(escrow::cell_lifecycle::close(id), ESCROW_E_STALE);
  EXPECT_EQ(escrow::cell_lifecycle::destroy(id), ESCROW_E_STALE);
}

TEST(CellLifecycle, WhatReadersHoldOutlivesTheCell) {
  cell<config> c;
  ASSERT_EQ(cell<config>::open(cell<config>::options(), c), ESCROW_OK);
  ASSERT_EQ(c.swap(config::of(3)), ESCROW_OK);
  cell<config>::held h;
  ASSERT_EQ(c.load(h), ESCROW_OK);
  EXPECT_EQ(c.close(), ESCROW_OK);
  EXPECT_EQ(c.destroy(), ESCROW_E_LEAK);
  EXPECT_EQ(h->number, 3u);
  EXPECT_TRUE(h->is_whole());
  cell<config>::held more;
  EXPECT_EQ(c.load(more), ESCROW_E_ABSENT) << "the cell shows none any more";
  h.reset();
  EXPECT_EQ(c.destroy(), ESCROW_OK);
}

TEST(CellLifecycle, ABlockServesTheNextCellAndOldReadersSeeThat) {
  u64 first = 0;
  cell<config>::reader r;
  {
    test_cell<> c;
    first = c.id();
    c.put(1);
    r = cell<config>::reader(c);
    ASSERT_NE(r.get(), nullptr);
    r.reset();
  }
  EXPECT_EQ(r.get(), nullptr);
  std::vector<std::unique_ptr<test_cell<>>> next;
  do {  // until the block has come round
    next.push_back(std::make_unique<test_cell<>>());
    next.back()->put(2);
    ASSERT_LT(next.size(), 1000u);
  } while (handle::index(next.back()->id()) != handle::index(first));
  EXPECT_EQ(r.get(), nullptr) << "that is another cell's";
  escrow_cell_view view{};
  EXPECT_EQ(escrow::cell_reader::load(next.back()->control(), first, view), ESCROW_E_STALE);
  u64 version = 0;
  EXPECT_EQ(escrow::cell_reader::version(next.back()->control(), first, version), ESCROW_E_STALE);
  EXPECT_EQ(next.back()->stats().loans, 0u) << "what was held by mistake was given back";
}

TEST(CellLifecycle, ManyCellsAreOpenAtOnce) {
  std::set<u64> ids;
  std::vector<std::unique_ptr<test_cell<>>> cells;
  for (u64 i = 0; i < 200; ++i) {
    cells.push_back(std::make_unique<test_cell<>>());
    cells.back()->put(i);
    EXPECT_TRUE(ids.insert(cells.back()->id()).second);
  }
  for (u64 i = 0; i < 200; ++i) {
    config copy{};
    ASSERT_EQ(cells[i]->copy(copy), ESCROW_OK);
    EXPECT_EQ(copy.number, i);
  }
}

TEST(CellLifecycle, WithoutAddressSpaceOpeningAndSwappingSaySoAndLeaveNothing) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  // Until the blocks and slabs that earlier tests left are in use.
  std::vector<std::unique_ptr<test_cell<bytes>>> open;
  for (int i = 0; i < 70; ++i) open.push_back(std::make_unique<test_cell<bytes>>());
  std::string const large(3 << 20, 'x');
  unsigned failed_open = 0;
  unsigned failed_swap = 0;
  for (u64 more = 0; more < 128; ++more) {
    cell<bytes> c;
    escrow_status opened = ESCROW_OK;
    escrow_status first = ESCROW_OK;
    escrow_status second = ESCROW_OK;
    {
      address_space const tight(more * (64u << 10));
      opened = cell<bytes>::open(cell<bytes>::options(), c);
      if (opened == ESCROW_OK) first = c.swap(of("small"));
      if (opened == ESCROW_OK) second = c.swap({large.data(), large.size()});
    }
    if (opened != ESCROW_OK) {
      EXPECT_EQ(opened, ESCROW_E_NOMEM);
      ++failed_open;
      continue;
    }
    u64 const expected = (first == ESCROW_OK ? 1u : 0u) + (second == ESCROW_OK ? 1u : 0u);
    EXPECT_EQ(c.version(), expected);
    for (auto const s : {first, second}) {
      EXPECT_TRUE(s == ESCROW_OK || s == ESCROW_E_NOMEM) << s;
      failed_swap += s == ESCROW_OK ? 0 : 1;
    }
    if (first == ESCROW_OK && second != ESCROW_OK) {
      char out[8];
      u64 size = 0;
      u64 version = 0;
      EXPECT_EQ(c.copy(out, sizeof out, size, version), ESCROW_OK);
      EXPECT_EQ(std::string(out, size), "small") << "a failed swap changes nothing";
      EXPECT_EQ(c.swap(of("again")), ESCROW_OK) << "and keeps no memory";
    }
  }
  EXPECT_GT(failed_swap, 0u);
  std::printf("refused: %u openings, %u swaps\n", failed_open, failed_swap);
}
