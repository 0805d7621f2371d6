#include "escrow/cell_writer.hpp"

#include <thread>
#include <vector>

#include "cell_fixture.hpp"
#include "escrow/cell.h"

namespace {

struct even_numbers {
  u64 asked = 0;
  static int32_t look(void const *content, uint64_t size, void *context, escrow_cell_reason *why) {
    ++static_cast<even_numbers *>(context)->asked;
    auto const &c = *static_cast<config const *>(content);
    if (size == sizeof c && c.number % 2 == 0) return 0;
    std::strcpy(why->text, "odd");
    return 17;
  }
  [[nodiscard]] escrow_cell_options options() {
    auto o = cell<config>::options();
    o.validator = &look;
    o.validator_context = this;
    return o;
  }
};

escrow_cell_options with_history(u32 n) {
  auto o = cell<config>::options();
  o.history = n;
  return o;
}

}  // namespace

TEST(CellWriter, VersionsCountFromOne) {
  test_cell<> c;
  EXPECT_EQ(c.version(), 0u);
  for (u64 v = 1; v <= 100; ++v) {
    EXPECT_EQ(c.put(1000 + v), v);
    EXPECT_EQ(c.version(), v);
  }
}

TEST(CellWriter, ASwapMayDependOnTheVersion) {
  test_cell<> c;
  u64 version = 9;
  EXPECT_EQ(c.swap_if(cell_if::version(1), config::of(1), &version), ESCROW_E_DIFFERS);
  EXPECT_EQ(version, 0u);
  EXPECT_EQ(c.swap_if(cell_if::version(0), config::of(1), &version), ESCROW_OK);
  EXPECT_EQ(version, 1u);
  EXPECT_EQ(c.swap_if(cell_if::version(0), config::of(2)), ESCROW_E_DIFFERS);
  EXPECT_EQ(c.swap_if(cell_if::version(1), config::of(2)), ESCROW_OK);
  EXPECT_EQ(c.stats().differed, 2u);
  EXPECT_EQ(c.stats().snapshots, 1u) << "what was not published is gone";
}

TEST(CellWriter, ASwapMayDependOnTheEtag) {
  test_cell<bytes> c;
  EXPECT_EQ(c.swap_if(cell_if::etag(of("x")), of("one")), ESCROW_E_DIFFERS) << "there is none yet";
  EXPECT_EQ(c.swap(of("one"), nullptr, nullptr, of("\"abc\"")), ESCROW_OK);
  EXPECT_EQ(c.swap_if(cell_if::etag(of("\"abd\"")), of("two")), ESCROW_E_DIFFERS);
  EXPECT_EQ(c.swap_if(cell_if::etag(of("")), of("two")), ESCROW_E_DIFFERS);
  EXPECT_EQ(c.swap_if(cell_if::etag(of(std::string(300, 'x'))), of("two")), ESCROW_E_DIFFERS);
  EXPECT_EQ(c.swap_if(cell_if::etag(of("\"abc\"")), of("two")), ESCROW_OK);
  cell<bytes>::held h;
  ASSERT_EQ(c.load(h), ESCROW_OK);
  EXPECT_EQ(h.etag().size, ESCROW_CELL_ETAG) << "computed where the caller has none";
  EXPECT_EQ(c.swap_if(cell_if::etag(h.etag()), of("three")), ESCROW_OK);
}

TEST(CellWriter, AnUnchangedContentIsNotPublishedAgain) {
  test_cell<bytes> c;
  u64 version = 0;
  EXPECT_EQ(c.swap_if(cell_if::changed(), of("one")), ESCROW_OK);
  EXPECT_EQ(c.swap_if(cell_if::changed(), of("one"), &version), ESCROW_ALREADY);
  EXPECT_EQ(version, 1u);
  EXPECT_EQ(c.swap_if(cell_if::changed(), of("two"), &version), ESCROW_OK);
  EXPECT_EQ(version, 2u);
  EXPECT_EQ(c.stats().differed, 0u);
  EXPECT_EQ(c.stats().snapshots, 1u);
  escrow_cell_condition unknown{4, 0, 0, nullptr};
  EXPECT_EQ(c.swap_if(unknown, of("three")), ESCROW_E_OPTION);
}

