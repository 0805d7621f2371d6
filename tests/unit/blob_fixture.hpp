// A blob store whose records say whose they are, for the tests of its operations and of evacuation.
#ifndef ESCROW_TESTS_UNIT_BLOB_FIXTURE_HPP
#define ESCROW_TESTS_UNIT_BLOB_FIXTURE_HPP

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <random>
#include <vector>

#include "escrow/blob_store.hpp"

using namespace escrow;

struct record {
  u64 reference;
  u64 bytes;
  u64 mark;
};

struct blob_fixture : ::testing::Test {
  void SetUp() override { ASSERT_EQ(store.open(0), ESCROW_OK); }
  void TearDown() override { store.destroy(); }

  /// Every word says whose it is.
  void fill(record const &r) const {
    for (u64 i = 0; i < r.bytes / 8; ++i)
      store.at(r.reference)[i].store(r.mark + i, std::memory_order_release);
  }
  bool is_whole(record const &r) const {
    for (u64 i = 0; i < r.bytes / 8; ++i)
      if (store.at(r.reference)[i].load(std::memory_order_acquire) != r.mark + i) return false;
    return true;
  }
  record make(u64 bytes) {
    record r{0, bytes, random()};
    EXPECT_EQ(store.allocate<false>(bytes, r.reference), ESCROW_OK);
    fill(r);
    return r;
  }
  void end(record const &r) {
    EXPECT_TRUE(is_whole(r));
    store.release(r.reference, r.bytes);
  }
  u64 some_size() { return 1 + random() % (random() % 16 == 0 ? blob_store::largest : 200); }
  /// Bytes given back by a whole evacuation of `all`.
  u64 shrink(std::vector<record> &all) {
    if (store.begin_evacuation() == 0) return 0;
    for (auto &r : all) {
      if (!store.must_move(r.reference)) continue;
      record const moved = make(r.bytes);
      EXPECT_FALSE(store.must_move(moved.reference));
      end(r);
      r = moved;
    }
    return store.end_evacuation();
  }

  blob_store store;
  std::mt19937_64 random{1};
};

/// How many of the pages of a record are in memory, and how many there are.
struct residence {
  u64 resident;
  u64 pages;

  residence(void *first, u64 bytes) {
    u64 const page = pages::size();
    u64 const begin = reinterpret_cast<u64>(first) / page * page;
    u64 const end = align_up(reinterpret_cast<u64>(first) + bytes, page);
    std::vector<unsigned char> seen((end - begin) / page);
    EXPECT_EQ(::mincore(reinterpret_cast<void *>(begin), end - begin, seen.data()), 0);
    pages = seen.size();
    resident = 0;
    for (auto const s : seen) resident += s & 1;
  }
};

#endif
