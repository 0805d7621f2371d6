#include "escrow/guarded_objects.hpp"

#include <csignal>
#include <set>

#include "escrow/guarded.h"
#include "escrow/leaf.h"
#include "escrow/ledger.h"
#include "pool_fixture.hpp"

#if !defined(ESCROW_MALLOC_OBJECTS)

namespace {

escrow_guarded_state state_of(escrow_pool pool) {
  escrow_guarded_state s{};
  EXPECT_EQ(escrow_pool_read_guarded(pool, &s), ESCROW_OK);
  return s;
}

char *guarded_object(escrow_pool pool, std::uint64_t bytes, escrow_handle &out) {
  void *memory = nullptr;
  EXPECT_EQ(escrow_pool_set_guarded(pool, 1), ESCROW_OK);
  EXPECT_EQ(escrow_acquire(pool, bytes, &out, &memory), ESCROW_OK);
  return static_cast<char *>(memory);
}

// What faults does so by the address alone, or under AddressSanitizer by its check before.
void touch(char const *at) {
  static_cast<void>(*static_cast<char const volatile *>(at));
}
auto const dies = testing::KilledBySignal(SIGSEGV);
#if defined(ESCROW_ADDRESS_SANITIZER)
#define EXPECT_FAULT(statement) EXPECT_DEATH(statement, "AddressSanitizer")
#else
#define EXPECT_FAULT(statement) EXPECT_EXIT(statement, dies, "")
#endif

}  // namespace

TEST(GuardedObjectsDeathTest, AReadBehindTheEndFaults) {
  for (std::uint64_t const bytes : {16u, 64u, 4096u, 5008u, 65536u}) {
    test_pool p;
    escrow_handle h = 0;
    char *const memory = guarded_object(p.id, bytes, h);
    EXPECT_EQ(memory[0], 0);
    EXPECT_EQ(memory[bytes - 1], 0);
    EXPECT_FAULT(touch(memory + bytes)) << bytes;
    EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  }
}

TEST(GuardedObjectsDeathTest, ATouchAfterTheReleaseFaults) {
  test_pool p;
  escrow_handle h = 0;
  char *const memory = guarded_object(p.id, 100, h);
  memory[99] = 1;
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_FAULT(touch(memory));
  EXPECT_FAULT(*static_cast<char volatile *>(memory) = 1);
}

