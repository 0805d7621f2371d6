// Who holds what the ledger noted: maps and cells, beside owners.
#include <map>

#include "escrow/cell.h"
#include "escrow/cell_control.hpp"
#include "escrow/map.h"
#include "escrow/map_handles.h"
#include "ledger_fixture.hpp"

namespace {

/// Handles by text; empty at the end.
class handles_by_text {
 public:
  handles_by_text() {
    escrow_map_options o{};
    o.struct_size = sizeof o;
    o.keys = ESCROW_MAP_BYTES;
    o.values = ESCROW_MAP_HANDLE;
    EXPECT_EQ(escrow_map_open(&o, &id), ESCROW_OK);
  }
  ~handles_by_text() {
    EXPECT_EQ(escrow_map_close(id), ESCROW_OK);
    EXPECT_EQ(escrow_map_destroy(id), ESCROW_OK);
  }
  escrow_map id = 0;
};

std::map<std::uint32_t, int> holders_in(escrow_pool p) {
  std::map<std::uint32_t, int> holders;
  for (auto const &e : entries_of(p)) ++holders[e.holder];
  return holders;
}

using counts = std::map<std::uint32_t, int>;

}  // namespace

TEST(LedgerHolder, IsTheMapWhileItHoldsAReference) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  handles_by_text m;
  escrow_handle const moved = p.acquire(8), shared = p.acquire(8);
  escrow_handle dup = 0, got = 0, back = 0;
  ASSERT_EQ(escrow_dup(shared, &dup), ESCROW_OK);
  ASSERT_EQ(escrow_map_put_handle(m.id, "moved", 5, moved), ESCROW_CREATED);
  ASSERT_EQ(escrow_map_put_handle(m.id, "shared", 6, shared), ESCROW_CREATED);
  // The object of `shared` is an orphan with two duplicates; the map has one of them.
  EXPECT_EQ(holders_in(p.id), (counts{{ESCROW_HOLDER_OWNER, 2}, {ESCROW_HOLDER_MAP, 2}}));
  ASSERT_EQ(escrow_map_get_handle(m.id, "moved", 5, &got), ESCROW_OK);
  EXPECT_EQ(holders_in(p.id), (counts{{ESCROW_HOLDER_OWNER, 3}, {ESCROW_HOLDER_MAP, 2}}));
  EXPECT_EQ(escrow_release(got), ESCROW_OK);
  ASSERT_EQ(escrow_map_take_handle(m.id, "moved", 5, &back), ESCROW_OK);
  EXPECT_EQ(holders_in(p.id), (counts{{ESCROW_HOLDER_OWNER, 3}, {ESCROW_HOLDER_MAP, 1}}));
  EXPECT_EQ(escrow_release(back), ESCROW_FREED);
  EXPECT_EQ(escrow_release(dup), ESCROW_OK);
  EXPECT_EQ(escrow_map_erase_handle(m.id, "shared", 6), ESCROW_OK);
  EXPECT_TRUE(entries_of(p.id).empty());
}

TEST(LedgerHolder, IsTheCellForItsSnapshots) {
  escrow_cell_options o{};
  o.struct_size = sizeof o;
  escrow_cell cell = 0;
  ASSERT_EQ(escrow_cell_open(&o, &cell), ESCROW_OK);
  escrow::cell_control *c = nullptr;
  ASSERT_EQ(escrow::table().cells.find(cell, c), ESCROW_OK);
  escrow_pool const pool = c->pool;  // a cell has one of its own
  ASSERT_EQ(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_bytes const text{"text", 4};
  std::uint64_t version = 0;
  ASSERT_EQ(escrow_cell_swap(cell, &text, nullptr, &version, nullptr), ESCROW_OK);
  EXPECT_EQ(holders_in(pool), (counts{{ESCROW_HOLDER_CELL, 1}}));
  EXPECT_EQ(escrow_cell_close(cell), ESCROW_OK);
  EXPECT_EQ(escrow_cell_destroy(cell), ESCROW_OK);
}
