// A writer's turn on a bucket and its nodes. The words are watched: after every single store a
// reader looks for every entry that must be there, so an entry that is in no place for a moment
// shows, as does one that a scan would meet twice under one version.
#include "escrow/locked_bucket.hpp"

#include "map_fixture.hpp"

#include <functional>
#include <map>
#include <set>

namespace {

/// Called after every store of a watched word.
std::function<void()> after_store;

template <class T>
class watched {
 public:
  T load(std::memory_order) const noexcept { return word_.load(); }
  void store(T v, std::memory_order) noexcept {
    word_.store(v);
    if (after_store) after_store();
  }
  bool compare_exchange_strong(T &expected, T v, std::memory_order, std::memory_order) noexcept {
    bool const done = word_.compare_exchange_strong(expected, v);
    if (done && after_store) after_store();
    return done;
  }

 private:
  std::atomic<T> word_{0};
};

struct watched_array {
  using bucket_type = basic_bucket<watched>;
  using link_type = watched<u32>;
  bucket_type buckets[2];
  link_type links[2];
  bucket_type &at(u64 i) noexcept { return buckets[i]; }
  link_type &link(u64 i) noexcept { return links[i]; }
};

struct watched_nodes {
  std::vector<basic_bucket<watched>> nodes{64};
  std::set<u32> free;
  std::vector<u32> given_back;

  watched_nodes() {
    for (u32 n = 1; n < 64; ++n) free.insert(n);
  }
  basic_bucket<watched> &at(u32 n) noexcept { return nodes[n]; }
  u32 take() {
    u32 const n = *free.begin();
    free.erase(free.begin());
    return n;
  }
  void give_back(u32 n) noexcept {
    EXPECT_TRUE(free.insert(n).second) << "given back twice";
    given_back.push_back(n);
    nodes[n].ctl.store(bucket_word::node(0x3F, 0), std::memory_order_release);
  }
};

using turn_type = locked_bucket<watched_array, watched_nodes>;

}  // namespace

struct LockedBucket : ::testing::Test {
  void SetUp() override {
    after_store = nullptr;
    array.at(0).publish(bucket_word::at(1, 4, 0));
  }
  void TearDown() override { after_store = nullptr; }

  static auto is(u64 key) {
    return [key](u64 word, auto const &) noexcept { return word == key; };
  }
  u64 word() { return array.at(0).ctl.load(std::memory_order_acquire); }
  u64 lock() {
    u64 const c = word();
    EXPECT_TRUE(array.at(0).try_lock(c));
    return c;
  }
  /// All entries of hash 0 have tag 0, as many as there are keys.
  void put(u64 key, u64 value) {
    turn_type mine(array, nodes, 0, lock());
    bucket_place at;
    ASSERT_TRUE(mine.locate(0, is(key), ~0u, at));
    ASSERT_FALSE(at.found);
    mine.insert(at, at.nowhere() ? nodes.take() : 0, 0, key, value);
    mine.unlock();
  }
  void erase(u64 key) {
    turn_type mine(array, nodes, 0, lock());
    bucket_place at;
    ASSERT_TRUE(mine.locate(0, is(key), ~0u, at));
    ASSERT_TRUE(at.found);
    mine.remove(at);
    mine.unlock();
  }
  /// What a reader sees at this moment: entries in order, with repetitions.
  std::vector<u64> keys_now() {
    std::vector<u64> keys;
    u64 const c = word();
    basic_bucket<watched> const *in = &array.at(0);
    u64 next = (c & bucket_word::more) != 0 ? array.link(0).load(std::memory_order_acquire) : 0;
    for (u64 w = c;;) {
      for (u32 s = 0; s < 7; ++s)
        if ((w >> s & 1) != 0) keys.push_back(in->key(s));
      if (next == 0) return keys;
      in = &nodes.at(static_cast<u32>(next));
      w = in->ctl.load(std::memory_order_acquire);
      next = bucket_word::next(w);
    }
  }
  /// From now on every store is followed by a look for these.
  void expect_always(std::set<u64> const &wanted) {
    after_store = [this, wanted] {
      std::multiset<u64> seen;
      for (u64 const k : keys_now()) seen.insert(k);
      for (u64 const k : wanted) {
        if (seen.count(k) == 0) ++lost;
        // Twice only while a chain is locked, which is what makes a scan begin anew.
        u64 const c = word();
        if (seen.count(k) > 1 && ((c & bucket_word::lock) == 0 || (c & bucket_word::more) == 0))
          ++doubled;
      }
    };
  }

  watched_array array{};
  watched_nodes nodes;
  unsigned lost = 0;
  unsigned doubled = 0;
};

TEST_F(LockedBucket, EveryEntryIsSomewhereAtEveryMomentOfARemoval) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::set<u64> there;
    u64 const n = 1 + random() % 60;
    for (u64 k = 1; k <= n; ++k) {
      put(k, k * 10);
      there.insert(k);
    }
    while (!there.empty()) {
      auto victim = there.begin();
      std::advance(victim, static_cast<long>(random() % there.size()));
      u64 const key = *victim;
      there.erase(victim);
      expect_always(there);
      erase(key);
      after_store = nullptr;
      auto const seen = keys_now();
      ASSERT_EQ(std::set<u64>(seen.begin(), seen.end()), there);
      ASSERT_EQ(seen.size(), there.size());
    }
    ASSERT_EQ(word() & bucket_word::more, 0u);
    ASSERT_EQ(nodes.free.size(), 63u) << "an empty chain keeps no node";
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(doubled, 0u);
}