TEST(GuardedObjectsDeathTest, WhatAFinalizerEndedIsGoneWithTheNextOne) {
  test_pool p;
  escrow_handle h = 0;
  char *const memory = guarded_object(p.id, 100, h);
  EXPECT_EQ(escrow_release_deferred(h), ESCROW_FREED);
  (void)guarded_object(p.id, 100, h);
  EXPECT_FAULT(touch(memory));
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(GuardedObjectsDeathTest, AWriteBesideItThatDoesNotFaultIsFoundAtTheRelease) {
#if !defined(ESCROW_ADDRESS_SANITIZER)
  auto const write_and_release = [](std::uint64_t bytes, std::int64_t at) {
    test_pool p(options([](auto &o) { o.name = "frames"; }));
    escrow_handle h = 0;
    guarded_object(p.id, bytes, h)[at] = 1;
    (void)escrow_release(h);
  };
  EXPECT_EXIT(write_and_release(20, 20), testing::KilledBySignal(SIGABRT),
              "pool \"frames\": object 0x[0-9a-f]+ of 20 bytes: byte 20, behind its end");
  EXPECT_EXIT(write_and_release(20, -1), testing::KilledBySignal(SIGABRT), "1 bytes before it");
  EXPECT_EXIT(write_and_release(20, -4000), testing::KilledBySignal(SIGABRT), "4000 bytes before");
#endif
}

TEST(GuardedObjects, AreAsManyAsTheRateSays) {
  struct trial {
    std::uint32_t rate;
    std::uint64_t bytes;
  };
  for (auto const [rate, bytes] : {trial{10, 100}, trial{200, 100}, trial{200, 30'000}}) {
    test_pool p;
    ASSERT_EQ(escrow_pool_set_guarded(p.id, rate), ESCROW_OK);
    for (int i = 0; i < 60'000; ++i) EXPECT_EQ(escrow_release(p.acquire(bytes)), ESCROW_FREED);
    auto const s = state_of(p.id);
    EXPECT_NEAR(static_cast<double>(s.guarded), 60'000.0 / rate, 60.0 + 2000.0 / rate) << rate;
    EXPECT_EQ(s.missed, 0u);
    EXPECT_EQ(s.rate, rate);
  }
}

TEST(GuardedObjects, AreAsManyInBatches) {
  if (escrow::word::last_generation < 2000)
    GTEST_SKIP() << "a slab whose slots retire is asked more often, each time as if it were whole";
  test_pool p;
  ASSERT_EQ(escrow_pool_set_guarded(p.id, 500), ESCROW_OK);
  std::vector<escrow_handle> handles(64);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(escrow_acquire_n(p.id, 40, 64, handles.data(), nullptr), ESCROW_OK);
    ASSERT_EQ(escrow_release_n(handles.data(), 64, nullptr), ESCROW_OK);
  }
  EXPECT_NEAR(static_cast<double>(state_of(p.id).guarded), 256, 120);
}

TEST(GuardedObjects, AreAsManyWhereLeavesReuseOneSlab) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_guarded(p.id, 500), ESCROW_OK);
  for (int i = 0; i < 100'000; ++i) {
    escrow_handle h = 0;
    auto s = escrow1_leaf_acquire(p.id, 40, &h);
    if (s == ESCROW_E_BUSY) s = escrow_acquire(p.id, 40, &h, nullptr);
    ASSERT_EQ(s, ESCROW_OK);
    if (escrow1_leaf_release(h) == ESCROW_E_BUSY) {
      ASSERT_EQ(escrow_release(h), ESCROW_FREED);
    }
  }
  EXPECT_NEAR(static_cast<double>(state_of(p.id).guarded), 200, 100);
}

TEST(GuardedObjects, NoneWithoutARateAndNoneFromWhenItIsTakenAway) {
  test_pool p;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(escrow_release(p.acquire(100)), ESCROW_FREED);
  EXPECT_EQ(state_of(p.id).guarded, 0u);
  ASSERT_EQ(escrow_pool_set_guarded(p.id, 1), ESCROW_OK);
  EXPECT_EQ(escrow_release(p.acquire(100)), ESCROW_FREED);
  EXPECT_EQ(state_of(p.id).guarded, 1u);
  ASSERT_EQ(escrow_pool_set_guarded(p.id, 0), ESCROW_OK);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(escrow_release(p.acquire(100)), ESCROW_FREED);
  EXPECT_EQ(state_of(p.id).guarded, 1u);
}

TEST(GuardedObjects, ARateIsOfOnePoolAndEndsWithIt) {
  {
    test_pool p;
    ASSERT_EQ(escrow_pool_set_guarded(p.id, 1), ESCROW_OK);
  }
  test_pool p;  // most likely the same control block
  EXPECT_EQ(state_of(p.id).rate, 0u);
  EXPECT_EQ(escrow_release(p.acquire(100)), ESCROW_FREED);
  EXPECT_EQ(state_of(p.id).guarded, 0u);
}

TEST(GuardedObjects, WherePlacesRunOutTheyAreOrdinaryAndCounted) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_guarded(p.id, 1), ESCROW_OK);
  std::vector<escrow_handle> held(escrow::guarded_pages::places + 10);
  for (auto &h : held) h = p.acquire(100);
  EXPECT_EQ(state_of(p.id).guarded, std::uint64_t{escrow::guarded_pages::places});
  EXPECT_EQ(state_of(p.id).missed, 10u);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(escrow_release(p.acquire(100)), ESCROW_FREED);
  EXPECT_EQ(state_of(p.id).guarded, escrow::guarded_pages::places + 1u);
}

