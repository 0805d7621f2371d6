// A map that owns references: what it takes over, what it gives, and that every way out of it ends
// what it held. The pool of the fixture fails a test that leaves anything live.
#include "escrow/handle_map.hpp"

#include "map_fixture.hpp"
#include "pool_fixture.hpp"

#include <thread>

namespace {

using by_word = handle_map<word_keys<seeded_hash<u64>>>;
using by_bytes = handle_map<byte_keys<seeded_hash<bytes>>>;
using in_one_bucket = handle_map<word_keys<colliding_hash>>;

}  // namespace

TEST(HandleMap, PutTakesTheReferenceOverSoThatTheCallersHandleIsStale) {
  test_pool p;
  test_map<by_word> m;
  escrow_handle const h = p.acquire(64);
  EXPECT_EQ(m->put(1, h), ESCROW_CREATED);
  EXPECT_EQ(escrow_release(h), ESCROW_E_STALE)
      << "a copy of the handle cannot end the map's reference";
  EXPECT_EQ(escrow_validate(h, 0, 0), ESCROW_E_STALE);
  u64 mine = 0;
  EXPECT_EQ(m->get(1, mine), ESCROW_OK);
  EXPECT_EQ(m->erase(1), ESCROW_OK);
  EXPECT_EQ(escrow_validate(mine, p.id, 0), ESCROW_OK) << "what was got lives on its own";
  EXPECT_EQ(escrow_release(mine), ESCROW_FREED);
  EXPECT_EQ(m->get(1, mine), ESCROW_E_ABSENT);
  EXPECT_EQ(m->erase(1), ESCROW_E_ABSENT);
}

