// The layout of C++ types: what the compiler says of each field, and pairs of types that have one
// layout, or two that differ in one thing. What must not compile is in tests/headers/compile_fail.
#include "escrow/layout_of.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using namespace escrow;

enum class colour : std::uint16_t { red };
enum level : std::int32_t { low };
struct point {
  float x, y;
};
ESCROW_LAYOUT(point, x, y);

struct frame {
  std::uint32_t id;
  colour tint;
  char filler[10];
  std::uint64_t when;
  point corners[3];
  char name[16];
  bool ready;
  std::atomic<std::uint32_t> hits;
  std::array<double, 2> range;
  int matrix[2][3];
  std::byte raw[3];
  signed char sign;
};
ESCROW_LAYOUT(frame, id, tint, (filler), when, corners, name, ready, hits, range, matrix, raw,
              sign);
constexpr auto frame_layout = layout_of<frame>();

template <class A, class B>
std::string difference() {
  auto const a = layout_of<A>();
  auto const b = layout_of<B>();
  char text[128];
  bool const differ = layout_difference::write({a.view(), "A"}, {b.view(), "B"}, text, sizeof text);
  EXPECT_EQ(differ, a.fingerprint != b.fingerprint);
  EXPECT_TRUE(layout_rules::well_formed(a.view()));
  EXPECT_TRUE(layout_rules::well_formed(b.view()));
  return text;
}

// Each struct below stands for a memory layout; the names of its fields are chosen to differ.
struct plain {
  std::uint32_t a;
  std::int64_t b;
  double c;
};
ESCROW_LAYOUT(plain, a, b, c);
struct renamed {
  level first;  // signed
  std::int64_t second;
  double third;
};
ESCROW_LAYOUT(renamed, first, second, third);
struct head {
  std::uint32_t a;
  std::int64_t b;
};
ESCROW_LAYOUT(head, a, b);
struct nested {
  head of;
  double c;
};
ESCROW_LAYOUT(nested, of, c);
struct padded {
  std::uint32_t a;
  std::uint32_t filler;
  std::int64_t b;
  double c;
};
ESCROW_LAYOUT(padded, a, (filler), b, c);
struct filled {
  std::uint32_t a;
  std::uint32_t filler;
  std::int64_t b;
  double c;
};
ESCROW_LAYOUT(filled, a, filler, b, c);
struct wrapped {
  struct inner {
    std::uint32_t of;
  };
  inner a;
  std::int64_t b;
  double c;
};
ESCROW_LAYOUT(wrapped::inner, of);
ESCROW_LAYOUT(wrapped, a, b, c);
struct narrow {
  std::uint32_t a;
  std::int32_t b;
  double c;
};
ESCROW_LAYOUT(narrow, a, b, c);
struct whole {
  std::uint32_t a;
  std::int64_t b;
  std::int64_t c;
};
ESCROW_LAYOUT(whole, a, b, c);
#pragma pack(push, 4)
struct packed {
  std::uint32_t a;
  std::int64_t b;
  double c;
};
#pragma pack(pop)
ESCROW_LAYOUT(packed, a, b, c);
struct alignas(16) aligned {
  std::uint32_t a;
  std::int64_t b;
  double c;
};
ESCROW_LAYOUT(aligned, a, b, c);
struct tailed {
  std::uint32_t a;
  std::int64_t b;
  double c;
  bool d;
};
ESCROW_LAYOUT(tailed, a, b, c, d);
struct alignas(32) lines {
  std::uint64_t head;
  alignas(32) std::uint64_t tail;
};
ESCROW_LAYOUT(lines, head, tail);
union number {
  double real;
  std::uint64_t bits;
};
ESCROW_LAYOUT(number, real);
struct variant {
  std::uint32_t kind;
  union {
    float real;
    std::int32_t whole;
  };
};
ESCROW_LAYOUT(variant, kind, whole);
class with_constructor {
 public:
  explicit with_constructor(int n) noexcept : first(n) {}
  int first;
  short second = 0;
};
ESCROW_LAYOUT(with_constructor, first, second);
struct id {
  std::uint32_t of;
};
ESCROW_LAYOUT(id, of);
struct pair_of_ids {
  id both[2];
};
ESCROW_LAYOUT(pair_of_ids, both);
struct mixed {
  std::uint8_t kind;
  std::uint32_t value;
};
ESCROW_LAYOUT(mixed, kind, value);
struct mixed_array {
  mixed of[2];
};
ESCROW_LAYOUT(mixed_array, of);
struct spaced {
  std::uint32_t filler;
  std::uint32_t value;
};
ESCROW_LAYOUT(spaced, (filler), value);
struct text {
  char of[300];  // more than are counted
};
ESCROW_LAYOUT(text, of);

}  // namespace

