// Guarantee F of docs/trust.md.
#include "escrow/supply.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <latch>
#include <thread>

#include "escrow/slot.hpp"
#include "pool_fixture.hpp"

namespace {

/// How many of the pages that [first, first + bytes) touches are in memory.
std::uint64_t resident_pages(void *first, std::uint64_t bytes) {
  auto const page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  auto const begin = reinterpret_cast<std::uint64_t>(first) / page * page;
  auto const end = escrow::align_up(reinterpret_cast<std::uint64_t>(first) + bytes, page);
  std::vector<unsigned char> seen((end - begin) / page);
  EXPECT_EQ(::mincore(reinterpret_cast<void *>(begin), end - begin, seen.data()), 0);
  std::uint64_t count = 0;
  for (auto const s : seen) count += s & 1;
  return count;
}

}  // namespace

TEST(Supply, ALimitIsExactInSlotsAndFullIsACode) {
  test_pool p(options([](auto &o) {
    o.fixed_size = 64;
    o.limit_bytes = 100 * 64;
  }));
  std::vector<escrow_handle> held;
  escrow_handle h = 0;
  escrow_status s = ESCROW_OK;
  while ((s = escrow_acquire(p.id, 64, &h, nullptr)) == ESCROW_OK) held.push_back(h);
  EXPECT_EQ(s, ESCROW_E_FULL);
  EXPECT_EQ(held.size(), 100u);
  EXPECT_EQ(h, 0u);
  for (int round = 0; round < 1000; ++round) {
    auto &victim = held[static_cast<std::size_t>(round) * 7 % held.size()];
    ASSERT_EQ(escrow_release(victim), ESCROW_FREED);
    ASSERT_EQ(escrow_acquire(p.id, 64, &victim, nullptr), ESCROW_OK) << round;
    ASSERT_EQ(escrow_acquire(p.id, 64, &h, nullptr), ESCROW_E_FULL);
  }
  EXPECT_EQ(p.stats().bytes_committed, 6400u);
  for (auto const x : held) EXPECT_EQ(escrow_release(x), ESCROW_FREED);
}

TEST(Supply, AtTheLimitIdleMemoryOfOtherClassesIsReused) {
  test_pool p(options([](auto &o) { o.limit_bytes = 64 * 1024; }));
  std::vector<escrow_handle> held;
  for (int i = 0; i < 1000; ++i) held.push_back(p.acquire(64));
  for (auto const x : held) ASSERT_EQ(escrow_release(x), ESCROW_FREED);
  escrow_handle const big = p.acquire(60 * 1024);
  EXPECT_LE(p.stats().bytes_committed, 64u * 1024);
  EXPECT_EQ(escrow_release(big), ESCROW_FREED);
}

TEST(Supply, ZeroAndOversizedRequestsAreRefused) {
  test_pool p;
  escrow_handle h = 0;
  EXPECT_EQ(escrow_acquire(p.id, 0, &h, nullptr), ESCROW_E_SIZE);
  EXPECT_EQ(escrow_acquire(p.id, 1ull << 32, &h, nullptr), ESCROW_E_SIZE);
  EXPECT_EQ(escrow_acquire(p.id, ~0ull, &h, nullptr), ESCROW_E_SIZE);
  test_pool fixed(options([](auto &o) { o.fixed_size = 40; }));
  EXPECT_EQ(escrow_acquire(fixed.id, 41, &h, nullptr), ESCROW_E_SIZE);
  EXPECT_EQ(escrow_release(fixed.acquire(40)), ESCROW_FREED);
  test_pool limited(options([](auto &o) { o.limit_bytes = 1u << 20; }));
  EXPECT_EQ(escrow_acquire(limited.id, 2u << 20, &h, nullptr), ESCROW_E_SIZE);
  EXPECT_EQ(escrow_release(limited.acquire(1u << 20)), ESCROW_FREED);
}

