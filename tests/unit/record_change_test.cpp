// The change of an entry with a record: it makes the record, knows its key, and gives back what no
// entry names.
#include "escrow/record_change.hpp"

#include "map_fixture.hpp"

namespace {

using rules = bytes_to_bytes::rules_type;
struct change : record_change<byte_keys<seeded_hash<bytes>>, rules> {
  [[nodiscard]] edit becomes(bool found, u64 key, u64 value) const noexcept {
    return {found ? edit::set_value : edit::keep, ESCROW_OK, key, value};
  }
};
constexpr auto unchanged = []() noexcept { return true; };

}  // namespace

TEST(RecordChange, ARecordThatNoEntryNamesIsGivenBack) {
  test_map<bytes_to_bytes> m;
  rules r{};
  r.blobs = &m.control->blobs;
  change c{{r, {"key", 3}, 5}};
  ASSERT_EQ(c.make<false>({"value", 5}), ESCROW_OK);
  ASSERT_NE(c.made, 0u);
  EXPECT_NE(m.stats().bytes_records_live, 0u);
  EXPECT_TRUE(c.is_of_key(c.key_word(), unchanged));
  c.hash = 6;
  EXPECT_FALSE(c.is_of_key(c.key_word() ^ 1ull << reference_bits, unchanged)) << "another hash";
  c.key.size = 2;
  EXPECT_FALSE(c.is_of_key(c.key_word(), unchanged));
  c.dead = c.made;
  c.made = 0;
  c.release_rest();
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
  change again{{r, {"key", 3}, 5}};
  EXPECT_EQ(again.make<true>({"value", 5}), ESCROW_OK) << "there is memory now";
  again.release_rest();
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
}

TEST(RecordChange, AnIndexAsksItThroughOnePointer) {
  test_map<bytes_to_bytes> m;
  rules r{};
  r.blobs = &m.control->blobs;
  change c{{r, {"key", 3}, 5}};
  asks<change> const by{&c};
  static_assert(sizeof by == sizeof(void *));
  EXPECT_FALSE(by(6ull << reference_bits, unchanged));
  EXPECT_EQ(by(true, 1, 2).what, edit::set_value);
  EXPECT_EQ(by(false, 1, 2).what, edit::keep);
}
