#include "escrow/lifecycle.hpp"

#include <map>

#include "pool_fixture.hpp"

TEST(Lifecycle, OptionsOutOfRangeAreRefusedEachWithItsCode) {
  escrow_pool pool = 7;
  auto const open = [&](auto change) {
    auto const o = options(change);
    auto const s = escrow_pool_open(&o, &pool);
    EXPECT_EQ(pool, 0u);
    return s;
  };
  EXPECT_EQ(open([](auto &o) { o.struct_size += 8; }), ESCROW_E_VERSION);
  EXPECT_EQ(open([](auto &o) { o.struct_size = 0; }), ESCROW_E_VERSION);
  EXPECT_EQ(open([](auto &o) { o.flags = 0x80; }), ESCROW_E_OPTION);
  EXPECT_EQ(open([](auto &o) { o.name = "a name of thirty-two characters!"; }), ESCROW_E_OPTION);
  EXPECT_EQ(open([](auto &o) { o.alignment = 48; }), ESCROW_E_OPTION);
  EXPECT_EQ(open([](auto &o) { o.alignment = 8192; }), ESCROW_E_OPTION);
  EXPECT_EQ(open([](auto &o) { o.fixed_size = 1ull << 32; }), ESCROW_E_OPTION);
  EXPECT_EQ(open([](auto &o) { o.reserve_bytes = 4096; }), ESCROW_E_OPTION);
  EXPECT_EQ(open([](auto &o) {
              o.fixed_size = 64;
              o.reserve_bytes = 8192;
              o.limit_bytes = 4096;
            }),
            ESCROW_E_FULL);
  EXPECT_EQ(escrow_pool_open(nullptr, &pool), ESCROW_E_NULL);
  auto const fine = escrow::pool::options();
  EXPECT_EQ(escrow_pool_open(&fine, nullptr), ESCROW_E_NULL);
}

TEST(Lifecycle, CallsAfterCloseAndAfterDestroyGetTheirCodes) {
  test_pool p;
  escrow_handle const kept = p.acquire(64);
  std::uint64_t live = 0;
  EXPECT_EQ(escrow_pool_destroy(p.id), ESCROW_E_BUSY);
  EXPECT_EQ(escrow_pool_close(p.id, 0, &live), ESCROW_OK);
  EXPECT_EQ(live, 1u);
  escrow_handle h = 0;
  escrow_ticket t = 0;
  EXPECT_EQ(escrow_acquire(p.id, 64, &h, nullptr), ESCROW_E_CLOSED);
  EXPECT_EQ(escrow_dup(kept, &h), ESCROW_E_REVOKED);
  EXPECT_EQ(escrow_lend(kept, &h, nullptr), ESCROW_E_REVOKED);
  EXPECT_EQ(escrow_move_out(kept, &t), ESCROW_E_REVOKED);
  EXPECT_EQ(escrow_pool_trim(p.id, nullptr), ESCROW_E_CLOSED);
  EXPECT_EQ(escrow_pool_close(p.id, 0, &live), ESCROW_E_CLOSED);
  EXPECT_EQ(live, 1u);
  EXPECT_EQ(escrow_pool_destroy(p.id), ESCROW_E_LEAK);
  EXPECT_EQ(escrow_release(kept), ESCROW_FREED);
  EXPECT_EQ(escrow_pool_destroy(p.id), ESCROW_OK);
  EXPECT_EQ(escrow_pool_destroy(p.id), ESCROW_E_STALE);
  EXPECT_EQ(escrow_pool_close(p.id, 0, &live), ESCROW_E_STALE);
  EXPECT_EQ(escrow_acquire(p.id, 64, &h, nullptr), ESCROW_E_STALE);
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_E_STALE);
  EXPECT_EQ(escrow_release_deferred(kept), ESCROW_E_STALE);
  p.id = 0;
}