TEST(Supply, MemoryIsZeroAndAlignedForEveryHolder) {
  for (std::uint32_t const alignment : {0u, 64u, 4096u}) {
    test_pool p(options([&](auto &o) { o.alignment = alignment; }));
    for (int round = 0; round < 3; ++round)
      for (std::uint64_t n : {1, 16, 17, 48, 100, 128, 144, 1000, 1024, 1025, 2048, 5000, 65536,
                              65537, 300'000, 5'000'000}) {
        void *memory = nullptr;
        escrow_handle const h = p.acquire(n, &memory);
        auto const address = reinterpret_cast<std::uint64_t>(memory);
        if (alignment != 0) {
          ASSERT_EQ(address % alignment, 0u) << n;
        }
        if (alignment == 0 && n <= escrow::size_class::largest &&
            escrow::slot_build::redzone == 0) {
          auto const slot = escrow::size_class::bytes(escrow::size_class::of(n));
          ASSERT_EQ(address % std::min<std::uint64_t>(escrow::natural_alignment(slot), 4096), 0u)
              << n;
        }
        for (std::uint64_t i = 0; i<n; i += n> 4096 ? 61 : 1)
          ASSERT_EQ(static_cast<char *>(memory)[i], 0) << n;
        std::memset(memory, 0xA5, n);
        ASSERT_EQ(escrow_release(h), ESCROW_FREED);
      }
  }
}

TEST(Supply, TrimGivesResidentMemoryBack) {
  test_pool p;
  std::vector<escrow_handle> held;
  std::vector<void *> memory(5000, nullptr);
  for (auto &m : memory) {
    held.push_back(p.acquire(4096, &m));
    std::memset(m, 1, 4096);
    ASSERT_GE(resident_pages(m, 4096), 1u);  // two where a redzone moves it
  }
  for (auto const h : held) ASSERT_EQ(escrow_release(h), ESCROW_FREED);
  std::uint64_t bytes = 0;
  ASSERT_EQ(escrow_pool_trim(p.id, &bytes), ESCROW_OK);
  EXPECT_EQ(bytes, p.stats().bytes_peak);
  EXPECT_EQ(p.stats().bytes_committed, 0u);
  for (auto const m : memory) ASSERT_EQ(resident_pages(m, 4096), 0u);
}

TEST(Supply, TrimOfAHalfUsedPoolLosesNoSlot) {
  for (std::uint64_t const bytes : {64u, 3000u}) {
    test_pool p(options([&](auto &o) { o.fixed_size = bytes; }));
    std::vector<escrow_handle> held;
    for (int i = 0; i < 64; ++i) held.push_back(p.acquire(bytes));
    auto const before = p.stats().bytes_committed;
    // A round takes up to four generations of a slot, and no slot is to retire.
    std::uint64_t const rounds = std::min<std::uint64_t>(20, escrow::word::last_generation / 4);
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < held.size(); i += 2)
        ASSERT_EQ(escrow_release(held[i]), ESCROW_FREED);
      ASSERT_EQ(escrow_pool_trim(p.id, nullptr), ESCROW_OK);
      for (std::size_t i = 0; i < held.size(); i += 2) held[i] = p.acquire(bytes);
    }
    EXPECT_EQ(p.stats().bytes_committed, before);
    for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  }
}

TEST(Supply, ABlockGoesBackToTheSystemWhenItIsReleased) {
  test_pool p;
  void *memory = nullptr;
  escrow_handle const h = p.acquire(64u << 20, &memory);
  std::memset(memory, 1, 64u << 20);
  EXPECT_GT(resident_pages(memory, 64u << 20), 0u);
  ASSERT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(p.stats().bytes_committed, 0u);
  EXPECT_EQ(resident_pages(memory, 64u << 20), 0u);
  escrow_handle const again = p.acquire(64u << 20, &memory);
  EXPECT_EQ(static_cast<char *>(memory)[12345], 0);
  EXPECT_EQ(escrow_release_deferred(again), ESCROW_FREED);
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(p.stats().bytes_committed, 0u);
}

