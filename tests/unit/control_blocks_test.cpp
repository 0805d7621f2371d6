// Limits small enough to be reached: 31 generations.
#define ESCROW_SMALL_COUNTS
#include "escrow/control_blocks.hpp"

#include <gtest/gtest.h>

#include <memory>

using escrow::block_word;
using escrow::handle;
using escrow::u32;
using escrow::u64;

namespace {

struct block {
  std::atomic<u64> word;
  u32 index;
  u32 next_free;
};
using blocks = escrow::control_blocks<block, handle::map_tag>;

struct ControlBlocks : testing::Test {
  u64 take(block *&out) {
    u64 h = 0;
    EXPECT_EQ(all->take(1, out, h), ESCROW_OK);
    return h;
  }
  std::unique_ptr<blocks> all = std::make_unique<blocks>();
};

}  // namespace

TEST_F(ControlBlocks, AHandleFindsItsBlock) {
  block *first = nullptr;
  block *second = nullptr;
  u64 const a = take(first);
  u64 const b = take(second);
  EXPECT_NE(first, second);
  block *found = nullptr;
  EXPECT_EQ(all->find(a, found), ESCROW_OK);
  EXPECT_EQ(found, first);
  EXPECT_EQ(all->find(b, found), ESCROW_OK);
  EXPECT_EQ(found, second);
  EXPECT_EQ(all->find(0, found), ESCROW_E_NULL);
  EXPECT_EQ(all->find(handle::pack(handle::pool_tag, 0, 1), found), ESCROW_E_KIND);
  EXPECT_EQ(all->find(handle::pack(handle::cell_tag, 0, 1), found), ESCROW_E_KIND);
  EXPECT_EQ(all->find(a | 1ull << 63, found), ESCROW_E_RANGE);
  EXPECT_EQ(all->find(handle::pack(handle::map_tag, 64, 1), found), ESCROW_E_RANGE) << "not there";
  EXPECT_EQ(all->find(handle::pack(handle::map_tag, blocks::most, 1), found), ESCROW_E_RANGE);
}

TEST_F(ControlBlocks, AnEndedBlockServesUnderTheNextGeneration) {
  block *b = nullptr;
  u64 const before = take(b);
  EXPECT_EQ(block_word::status(b->word.load(), before), ESCROW_E_STALE) << "not open yet";
  b->word.store(block_word::open_at(before));
  EXPECT_EQ(block_word::status(b->word.load(), before), ESCROW_OK);
  b->word.store(block_word::at(before, block_word::closing));
  EXPECT_EQ(block_word::status(b->word.load(), before), ESCROW_E_CLOSED);
  all->give(*b, handle::generation(before));
  EXPECT_EQ(block_word::status(b->word.load(), before), ESCROW_E_STALE);
  block *again = nullptr;
  u64 const after = take(again);
  EXPECT_EQ(again, b);
  EXPECT_EQ(handle::generation(after), handle::generation(before) + 1);
  b->word.store(block_word::open_at(after));
  EXPECT_EQ(block_word::status(b->word.load(), before), ESCROW_E_STALE);
}

TEST_F(ControlBlocks, ABlockWhoseGenerationsAreUsedUpStaysAway) {
  block *first = nullptr;
  u64 h = take(first);
  for (block *b = first; b == first; h = take(b)) {
    ASSERT_LE(handle::generation(h), escrow::word::last_generation);
    all->give(*b, handle::generation(h));
  }
  EXPECT_EQ(handle::index(h), 1u);
  EXPECT_EQ(first->index, 0u);
  EXPECT_EQ(block_word::state(first->word.load()), block_word::none);
}

TEST_F(ControlBlocks, ThereIsABoundOnThoseThatAreOpen) {
  block *b = nullptr;
  for (u32 i = 0; i < blocks::most; ++i) ASSERT_EQ(handle::index(take(b)), i);
  u64 h = 0;
  block *none = nullptr;
  EXPECT_EQ(all->take(1, none, h), ESCROW_E_EXHAUSTED);
  all->give(*b, 1);
  EXPECT_EQ(handle::index(take(none)), blocks::most - 1);
}
