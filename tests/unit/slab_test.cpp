#include "escrow/slab.hpp"
#include "escrow/claim.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

using namespace escrow;

namespace {

constexpr u64 key = slab::owner_key(handle::pack(handle::pool_tag, 3, 1), 0);

/// A slab of `key` with 64 free slots of 2 KiB, outside any table.
struct lone_slab {
  std::vector<slot_header> headers = std::vector<slot_header>(slab::slots);
  std::unique_ptr<char[]> memory = std::make_unique<char[]>(slab::slots * 2048);
  slab s{};

  lone_slab() {
    s.headers = headers.data();
    s.payload = memory.get();
    s.stride = 2048;
    s.capacity = slab::slots;
    s.owner = key;
    s.owed = word::tra;
    s.free = s.full_mask();
    s.freed = slab::slots;  // none rests
    for (u32 k = 0; k < slab::slots; ++k) {
      headers[k].word = word::at(7, 0);
      headers[k].payload = reinterpret_cast<u64>(memory.get() + k * 2048);
    }
  }
  /// AddressSanitizer hides what nobody holds; the test looks at it all the same.
  ~lone_slab() { show(); }
  void show() { poison::show(memory.get(), slab::slots * 2048); }
  void set(u32 k, u64 state) { headers[k].word = word::at(7, state); }
  [[nodiscard]] u64 word_of(u32 k) const { return headers[k].word; }
};

}  // namespace

TEST(Slab, AClaimForAnotherOwnerIsRefused) {
  lone_slab l;
  claim c{};
  EXPECT_FALSE(claim_one(l.s, l.headers.data(), 0, key + 1, word::object, c));
  EXPECT_FALSE(claim_one(l.s, l.headers.data(), 0, key + 256, word::object, c));
  EXPECT_EQ(l.word_of(0), word::at(7, 0));
  EXPECT_TRUE(claim_one(l.s, l.headers.data(), 0, key, word::object, c));
  EXPECT_EQ(l.word_of(0), word::at(7, word::object));
}

TEST(Slab, ASlotThatIsNotFreeIsNotClaimedWhateverTheMaskSays) {
  for (u64 const state : {word::object, word::tra, word::tra | word::rev, word::rev, word::own}) {
    lone_slab l;
    for (u32 k = 0; k < slab::slots; ++k) l.set(k, state);
    claim c{};
    EXPECT_FALSE(claim_first(l.s, key, word::object, c));
    EXPECT_FALSE(claim_any(l.s, key, word::object, c));
    EXPECT_EQ(l.s.free, 0u);
    for (u32 k = 0; k < slab::slots; ++k) EXPECT_EQ(l.word_of(k), word::at(7, state));
  }
}

TEST(Slab, ASlotFreedSinceTheMaskWasStoredIsFound) {
  lone_slab l;
  for (u32 k = 0; k < slab::slots; ++k) l.set(k, k == 5 || k == 40 ? 0 : word::object);
  l.s.free = 0;
  claim c{};
  EXPECT_FALSE(claim_freed(l.s, key, word::object, c)) << "nothing was freed since the last sweep";
  l.s.dirty = 1;
  ASSERT_TRUE(claim_freed(l.s, key, word::object, c));
  EXPECT_EQ(c.header, &l.headers[5]);
  EXPECT_EQ(l.word_of(5), word::at(7, word::object));
  EXPECT_EQ(l.s.free, 1ull << 40);
  EXPECT_EQ(l.s.dirty, 1u) << "the sweep's to clear";
  ASSERT_TRUE(claim_freed(l.s, key, word::object, c));
  EXPECT_EQ(c.header, &l.headers[40]);
  EXPECT_FALSE(claim_freed(l.s, key, word::object, c));
}

// Who slept over a change of owners stores nothing: no claim of his pins the slab.
TEST(Slab, TheMaskOfASlabThatChangedHandsIsLeftAlone) {
  lone_slab l;
  l.s.dirty = 1;
  l.s.free = 0;
  claim c{};
  u64 names[4] = {};
  EXPECT_FALSE(claim_freed(l.s, key + 1, word::object, c));
  EXPECT_EQ(claim_many(l.s, key + 1, word::object, 4, names), 0u);
  EXPECT_EQ(l.s.free, 0u);
  l.s.free = l.s.full_mask();
  EXPECT_EQ(claim_many(l.s, key + 1, word::object, 4, names), 0u);
  EXPECT_EQ(l.s.free, l.s.full_mask());
  EXPECT_EQ(names[0], 0u);
}