TEST(GuardedObjects, APlaceIsUsedAgainAfterAllThatEndedBeforeIt) {
  test_pool p;
  std::set<char *> seen;
  for (escrow::u32 i = 0; i < escrow::guarded_pages::places; ++i) {
    escrow_handle h = 0;
    EXPECT_TRUE(seen.insert(guarded_object(p.id, 100, h)).second) << i;
    EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  }
  escrow_handle h = 0;
  EXPECT_FALSE(seen.insert(guarded_object(p.id, 100, h)).second);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(GuardedObjects, AreAlignedAsThePoolAsksAndCountAgainstItsLimit) {
  test_pool p(options([](auto &o) {
    o.alignment = 512;
    o.limit_bytes = 2 * 4096;
  }));
  escrow_handle a = 0, b = 0, c = 0;
  char *const memory = guarded_object(p.id, 100, a);
  EXPECT_EQ(reinterpret_cast<std::uint64_t>(memory) % 512, 0u);
  (void)guarded_object(p.id, 100, b);
  EXPECT_EQ(escrow_acquire(p.id, 100, &c, nullptr), ESCROW_E_FULL);
  EXPECT_EQ(p.stats().bytes_committed, 8192u);
  EXPECT_EQ(escrow_release(a), ESCROW_FREED);
  EXPECT_EQ(escrow_release(b), ESCROW_FREED);
  EXPECT_EQ(p.stats().bytes_committed, 0u);
}

TEST(GuardedObjects, WhereALimitHasNoRoomForAPageASlotIsTaken) {
  test_pool p(options([](auto &o) {
    o.fixed_size = 64;
    o.limit_bytes = 10 * 64;
  }));
  ASSERT_EQ(escrow_pool_set_guarded(p.id, 1), ESCROW_OK);
  std::vector<escrow_handle> held(10);
  for (auto &h : held) h = p.acquire(64);
  EXPECT_EQ(state_of(p.id).guarded, 0u);
  EXPECT_EQ(state_of(p.id).missed, 10u);
  escrow_handle none = 0;
  EXPECT_EQ(escrow_acquire(p.id, 64, &none, nullptr), ESCROW_E_FULL);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(GuardedObjects, AreHandlesLikeOthers) {
  static int ran;
  ran = 0;
  test_pool p(options([](auto &o) {
    o.fixed_size = 200;
    o.destructor = [](void *payload, std::uint64_t size, void *) {
      ran += size == 200 && static_cast<char *>(payload)[199] == 7;
    };
  }));
  escrow_handle h = 0;
  guarded_object(p.id, 200, h)[199] = 7;
  escrow_handle again = 0;
  EXPECT_EQ(escrow_dup(h, &again), ESCROW_OK);
  EXPECT_EQ(escrow_release(h), ESCROW_OK);
  EXPECT_EQ(escrow_release(h), ESCROW_E_STALE);
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(escrow_release(again), ESCROW_FREED);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(p.stats().live, 0u);
}

TEST(GuardedObjects, ADescriptionSaysWhatLiesThereAndWhatDid) {
  test_pool p;
  ASSERT_EQ(escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  escrow_handle h = 0;
  char *const memory = guarded_object(p.id, 100, h);
  escrow_address_info a{};
  ASSERT_EQ(escrow_address_describe(memory + 103, &a), ESCROW_OK);
  EXPECT_EQ(a.state, std::uint32_t{ESCROW_ADDRESS_HELD});
  EXPECT_EQ(a.guarded, 1u);
  EXPECT_EQ(a.handle, h);
  EXPECT_EQ(a.pool, p.id);
  EXPECT_EQ(a.size, 100u);
  EXPECT_EQ(a.offset, 103);
  EXPECT_EQ(a.payload, reinterpret_cast<std::uint64_t>(memory));
  EXPECT_NE(a.site, 0u);
  auto const site = a.site;
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  ASSERT_EQ(escrow_address_describe(memory - 1, &a), ESCROW_OK);
  EXPECT_EQ(a.state, std::uint32_t{ESCROW_ADDRESS_RELEASED});
  EXPECT_EQ(a.handle, h);
  EXPECT_EQ(a.offset, -1);
  EXPECT_NE(a.ended, 0u);
  EXPECT_EQ(a.site, site);
}

TEST(GuardedObjects, ADescriptionKnowsOrdinarySlotsToo) {
  test_pool p;
  void *memory = nullptr;
  escrow_handle const h = p.acquire(100, &memory);
  escrow_address_info a{};
  ASSERT_EQ(escrow_address_describe(static_cast<char *>(memory) + 40, &a), ESCROW_OK);
  EXPECT_EQ(a.handle, h);
  EXPECT_EQ(a.state, std::uint32_t{ESCROW_ADDRESS_HELD});
  EXPECT_EQ(a.guarded, 0u);
  EXPECT_EQ(a.offset, 40);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  ASSERT_EQ(escrow_address_describe(memory, &a), ESCROW_OK);
  EXPECT_EQ(a.state, std::uint32_t{ESCROW_ADDRESS_RELEASED});
  EXPECT_EQ(a.handle, h);
  EXPECT_EQ(a.size, 100u);
  EXPECT_EQ(escrow_address_describe(&a, &a), ESCROW_E_RANGE);
  EXPECT_EQ(escrow_address_describe(nullptr, &a), ESCROW_E_NULL);
}

#if !defined(ESCROW_ADDRESS_SANITIZER) && !defined(ESCROW_THREAD_SANITIZER)

namespace {

void fault_with_report(bool earlier_handler) {
  if (earlier_handler)
    (void)std::signal(SIGSEGV, [](int) {
      (void)!::write(STDERR_FILENO, "the one before\n", 15);
      ::_exit(7);
    });
  if (escrow_faults_report() != ESCROW_OK || escrow_faults_report() != ESCROW_ALREADY) return;
  test_pool p(options([](auto &o) { o.name = "frames"; }));
  escrow_handle h = 0;
  char *const memory = guarded_object(p.id, 64, h);
  (void)escrow_release(h);
  touch(memory + 8);
}

}  // namespace

TEST(GuardedObjectsDeathTest, AFaultIsExplainedAndThenIsWhatItWas) {
  EXPECT_EXIT(fault_with_report(false), dies,
              "is byte 8 of object 0x[0-9a-f]+, 64 bytes, released 0 ms ago, of pool \"frames\"");
  EXPECT_EXIT(fault_with_report(true), testing::ExitedWithCode(7),
              "byte 8 of object.*\n.*the one before");
}

#endif

#endif
