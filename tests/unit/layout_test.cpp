// Layouts as values: the fingerprint is what field.h says, lists that are none are refused, and the
// first difference is put into words.
#include "escrow/layout.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace escrow;

constexpr u32 is_unsigned = ESCROW_FIELD_UNSIGNED;
constexpr u32 is_signed = ESCROW_FIELD_SIGNED;
constexpr u32 is_float = ESCROW_FIELD_FLOAT;
constexpr u32 is_bool = ESCROW_FIELD_BOOL;

/// A layout that a test may spoil.
struct sample {
  u32 size = 32;
  u32 alignment = 8;
  u32 count = 4;
  escrow_field fields[4]{
      {is_unsigned, 0, 4, 1}, {is_signed, 4, 2, 2}, {is_float, 8, 8, 2}, {is_bool, 24, 1, 1}};
  u64 fingerprint = 0;

  [[nodiscard]] escrow_layout view() const {
    return {sizeof(escrow_layout), size, alignment, count, fingerprint, fields};
  }
  [[nodiscard]] u64 computed() const {
    return layout_rules::fingerprint(size, alignment, fields, count);
  }
};

std::string difference(sample const &a, sample const &b) {
  char text[128] = "as it was";
  bool const differ =
      layout_difference::write({a.view(), "C++"}, {b.view(), "Go"}, text, sizeof text);
  EXPECT_EQ(differ, *text != 0);
  return text;
}

template <class Change>
sample changed(Change change) {
  sample s;
  change(s);
  return s;
}

}  // namespace

TEST(Layout, TheFingerprintIsFnv1aOfLittleEndianWords) {
  // Byte by byte, as somebody in another language would write it from the words of field.h.
  sample const s;
  u64 hash = 0xCBF29CE484222325ull;
  auto const add = [&hash](u32 word) {
    for (u32 shift = 0; shift < 32; shift += 8) {
      hash ^= word >> shift & 0xFF;
      hash *= 0x100000001B3ull;
    }
  };
  add(1);
  add(s.size);
  add(s.alignment);
  add(4);
  for (auto const &f : s.fields) {
    add(f.kind);
    add(f.offset);
    add(f.width);
    add(f.count);
  }
  EXPECT_EQ(s.computed(), hash);
}

TEST(Layout, FingerprintsStayWhatTheyAre) {
  // The same numbers stand in docs/architecture.md and in the tests of Go.
  escrow_field const word[] = {{is_unsigned, 0, 8, 1}};
  EXPECT_EQ(layout_rules::fingerprint(8, 8, word, 1), 0xB2F3C32FEBA7B7CDull);
  EXPECT_EQ(sample{}.computed(), 0x5E3EB3CD658D1F37ull);
}

TEST(Layout, EveryNumberOfAListIsPartOfTheFingerprint) {
  u64 const whole = sample{}.computed();
  EXPECT_NE(changed([](auto &s) { s.size = 40; }).computed(), whole);
  EXPECT_NE(changed([](auto &s) { s.alignment = 16; }).computed(), whole);
  EXPECT_NE(changed([](auto &s) { --s.count; }).computed(), whole);
  for (u32 i = 0; i < sample{}.count; ++i) {
    EXPECT_NE(changed([i](auto &s) { s.fields[i].kind ^= 1; }).computed(), whole);
    EXPECT_NE(changed([i](auto &s) { s.fields[i].offset += 1; }).computed(), whole);
    EXPECT_NE(changed([i](auto &s) { s.fields[i].width *= 2; }).computed(), whole);
    EXPECT_NE(changed([i](auto &s) { s.fields[i].count += 1; }).computed(), whole);
  }
}

