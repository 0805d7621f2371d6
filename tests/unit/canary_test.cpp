#include "escrow/canary.hpp"

#include <gtest/gtest.h>

using escrow::canary;

TEST(Canary, EveryByteThatIsAnotherIsFound) {
  for (escrow::u64 bytes = 0; bytes <= 40; ++bytes) {
    char memory[48] = {};
    canary::fill(memory + 3, bytes);
    EXPECT_EQ(canary::broken(memory + 3, bytes), nullptr);
    EXPECT_EQ(memory[2], 0);
    EXPECT_EQ(memory[3 + bytes], 0);
    for (escrow::u64 at = 0; at < bytes; ++at) {
      char const before = memory[3 + at];
      memory[3 + at] = static_cast<char>(before ^ 1);
      EXPECT_EQ(canary::broken(memory + 3, bytes), memory + 3 + at);
      memory[3 + at] = before;
    }
  }
}