// A block's shelf made first and others after it, then blocks from threads that start at other
// lanes.
TEST(Supply, BlocksAreAcquiredFromAnyLane) {
  test_pool p;
  EXPECT_EQ(escrow_release(p.acquire(100'000)), ESCROW_FREED);
  std::vector<escrow_handle> held;
  for (std::uint64_t n = 16; n <= escrow::size_class::largest; n = n * 9 / 8 + 1)
    held.push_back(p.acquire(n));
  std::vector<std::thread> threads;
  std::latch all(64);  // alive at once, so that no two have the same thread pointer
  for (int t = 0; t < 64; ++t)
    threads.emplace_back([&] {
      all.arrive_and_wait();
      EXPECT_EQ(escrow_release(p.acquire(100'000)), ESCROW_FREED);
    });
  for (auto &t : threads) t.join();
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Supply, ReservedMemoryIsThereAtOpen) {
  test_pool p(options([](auto &o) {
    o.fixed_size = 256;
    o.reserve_bytes = 8u << 20;
    o.flags = ESCROW_POOL_HUGE_PAGES;
  }));
  auto const before = p.stats();
  EXPECT_GE(before.bytes_committed, 8u << 20);
  // Slabs that were used before have retired slots where generations are few, so less room.
  int const slots = escrow::word::last_generation < 1000 ? 16 * 1024 : 32 * 1024;
  std::vector<escrow_handle> held;
  for (int i = 0; i < slots; ++i) held.push_back(p.acquire(256));
  EXPECT_EQ(p.stats().bytes_committed, before.bytes_committed);
  for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Supply, ABatchIsAllOrNothing) {
  test_pool p(options([](auto &o) {
    o.fixed_size = 64;
    o.limit_bytes = 100 * 64;
  }));
  std::vector<escrow_handle> held(101, 9);
  std::vector<void *> memory(101, nullptr);
  EXPECT_EQ(escrow_acquire_n(p.id, 64, 101, held.data(), memory.data()), ESCROW_E_FULL);
  for (auto const h : held) EXPECT_EQ(h, 0u);
  EXPECT_EQ(p.stats().live, 0u);
  EXPECT_EQ(escrow_acquire_n(p.id, 64, 100, held.data(), memory.data()), ESCROW_OK);
  EXPECT_EQ(p.stats().live, 100u);
  escrow_status statuses[101];
  held[100] = held[0];
  EXPECT_EQ(escrow_release_n(held.data(), 101, statuses), ESCROW_E_STALE);
  EXPECT_EQ(statuses[99], ESCROW_FREED);
  EXPECT_EQ(statuses[100], ESCROW_E_STALE);
  EXPECT_EQ(escrow_acquire_n(p.id, 64, 0, held.data(), nullptr), ESCROW_E_SIZE);
}

TEST(Supply, WithoutMemoryFromTheSystemAcquireSaysSoAndLosesNothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more address space than the limit this test sets";
#endif
  // In a child, since the limit stays with the process.
  pid_t const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    escrow_pool pool = 0;
    auto const o = escrow::pool::options();
    if (escrow_pool_open(&o, &pool) != ESCROW_OK) ::_exit(10);
    escrow_handle first = 0;
    if (escrow_acquire(pool, 64, &first, nullptr) != ESCROW_OK) ::_exit(11);
    rlimit const limit{256u << 20, 256u << 20};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(12);
    static escrow_handle held[4096];
    unsigned n = 0;
    escrow_status s = ESCROW_OK;
    while (n < 4096 && (s = escrow_acquire(pool, 1u << 20, &held[n], nullptr)) == ESCROW_OK) ++n;
    if (s != ESCROW_E_NOMEM || held[n] != 0) ::_exit(13);
    while (n-- > 0)
      if (escrow_release(held[n]) != ESCROW_FREED) ::_exit(14);
    escrow_pool_stats stats{};
    stats.struct_size = sizeof stats;
    if (escrow_pool_read_stats(pool, &stats) != ESCROW_OK || stats.live != 1) ::_exit(15);
    if (escrow_release(first) != ESCROW_FREED) ::_exit(16);
    if (escrow_pool_close(pool, 0, nullptr) != ESCROW_OK) ::_exit(17);
    ::_exit(escrow_pool_destroy(pool) == ESCROW_OK ? 0 : 18);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