TEST(Layout, WhatIsNoLayoutIsRefused) {
  EXPECT_TRUE(layout_rules::well_formed(sample{}.view()));
  auto const refused = [](auto change) {
    return !layout_rules::well_formed(changed(change).view());
  };
  EXPECT_TRUE(refused([](auto &s) { s.size = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.size = 36; })) << "no multiple of the alignment";
  EXPECT_TRUE(refused([](auto &s) { s.size = 24; })) << "the last field is outside";
  EXPECT_TRUE(refused([](auto &s) { s.alignment = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.alignment = 12, s.size = 36; }));
  EXPECT_TRUE(refused([](auto &s) { s.alignment = 8192, s.size = 8192; }));
  EXPECT_TRUE(refused([](auto &s) { s.count = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[0].kind = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[0].kind = 5; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[0].width = 3; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[2].width = 16, s.fields[2].count = 1; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[1].kind = is_float; })) << "of two bytes";
  EXPECT_TRUE(refused([](auto &s) { s.fields[0].kind = is_bool; })) << "of four bytes";
  EXPECT_TRUE(refused([](auto &s) { s.fields[0].count = 0; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[1].offset = 3; })) << "overlap";
  EXPECT_TRUE(refused([](auto &s) { std::swap(s.fields[0], s.fields[1]); })) << "out of order";
  EXPECT_TRUE(refused([](auto &s) { s.fields[3].count = 0xFFFFFFFF; }));
  EXPECT_TRUE(refused([](auto &s) { s.fields[2].count = 0x20000001; })) << "wraps 32 bits";
  EXPECT_TRUE(refused([](auto &s) { s.fingerprint = 1; })) << "not the list's";
  EXPECT_FALSE(refused([](auto &s) { s.fingerprint = s.computed(); }));
  std::vector<escrow_field> bytes;
  for (u32 i = 0; i <= ESCROW_LAYOUT_FIELDS; ++i) bytes.push_back({is_unsigned, i, 1, 1});
  escrow_layout many{sizeof(escrow_layout), 4096, 1, ESCROW_LAYOUT_FIELDS, 0, bytes.data()};
  EXPECT_TRUE(layout_rules::well_formed(many));
  ++many.field_count;
  EXPECT_FALSE(layout_rules::well_formed(many));
  escrow_layout unknown = sample{}.view();
  unknown.struct_size += 8;
  EXPECT_FALSE(layout_rules::well_formed(unknown)) << "a caller from the future";
  escrow_layout empty = sample{}.view();
  empty.fields = nullptr;
  EXPECT_FALSE(layout_rules::well_formed(empty));
}

TEST(Layout, TheFirstDifferenceIsNamed) {
  sample const a;
  EXPECT_EQ(difference(a, a), "");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.fields[3].offset = 28; })),
            "field 3: offset 24 in C++, 28 in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.fields[2].kind = is_signed; })),
            "field 2: kind float in C++, signed in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) {
                         s.fields[0] = {is_bool, 0, 1, 4};
                       })),
            "field 0: kind unsigned in C++, bool in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.fields[0].width = 2; })),
            "field 0: width 4 in C++, 2 in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.fields[1].count = 1; })),
            "field 1: count 2 in C++, 1 in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) { --s.count; })),
            "field 3: at offset 24 in C++, missing in Go");
  EXPECT_EQ(difference(changed([](auto &s) { --s.count; }), a),
            "field 3: at offset 24 in Go, missing in C++");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.size = 40; })), "size 32 in C++, 40 in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.alignment = 4; })),
            "alignment 8 in C++, 4 in Go");
  EXPECT_EQ(difference(a, changed([](auto &s) { s.size = 40, s.fields[3].offset = 32; })),
            "field 3: offset 24 in C++, 32 in Go")
      << "a field comes before the size that follows from it";
}

TEST(Layout, ADifferenceIsCutWhereTheRoomEnds) {
  sample const a;
  sample const b = changed([](auto &s) { s.alignment = 4; });
  char text[12];
  std::memset(text, '#', sizeof text);
  EXPECT_TRUE(layout_difference::write({a.view(), "C++"}, {b.view(), "Go"}, text, 10));
  EXPECT_STREQ(text, "alignment");
  EXPECT_EQ(text[10], '#') << "not a byte more";
  EXPECT_TRUE(layout_difference::write({a.view(), "C++"}, {b.view(), "Go"}, text, 1));
  EXPECT_STREQ(text, "");
  EXPECT_TRUE(layout_difference::write({a.view(), "C++"}, {b.view(), "Go"}, nullptr, 0));
}
