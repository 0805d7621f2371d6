#include "escrow/chunk_table.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

using namespace escrow;

namespace {

struct ChunkTable : ::testing::Test {
  void SetUp() override { ASSERT_EQ(chunks.open(), ESCROW_OK); }
  void TearDown() override { chunks.close(); }

  u32 take() {
    u32 number = chunk::none;
    EXPECT_EQ(chunks.take(number), ESCROW_OK);
    return number;
  }
  char *address(u32 number) const {
    return reinterpret_cast<char *>(chunks.at(chunk_table::reference_to(number, 0)));
  }

  chunk_table chunks;
};

}  // namespace

TEST_F(ChunkTable, AReferenceNamesEverySixteenBytes) {
  u32 const first = take();
  u32 const second = take();
  EXPECT_NE(first, second);
  for (u32 const number : {first, second}) {
    for (u32 offset = 0; offset < chunk::bytes; offset += 16) {
      u64 const reference = chunk_table::reference_to(number, offset);
      ASSERT_LT(reference, 1ull << chunk_table::reference_bits);
      ASSERT_EQ(reinterpret_cast<char *>(chunks.at(reference)), address(number) + offset);
      ASSERT_EQ(&chunks.of(reference), &chunks.numbered(number));
    }
  }
}

TEST_F(ChunkTable, ADecommittedChunkReadsZeroAndComesAgain) {
  u32 const number = take();
  char *const memory = address(number);
  std::memset(memory, 7, 8192);
  chunks.numbered(number).touched = 8192;
  EXPECT_EQ(chunks.decommit(number), 8192u);
  EXPECT_EQ(address(number), memory);
  EXPECT_EQ(memory[0], 0);
  EXPECT_EQ(memory[8191], 0);
  EXPECT_EQ(take(), number);
  EXPECT_EQ(chunks.made(), 1u);
}

TEST_F(ChunkTable, TheLowestIdleChunkComesFirst) {
  for (u32 i = 0; i < 8; ++i) ASSERT_EQ(take(), i);
  for (u32 const i : {6u, 2u, 4u}) EXPECT_EQ(chunks.decommit(i), 0u);
  EXPECT_EQ(take(), 2u);
  EXPECT_EQ(take(), 4u);
  EXPECT_EQ(take(), 6u);
  EXPECT_EQ(take(), 8u);
}

TEST_F(ChunkTable, AddressSpaceIsReusedAfterClose) {
  std::set<char *> seen;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 4; ++i) {
      char *const memory = address(take());
      EXPECT_EQ(memory[0], 0);
      memory[0] = 1;
      seen.insert(memory);
    }
    chunks.close();
    ASSERT_EQ(chunks.open(), ESCROW_OK);
  }
  EXPECT_LE(seen.size(), 8u);
}