TEST(HandleMap, WhatIsSharedOrLentIsDuplicatedAndTheCallersReferenceEnds) {
  test_pool p;
  test_map<by_word> m;
  escrow_handle const h = p.acquire(64);
  escrow_handle d = 0;
  ASSERT_EQ(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_EQ(m->put(1, h), ESCROW_CREATED);
  EXPECT_EQ(escrow_release(h), ESCROW_E_STALE);
  EXPECT_EQ(m->put(2, d), ESCROW_CREATED) << "a duplicate is a reference like any";
  EXPECT_EQ(escrow_release(d), ESCROW_E_STALE);
  escrow_handle const lent = p.acquire(64);
  escrow_view view{};
  ASSERT_EQ(escrow_borrow(lent, &view), ESCROW_OK);
  EXPECT_EQ(m->put(1, lent), ESCROW_OK) << "replaces, and releases what was there";
  EXPECT_EQ(escrow_return(view.root), ESCROW_OK)
      << "the borrower gives back as if nothing had happened";
  EXPECT_EQ(p.stats().live, 2u);
  EXPECT_EQ(m->erase(1), ESCROW_OK);
  EXPECT_EQ(m->erase(2), ESCROW_OK);
}

TEST(HandleMap, WhatCannotBeStoredStaysTheCallers) {
  test_pool p;
  test_map<by_word> m;
  EXPECT_EQ(m->put(1, 0), ESCROW_E_NULL);
  EXPECT_EQ(m->put(1, p.id), ESCROW_E_KIND);
  EXPECT_EQ(m->put(1, m.name), ESCROW_E_KIND);
  escrow_handle const revoked = p.acquire(64);
  ASSERT_EQ(escrow_revoke(revoked), ESCROW_OK);
  EXPECT_EQ(m->put(1, revoked), ESCROW_E_REVOKED);
  EXPECT_EQ(escrow_release(revoked), ESCROW_FREED);
  EXPECT_EQ(m->put(1, revoked), ESCROW_E_STALE);
  escrow_handle const h = p.acquire(64);
  escrow_ticket ticket = 0;
  ASSERT_EQ(escrow_move_out(h, &ticket), ESCROW_OK);
  EXPECT_LT(m->put(1, ticket), 0);
  EXPECT_EQ(escrow_release(ticket), ESCROW_FREED);
  EXPECT_EQ(m.length(), 0u);
  u64 out = 0;
  EXPECT_EQ(m->get(1, out), ESCROW_E_ABSENT);
}

TEST(HandleMap, PutIfAbsentKeepsWhatIsThereAndShowsIt) {
  test_pool p;
  test_map<by_word> m;
  escrow_handle const first = p.acquire(64);
  escrow_handle const second = p.acquire(64);
  u64 there = 0;
  EXPECT_EQ(m->put_if_absent(5, first, there), ESCROW_CREATED);
  EXPECT_EQ(there, 0u);
  EXPECT_EQ(m->put_if_absent(5, second, there), ESCROW_OK);
  EXPECT_NE(there, 0u);
  escrow_view a{};
  ASSERT_EQ(m->borrow(5, a), ESCROW_OK);
  escrow_view b{};
  ASSERT_EQ(escrow_read(there, &b), ESCROW_OK);
  EXPECT_EQ(a.payload, b.payload);
  EXPECT_EQ(escrow_return(a.root), ESCROW_OK);
  EXPECT_EQ(escrow_release(there), ESCROW_OK);
  EXPECT_EQ(escrow_release(second), ESCROW_FREED) << "it stayed the caller's";
  EXPECT_EQ(m->erase(5), ESCROW_OK);
}

TEST(HandleMap, TakeHandsTheMapsReferenceOver) {
  test_pool p;
  test_map<by_word> m;
  EXPECT_EQ(m->put(1, p.acquire(64)), ESCROW_CREATED);
  u64 h = 0;
  EXPECT_EQ(m->take(1, h), ESCROW_OK);
  EXPECT_EQ(m.length(), 0u);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(m->take(1, h), ESCROW_E_ABSENT);
}

TEST(HandleMap, AnObjectThatIsBorrowedOutlivesItsEntry) {
  test_pool p;
  test_map<by_word> m;
  EXPECT_EQ(m->put(1, p.acquire(64)), ESCROW_CREATED);
  escrow_view view{};
  ASSERT_EQ(m->borrow(1, view), ESCROW_OK);
  EXPECT_EQ(m->erase(1), ESCROW_OK);
  std::memset(view.payload, 1, 64);
  EXPECT_EQ(p.stats().live, 1u);
  EXPECT_EQ(escrow_return(view.root), ESCROW_FREED);
}

TEST(HandleMap, EntriesOfRevokedObjectsAreErasedOneByOneOrAllTogether) {
  test_pool p;
  test_map<by_word> m;
  std::vector<u64> dups;
  for (u64 key = 0; key < 100; ++key) {
    ASSERT_EQ(m->put(key, p.acquire(64)), ESCROW_CREATED);
    if (key % 2 != 0) continue;
    u64 d = 0;
    ASSERT_EQ(m->get(key, d), ESCROW_OK);
    ASSERT_EQ(escrow_revoke(d), ESCROW_OK);
    dups.push_back(d);
  }
  for (u64 const d : dups) EXPECT_GE(escrow_release(d), 0);
  u64 out = 0;
  EXPECT_EQ(m->get(0, out), ESCROW_E_REVOKED);
  EXPECT_EQ(m->erase_if_stale(0), ESCROW_OK);
  EXPECT_EQ(m->erase_if_stale(0), ESCROW_E_ABSENT);
  EXPECT_EQ(m->erase_if_stale(1), ESCROW_E_DIFFERS);
  EXPECT_EQ(m->purge_stale(), 49u);
  EXPECT_EQ(m.length(), 50u);
  EXPECT_EQ(p.stats().live, 50u);
  EXPECT_EQ(m->purge_stale(), 0u);
}

TEST(HandleMap, ThePoolCanCloseUnderItAndPurgeEndsWhatIsLeft) {
  test_pool p;
  test_map<in_one_bucket> m;
  for (u64 key = 0; key < 100; ++key) ASSERT_EQ(m->put(key << 4, p.acquire(64)), ESCROW_CREATED);
  std::uint64_t live = 0;
  EXPECT_EQ(escrow_pool_close(p.id, 0, &live), ESCROW_OK);
  EXPECT_EQ(live, 100u);
  u64 out = 0;
  EXPECT_EQ(m->get(0, out), ESCROW_E_REVOKED);
  EXPECT_EQ(m->purge_stale(), 100u);
  EXPECT_EQ(m.length(), 0u);
}

TEST(HandleMap, ClearAndTheEndReleaseEverything) {
  test_pool p;
  for (u64 const entries : {u64{1}, u64{8}, u64{15}, u64{500}}) {
    {
      test_map<by_word> m;
      test_map<in_one_bucket> chain;
      for (u64 key = 0; key < entries; ++key) {
        ASSERT_EQ(m->put(key, p.acquire(64)), ESCROW_CREATED);
        ASSERT_EQ(chain->put(key << 4, p.acquire(64)), ESCROW_CREATED);
      }
      m->clear();
      EXPECT_EQ(p.stats().live, entries);
      EXPECT_EQ(m.length(), 0u);
      for (u64 key = 0; key < entries; ++key) ASSERT_EQ(m->put(key, p.acquire(64)), ESCROW_CREATED);
    }
    EXPECT_EQ(p.stats().live, 0u) << "of " << entries;
  }
}

TEST(HandleMap, ADestructorIsOwedNotRunWhereAnEntryGoesInBulk) {
  static unsigned ran;
  ran = 0;
  test_pool p(
      options([](auto &o) { o.destructor = [](void *, std::uint64_t, void *) { ++ran; }; }));
  test_map<by_word> m;
  for (u64 key = 0; key < 10; ++key) ASSERT_EQ(m->put(key, p.acquire(64)), ESCROW_CREATED);
  EXPECT_EQ(m->erase(0), ESCROW_OK);
  EXPECT_EQ(ran, 1u);
  m->clear();
  EXPECT_EQ(ran, 1u);
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(ran, 10u);
}

TEST(HandleMap, ByteKeysGiveTheirRecordsBackWhateverBecomesOfTheHandle) {
  test_pool p;
  test_map<by_bytes> m;
  std::string const key = "a key";
  EXPECT_EQ(m->put(of(key), 0), ESCROW_E_NULL);
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
  EXPECT_EQ(m->erase(of(key)), ESCROW_E_ABSENT);
  EXPECT_EQ(m->erase_if_stale(of(key)), ESCROW_E_ABSENT);
  EXPECT_EQ(m->put(of(key), p.acquire(64)), ESCROW_CREATED);
  EXPECT_EQ(m->put(of(key), p.acquire(64)), ESCROW_OK);
  EXPECT_EQ(p.stats().live, 1u);
  escrow_handle const refused = p.acquire(64);
  EXPECT_EQ(m->put(of(std::string(65537, 'k')), refused), ESCROW_E_SIZE);
  m->clear();
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
  EXPECT_EQ(escrow_release(refused), ESCROW_FREED) << "it stayed the caller's";
}

TEST(HandleMap, AtTheLimitTheReferenceStaysTheCallers) {
  test_pool p;
  map_options o;
  o.limit_bytes = 64u << 10;
  test_map<by_word> m(o);
  escrow_status s = ESCROW_OK;
  u64 key = 0;
  escrow_handle h = 0;
  do {
    h = p.acquire(64);
    s = m->put(key++, h);
  } while (s == ESCROW_CREATED);
  EXPECT_EQ(s, ESCROW_E_FULL);
  EXPECT_EQ(escrow_validate(h, p.id, 0), ESCROW_OK) << "under the handle it had";
  EXPECT_EQ(m->put(0, h), ESCROW_OK) << "replacing needs no memory";
}

TEST(HandleMap, GetNeverGivesAnObjectThatIsNotOfTheKey) {
  test_pool p(options([](auto &o) { o.fixed_size = 64; }));
  test_map<by_word> m;
  std::atomic<bool> stop{false};
  std::atomic<u64> wrong{0};
  std::atomic<u64> got{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t)
    readers.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<u64>(t));
      while (!stop.load()) {
        u64 const key = random() % 16;
        u64 h = 0;
        auto const s = m->get(key, h);
        if (s == ESCROW_E_ABSENT) continue;
        if (s != ESCROW_OK) {
          wrong.fetch_add(1);
          continue;
        }
        got.fetch_add(1);
        escrow_view view{};
        if (escrow_read(h, &view) != ESCROW_OK || *static_cast<u64 *>(view.payload) != key)
          wrong.fetch_add(1);
        if (escrow_release(h) < 0) wrong.fetch_add(1);
      }
    });
  std::mt19937_64 random(9);
  for (int i = 0; i < 50'000; ++i) {
    u64 const key = random() % 16;
    if (random() % 3 == 0) {
      (void)m->erase(key);
      continue;
    }
    void *payload = nullptr;
    escrow_handle const h = p.acquire(64, &payload);
    *static_cast<u64 *>(payload) = key;
    auto const s = m->put(key, h);
    // A map's reference is renamed as it comes in, which takes two generations of its slot.
    if (s == ESCROW_E_EXHAUSTED &&
        escrow::handle::generation(h) + 2 > escrow::word::last_generation) {
      ASSERT_EQ(escrow_release(h), ESCROW_FREED);
    } else {
      ASSERT_GE(s, 0);
    }
  }
  while (got.load() < 1000) std::this_thread::yield();
  stop = true;
  for (auto &r : readers) r.join();
  EXPECT_EQ(wrong.load(), 0u);
}
