#include "escrow/handle.hpp"

#include <gtest/gtest.h>

using escrow::handle;

TEST(Handle, KeepsItsPartsApart) {
  auto const bits = handle::pack(handle::slot_tags, handle::index_mask, handle::generation_mask);
  EXPECT_EQ(handle::tag(bits), 123u);
  EXPECT_EQ(handle::index(bits), handle::index_mask);
  EXPECT_EQ(handle::generation(bits), handle::generation_mask);
  EXPECT_GT(static_cast<std::int64_t>(bits), 0);
}

TEST(Handle, OnlySlotTagsNameASlot) {
  EXPECT_FALSE(handle::names_slot(0));
  EXPECT_FALSE(handle::names_slot(handle::pack(0, 5, 5)));
  EXPECT_TRUE(handle::names_slot(handle::pack(1, 0, 1)));
  EXPECT_TRUE(handle::names_slot(handle::pack(handle::slot_tags, 0, 1)));
  EXPECT_FALSE(handle::names_slot(handle::pack(handle::pool_tag, 0, 1)));
  EXPECT_FALSE(handle::names_slot(handle::pack(handle::map_tag, 0, 1)));
  EXPECT_FALSE(handle::names_slot(handle::pack(handle::code_tag, 0, 1)));
  EXPECT_FALSE(handle::names_slot(handle::pack(handle::cell_tag, 0, 1)));
  EXPECT_FALSE(handle::names_slot(1ull << 63 | handle::pack(1, 0, 1)));
  EXPECT_EQ(handle::shape_error(0), ESCROW_E_NULL);
  EXPECT_EQ(handle::shape_error(handle::pack(127, 0, 1)), ESCROW_E_KIND);
  EXPECT_EQ(handle::shape_error(handle::pack(handle::code_tag, 0, 1)), ESCROW_E_KIND);
  EXPECT_EQ(handle::shape_error(handle::pack(handle::cell_tag, 0, 1)), ESCROW_E_KIND);
  EXPECT_EQ(handle::shape_error(5), ESCROW_E_RANGE);
  EXPECT_EQ(handle::shape_error(1ull << 63), ESCROW_E_RANGE);
}

TEST(Handle, TagsOfPoolsStayInTheirRange) {
  for (std::uint64_t pool = 0; pool < 1000; ++pool) {
    auto const tag = handle::slot_tag(pool);
    ASSERT_GE(tag, 1u);
    ASSERT_LE(tag, handle::slot_tags);
  }
}