TEST(CellWriter, ARefusedContentChangesNothingAndSaysWhy) {
  even_numbers v;
  test_cell<> c(v.options());
  escrow_cell_reason why{};
  c.put(2);
  EXPECT_EQ(c.swap(config::of(3), nullptr, &why), ESCROW_E_REFUSED);
  EXPECT_EQ(why.code, 17);
  EXPECT_STREQ(why.text, "odd");
  EXPECT_EQ(v.asked, 2u) << "each content once";
  config copy{};
  ASSERT_EQ(c.copy(copy), ESCROW_OK);
  EXPECT_EQ(copy.number, 2u);
  EXPECT_EQ(c.swap(config::of(4), nullptr, &why), ESCROW_OK);
  EXPECT_EQ(why.code, 0);
  EXPECT_EQ(c.version(), 2u) << "a refusal uses no version up";
  auto const s = c.stats();
  EXPECT_EQ(s.refused, 1u);
  EXPECT_STREQ(s.why.text, "odd");
  EXPECT_EQ(s.snapshots, 1u);
}

TEST(CellWriter, SizesOutOfRangeAreRefused) {
  auto o = cell<bytes>::options();
  o.fixed_size = 4;
  test_cell<bytes> c(o);
  EXPECT_EQ(c.swap(of("four")), ESCROW_OK);
  EXPECT_EQ(c.swap(of("five5")), ESCROW_E_SIZE);
  EXPECT_EQ(c.swap(of("")), ESCROW_E_SIZE);
  EXPECT_EQ(c.swap(of("four"), nullptr, nullptr, of(std::string(255, 'e'))), ESCROW_OK);
  EXPECT_EQ(c.swap(of("four"), nullptr, nullptr, of(std::string(256, 'e'))), ESCROW_E_SIZE);
  test_cell<bytes> any;
  EXPECT_EQ(any.swap(of("")), ESCROW_OK) << "an empty content is a content";
  cell<bytes>::held h;
  ASSERT_EQ(any.load(h), ESCROW_OK);
  EXPECT_EQ(h.content().size, 0u);
}

TEST(CellWriter, TheHistoryKeepsTheLastVersions) {
  for (u32 const n : {0u, 1u, 3u, 63u}) {
    test_cell<> c(with_history(n));
    for (u64 v = 1; v <= 150; ++v) {
      c.put(v);
      u64 const kept = v - 1 < n ? v - 1 : n;
      auto const s = c.stats();
      ASSERT_EQ(s.history, kept);
      ASSERT_EQ(s.snapshots, kept + 1);
      cell<config>::held h;
      ASSERT_EQ(c.load_version(v - kept, h), ESCROW_OK);
      EXPECT_EQ(h->number, v - kept);
      ASSERT_EQ(c.load_version(v - kept - 1, h), ESCROW_E_ABSENT);
    }
  }
}

TEST(CellWriter, RollingBackPublishesAnOldContentAsANewVersion) {
  even_numbers v;
  auto o = v.options();
  o.history = 2;
  test_cell<> c(o);
  c.put(2);
  c.put(4);
  c.put(6);
  u64 version = 0;
  u64 const asked = v.asked;
  EXPECT_EQ(c.roll_back(1, &version), ESCROW_OK);
  EXPECT_EQ(version, 4u);
  EXPECT_EQ(v.asked, asked) << "it was accepted when it came";
  cell<config>::held now;
  ASSERT_EQ(c.load(now), ESCROW_OK);
  EXPECT_EQ(now->number, 2u);
  EXPECT_EQ(now.version(), 4u);
  EXPECT_EQ(c.roll_back(1, &version), ESCROW_E_ABSENT) << "2 versions are kept: 2 and 3";
  EXPECT_EQ(version, 0u);
  EXPECT_EQ(c.roll_back(4, &version), ESCROW_ALREADY);
  EXPECT_EQ(version, 4u);
  EXPECT_EQ(c.roll_back(0), ESCROW_E_ABSENT);
  EXPECT_EQ(c.roll_back(5), ESCROW_E_ABSENT);
  EXPECT_EQ(c.roll_back(2), ESCROW_OK);
  EXPECT_EQ(c.stats().rolled_back, 2u);
}

TEST(CellWriter, ARollBackKeepsTheEtag) {
  auto o = cell<bytes>::options();
  o.history = 1;
  test_cell<bytes> c(o);
  ASSERT_EQ(c.swap(of("one"), nullptr, nullptr, of("\"mine\"")), ESCROW_OK);
  ASSERT_EQ(c.swap(of("two")), ESCROW_OK);
  ASSERT_EQ(c.roll_back(1), ESCROW_OK);
  cell<bytes>::held h;
  ASSERT_EQ(c.load(h), ESCROW_OK);
  EXPECT_EQ(text_of(h.etag()), "\"mine\"");
  EXPECT_EQ(text_of(h.content()), "one");
}