TEST_F(LockedBucket, ARemovalMovesTheVersionAndAnInsertDoesNot) {
  u64 const before = word();
  put(1, 1);
  EXPECT_FALSE(bucket_word::changed(word(), before));
  u64 const c = word();
  erase(1);
  EXPECT_TRUE(bucket_word::changed(word(), c));
}

TEST_F(LockedBucket, ASlotIsNotUsedAgainBeforeTheVersionUnderWhichItWasSeenIsGone) {
  // Slots with their content, by the version under which a reader could have seen them.
  std::map<std::pair<u64, int>, u64> seen;
  unsigned reused = 0;
  after_store = [&] {
    u64 const c = word();
    for (u32 s = 0; s < 7; ++s) {
      if ((c >> s & 1) == 0) continue;
      auto const [at, fresh] = seen.emplace(
          std::pair{c >> bucket_word::depth_shift, static_cast<int>(s)}, array.at(0).key(s));
      if (!fresh && at->second != array.at(0).key(s)) ++reused;
    }
    // And what a reader that holds an old word would read now: of this version it must be the same.
    u64 const version = c >> bucket_word::depth_shift;
    for (auto at = seen.lower_bound({version, 0}); at != seen.end() && at->first.first == version;
         ++at)
      if (array.at(0).key(static_cast<u32>(at->first.second)) != at->second) ++reused;
  };
  std::mt19937_64 random(2);
  std::vector<u64> there;
  for (u64 k = 1; k < 3000; ++k) {
    if (there.size() < 8 || random() % 2 == 0) {
      if (there.size() > 40) continue;
      put(k, k);
      there.push_back(k);
    } else {
      u64 const at = random() % there.size();
      erase(there[at]);
      there.erase(there.begin() + static_cast<long>(at));
    }
  }
  EXPECT_EQ(reused, 0u);
}

TEST_F(LockedBucket, ANodeIsGivenBackOnlyAfterTheVersionHasMovedForTheLastTime) {
  for (u64 k = 1; k <= 22; ++k) put(k, k);
  for (u64 k = 1; k <= 22; ++k) {
    u64 published = 0;
    turn_type mine(array, nodes, 0, lock());
    bucket_place at;
    ASSERT_TRUE(mine.locate(0, is(k), ~0u, at));
    after_store = [&] {
      if (nodes.given_back.empty()) published = word();
    };
    nodes.given_back.clear();
    mine.remove(at);
    mine.unlock();
    after_store = nullptr;
    if (!nodes.given_back.empty()) {
      EXPECT_EQ(published, word()) << "the version moved after the node was given away";
      EXPECT_EQ(published & bucket_word::lock, 0u);
    }
  }
}

TEST_F(LockedBucket, RenewEmptiesWhatAnOlderEpochLeft) {
  std::set<u64> there;
  for (u64 k = 1; k <= 30; ++k) {
    put(k, k);
    there.insert(k);
  }
  u64 const before = word();
  turn_type mine(array, nodes, 0, lock());
  EXPECT_TRUE(mine.is_of(0x100));
  EXPECT_FALSE(mine.is_of(1));
  std::set<u64> discarded;
  mine.renew(1, [&](u64 key, u64 value) noexcept {
    EXPECT_EQ(key, value);
    EXPECT_TRUE(bucket_word::changed(word(), before))
        << "discarded under the version of its readers";
    EXPECT_TRUE(discarded.insert(key).second);
  });
  mine.unlock();
  EXPECT_EQ(discarded, there);
  EXPECT_TRUE(keys_now().empty());
  EXPECT_EQ(nodes.free.size(), 63u);
  EXPECT_EQ(array.at(0).epoch_byte(), 1u);
}

TEST_F(LockedBucket, EditsOfEveryKindReachEveryEntryOnce) {
  for (u64 k = 1; k <= 50; ++k) put(k, 0);
  turn_type mine(array, nodes, 0, lock());
  std::multiset<u64> seen;
  mine.edit_each([&](u64 key, u64) noexcept -> edit {
    seen.insert(key);
    if (key % 3 == 0) return {edit::remove, ESCROW_OK, 0, 0};
    if (key % 3 == 1) return {edit::set_value, ESCROW_OK, 0, key};
    return {edit::keep, ESCROW_OK, 0, 0};
  });
  mine.unlock();
  for (u64 k = 1; k <= 50; ++k) EXPECT_GE(seen.count(k), 1u) << k;
  std::set<u64> left;
  mine.each([&](auto const &b, u32 s) noexcept {
    EXPECT_EQ(b.value(s), b.key(s) % 3 == 1 ? b.key(s) : 0);
    left.insert(b.key(s));
  });
  EXPECT_EQ(left.size(), 50u - 16u);
  EXPECT_EQ(keys_now().size(), left.size());
}