TEST(LayoutOf, EachFieldIsWhatTheCompilerMakesOfIt) {
  escrow_field const expected[] = {
      {ESCROW_FIELD_UNSIGNED, offsetof(frame, id), 4, 1},
      {ESCROW_FIELD_UNSIGNED, offsetof(frame, tint), 2, 1},
      {ESCROW_FIELD_UNSIGNED, offsetof(frame, when), 8, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, corners), 4, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, corners) + 4, 4, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, corners) + 8, 4, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, corners) + 12, 4, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, corners) + 16, 4, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, corners) + 20, 4, 1},
      {ESCROW_FIELD_UNSIGNED, offsetof(frame, name), 1, 16},
      {ESCROW_FIELD_BOOL, offsetof(frame, ready), 1, 1},
      {ESCROW_FIELD_UNSIGNED, offsetof(frame, hits), 4, 1},
      {ESCROW_FIELD_FLOAT, offsetof(frame, range), 8, 2},
      {ESCROW_FIELD_SIGNED, offsetof(frame, matrix), 4, 6},
      {ESCROW_FIELD_UNSIGNED, offsetof(frame, raw), 1, 3},
      {ESCROW_FIELD_SIGNED, offsetof(frame, sign), 1, 1},
  };
  ASSERT_EQ(frame_layout.count(), std::size(expected));
  for (u32 i = 0; i < frame_layout.count(); ++i)
    EXPECT_TRUE(layout_rules::same(frame_layout.fields[i], expected[i])) << "field " << i;
  EXPECT_EQ(frame_layout.size, sizeof(frame));
  EXPECT_EQ(frame_layout.alignment, alignof(frame));
  EXPECT_TRUE(layout_rules::well_formed(frame_layout.view()));
}

TEST(LayoutOf, OneLayoutHasOneFingerprintWhateverTheNames) {
  EXPECT_EQ((difference<plain, nested>()), "") << "nesting is no part of it";
  EXPECT_EQ((difference<plain, padded>()), "") << "a gap is the padding of another";
  EXPECT_EQ((difference<plain, wrapped>()), "");
  EXPECT_EQ((difference<id, std::uint32_t>()), "");
  EXPECT_EQ((difference<pair_of_ids, std::uint32_t[2]>()), "") << "elements of one field each";
  EXPECT_EQ((difference<std::uint64_t[2][3], std::uint64_t[6]>()), "");
  EXPECT_EQ((difference<std::uint64_t[1], std::uint64_t>()), "");
  EXPECT_EQ((difference<colour, std::uint16_t>()), "");
  EXPECT_EQ((difference<level, std::int32_t>()), "");
  EXPECT_EQ((difference<std::atomic<bool>, bool>()), "");
  EXPECT_EQ((difference<number, double>()), "");
  EXPECT_EQ((difference<std::array<point, 2>, point[2]>()), "");
  EXPECT_EQ((difference<char const, std::byte>()), "");
  EXPECT_EQ((difference<std::uint64_t const volatile, std::uint64_t>()), "");
}

TEST(LayoutOf, OneThingThatDiffersIsNamed) {
  EXPECT_EQ((difference<plain, renamed>()), "field 0: kind unsigned in A, signed in B");
  EXPECT_EQ((difference<plain, filled>()), "field 1: offset 8 in A, 4 in B");
  EXPECT_EQ((difference<plain, narrow>()), "field 1: offset 8 in A, 4 in B");
  EXPECT_EQ((difference<plain, packed>()), "field 1: offset 8 in A, 4 in B");
  EXPECT_EQ((difference<plain, whole>()), "field 2: kind float in A, signed in B");
  EXPECT_EQ((difference<plain, aligned>()), "size 24 in A, 32 in B");
  EXPECT_EQ((difference<plain, tailed>()), "field 3: at offset 24 in B, missing in A");
  EXPECT_EQ((difference<head, plain>()), "field 2: at offset 16 in B, missing in A");
  EXPECT_EQ((difference<float, double>()), "field 0: width 4 in A, 8 in B");
  EXPECT_EQ((difference<bool, char>()), "field 0: kind bool in A, unsigned in B");
  EXPECT_EQ((difference<char, signed char>()), "field 0: kind unsigned in A, signed in B");
  EXPECT_EQ((difference<char[4], char[5]>()), "field 0: count 4 in A, 5 in B");
  EXPECT_EQ((difference<std::uint8_t[4], std::uint32_t>()), "field 0: width 1 in A, 4 in B");
}

TEST(LayoutOf, AlignmentUnionsConstructorsAndLongArraysAreNoObstacle) {
  EXPECT_EQ(layout_of<lines>().fields[1].offset, 32u);
  EXPECT_EQ(layout_of<lines>().size, 64u);
  EXPECT_EQ(layout_of<variant>().fields[1].kind, u32{ESCROW_FIELD_SIGNED});
  EXPECT_EQ(layout_of<with_constructor>().fields[1].offset, 4u);
  EXPECT_EQ(layout_of<text>().fields[0].count, 300u);
  auto const mixed_fields = layout_of<mixed_array>();
  ASSERT_EQ(mixed_fields.count(), 4u) << "two elements of two fields";
  EXPECT_EQ(mixed_fields.fields[3].offset, 12u);
  auto const spaced_fields = layout_of<spaced[2]>();
  ASSERT_EQ(spaced_fields.count(), 2u) << "one field each, with a gap between";
  EXPECT_EQ(spaced_fields.fields[0].offset, 4u);
  EXPECT_EQ(spaced_fields.fields[1].offset, 12u);
}

TEST(LayoutOf, WhatHasNoLayoutIsKnown) {
  EXPECT_FALSE(has_layout<int *>);
  EXPECT_FALSE(has_layout<int &>);
  EXPECT_FALSE(has_layout<int[]>);
  EXPECT_FALSE(has_layout<void>);
  EXPECT_FALSE(has_layout<long double>);
  EXPECT_FALSE(has_layout<std::nullptr_t>);
  EXPECT_FALSE(has_layout<void()>);
  EXPECT_FALSE(has_layout<std::string>);
  EXPECT_FALSE(has_layout<std::atomic<int *>>);
  EXPECT_TRUE(has_layout<frame>);
  EXPECT_TRUE(has_layout<frame[2]>);
  EXPECT_TRUE(has_layout<wchar_t>);
}
