#include "escrow/blob_store.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <thread>

#include "blob_fixture.hpp"

namespace {

struct BlobStore : blob_fixture {};

}  // namespace

TEST_F(BlobStore, RecordsKeepWhatWasWrittenWhateverElseHappens) {
  std::vector<record> all;
  for (int i = 0; i < 40'000; ++i) {
    if (random() % 5 < 3 || all.empty()) {
      all.push_back(make(some_size()));
    } else {
      std::swap(all[random() % all.size()], all.back());
      end(all.back());
      all.pop_back();
    }
    if (i % 8000 == 7999) (void)shrink(all);
  }
  u64 live = 0;
  for (auto const &r : all) live += record_class::bytes(record_class::of(r.bytes));
  EXPECT_EQ(store.stats().bytes_live, live);
  for (auto const &r : all) end(r);
  EXPECT_EQ(store.stats().bytes_live, 0u);
}

TEST_F(BlobStore, SizesFromOneByteToTheLargestAreServedAndNoOthers) {
  u64 reference = 7;
  EXPECT_EQ(store.allocate<false>(0, reference), ESCROW_E_SIZE);
  EXPECT_EQ(reference, 0u);
  EXPECT_EQ(store.allocate<false>(blob_store::largest + 1, reference), ESCROW_E_SIZE);
  EXPECT_EQ(store.allocate<true>(~0ull, reference), ESCROW_E_SIZE);
  std::vector<record> all;
  for (u64 bytes = 1; bytes <= blob_store::largest; bytes += bytes < 2048 ? 1 : 1021)
    all.push_back(make(bytes));
  all.push_back(make(blob_store::largest));
  for (auto const &r : all) {
    EXPECT_NE(r.reference, 0u);
    EXPECT_EQ(reinterpret_cast<u64>(store.at(r.reference)) % 16, 0u);
  }
  for (auto const &r : all) end(r);
}

TEST_F(BlobStore, AtOnceNeedsPagesThatWereTouchedAlready) {
  u64 reference = 7;
  EXPECT_EQ(store.allocate<true>(64, reference), ESCROW_E_BUSY);
  EXPECT_EQ(reference, 0u);
  ASSERT_EQ(store.allocate<false>(64, reference), ESCROW_OK);
  u64 served = 0;
  while (store.allocate<true>(64, reference) == ESCROW_OK) {
    ++served;
    residence const r(store.at(reference), 64);
    ASSERT_EQ(r.resident, r.pages);
  }
  EXPECT_GE(served, blob_store::touch_ahead / 64 - 1);
  EXPECT_LE(served, (blob_store::touch_ahead + pages::size()) / 64);
  u64 const held = store.stats().bytes_held;
  EXPECT_EQ(store.allocate<true>(64, reference), ESCROW_E_BUSY);
  EXPECT_EQ(store.stats().bytes_held, held);
  EXPECT_EQ(store.allocate<false>(64, reference), ESCROW_OK);
  EXPECT_EQ(store.allocate<true>(64, reference), ESCROW_OK);
  EXPECT_GT(store.stats().bytes_held, held);
}

TEST_F(BlobStore, AReleasedRecordServesItsClassAgain) {
  record const kept = make(40);
  u64 const held = store.stats().bytes_held;
  for (int i = 0; i < 100'000; ++i) {
    record const r = make(1000 + i % 24);
    end(r);
    u64 again = 0;
    ASSERT_EQ(store.allocate<true>(1000, again), ESCROW_OK);
    ASSERT_EQ(again, r.reference);
    store.release(again, 1000);
  }
  EXPECT_EQ(store.stats().bytes_held, held);
  end(kept);
}