TEST(Slab, ManyClaimsTakeWhatTheMaskShowsAndThenWhatWasFreed) {
  lone_slab l;
  l.s.name = handle::pack(3, 64, 0);
  for (u32 k = 0; k < slab::slots; ++k) l.set(k, k % 2 == 0 ? 0 : word::object);
  l.s.free = 1ull << 4 | 1ull << 5 | 1ull << 6;  // 5 is stale
  l.s.dirty = 1;
  u64 names[slab::slots] = {};
  ASSERT_EQ(claim_many(l.s, key, word::object, 2, names), 2u);
  EXPECT_EQ(names[0], handle::pack(3, 64 + 4, 7));
  EXPECT_EQ(names[1], handle::pack(3, 64 + 6, 7));
  EXPECT_EQ(l.s.free, 0u);
  EXPECT_EQ(claim_many(l.s, key, word::object, 64, names), 30u);
  EXPECT_EQ(names[0], handle::pack(3, 64, 7));
  for (u32 k = 0; k < slab::slots; ++k) EXPECT_EQ(l.word_of(k), word::at(7, word::object)) << k;
  EXPECT_EQ(claim_many(l.s, key, word::object, 1, names), 0u);
}

// A claim that read the word before the hand-over must lose its swap after it.
TEST(Slab, NoWordIsTheSameBeforeAndAfterAHandOver) {
  lone_slab l;
  l.set(1, word::tra);
  l.set(2, word::own);
  ASSERT_TRUE(reserve_slots(l.s, true));
  open_slots(l.s, slab::slots);
  EXPECT_EQ(l.word_of(0), word::at(8, 0));
  EXPECT_EQ(l.word_of(1), word::at(8, 0));
  EXPECT_EQ(l.word_of(2), word::at(7, word::own));
}

TEST(Slab, ASlabWithAHolderIsNotReservedAndStaysAsItWas) {
  lone_slab l;
  l.set(1, word::tra);
  l.set(2, word::own);
  l.set(9, word::object);
  EXPECT_FALSE(reserve_slots(l.s, true));
  for (u32 k = 0; k < slab::slots; ++k) {
    u64 const state = k == 1 ? word::tra : k == 2 ? word::own : k == 9 ? word::object : 0;
    EXPECT_EQ(l.word_of(k), word::at(7, state)) << k;
  }
}

TEST(Slab, AnOwedDestructorKeepsASlabFromBeingReserved) {
  lone_slab l;
  l.set(1, word::tra);
  EXPECT_FALSE(reserve_slots(l.s, false));
  EXPECT_EQ(l.word_of(1), word::at(7, word::tra));
  EXPECT_TRUE(reserve_slots(l.s, true));
}

TEST(Slab, CleaningHasOneWinnerAndLeavesZero) {
  lone_slab l;
  l.set(5, word::tra);
  u64 const dead = l.word_of(5);
  EXPECT_TRUE(begin_cleaning(l.headers[5], dead));
  EXPECT_FALSE(begin_cleaning(l.headers[5], dead));  // a second one that saw the same word
  vacate(l.headers[5]);
  EXPECT_EQ(l.word_of(5), word::at(7, 0));
  l.set(6, word::tra);
  l.headers[6].about = slot_header::pack_about(0, 2000);
  std::memset(&l.memory[6 * 2048], 1, 2000);
  if (slot_build::checked) canary::fill(&l.memory[6 * 2048 + 2000], 48);
  clean_slots(l.s);
  EXPECT_EQ(l.word_of(6), word::at(7, 0));
  l.show();
  EXPECT_EQ(static_cast<unsigned char>(l.memory[6 * 2048 + 1999]),
            slot_build::checked ? canary::value : 0);
}

TEST(Slab, ZeroCoversEverySizeAndNothingBehindIt) {
  alignas(16) char memory[1200];
  for (u64 bytes = 1; bytes <= 1024; ++bytes) {
    std::memset(memory, 1, sizeof memory);
    zero(memory, bytes);
    for (u64 i = 0; i < sizeof memory; ++i)
      ASSERT_EQ(memory[i], i < align_up(bytes, 16) ? 0 : 1) << bytes << " at " << i;
  }
}