TEST(Lifecycle, ALostTicketKeepsAClosedPoolAliveUntilItIsReclaimed) {
  test_pool p;
  escrow_ticket lost = 0;
  ASSERT_EQ(escrow_move_out(p.acquire(64), &lost), ESCROW_OK);
  escrow_handle shared = p.acquire(64), duplicate = 0;
  ASSERT_EQ(escrow_dup(shared, &duplicate), ESCROW_OK);
  escrow_ticket lost_duplicate = 0;
  ASSERT_EQ(escrow_move_out(duplicate, &lost_duplicate), ESCROW_OK);
  ASSERT_EQ(escrow_release(shared), ESCROW_OK);
  std::uint64_t live = 0;
  EXPECT_EQ(escrow_pool_close(p.id, 0, &live), ESCROW_OK);
  EXPECT_EQ(live, 2u);
  escrow_handle h = 0;
  EXPECT_EQ(escrow_move_in(lost, &h), ESCROW_E_REVOKED);
  EXPECT_EQ(escrow_pool_close(p.id, ESCROW_CLOSE_RECLAIM_TICKETS, &live), ESCROW_E_CLOSED);
  EXPECT_EQ(live, 0u);
  EXPECT_EQ(escrow_move_in(lost, &h), ESCROW_E_STALE);
  EXPECT_EQ(escrow_move_in(lost_duplicate, &h), ESCROW_E_STALE);
  EXPECT_EQ(escrow_pool_close(p.id, 0x10, &live), ESCROW_E_OPTION);
}

TEST(Lifecycle, ThreeHundredPoolsNeverTakeEachOthersHandles) {
  std::vector<escrow_pool> pools(300);
  std::vector<escrow_handle> handles(300);
  auto const o = escrow::pool::options();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    ASSERT_EQ(escrow_pool_open(&o, &pools[i]), ESCROW_OK);
    ASSERT_EQ(escrow_acquire(pools[i], 64, &handles[i], nullptr), ESCROW_OK);
  }
  for (std::size_t i = 0; i < pools.size(); ++i)
    for (std::size_t k = 0; k < pools.size(); ++k)
      ASSERT_EQ(escrow_validate(handles[i], pools[k], 0), i == k ? ESCROW_OK : ESCROW_E_FOREIGN);
  for (std::size_t i = 0; i < pools.size(); ++i) {
    ASSERT_EQ(escrow_release(handles[i]), ESCROW_FREED);
    ASSERT_EQ(escrow_pool_close(pools[i], 0, nullptr), ESCROW_OK);
    ASSERT_EQ(escrow_pool_destroy(pools[i]), ESCROW_OK);
  }
}

TEST(Lifecycle, APoolNameIsNeverUsedAgain) {
  std::map<escrow_pool, int> seen;
  auto const o = escrow::pool::options();
  for (int i = 0; i < 1000; ++i) {
    escrow_pool pool = 0;
    ASSERT_EQ(escrow_pool_open(&o, &pool), ESCROW_OK);
    ASSERT_EQ(seen[pool]++, 0);
    ASSERT_EQ(escrow_pool_close(pool, 0, nullptr), ESCROW_OK);
    ASSERT_EQ(escrow_pool_destroy(pool), ESCROW_OK);
  }
}

TEST(Lifecycle, NamesOfOtherThingsAreNoPools) {
  test_pool p;
  escrow_handle const h = p.acquire(16);
  escrow_handle out = 0;
  EXPECT_EQ(escrow_acquire(0, 16, &out, nullptr), ESCROW_E_NULL);
  EXPECT_EQ(escrow_acquire(h, 16, &out, nullptr), ESCROW_E_KIND);
  EXPECT_EQ(escrow_acquire(1ull << 63 | 5, 16, &out, nullptr), ESCROW_E_RANGE);
  EXPECT_EQ(escrow_acquire(escrow::handle::pack(127, 60000, 1), 16, &out, nullptr), ESCROW_E_RANGE);
  EXPECT_EQ(escrow_release(p.id), ESCROW_E_KIND);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}
