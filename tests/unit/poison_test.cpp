#include "escrow/poison.hpp"

#include "pool_fixture.hpp"

#if defined(ESCROW_ADDRESS_SANITIZER)

namespace {

char volatile sink;

/// Reads byte `at` of an object of 100 bytes, before or after its release.
void read_byte(std::uint64_t bytes, std::uint64_t at, bool released) {
  escrow_pool pool = 0;
  auto const o = escrow::pool::options();
  escrow_handle h = 0;
  void *memory = nullptr;
  if (escrow_pool_open(&o, &pool) != ESCROW_OK) return;
  if (escrow_acquire(pool, bytes, &h, &memory) != ESCROW_OK) return;
  if (released && escrow_release_deferred(h) != ESCROW_FREED) return;
  sink = static_cast<char volatile *>(memory)[at];
  std::fprintf(stderr, "read it\n");
  std::exit(0);
}

}  // namespace

TEST(PoisonDeathTest, AReadAfterReleaseStopsTheProgram) {
  for (std::uint64_t const bytes : {16u, 100u, 5000u, 100'000u})
    EXPECT_DEATH(read_byte(bytes, bytes / 2, true), "use-after-poison") << bytes;
}

TEST(PoisonDeathTest, AReadPastTheSizeAskedForStopsTheProgram) {
  EXPECT_DEATH(read_byte(100, 100, false), "use-after-poison");
  EXPECT_EXIT(read_byte(100, 99, false), testing::ExitedWithCode(0), "read it");
}

// As large as their class: what follows would be the next slot, which may be held.
TEST(PoisonDeathTest, OneByteBehindAnObjectThatFillsItsClassStopsTheProgram) {
  for (std::uint64_t const bytes : {16u, 64u, 128u, 1024u, 65536u, 102400u})
    EXPECT_DEATH(read_byte(bytes, bytes, false), "use-after-poison") << bytes;
}

#else

TEST(Poison, CostsNothingWithoutAddressSanitizer) {
  static_assert(!escrow::poison::on);
  test_pool p;
  void *memory = nullptr;
  escrow_handle const h = p.acquire(100, &memory);
#if !defined(ESCROW_DEBUG_SLOTS)
  EXPECT_EQ(static_cast<char *>(memory)[100], 0);  // the slot's own slack, as before
#endif
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

#endif
