// Going through all buckets while they split, merge, are cleared and written: a cursor shows every
// entry that stays exactly once, and what is asked of every entry is asked of every entry.
// Guarantee K of docs/trust.md.
#include "escrow/index_walk.hpp"

#include "map_fixture.hpp"

#include <chrono>
#include <set>
#include <thread>

namespace {

constexpr u64 most_shown = 200'000;

/// Scans `capacity` entries at a time and calls between(step) after each; what was seen, by key. A
/// walk that fails, or shows more than any map here holds, ends.
template <class Map, class Between>
std::multiset<u64> scanned(Map &map, u64 capacity, Between const &between) {
  std::multiset<u64> seen;
  std::vector<word_entry> some(capacity);
  u64 step = 0;
  for (u64 cursor = 0; cursor != map_cursor_end; ++step) {
    u64 n = 0;
    auto const s = map.scan(cursor, some.data(), capacity, n);
    EXPECT_EQ(s, ESCROW_OK);
    for (u64 i = 0; i < n; ++i) seen.insert(some[i].key);
    EXPECT_LE(seen.size(), most_shown) << "the walk goes round and round";
    if (s != ESCROW_OK || seen.size() > most_shown) return seen;
    between(step);
  }
  return seen;
}

}  // namespace

TEST(IndexWalk, EntriesThatStayAreSeenOnceWhileTheIndexGrows) {
  for (u64 const capacity : {u64{1}, u64{7}, u64{64}, u64{1000}}) {
    test_map<words_to_words> m;
    for (u64 key = 0; key < 2000; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
    u64 next = 1'000'000;
    u64 const more = 20 * capacity + 30;
    auto const seen = scanned(m.map, capacity, [&](u64) {
      for (u64 i = 0; i < more && next < 1'100'000; ++i) (void)m->put(next++, 1);
    });
    EXPECT_GT(next, 1'010'000u);
    for (u64 key = 0; key < 2000; ++key)
      ASSERT_EQ(seen.count(key), 1u) << key << " of " << capacity;
    for (u64 const key : seen) ASSERT_EQ(seen.count(key), 1u);
  }
}

TEST(IndexWalk, EntriesThatStayAreSeenOnceWhileTheIndexShrinksAndGrowsAgain) {
  test_map<words_to_words> m;
  std::set<u64> staying;
  for (u64 key = 0; key < 500; ++key) {
    ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
    staying.insert(key);
  }
  auto const seen = scanned(m.map, 8, [&](u64 step) {
    u64 const base = 10'000 + step * 100'000;
    if (step % 3 == 0) {
      ASSERT_EQ(m.reserve(20'000), ESCROW_OK);
    }
    if (step % 3 == 1) (void)m.shrink();
    for (u64 i = 0; i < 100; ++i) (void)m->put(base + i, 1);
    for (u64 i = 0; i < 100; ++i) (void)m->erase(base + i);
  });
  for (u64 const key : staying) ASSERT_EQ(seen.count(key), 1u) << key;
}

TEST(IndexWalk, ACursorIsAnIntegerThatWorksInALaterMapOfTheSameSeed) {
  map_options o;
  o.seed = 99;
  u64 cursor = 0;
  std::set<u64> seen;
  {
    test_map<words_to_words> m(o);
    for (u64 key = 0; key < 1000; ++key) (void)m->put(key, 1);
    std::vector<word_entry> some(300);
    u64 n = 0;
    ASSERT_EQ(m->scan(cursor, some.data(), 300, n), ESCROW_OK);
    for (u64 i = 0; i < n; ++i) seen.insert(some[i].key);
  }
  test_map<words_to_words> m(o);
  for (u64 key = 0; key < 1000; ++key) (void)m->put(key, 1);
  std::vector<word_entry> rest(1000);
  u64 n = 0;
  ASSERT_EQ(m->scan(cursor, rest.data(), 1000, n), ESCROW_OK);
  EXPECT_EQ(cursor, map_cursor_end);
  for (u64 i = 0; i < n; ++i) EXPECT_TRUE(seen.insert(rest[i].key).second);
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(IndexWalk, AnyCursorIsAPlaceToGoOnFrom) {
  test_map<words_to_words> m;
  for (u64 key = 0; key < 1000; ++key) (void)m->put(key, 1);
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    u64 cursor = random();
    u64 const from = cursor;
    word_entry some[16];
    u64 n = 0;
    ASSERT_EQ(m->scan(cursor, some, 16, n), ESCROW_OK);
    ASSERT_TRUE(cursor > from || cursor == map_cursor_end);
  }
}

TEST(IndexWalk, ALongChainIsShownInPiecesAndOneHashThatDoesNotFitIsACode) {
  test_map<words_by_choice> m;  // 100 hashes of one bucket of 16
  for (u64 key = 0; key < 100; ++key) ASSERT_EQ(m->put(key << 32, 1), ESCROW_CREATED);
  EXPECT_EQ(content(m.map, 1).size(), 100u);
  EXPECT_EQ(content(m.map, 64).size(), 100u);
  test_map<words_in_one_bucket> same;
  for (u64 key = 0; key < 10; ++key) ASSERT_EQ(same->put(key << 4, 1), ESCROW_CREATED);  // hash 0
  word_entry some[10];
  u64 cursor = 0;
  u64 n = 0;
  EXPECT_EQ(same->scan(cursor, some, 9, n), ESCROW_E_SIZE);
  EXPECT_EQ(same->scan(cursor, some, 10, n), ESCROW_OK);
  EXPECT_EQ(n, 10u);
  EXPECT_EQ(same->scan(cursor = 0, some, 0, n), ESCROW_E_SIZE);
}

// A writer stands still between the two steps in which it moves an entry up: it is in the bucket
// and in the node, under one version.
TEST(IndexWalk, AnEntryThatMovesWithinItsChainIsNotSeenTwice) {
  test_map<words_in_one_bucket> m;
  for (u64 key = 0; key < 8; ++key) ASSERT_EQ(m->put(key << 4, key), ESCROW_CREATED);
  auto &state = m.control->state;
  auto &b = state.array.at(0);
  auto &node = state.nodes.at(state.array.link(0).load());
  u64 c = b.ctl.load();
  ASSERT_TRUE(b.try_lock(c));
  c = (c & ~bucket_word::slot) + bucket_word::version_one;
  b.publish(c | bucket_word::lock);
  b.fill(0, node.tag(0), node.key(0), node.value(0));
  c = (c | bucket_word::slot) + bucket_word::version_one;
  b.publish(c | bucket_word::lock);
  u64 n = 0;
  word_entry some[16];
  std::thread scan([&] {
    for (u64 cursor = 0; cursor != map_cursor_end;) {
      u64 got = 0;
      EXPECT_EQ(m->scan(cursor, some + n, 16 - n, got), ESCROW_OK);
      n += got;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  node.ctl.store(bucket_word::node(0, 0));
  b.publish((c & ~bucket_word::more) + bucket_word::version_one);
  scan.join();
  std::set<u64> seen;
  for (u64 i = 0; i < n; ++i) EXPECT_TRUE(seen.insert(some[i].key).second) << some[i].key;
  EXPECT_EQ(seen.size(), 7u);
}

TEST(IndexWalk, EraseAllReachesEveryEntryAlsoOfLongChains) {
  for (u64 const size : {1, 7, 8, 14, 15, 33, 40, 100, 500}) {
    test_map<words_in_one_bucket> m;
    for (u64 key = 0; key < size; ++key) ASSERT_EQ(m->put(key << 4, key), ESCROW_CREATED);
    EXPECT_EQ(index_walk<words_in_one_bucket::index_type>::erase_all(
                  m.index(), [](u64, u64) noexcept { return true; }),
              size);
    EXPECT_EQ(m.length(), 0u);
    EXPECT_TRUE(content(m.map).empty());
  }
}

TEST(IndexWalk, ASweepLetsGoOfWhatClearsLeftAndOfNothingElse) {
  test_map<bytes_to_words> m;
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(m->put(of(std::to_string(i)), 1), ESCROW_CREATED);
  m.clear();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(m->put(of(std::to_string(i)), 2), ESCROW_CREATED);
  m.sweep();
  EXPECT_EQ(m.stats().bytes_records_live, 10 * 16u);
  u64 out = 0;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(m->get(of(std::to_string(i)), out), ESCROW_OK);
}
