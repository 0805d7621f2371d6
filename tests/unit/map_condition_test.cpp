// Conditions on values.
#include "escrow/map_condition.hpp"

#include <gtest/gtest.h>

using namespace escrow;

TEST(MapCondition, ComparesAsItSays) {
  EXPECT_TRUE(meets(map_condition::equal, 5, 5));
  EXPECT_FALSE(meets(map_condition::equal, 5, 6));
  EXPECT_TRUE(meets(map_condition::less, 5, 6));
  EXPECT_FALSE(meets(map_condition::less, 6, 6));
  EXPECT_FALSE(meets(map_condition::less, ~0ull, 0)) << "unsigned";
  EXPECT_TRUE(meets(map_condition::less_signed, ~0ull, 0)) << "signed";
  EXPECT_FALSE(meets(map_condition::less_signed, 1, 1));
}

TEST(MapCondition, NothingMeetsAConditionThatIsNone) {
  EXPECT_FALSE(meets(static_cast<map_condition>(3), 1, 1));
}