TEST_F(BlobStore, WhatOneThreadReleasesAnotherAllocates) {
  std::vector<record> all;
  for (int i = 0; i < 10'000; ++i) all.push_back(make(64));
  u64 const held = store.stats().bytes_held;
  for (int round = 0; round < 20; ++round) {
    std::thread([&] {
      for (auto const &r : all) end(r);
    }).join();
    for (auto &r : all) r = make(64);
  }
  // The other threads' lanes touch nothing; ours grows only where theirs had no record.
  EXPECT_LE(store.stats().bytes_held, held + 2 * blob_store::touch_ahead);
  for (auto const &r : all) end(r);
}

TEST_F(BlobStore, ALaneInUseIsPassedBy) {
  record const first = make(64);
  u32 const hint = lane_hint(blob_store::lanes - 1);
  blob_lane &mine = store.stripe(hint);
  blob_lane &next = store.stripe((hint + 1) % blob_store::lanes);
  u64 other = 0;
  mine.guard.acquire();
  EXPECT_EQ(store.allocate<true>(64, other), ESCROW_E_BUSY) << "no other lane has pages";
  end(first);  // onto the next lane's list
  EXPECT_EQ(store.allocate<true>(64, other), ESCROW_OK);
  EXPECT_EQ(other, first.reference);
  store.release(other, 64);
  next.guard.acquire();
  EXPECT_EQ(store.allocate<true>(64, other), ESCROW_E_BUSY);
  next.guard.release();
  EXPECT_EQ(store.allocate<true>(64, other), ESCROW_OK);
  mine.guard.release();
  store.release(other, 64);
}

TEST_F(BlobStore, WithEveryLaneInUseAReleaseStillCountsAndIsFoundLater) {
  std::vector<record> all;
  for (int i = 0; i < 500; ++i) all.push_back(make(3000));
  u64 const held = store.stats().bytes_held;
  for (u32 i = 0; i < blob_store::lanes; ++i) store.stripe(i).guard.acquire();
  u64 reference = 0;
  EXPECT_EQ(store.allocate<true>(3000, reference), ESCROW_E_BUSY);
  for (auto const &r : all) end(r);
  EXPECT_EQ(store.stats().bytes_live, 0u);
  for (u32 i = 0; i < blob_store::lanes; ++i) store.stripe(i).guard.release();
  std::set<u64> seen;
  for (auto &r : all) {
    ASSERT_EQ(store.allocate<true>(3000, r.reference), ESCROW_OK);
    seen.insert(r.reference);
    fill(r);
  }
  EXPECT_EQ(seen.size(), all.size());
  EXPECT_EQ(store.stats().bytes_held, held);
  for (auto const &r : all) end(r);
}

TEST(BlobStoreLimit, FullIsACodeAndTheLimitIsNeverPassed) {
  blob_store store;
  ASSERT_EQ(store.open(1u << 20), ESCROW_OK);
  std::vector<u64> held;
  u64 reference = 0;
  escrow_status s = ESCROW_OK;
  while ((s = store.allocate<false>(1000, reference)) == ESCROW_OK) held.push_back(reference);
  EXPECT_EQ(s, ESCROW_E_FULL);
  EXPECT_EQ(reference, 0u);
  EXPECT_LE(store.stats().bytes_held, 1u << 20);
  EXPECT_GE(held.size(), (1u << 20) / 1024 - 8);
  for (int i = 0; i < 1000; ++i) {
    store.release(held[static_cast<std::size_t>(i)], 1000);
    ASSERT_EQ(store.allocate<false>(1000, held[static_cast<std::size_t>(i)]), ESCROW_OK);
  }
  // What one class left serves another after an evacuation.
  for (auto const r : held) store.release(r, 1000);
  EXPECT_EQ(store.allocate<false>(50'000, reference), ESCROW_E_FULL);
  ASSERT_GT(store.begin_evacuation(), 0u);
  EXPECT_EQ(store.end_evacuation(), 1u << 20);
  EXPECT_EQ(store.allocate<false>(50'000, reference), ESCROW_OK);
  store.destroy();
}

TEST(BlobStoreLimit, AtTheLimitALaneInUseIsWaitedFor) {
  blob_store store;
  ASSERT_EQ(store.open(pages::size()), ESCROW_OK);
  u64 reference = 0;
  ASSERT_EQ(store.allocate<false>(1500, reference), ESCROW_OK);
  std::thread other;
  std::atomic<bool> done{false};
  for (u32 i = 0; i < blob_store::lanes; ++i) store.stripe(i).guard.acquire();
  other = std::thread([&] {
    u64 second = 0;
    EXPECT_EQ(store.allocate<false>(1500, second), ESCROW_OK);
    done = true;
  });
  ::usleep(20'000);
  EXPECT_FALSE(done);
  for (u32 i = 0; i < blob_store::lanes; ++i) store.stripe(i).guard.release();
  other.join();
  store.destroy();
}

TEST(BlobStores, UseTheAddressSpaceOfThoseThatWereDestroyed) {
  std::set<std::atomic<u64> *> seen;
  for (int round = 0; round < 30; ++round) {
    blob_store store;
    ASSERT_EQ(store.open(0), ESCROW_OK);
    for (int i = 0; i < 100; ++i) {
      u64 reference = 0;
      ASSERT_EQ(store.allocate<false>(100'000, reference), ESCROW_OK);
      seen.insert(store.at(reference));
    }
    EXPECT_GE(store.stats().chunks, 5u);
    store.destroy();
    EXPECT_EQ(store.stats().bytes_held, 0u);
    store.destroy();  // of a closed store is nothing
    ASSERT_EQ(store.open(0), ESCROW_OK);
    u64 reference = 0;
    EXPECT_EQ(store.allocate<true>(64, reference), ESCROW_E_BUSY);
    store.destroy();
  }
  EXPECT_LE(seen.size(), 400u);
}

TEST(BlobStores, WithoutMemoryFromTheSystemSaySoAndStayUsable) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more address space than the limit this test sets";
#endif
  // Every child may take one MiB more than the one before, so each step meets the end of memory.
  int opened = 0;
  for (u64 extra = 0; extra < 40; ++extra) {
    pid_t const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      u64 used = 0;
      FILE *const statm = std::fopen("/proc/self/statm", "r");
      if (statm == nullptr || std::fscanf(statm, "%lu", &used) != 1) ::_exit(10);
      std::fclose(statm);
      // First whatever address space earlier stores have left.
      rlimit limit{used * pages::size(), RLIM_INFINITY};
      if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(11);
      static blob_store before[64];
      u64 taken = 0;
      for (auto &b : before)
        if (b.open(0) == ESCROW_OK)
          while (b.allocate<false>(blob_store::largest, taken) == ESCROW_OK) taken = 0;
      limit.rlim_cur += extra << 20;
      if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(11);
      static blob_store store;
      if (store.open(0) == ESCROW_E_NOMEM) {
        store.destroy();
        rlimit const none{RLIM_INFINITY, RLIM_INFINITY};
        if (::setrlimit(RLIMIT_AS, &none) != 0) ::_exit(12);
        if (store.open(0) != ESCROW_OK) ::_exit(13);
        store.destroy();
        ::_exit(1);
      }
      static u64 held[4096];
      unsigned n = 0;
      escrow_status s = ESCROW_OK;
      while (n < 4096 && (s = store.allocate<false>(30'000, held[n])) == ESCROW_OK) ++n;
      if (s != ESCROW_E_NOMEM || held[n] != 0) ::_exit(14);
      for (unsigned i = 0; i < n; ++i) store.release(held[i], 30'000);
      if (store.stats().bytes_live != 0) ::_exit(15);
      for (unsigned i = 0; i < n; ++i)
        if (store.allocate<true>(30'000, held[i]) != ESCROW_OK) ::_exit(16);
      for (unsigned i = 0; i < n; ++i) store.release(held[i], 30'000);
      if (n != 0 && store.begin_evacuation() == 0) ::_exit(17);
      (void)store.end_evacuation();
      if (store.stats().bytes_held != 0) ::_exit(18);
      u64 reference = 0;
      s = store.allocate<false>(blob_store::largest, reference);
      if (s != (n != 0 ? ESCROW_OK : ESCROW_E_NOMEM)) ::_exit(19);
      store.destroy();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << extra;
    ASSERT_LE(WEXITSTATUS(status), 1) << extra;
    opened += WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  EXPECT_GT(opened, 5);
  EXPECT_LT(opened, 38);
}
