#include "escrow/size_class.hpp"

#include <gtest/gtest.h>

using escrow::size_class;

TEST(SizeClass, EverySizeFitsItsClassAndNotTheOneBelow) {
  for (std::uint64_t n = 1; n <= size_class::largest; ++n) {
    auto const c = size_class::of(n);
    ASSERT_LT(c, size_class::count);
    ASSERT_GE(size_class::bytes(c), n);
    if (c > 0) {
      ASSERT_LT(size_class::bytes(c - 1), n);
    }
  }
}

TEST(SizeClass, WastesAtMostAnEighthAbove128Bytes) {
  for (std::uint64_t n = 129; n <= size_class::largest; ++n) {
    auto const slot = size_class::bytes(size_class::of(n));
    ASSERT_LE(8 * (slot - n), n) << n;
  }
}

TEST(SizeClass, AlignedClassesAreMultiplesOfTheAlignment) {
  for (std::uint64_t alignment = 16; alignment <= 4096; alignment *= 2)
    for (std::uint64_t n = 1; n <= size_class::largest; n += 37) {
      auto const c = size_class::aligned(n, alignment);
      ASSERT_LT(c, size_class::count);
      ASSERT_EQ(size_class::bytes(c) % alignment, 0u);
      ASSERT_GE(size_class::bytes(c), n);
    }
  EXPECT_EQ(size_class::aligned(size_class::largest + 1, 16), size_class::count);
}
