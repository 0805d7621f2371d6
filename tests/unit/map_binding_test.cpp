// A map bound by others: the layouts of keys and values decide, and both see the same words.
#include "escrow/map_binding.hpp"

#include <string>

#include "escrow/map.h"
#include "escrow/map_words.h"
#include "map_fixture.hpp"

namespace {

enum class mood : std::int8_t { bad = -1, good = 1 };
struct place {
  std::int32_t x, y;
};
ESCROW_LAYOUT(place, x, y);
struct coordinates {
  std::int32_t left, top;
};
ESCROW_LAYOUT(coordinates, left, top);
struct corners {
  std::uint32_t x, y;
};
ESCROW_LAYOUT(corners, x, y);
struct tile {
  place at;
  std::uint64_t colour;
};
ESCROW_LAYOUT(tile, at, colour);
struct undeclared {
  std::uint64_t a, b;
};

template <class Key, class Value>
std::string why_not(u64 map) {
  char text[128];
  bool const differ = map_difference_to<Key, Value>(map, text, sizeof text);
  EXPECT_EQ(differ, *text != 0);
  return text;
}

}  // namespace

TEST(MapBinding, AMapIsBoundByItsLayouts) {
  sharded_map<place, tile> mine;
  ASSERT_EQ((sharded_map<place, tile>::open({}, mine)), ESCROW_OK);
  ASSERT_EQ(mine.put({1, -2}, {{3, 4}, 5}), ESCROW_CREATED);

  sharded_map<coordinates, tile> theirs;
  ASSERT_EQ(bind(mine.id(), theirs), ESCROW_OK);
  tile out{};
  EXPECT_EQ(theirs.get({1, -2}, out), ESCROW_OK);
  EXPECT_EQ(out.colour, 5u);
  EXPECT_EQ(theirs.put({9, 9}, out), ESCROW_CREATED);
  EXPECT_EQ(theirs.id(), mine.id());

  sharded_map<corners, tile> wrong_key;
  EXPECT_EQ(bind(mine.id(), wrong_key), ESCROW_E_LAYOUT);
  EXPECT_FALSE(wrong_key);
  EXPECT_EQ((why_not<corners, tile>(mine.id())),
            "key: field 0: kind signed in the map, unsigned in this type");
  sharded_map<place, place> wrong_value;
  EXPECT_EQ(bind(mine.id(), wrong_value), ESCROW_E_LAYOUT);
  EXPECT_EQ((why_not<place, place>(mine.id())),
            "value: field 2: at offset 8 in the map, missing in this type");
  EXPECT_EQ((why_not<coordinates, tile>(mine.id())), "");

  theirs.close();
  EXPECT_EQ(mine.length(), 2u) << "it was not theirs to end";
  EXPECT_EQ(mine.get({9, 9}, out), ESCROW_OK);
  u64 const id = mine.id();
  mine.close();
  EXPECT_EQ(bind(id, theirs), ESCROW_E_STALE);
  EXPECT_EQ((why_not<coordinates, tile>(id)), "no map can be asked");
  EXPECT_EQ(bind(u64{0}, theirs), ESCROW_E_NULL);
  EXPECT_EQ(theirs.id(), 0u);
}

TEST(MapBinding, AMovedMapStaysWhoseItWas) {
  sharded_map<u64, u64> mine;
  ASSERT_EQ((sharded_map<u64, u64>::open({}, mine)), ESCROW_OK);
  {
    sharded_map<u64, u64> theirs, moved;
    ASSERT_EQ(bind(mine.id(), theirs), ESCROW_OK);
    sharded_map<u64, u64> taken(std::move(theirs));
    moved = std::move(taken);
    EXPECT_EQ(moved.put(1, 2), ESCROW_CREATED);
  }
  u64 out = 0;
  EXPECT_EQ(mine.get(1, out), ESCROW_OK);
  sharded_map<u64, u64> owner;
  owner = std::move(mine);
  u64 const id = owner.id();
  owner.close();
  EXPECT_EQ(escrow_map_close(id), ESCROW_E_STALE) << "its owner ended it";
}

TEST(MapBinding, TextIsBoundAsBytesAndTypesAreNot) {
  sharded_map<bytes, u64> text;
  ASSERT_EQ((sharded_map<bytes, u64>::open({}, text)), ESCROW_OK);
  sharded_map<bytes, u64> same;
  EXPECT_EQ(bind(text.id(), same), ESCROW_OK);
  sharded_map<tile, u64> typed;
  EXPECT_EQ(bind(text.id(), typed), ESCROW_E_LAYOUT);
  EXPECT_EQ((why_not<tile, u64>(text.id())), "key: the map carries no layout");
  sharded_map<tile, tile> tiles;
  ASSERT_EQ((sharded_map<tile, tile>::open({}, tiles)), ESCROW_OK);
  sharded_map<tile, bytes> loose;
  EXPECT_EQ(bind(tiles.id(), loose), ESCROW_E_LAYOUT);
  EXPECT_EQ((why_not<tile, bytes>(tiles.id())),
            "value: the map has a type, and not bytes of any number");
}

TEST(MapBinding, WithoutLayoutsAndOfHandlesNoMapIsBound) {
  sharded_map<undeclared, undeclared> silent;
  ASSERT_EQ((sharded_map<undeclared, undeclared>::open({}, silent)), ESCROW_OK);
  sharded_map<tile, tile> typed;
  EXPECT_EQ(bind(silent.id(), typed), ESCROW_E_LAYOUT);
  sharded_map<bytes, bytes> any;
  EXPECT_EQ(bind(silent.id(), any), ESCROW_OK) << "bytes they are";

  escrow_map_options o{};
  o.struct_size = sizeof o;
  o.keys = ESCROW_MAP_WORD;
  o.values = ESCROW_MAP_HANDLE;
  escrow_map handles = 0;
  ASSERT_EQ(escrow_map_open(&o, &handles), ESCROW_OK);
  sharded_map<u64, u64> words;
  EXPECT_EQ(bind(handles, words), ESCROW_E_KIND);
  EXPECT_EQ(escrow_map_close(handles), ESCROW_OK);
  EXPECT_EQ(bind(handles, words), ESCROW_E_CLOSED);
  EXPECT_EQ(escrow_map_destroy(handles), ESCROW_OK);
}

TEST(MapBinding, ANumberIsTheSameWordInCAsInCpp) {
  sharded_map<std::int32_t, mood> moods;
  ASSERT_EQ((sharded_map<std::int32_t, mood>::open({}, moods)), ESCROW_OK);
  ASSERT_EQ(moods.put(-7, mood::bad), ESCROW_CREATED);
  ASSERT_EQ(moods.put(8, mood::good), ESCROW_CREATED);
  u64 word = 0;
  EXPECT_EQ(escrow_map_get(moods.id(), static_cast<u64>(std::int64_t{-7}), &word), ESCROW_OK);
  EXPECT_EQ(static_cast<std::int64_t>(word), -1);
  EXPECT_EQ(escrow_map_put(moods.id(), static_cast<u64>(std::int64_t{-9}), 1), ESCROW_CREATED);
  mood m{};
  EXPECT_EQ(moods.get(-9, m), ESCROW_OK);
  EXPECT_EQ(m, mood::good);
  for (std::int32_t i = -1000; i < 0; ++i) (void)moods.put(i, mood::bad);
  for (std::int32_t i = -1000; i < 0; ++i) {
    ASSERT_EQ(escrow_map_get(moods.id(), static_cast<u64>(std::int64_t{i}), &word), ESCROW_OK);
    ASSERT_EQ(static_cast<std::int64_t>(word), -1);
  }
}