TEST(CellWriter, ASwapAtTheLimitChangesNothing) {
  auto o = cell<bytes>::options();
  o.limit_bytes = 1 << 20;
  o.history = 63;
  test_cell<bytes> c(o);
  std::string const large(100'000, 'x');
  escrow_status s = ESCROW_OK;
  u64 published = 0;
  while ((s = c.swap(of(large))) == ESCROW_OK) ++published;
  EXPECT_EQ(s, ESCROW_E_FULL);
  EXPECT_GE(published, 7u);
  EXPECT_EQ(c.version(), published);
  EXPECT_EQ(c.stats().snapshots, published);
  EXPECT_LE(c.stats().bytes_held, o.limit_bytes);
  EXPECT_EQ(c.roll_back(1), ESCROW_E_FULL);
  EXPECT_EQ(c.version(), published);
  EXPECT_EQ(c.swap(of("small")), ESCROW_OK) << "what fits is taken";
}

TEST(CellWriter, ADestructorRunsOnceForEachVersionThatWasPublished) {
  struct counts {
    u64 ended = 0;
    u64 sum = 0;
  } n;
  auto o = cell<config>::options();
  o.history = 1;
  o.destructor = [](void *content, uint64_t size, void *context) {
    auto *const counted = static_cast<counts *>(context);
    EXPECT_EQ(size, sizeof(config));
    ++counted->ended;
    counted->sum += static_cast<config *>(content)->number;
  };
  o.destructor_context = &n;
  {
    test_cell<> c(o);
    c.put(1);
    c.put(10);
    EXPECT_EQ(n.ended, 0u);
    c.put(100);
    EXPECT_EQ(n.sum, 1u) << "it left the history";
    cell<config>::held h;
    ASSERT_EQ(c.load_version(2, h), ESCROW_OK);
    c.put(1000);
    EXPECT_EQ(n.sum, 1u) << "somebody holds it";
    h.reset();
    EXPECT_EQ(n.sum, 11u) << "the last holder lets it go";
    EXPECT_EQ(c.swap_if(cell_if::version(1), config::of(5)), ESCROW_E_DIFFERS);
    EXPECT_EQ(n.sum, 11u) << "what was not published is its maker's";
    EXPECT_EQ(c.roll_back(3), ESCROW_E_KIND) << "a copy of its bytes is not another of it";
  }
  EXPECT_EQ(n.ended, 4u);
  EXPECT_EQ(n.sum, 1111u);
}

TEST(CellWriter, NoSwapIsLostAmongWriters) {
  test_cell<> c(with_history(4));
  constexpr u64 each = 2000;
  std::vector<std::thread> writers;
  for (u64 t = 0; t < 4; ++t)
    writers.emplace_back([&] {
      for (u64 i = 0; i < each; ++i) {
        config now{};
        u64 version = 0;
        do {
          if (c.copy(now, version) != ESCROW_OK) version = 0;
        } while (c.swap_if(cell_if::version(version), config::of(now.number + 1)) != ESCROW_OK);
      }
    });
  for (auto &w : writers) w.join();
  config last{};
  u64 version = 0;
  ASSERT_EQ(c.copy(last, version), ESCROW_OK);
  EXPECT_EQ(last.number, 4 * each);
  EXPECT_EQ(version, 4 * each);
  EXPECT_EQ(c.stats().snapshots, 5u);
}

TEST(CellWriter, ADescriptorTellsOfEachVersion) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  test_cell<> c;
  c.put(1);
  ASSERT_EQ(escrow_cell_notify(c.id(), ends[1]), ESCROW_OK);
  c.put(2);
  c.put(3);
  u64 ones[3] = {};
  EXPECT_EQ(::read(ends[0], ones, sizeof ones), 16);
  EXPECT_EQ(ones[0] + ones[1], 2u);
  ASSERT_EQ(escrow_cell_notify(c.id(), -1), ESCROW_OK);
  c.put(4);
  ASSERT_EQ(escrow_cell_notify(c.id(), ends[1]), ESCROW_OK);
  ASSERT_EQ(c.close(), ESCROW_OK);
  EXPECT_EQ(::read(ends[0], ones, sizeof ones), 8);
  ::close(ends[0]);
  ::close(ends[1]);
}
