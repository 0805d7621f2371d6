#include "escrow/slot_damage.hpp"

#include <csignal>
#include <set>

#include "escrow/ledger.h"
#include "pool_fixture.hpp"

#if defined(ESCROW_DEBUG_SLOTS)

namespace {

auto const aborts = testing::KilledBySignal(SIGABRT);

char *object(escrow_pool pool, std::uint64_t bytes, escrow_handle &out) {
  void *memory = nullptr;
  EXPECT_EQ(escrow_acquire(pool, bytes, &out, &memory), ESCROW_OK);
  return static_cast<char *>(memory);
}

void overrun(std::uint64_t bytes, std::uint64_t at, bool deferred) {
  test_pool p(options([](auto &o) { o.name = "frames"; }));
  escrow_handle h = 0;
  object(p.id, bytes, h)[at] = 1;
  (void)(deferred ? escrow_release_deferred(h) : escrow_release(h));
}

void write_late(std::uint64_t bytes, std::uint64_t at) {
  test_pool p(options([](auto &o) { o.name = "frames"; }));
  escrow_handle h = 0;
  char *const memory = object(p.id, bytes, h);
  (void)escrow_release(h);
  memory[at] = 1;
  for (int i = 0; i < 200; ++i) (void)escrow_release(p.acquire(bytes));
}

}  // namespace

TEST(SlotDamageDeathTest, AWriteBehindAnObjectIsFoundAtItsRelease) {
  for (std::uint64_t const bytes : {1u, 16u, 20u, 128u, 1024u, 2048u, 65520u, 65536u}) {
    EXPECT_EXIT(overrun(bytes, bytes, false), aborts, "object 0x[0-9a-f]+ of [0-9]+ bytes: byte")
        << bytes;
    EXPECT_EXIT(overrun(bytes, bytes + 8, false), aborts, "pool \"frames\"") << bytes;
  }
  EXPECT_EXIT(overrun(20, 20, true), aborts, "of 20 bytes: byte 20, behind its end");
}

TEST(SlotDamageDeathTest, AWriteBehindABlockOfItsOwnIsFoundAtItsRelease) {
  EXPECT_EXIT(overrun(100'000, 100'000, false), aborts, "byte 100000, behind its end");
  EXPECT_EXIT(overrun(102'400, 102'400, false), aborts, "byte 102400, behind its end");
}

TEST(SlotDamageDeathTest, AWriteAfterTheReleaseIsFoundWhenTheSlotIsUsedAgain) {
  for (std::uint64_t const bytes : {1u, 16u, 100u, 2048u, 60'000u})
    for (std::uint64_t const at : {std::uint64_t{0}, bytes - 1})
      EXPECT_EXIT(write_late(bytes, at), aborts, "written to after its release") << bytes;
}

TEST(SlotDamageDeathTest, AWriteAfterTheReleaseIsFoundWhenItsSlabGoesBack) {
  auto const write_and_close = [] {
    test_pool p;
    escrow_handle h = 0;
    char *const memory = object(p.id, 100, h);
    (void)escrow_release(h);
    memory[50] = 1;
  };
  EXPECT_EXIT(write_and_close(), aborts, "of 100 bytes: byte 50 was written to after its release");
}

TEST(SlotDamageDeathTest, AWriteToASlotThatNobodyHadIsFound) {
  auto const write_ahead = [] {
    test_pool p;
    escrow_handle h = 0;
    char *const memory = object(p.id, 100, h);
    (void)escrow_release(h);
    memory[128 + 5] = 1;  // the next slot
  };
  EXPECT_EXIT(write_ahead(), aborts, "never handed out was written to");
}

TEST(SlotDamageDeathTest, TheSentenceSaysWhereItWasAcquired) {
  auto const overrun_noted = [] {
    test_pool p;
    (void)escrow_pool_set_ledger(p.id, ESCROW_LEDGER_FULL, 0);
    escrow_handle h = 0;
    object(p.id, 20, h)[20] = 1;
    (void)escrow_release(h);
  };
  EXPECT_EXIT(overrun_noted(), aborts, "behind its end.*; acquired at:\n    .*slot_damage_test");
}

TEST(SlotDamage, WhatIsHandedOutIsZeroAndMayBeWritten) {
  for (std::uint64_t const bytes : {1u, 16u, 100u, 1024u, 2048u, 65536u, 200'000u}) {
    test_pool p;
    for (int i = 0; i < 150; ++i) {
      escrow_handle h = 0;
      char *const memory = object(p.id, bytes, h);
      for (std::uint64_t at = 0; at < bytes; at += 1 + bytes / 100) EXPECT_EQ(memory[at], 0);
      std::memset(memory, i, bytes);
      EXPECT_EQ(escrow_release(h), ESCROW_FREED);
    }
  }
}

TEST(SlotDamage, AFreedSlotRestsUntilHalfASlabWasFreedAfterIt) {
  test_pool p;
  std::vector<char *> order;
  for (int i = 0; i < 1000; ++i) {
    escrow_handle h = 0;
    order.push_back(object(p.id, 100, h));
    EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t k = i + 1; k < std::min(order.size(), i + 32); ++k)
      ASSERT_NE(order[i], order[k]) << k - i;
  EXPECT_EQ(std::set<char *>(order.begin(), order.end()).size(), 64u);
}

TEST(SlotDamage, ALimitHoldsAsManyObjectsAsInOtherBuilds) {
  test_pool p(options([](auto &o) {
    o.fixed_size = 64;
    o.limit_bytes = 10 * 64;
  }));
  std::vector<escrow_handle> held(10);
  for (auto &h : held) h = p.acquire(64);
  EXPECT_EQ(p.stats().bytes_committed, 640u);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(SlotDamage, AFreedSlotRestsThoughItsSlabHasNoOther) {
  test_pool p;
  std::vector<escrow_handle> held(64);
  char *memory = nullptr;
  for (auto &h : held) memory = object(p.id, 100, h);
  EXPECT_EQ(escrow_release(held.back()), ESCROW_FREED);
  EXPECT_NE(object(p.id, 100, held.back()), memory);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(SlotDamage, WhatRestsIsUsedWhereTheLimitLeavesNothingElse) {
  constexpr std::size_t slabs = 5;
  test_pool p(options([](auto &o) { o.limit_bytes = slabs * 64 * 112; }));
  std::vector<escrow_handle> held(slabs * 64);
  for (auto &h : held) h = p.acquire(100);
  for (std::size_t i = 0; i < held.size(); i += 63) {
    EXPECT_EQ(escrow_release(held[i]), ESCROW_FREED);
    held[i] = p.acquire(100);
    escrow_handle none = 0;
    EXPECT_EQ(escrow_acquire(p.id, 100, &none, nullptr), ESCROW_E_FULL);
  }
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

#else

TEST(SlotDamage, WithoutTheSwitchNothingIsFilled) {
  static_assert(!escrow::slot_build::checked);
  test_pool p;
  void *memory = nullptr;
  escrow_handle const h = p.acquire(128, &memory);
  static_cast<char *>(memory)[127] = 5;
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
#if !defined(ESCROW_ADDRESS_SANITIZER)
  EXPECT_EQ(static_cast<char *>(memory)[127], 5);  // the next holder zeroes it
#endif
}

#endif
