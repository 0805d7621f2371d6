#include "escrow/cell.hpp"

#include <type_traits>
#include <utility>

#include "cell_fixture.hpp"

TEST(Cell, MovesAndCannotBeCopied) {
  static_assert(!std::is_copy_constructible_v<cell<config>>);
  static_assert(!std::is_copy_constructible_v<cell<config>::held>);
  static_assert(!std::is_copy_constructible_v<cell<config>::reader>);
  cell<config> a;
  ASSERT_EQ(cell<config>::open(cell<config>::options(), a), ESCROW_OK);
  ASSERT_EQ(a.swap(config::of(1)), ESCROW_OK);
  u64 const id = a.id();
  cell<config> b(std::move(a));
  EXPECT_FALSE(a);
  EXPECT_EQ(b.id(), id);
  a = std::move(b);
  config copy{};
  EXPECT_EQ(a.copy(copy), ESCROW_OK);
  EXPECT_EQ(b.copy(copy), ESCROW_E_NULL);
  EXPECT_EQ(b.swap(config::of(1)), ESCROW_E_NULL);
  EXPECT_EQ(b.version(), 0u);
  ASSERT_EQ(cell<config>::open(cell<config>::options(), a), ESCROW_OK) << "the old one ends";
  EXPECT_EQ(escrow::cell_lifecycle::close(id), ESCROW_E_STALE);
}

TEST(Cell, ContentsAreAlignedAsTheirType) {
  struct alignas(64) vector {
    double x[8];
  };
  test_cell<vector> c;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(c.swap(vector{{1.0 * i}}), ESCROW_OK);
    cell<vector>::held h;
    ASSERT_EQ(c.load(h), ESCROW_OK);
    EXPECT_EQ(reinterpret_cast<u64>(h.get()) % 64, 0u);
    vector copy{};
    ASSERT_EQ(c.copy(copy), ESCROW_OK);
    EXPECT_EQ(copy.x[0], 1.0 * i);
  }
}

TEST(Cell, OneByteIsAContent) {
  test_cell<char> c;
  ASSERT_EQ(c.swap('x'), ESCROW_OK);
  char copy = 0;
  ASSERT_EQ(c.copy(copy), ESCROW_OK);
  EXPECT_EQ(copy, 'x');
}

namespace {

/// As large as config, and something else.
struct prices {
  double of[5];
};
ESCROW_LAYOUT(prices, of);

}  // namespace

TEST(Cell, CarriesTheLayoutOfItsType) {
  test_cell<> c;
  auto const described = escrow::layout_of<config>();
  EXPECT_EQ(c.stats().layout, described.fingerprint);
  ASSERT_NE(c.put(7), 0u);
  cell<config>::reader mine;
  ASSERT_EQ(cell<config>::reader::bind(c.id(), mine), ESCROW_OK);
  ASSERT_NE(mine.get(), nullptr);
  EXPECT_EQ(mine.get()->number, 7u);
  cell<prices>::reader others;
  EXPECT_EQ(cell<prices>::reader::bind(c.id(), others), ESCROW_E_LAYOUT);
  EXPECT_EQ(cell<config>::reader::bind(0, mine), ESCROW_E_NULL);
  EXPECT_EQ(mine.get()->number, 7u) << "a reader keeps what it had";

  test_cell<bytes> any;
  EXPECT_EQ(any.stats().layout, 0u);
  EXPECT_EQ(cell<config>::reader::bind(any.id(), mine), ESCROW_E_LAYOUT);
  cell<bytes>::reader raw;
  EXPECT_EQ(cell<bytes>::reader::bind(c.id(), raw), ESCROW_OK) << "bytes are bytes";
  EXPECT_EQ(raw.get().size, sizeof(config));
  raw.reset();
  mine.reset();
}

TEST(Cell, ALayoutMustBeThatOfEveryContent) {
  auto const described = escrow::layout_of<config>();
  escrow_layout const layout = described.view();
  escrow_cell_options o = cell<bytes>::options();
  o.layout = &layout;
  cell<bytes> c;
  EXPECT_EQ(cell<bytes>::open(o, c), ESCROW_E_OPTION) << "of any size";
  o.fixed_size = sizeof(config) + 8;
  EXPECT_EQ(cell<bytes>::open(o, c), ESCROW_E_OPTION);
  o.fixed_size = sizeof(config);
  o.alignment = 4;
  EXPECT_EQ(cell<bytes>::open(o, c), ESCROW_E_OPTION);
  o.alignment = 0;
  escrow_layout wrong = layout;
  wrong.fingerprint ^= 1;
  o.layout = &wrong;
  EXPECT_EQ(cell<bytes>::open(o, c), ESCROW_E_OPTION);
  o.layout = &layout;
  ASSERT_EQ(cell<bytes>::open(o, c), ESCROW_OK);
  escrow_layout const *carried = nullptr;
  ASSERT_EQ(escrow::cell_lifecycle::layout(c.id(), carried), ESCROW_OK);
  EXPECT_NE(carried, &layout) << "a copy";
  EXPECT_EQ(carried->field_count, 3u);
}

TEST(Cell, ReaderOfBytesSeesThem) {
  test_cell<bytes> c;
  cell<bytes>::reader r(c);
  EXPECT_EQ(r.get().data, nullptr);
  ASSERT_EQ(c.swap(of("hello")), ESCROW_OK);
  EXPECT_EQ(text_of(r.get()), "hello");
  ASSERT_EQ(c.swap(of("")), ESCROW_OK);
  EXPECT_EQ(r.get().size, 0u);
  EXPECT_NE(r.get().data, nullptr);
}

TEST(Cell, TheCensusListsWhatIsKept) {
  auto o = cell<config>::options();
  o.history = 3;
  test_cell<> c(o);
  for (u64 i = 1; i <= 6; ++i) c.put(i);
  escrow_cell_entry entries[8] = {};
  u32 count = 0;
  ASSERT_EQ(escrow::cell_census::history(c.control(), c.id(), entries, 8, count), ESCROW_OK);
  ASSERT_EQ(count, 4u);
  for (u32 i = 0; i < count; ++i) {
    EXPECT_EQ(entries[i].version, 6 - i);
    EXPECT_EQ(entries[i].size, sizeof(config));
    EXPECT_GT(entries[i].published, 0u);
  }
  ASSERT_EQ(escrow::cell_census::history(c.control(), c.id(), entries, 2, count), ESCROW_OK);
  EXPECT_EQ(count, 2u);
}
