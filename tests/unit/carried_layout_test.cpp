// What pools and maps carry: one immortal copy of each layout. Small counts, so that the limit is
// near.
#define ESCROW_SMALL_COUNTS
#include "escrow/carried_layout.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "escrow/escrow.hpp"

namespace {

using namespace escrow;

template <u32 fields>
layout<fields> words(u32 width) {
  layout<fields> made;
  made.size = width * fields;
  made.alignment = width;
  for (u32 i = 0; i < fields; ++i) made.fields[i] = {ESCROW_FIELD_UNSIGNED, i * width, width, 1};
  return made;
}

}  // namespace

TEST(CarriedLayout, ACopyIsKeptOnceAndOutlivesWhatItWasMadeFrom) {
  escrow_layout const *first = nullptr;
  escrow_layout const *again = nullptr;
  {
    auto made = words<2>(4);
    auto const view = made.view();
    ASSERT_EQ(kept_layout::keep(&view, first), ESCROW_OK);
    ASSERT_EQ(kept_layout::keep(&view, again), ESCROW_OK);
    EXPECT_EQ(first, again);
    made.fields[1].kind = ESCROW_FIELD_SIGNED;
    escrow_layout const *other = nullptr;
    ASSERT_EQ(kept_layout::keep(&view, other), ESCROW_OK);
    EXPECT_NE(other, first);
  }
  EXPECT_EQ(first->field_count, 2u);
  EXPECT_EQ(first->fields[1].kind, u32{ESCROW_FIELD_UNSIGNED});
  EXPECT_EQ(first->fingerprint, layout_rules::fingerprint(8, 4, first->fields, 2));
  carried_layout mark{};
  EXPECT_EQ(mark.get(), nullptr);
  EXPECT_FALSE(mark.is(0)) << "nothing is carried";
  mark.set(first);
  EXPECT_EQ(mark.get(), first);
  EXPECT_TRUE(mark.is(first->fingerprint));
  EXPECT_FALSE(mark.is(first->fingerprint + 1));
}

TEST(CarriedLayout, NothingGivenIsNothingKept) {
  escrow_layout const *out = reinterpret_cast<escrow_layout const *>(8);
  EXPECT_EQ(kept_layout::keep(nullptr, out), ESCROW_OK);
  EXPECT_EQ(out, nullptr);
  escrow_layout const empty{};
  EXPECT_EQ(kept_layout::keep(&empty, out), ESCROW_E_OPTION);
  EXPECT_EQ(out, nullptr);
}

TEST(CarriedLayout, ManyThreadsThatKeepOneLayoutGetOneCopy) {
  auto const made = words<3>(8);
  auto const view = made.view();
  std::vector<escrow_layout const *> kept(4);
  std::vector<std::thread> threads;
  for (auto &out : kept)
    threads.emplace_back([&] { EXPECT_EQ(kept_layout::keep(&view, out), ESCROW_OK); });
  for (auto &t : threads) t.join();
  for (auto const *const k : kept) EXPECT_EQ(k, kept[0]);
}

TEST(CarriedLayout, ALayoutTooManyIsRefusedAndKnownOnesStay) {
  auto const known = words<2>(8);
  auto const view = known.view();
  escrow_layout const *first = nullptr;
  ASSERT_EQ(kept_layout::keep(&view, first), ESCROW_OK);
  escrow_status s = ESCROW_OK;
  for (u32 size = 1; s == ESCROW_OK && size <= kept_layout::most; ++size) {
    escrow_field const bytes{ESCROW_FIELD_UNSIGNED, 0, 1, size};
    escrow_layout const one{sizeof(escrow_layout), size, 1, 1, 0, &bytes};
    escrow_layout const *out = nullptr;
    s = kept_layout::keep(&one, out);
  }
  EXPECT_EQ(s, ESCROW_E_EXHAUSTED);
  escrow_layout const *again = nullptr;
  EXPECT_EQ(kept_layout::keep(&view, again), ESCROW_OK);
  EXPECT_EQ(again, first);
  auto o = pool::options();
  auto const other = words<4>(8);
  auto const other_view = other.view();
  o.layout = &other_view;
  pool p;
  EXPECT_EQ(pool::open(o, p), ESCROW_E_EXHAUSTED);
  o.layout = &view;
  EXPECT_EQ(pool::open(o, p), ESCROW_OK);
}
