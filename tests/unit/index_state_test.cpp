// Where a reader looks first: always at a bucket there is memory for, whatever moments its two
// loads of the shape were of.
#include "escrow/index_state.hpp"

#include "map_fixture.hpp"

using state_type = index_state<bucket_array, overflow>;

struct IndexState : ::testing::Test {
  void SetUp() override { ASSERT_EQ(state->open(0), ESCROW_OK); }
  void TearDown() override { state->close(); }
  std::unique_ptr<state_type> state = std::make_unique<state_type>();
};

TEST_F(IndexState, AFreshOneHasBucketsOfOneLevelThatCoverEveryHash) {
  std::mt19937_64 random(1);
  EXPECT_EQ(state->buckets(), 16u);
  for (int i = 0; i < 1000; ++i) {
    u64 const h = random();
    u64 const home = state->home(h);
    EXPECT_TRUE(bucket_word::covers(state->array.at(home).ctl.load(), h, home));
  }
  EXPECT_EQ(state->entries(), 0u);
}

TEST_F(IndexState, BoundAndMaskOfTwoMomentsNameABucketBelowTheLargerOfThem) {
  std::mt19937_64 random(1);
  u64 const shapes[] = {16, 17, 31, 32, 33, 48, 63, 64, 100, 128, 500, 1024};
  for (u64 const n : shapes) {
    for (u64 const m : shapes) {
      state->bound.store(n);
      state->mask.store(~0ull >> std::countl_zero(m - 1));
      for (int i = 0; i < 500; ++i) {
        u64 const home = state->home(random());
        ASSERT_LT(home, std::bit_ceil(std::max(n, m)));
        if (n == m) {
          ASSERT_LT(home, n);
        }
      }
    }
  }
}

TEST_F(IndexState, ALimitBelowTheFirstBucketsIsFull) {
  state_type small{};
  EXPECT_EQ(small.open(100), ESCROW_E_FULL);
  small.close();
  EXPECT_EQ(small.open(1u << 20), ESCROW_OK);
  EXPECT_EQ(small.memory.held(), small.bytes());
  small.close();
}

TEST_F(IndexState, MemoryThatIsGivenBackIsRefunded) {
  u64 const before = state->memory.held();
  EXPECT_EQ(before, state->bytes());
  for (int i = 0; i < 8; ++i) ASSERT_EQ(state->extend(), ESCROW_OK);
  EXPECT_EQ(state->memory.held(), state->bytes());
  EXPECT_GT(state->give_back(), 0u);
  EXPECT_EQ(state->memory.held(), state->bytes());
  EXPECT_EQ(state->memory.held(), before);
}
