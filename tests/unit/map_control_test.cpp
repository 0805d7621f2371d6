// The life of a map behind its handle: what each state answers, and blocks that are used again.
#include "escrow/map_control.hpp"

#include <algorithm>

#include "escrow/slot.hpp"
#include "map_fixture.hpp"

TEST(MapControl, EachStateAnswersWithItsCode) {
  u64 map = 0;
  ASSERT_EQ(map_lifecycle::open(map_keys_kind::word, map_values_kind::word, {}, map), ESCROW_OK);
  map_control *c = nullptr;
  EXPECT_EQ(open_map(map, c), ESCROW_OK);
  EXPECT_TRUE(c->is(map_keys_kind::word, map_values_kind::word));
  EXPECT_EQ(map_lifecycle::destroy(map), ESCROW_E_BUSY) << "it is open";
  EXPECT_EQ(map_lifecycle::close(map), ESCROW_OK);
  EXPECT_EQ(map_lifecycle::close(map), ESCROW_E_CLOSED);
  EXPECT_EQ(open_map(map, c), ESCROW_E_CLOSED);
  EXPECT_EQ(map_lifecycle::destroy(map), ESCROW_OK);
  EXPECT_EQ(map_lifecycle::destroy(map), ESCROW_E_STALE);
  EXPECT_EQ(map_lifecycle::close(map), ESCROW_E_STALE);
  EXPECT_EQ(open_map(map, c), ESCROW_E_STALE);
}

TEST(MapControl, WhatIsNoMapIsTold) {
  map_control *c = nullptr;
  EXPECT_EQ(open_map(0, c), ESCROW_E_NULL);
  EXPECT_EQ(open_map(handle::pack(handle::pool_tag, 0, 1), c), ESCROW_E_KIND);
  EXPECT_EQ(open_map(handle::pack(handle::map_tag, 60'000, 1), c), ESCROW_E_RANGE);
  EXPECT_EQ(open_map(handle::pack(handle::map_tag, decltype(slot_table::maps)::most, 1), c),
            ESCROW_E_RANGE);
}

TEST(MapControl, ABlockIsUsedAgainUnderAHandleThatNeverWas) {
  std::vector<u64> names;
  u64 first_index = 0;
  // A block whose generations are used up is not used again; the tests before this took some.
  u64 const times = std::min<u64>(100, escrow::word::last_generation / 2);
  for (u64 i = 0; i < times; ++i) {
    test_map<words_to_words> m;
    for (u64 const old : names) ASSERT_NE(old, m.name);
    names.push_back(m.name);
    if (i == 0) first_index = m.control->index;
    EXPECT_EQ(m.control->index, first_index);
    EXPECT_EQ(m.length(), 0u);
    EXPECT_EQ(content(m.map).size(), 0u);
    for (u64 key = 0; key < 2000; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
    m.clear();
    for (u64 key = 0; key < 100; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
  }
  map_control *c = nullptr;
  for (u64 const old : names) EXPECT_EQ(open_map(old, c), ESCROW_E_STALE);
}

TEST(MapControl, ABlockServesEveryKindOneAfterTheOther) {
  for (int i = 0; i < 3; ++i) {
    {
      test_map<bytes_to_bytes> m;
      ASSERT_EQ(m->put(of("key"), of("value")), ESCROW_CREATED);
    }
    test_map<words_to_words> m;
    EXPECT_EQ(m.length(), 0u);
    ASSERT_EQ(m->put(1, 1), ESCROW_CREATED);
  }
}

TEST(MapControl, TheEndGivesAllMemoryBack) {
#if defined(ESCROW_THREAD_SANITIZER)
  GTEST_SKIP() << "the shadow of what was given back stays resident";
#endif
  { test_map<words_to_words> warm; }
  u64 const before = resident_bytes();
  for (int i = 0; i < 3; ++i) {
    test_map<bytes_to_words> m;
    for (u64 key = 0; key < 200'000; ++key)
      ASSERT_EQ(m->put(of(std::to_string(key)), 1), ESCROW_CREATED);
    EXPECT_GT(resident_bytes(), before + (8u << 20));
  }
  EXPECT_LT(resident_bytes(), before + (4u << 20));
}

TEST(MapControl, TheSeedIsTheCallersOrNobodysGuess) {
  map_options o;
  o.seed = 7;
  test_map<words_to_words> a(o);
  test_map<words_to_words> b(o);
  EXPECT_EQ(a.control->seed.multiplier, b.control->seed.multiplier);
  test_map<words_to_words> c;
  test_map<words_to_words> d;
  EXPECT_NE(c.control->seed.offset, d.control->seed.offset);
}

TEST(MapControl, ALimitThatIsTooSmallIsFullAndLeavesNothing) {
  map_options o;
  o.limit_bytes = 1000;
  u64 map = 0;
  EXPECT_EQ(map_lifecycle::open(map_keys_kind::word, map_values_kind::word, o, map), ESCROW_E_FULL);
  test_map<words_to_words> m;
  EXPECT_EQ(m->put(1, 1), ESCROW_CREATED) << "the block serves the next";
}

TEST(MapControl, WithoutAddressSpaceOpeningSaysSoAndLeavesNothing) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  std::vector<std::unique_ptr<test_map<bytes_to_words>>> open;
  // Until the blocks that earlier tests left their address space are in use.
  for (int i = 0; i < 64; ++i) open.push_back(std::make_unique<test_map<bytes_to_words>>());
  unsigned failed = 0;
  for (u64 more = 0; more < 64; ++more) {
    u64 map = 0;
    escrow_status s = ESCROW_OK;
    {
      address_space const tight(more * (64u << 10));
      s = map_lifecycle::open(map_keys_kind::bytes, map_values_kind::word, {}, map);
    }
    if (s == ESCROW_OK) {
      EXPECT_EQ(map_lifecycle::close(map), ESCROW_OK);
      EXPECT_EQ(map_lifecycle::destroy(map), ESCROW_OK);
      continue;
    }
    EXPECT_EQ(s, ESCROW_E_NOMEM);
    ++failed;
  }
  EXPECT_GT(failed, 0u);
  test_map<bytes_to_words> m;
  EXPECT_EQ(m->put(of("key"), 1), ESCROW_CREATED);
}
