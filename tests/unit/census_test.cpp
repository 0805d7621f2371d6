#include "escrow/census.hpp"

#include <map>

#include "escrow/ledger.h"
#include "pool_fixture.hpp"

TEST(Census, CountsWhatIsThereByKind) {
  test_pool p(options([](auto &o) {
    o.name = "census";
    o.type_id = 9;
  }));
  escrow_handle const a = p.acquire(100), b = p.acquire(200);
  escrow_handle d = 0;
  escrow_loan loan = 0;
  escrow_ticket t = 0;
  escrow_view view;
  ASSERT_EQ(escrow_dup(a, &d), ESCROW_OK);
  ASSERT_EQ(escrow_lend(a, &loan, nullptr), ESCROW_OK);
  ASSERT_EQ(escrow_borrow(a, &view), ESCROW_OK);
  ASSERT_EQ(escrow_move_out(b, &t), ESCROW_OK);
  EXPECT_EQ(escrow_release(b), ESCROW_E_MOVED);
  auto const s = p.stats();
  EXPECT_STREQ(s.name, "census");
  EXPECT_EQ(s.type_id, 9u);
  EXPECT_EQ(s.live, 2u);
  EXPECT_EQ(s.duplicates, 1u);
  EXPECT_EQ(s.loans, 1u);
  EXPECT_EQ(s.borrows, 2u);
  EXPECT_EQ(s.tickets, 1u);
  EXPECT_EQ(s.bytes_live, 300u);
  EXPECT_EQ(s.misuse[-ESCROW_E_MOVED], 1u);

  std::map<std::uint32_t, int> kinds;
  std::uint64_t cursor = 0;
  do {
    escrow_reference_info info[2];
    std::uint32_t n = 0;
    ASSERT_EQ(escrow_pool_inspect(p.id, &cursor, info, 2, &n), ESCROW_OK);
    for (std::uint32_t i = 0; i < n; ++i) {
      ++kinds[info[i].kind];
      if (info[i].kind == ESCROW_KIND_DUPLICATE || info[i].kind == ESCROW_KIND_LOAN) {
        EXPECT_EQ(info[i].root, a);
      }
      if (info[i].kind == ESCROW_KIND_OBJECT) {
        EXPECT_EQ(info[i].handle, a);
        EXPECT_EQ(info[i].references, 2u);
        EXPECT_EQ(info[i].loans, 2u);
        EXPECT_EQ(info[i].size, 100u);
        EXPECT_EQ(info[i].type_id, 9u);
      }
    }
  } while (cursor != 0);
  EXPECT_EQ(kinds, (std::map<std::uint32_t, int>{{ESCROW_KIND_OBJECT, 1},
                                                 {ESCROW_KIND_DUPLICATE, 1},
                                                 {ESCROW_KIND_LOAN, 1},
                                                 {ESCROW_KIND_TICKET, 1}}));
  EXPECT_EQ(escrow_return(view.root), ESCROW_OK);
  EXPECT_EQ(escrow_give_back(loan), ESCROW_OK);
  EXPECT_EQ(escrow_release(d), ESCROW_OK);
  EXPECT_EQ(escrow_release(a), ESCROW_FREED);
  EXPECT_EQ(escrow_release(t), ESCROW_FREED);
}

TEST(Census, ListsClassesSmallestFirst) {
  test_pool p;
  escrow_handle const held[] = {p.acquire(20), p.acquire(20), p.acquire(1000), p.acquire(100'000)};
  escrow_class_stats classes[8];
  std::uint32_t n = 0;
  ASSERT_EQ(escrow_pool_read_classes(p.id, classes, 8, &n), ESCROW_OK);
  ASSERT_EQ(n, 3u);
  EXPECT_EQ(classes[0].slot_bytes, 32u);
  EXPECT_EQ(classes[0].live, 2u);
  EXPECT_EQ(classes[0].bytes_live, 40u);
  EXPECT_EQ(classes[1].slot_bytes, 1024u - escrow::slot_build::redzone);
  EXPECT_EQ(classes[2].live, 1u);
  ASSERT_EQ(escrow_pool_read_classes(p.id, classes, 1, &n), ESCROW_OK);
  EXPECT_EQ(n, 3u);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Census, StatsOfAnotherVersionAreRefused) {
  test_pool p;
  escrow_pool_stats s{};
  EXPECT_EQ(escrow_pool_read_stats(p.id, &s), ESCROW_E_VERSION);
  EXPECT_EQ(escrow_pool_read_stats(p.id, nullptr), ESCROW_E_NULL);
}

TEST(Census, ListsPoolsUntilTheyAreDestroyed) {
  auto const listed = [] {
    std::map<std::uint64_t, int> all;
    std::uint64_t cursor = 0;
    do {
      escrow_pool some[2];
      std::uint32_t n = 0;
      EXPECT_EQ(escrow_pool_list(&cursor, some, 2, &n), ESCROW_OK);
      for (std::uint32_t i = 0; i < n; ++i) ++all[some[i]];
    } while (cursor != 0);
    return all;
  };
  auto const before = listed();
  test_pool a, b, c;
  for (escrow_pool const p : {a.id, b.id, c.id}) EXPECT_EQ(listed()[p], 1);
  EXPECT_EQ(listed().size(), before.size() + 3);
  escrow_handle const h = b.acquire(8);
  std::uint64_t live = 0;
  ASSERT_EQ(escrow_pool_close(b.id, 0, &live), ESCROW_OK);
  EXPECT_EQ(listed()[b.id], 1);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  ASSERT_EQ(escrow_pool_destroy(b.id), ESCROW_OK);
  EXPECT_EQ(listed().count(b.id), 0u);
  EXPECT_EQ(listed()[c.id], 1);  // a block of nobody in between does not end the walk
  b.id = 0;
}
