#include "escrow/cell_face.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using escrow::cell_face;
using escrow::handle;
using escrow::snapshot;
using escrow::u64;
using escrow::word;

namespace {

/// A snapshot outside any pool.
struct loose {
  alignas(snapshot) char memory[sizeof(snapshot) + 512] = {};

  snapshot const *of(u64 version, std::string const &content) {
    auto *const s = reinterpret_cast<snapshot *>(memory);
    *s = {version, content.size(), 0, 0};
    std::memcpy(s->content(), content.data(), content.size());
    return s;
  }
};

/// Slots 0.. of generation 1, held once.
struct few_slots {
  mutable std::vector<std::atomic<u64>> words = std::vector<std::atomic<u64>>(2);
  few_slots() {
    for (auto &w : words) w = word::at(1, word::object);
  }
  std::atomic<u64> &word(u64 h) const { return words[handle::index(h)]; }
};
u64 slot_handle(u64 index) {
  return handle::pack(1, index, 1);
}

}  // namespace

TEST(CellFace, IsEmptyUntilItIsPublished) {
  cell_face f;
  few_slots slots;
  u64 h = 7;
  u64 version = 0;
  u64 size = 0;
  char out[8];
  EXPECT_EQ(f.hold<false>(slots, h), ESCROW_E_ABSENT);
  EXPECT_FALSE(f.copy(out, 8, version));
  EXPECT_FALSE(f.copy_any(out, 8, size, version));
  EXPECT_FALSE(f.read_version(version));
}

TEST(CellFace, CopiesContentsOfEverySizeUpToItsRoom) {
  cell_face f;
  loose l;
  for (u64 size = 0; size <= cell_face::most_copy; ++size) {
    std::string content;
    for (u64 i = 0; i < size; ++i) content.push_back(static_cast<char>('a' + (i + size) % 26));
    f.publish(slot_handle(0) + size, l.of(size + 1, content));
    std::string out(size + 8, '.');
    u64 version = 0;
    u64 seen = 0;
    ASSERT_TRUE(f.copy(out.data(), size, version));
    EXPECT_EQ(out, content + "........");
    EXPECT_EQ(version, size + 1);
    out.assign(size + 8, '.');
    ASSERT_TRUE(f.copy_any(out.data(), size, seen, version));
    EXPECT_EQ(out, content + "........") << "not a byte more";
    EXPECT_EQ(seen, size);
    EXPECT_FALSE(f.copy(out.data(), size + 1, version)) << "a content of another size";
    EXPECT_TRUE(size == 0 || !f.copy_any(out.data(), size - 1, seen, version)) << "no room";
  }
}

TEST(CellFace, ALargerContentShowsItsVersionAlone) {
  cell_face f;
  loose l;
  f.publish(slot_handle(0), l.of(3, std::string(300, 'x')));
  char out[400];
  u64 version = 0;
  u64 size = 0;
  EXPECT_FALSE(f.copy_any(out, sizeof out, size, version));
  ASSERT_TRUE(f.read_version(version));
  EXPECT_EQ(version, 3u);
}

TEST(CellFace, ACopyThatIsBeingWrittenIsNotRead) {
  cell_face f;
  loose l;
  f.publish(slot_handle(0), l.of(1, "12345678"));
  f.copied = 0;
  char out[8];
  u64 version = 0;
  u64 size = 0;
  EXPECT_FALSE(f.copy(out, 8, version));
  EXPECT_FALSE(f.copy_any(out, 8, size, version));
  EXPECT_FALSE(f.read_version(version));
}

TEST(CellFace, HoldCountsALoanOfTheCurrentSnapshot) {
  cell_face f;
  few_slots slots;
  loose l;
  f.publish(slot_handle(0), l.of(1, "a"));
  u64 h = 0;
  ASSERT_EQ(f.hold<false>(slots, h), ESCROW_OK);
  EXPECT_EQ(h, slot_handle(0));
  EXPECT_EQ(word::lends(slots.words[0]), 1u);
  f.publish(slot_handle(1), l.of(2, "b"));
  ASSERT_EQ(f.hold_from<false>(h, slots, h), ESCROW_OK) << "the cell still keeps it";
  EXPECT_EQ(word::lends(slots.words[0]), 2u);
  slots.words[0] = word::at(2, 0);
  ASSERT_EQ(f.hold_from<false>(slot_handle(0), slots, h), ESCROW_OK);
  EXPECT_EQ(h, slot_handle(1)) << "what has left is left for what is newer";
}

TEST(CellFace, HoldSaysWhereItEnds) {
  cell_face f;
  few_slots slots;
  loose l;
  f.publish(slot_handle(0), l.of(1, "a"));
  u64 h = 0;
  slots.words[0] = word::at(1, word::object | word::most_lends);
  EXPECT_EQ(f.hold<false>(slots, h), ESCROW_E_LIMIT);
  slots.words[0] = word::at(2, 0);
  EXPECT_EQ(f.hold<true>(slots, h), ESCROW_E_BUSY) << "a leaf does not wait for the publisher";
}