TEST_F(LockedBucket, WhatMovesUpWhileAllIsErasedIsErasedToo) {
  for (u64 n = 1; n <= 60; ++n) {
    for (u64 k = 1; k <= n; ++k) put(k, k);
    turn_type mine(array, nodes, 0, lock());
    std::multiset<u64> removed;
    mine.edit_each([&](u64 key, u64) noexcept -> edit {
      removed.insert(key);
      return {edit::remove, ESCROW_OK, 0, 0};
    });
    mine.unlock();
    ASSERT_TRUE(keys_now().empty()) << n;
    ASSERT_EQ(removed.size(), n);
    ASSERT_EQ(std::set<u64>(removed.begin(), removed.end()).size(), n);
    ASSERT_EQ(nodes.free.size(), 63u);
  }
}

TEST_F(LockedBucket, ReplacingMovesTheVersionAndSettingAValueDoesNot) {
  put(1, 1);
  for (bool const replaces : {false, true}) {
    u64 const c = lock();
    edit const d{replaces ? edit::replace : edit::set_value, ESCROW_OK, 1, 2};
    u64 const next = edit_slot(array.at(0), 0, c, d);
    array.at(0).publish(next);
    EXPECT_EQ(bucket_word::changed(next, c), replaces);
    EXPECT_EQ(array.at(0).value(0), 2u);
  }
}

TEST_F(LockedBucket, ALeafLooksAtSoManyNodesAndNoMore) {
  for (u64 k = 1; k <= 7 * 5; ++k) put(k, k);  // four nodes
  turn_type mine(array, nodes, 0, lock());
  bucket_place at;
  EXPECT_FALSE(mine.locate(0, is(1000), 3, at));
  EXPECT_TRUE(mine.locate(0, is(1000), 4, at));
  EXPECT_FALSE(at.found);
  mine.unlock();
}

TEST_F(LockedBucket, ASplitShowsTheOtherBucketBeforeAnyoneIsSentThere) {
  for (u64 n = 1; n <= 7; ++n) {
    std::set<u64> all;
    for (u64 k = 1; k <= n; ++k) {
      put(k, k * 10);
      all.insert(k);
    }
    after_store = [this, all] {
      auto seen = keys_now();
      u64 const other = array.at(1).ctl.load(std::memory_order_acquire);
      if (bucket_word::depth(word()) == 5 && bucket_word::depth(other) == 5)
        for (u32 s = 0; s < 7; ++s)
          if ((other >> s & 1) != 0) seen.push_back(array.at(1).key(s));
      std::set<u64> const found(seen.begin(), seen.end());
      if (found != all || seen.size() != all.size()) ++lost;
      // Who may write could change one of two copies.
      if (bucket_word::depth(word()) == 4 && bucket_word::depth(other) == 5 &&
          (other & bucket_word::lock) == 0)
        ++doubled;
    };
    u64 const before = word();
    turn_type mine(array, nodes, 0, lock());
    turn_type other(array, nodes, 1, bucket_word::at(1, 5, 0));
    mine.split_into(other, 5, [](auto const &b, u32 s) noexcept { return b.key(s) % 2 == 1; });
    other.unlock();
    mine.unlock();
    after_store = nullptr;
    EXPECT_TRUE(bucket_word::changed(word(), before));
    for (u32 s = 0; s < 7; ++s) {
      if ((array.at(1).ctl.load(std::memory_order_acquire) >> s & 1) == 0) continue;
      EXPECT_EQ(array.at(1).key(s) % 2, 1u);
      EXPECT_EQ(array.at(1).value(s), array.at(1).key(s) * 10);
    }
    for (u64 const k : keys_now()) erase(k);
    array.at(0).publish(bucket_word::with_depth(word(), 4));
    array.at(1).publish(0);
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(doubled, 0u);
}

TEST_F(LockedBucket, HandingOverKeepsWhatStaysFindableAllTheWhile) {
  for (u64 n = 1; n <= 60; ++n) {
    std::set<u64> staying;
    for (u64 k = 1; k <= n; ++k) {
      put(k, k);
      if (k % 2 == 0) staying.insert(k);
    }
    u64 const before = word();
    turn_type mine(array, nodes, 0, lock());
    expect_always(staying);
    mine.hand_over(5, [](auto const &b, u32 s) noexcept { return b.key(s) % 2 == 1; });
    mine.unlock();
    after_store = nullptr;
    EXPECT_EQ(bucket_word::depth(word()), 5u);
    EXPECT_TRUE(bucket_word::changed(word(), before));
    auto const seen = keys_now();
    ASSERT_EQ(std::set<u64>(seen.begin(), seen.end()), staying);
    ASSERT_EQ(seen.size(), staying.size());
    if (staying.size() <= 7) {
      ASSERT_EQ(nodes.free.size(), 63u) << "few entries need no node";
    }
    for (u64 const k : staying) erase(k);
    array.at(0).publish(bucket_word::with_depth(word(), 4));
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(doubled, 0u);
}
