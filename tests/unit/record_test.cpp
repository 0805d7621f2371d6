// Records: key and value come back as they were, and nothing is believed once the bucket has
// changed.
#include "escrow/record.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

using namespace escrow;

namespace {

constexpr auto unchanged = []() noexcept { return true; };
constexpr auto changed = []() noexcept { return false; };

struct made {
  std::unique_ptr<std::atomic<u64>[]> words;
  record r;
  made(std::string const &key, std::string const &value)
      : words(std::make_unique<std::atomic<u64>[]>(record::bytes_for(key.size(), value.size()) / 8 +
                                                   1)),
        r{words.get()} {
    for (u64 i = 0; i <= record::bytes_for(key.size(), value.size()) / 8; ++i)
      words[i] = 0xEEEEEEEEEEEEEEEEull;
    r.write({key.data(), key.size()}, {value.data(), value.size()});
  }
};

}  // namespace

TEST(Record, KeyAndValueOfEveryLengthComeBackAndNothingBehindThemIsTouched) {
  for (u64 k = 0; k < 20; ++k) {
    for (u64 v = 0; v < 20; ++v) {
      std::string const key(k, 'k');
      std::string const value(v, 'v');
      made const m(key, value);
      EXPECT_EQ(m.r.bytes_held(), record::bytes_for(k, v));
      EXPECT_EQ(m.words[record::bytes_for(k, v) / 8].load(), 0xEEEEEEEEEEEEEEEEull);
      EXPECT_TRUE(m.r.has_key({key.data(), k}, unchanged));
      EXPECT_TRUE(m.r.has_value({value.data(), v}));
      std::string out(v, '?');
      u64 size = 99;
      EXPECT_TRUE(m.r.copy_value(out.data(), v, size, unchanged));
      EXPECT_EQ(size, v);
      EXPECT_EQ(out, value);
      if (v != 0) {
        std::string other = value;
        other[v - 1] ^= 1;
        EXPECT_FALSE(m.r.has_value({other.data(), v}));
        EXPECT_FALSE(m.r.has_value({value.data(), v - 1}));
      }
      if (k != 0) {
        std::string other = key;
        other[k - 1] ^= 1;
        EXPECT_FALSE(m.r.has_key({other.data(), k}, unchanged));
        EXPECT_FALSE(m.r.has_key({key.data(), k - 1}, unchanged)) << "a prefix is another key";
      }
    }
  }
}

TEST(Record, ASizeIsNotBelievedOnceTheBucketHasChanged) {
  std::string const key = "key";
  std::string const value = "value";
  made const m(key, value);
  char out[8] = "unseen";
  u64 size = 0;
  EXPECT_FALSE(m.r.has_key({key.data(), 3}, changed));
  EXPECT_FALSE(m.r.copy_value(out, sizeof out, size, changed));
  EXPECT_STREQ(out, "unseen");
}

TEST(Record, ACopyOfAValueStopsAtTheCapacityAndTellsTheSize) {
  made const m("k", "0123456789abcdef");
  char out[12] = "???????????";
  u64 size = 0;
  EXPECT_TRUE(m.r.copy_value(out, 9, size, unchanged));
  EXPECT_EQ(size, 16u);
  EXPECT_EQ(std::string(out, 11), "012345678??");
}

TEST(Record, TheLeadingValueIsPaddedWithZeros) {
  EXPECT_EQ(made("key", "").r.leading_value(), 0u);
  EXPECT_EQ(made("key", "a").r.leading_value(), 0x61u);
  EXPECT_EQ(made("longer key", "abcdefghij").r.leading_value(), 0x6867666564636261ull);
}

TEST(Record, ACopyHoldsTheSame) {
  made const from("some key", "some value");
  made const to("some kex", "some valuf");
  from.r.copy_to(to.r);
  EXPECT_TRUE(to.r.has_key({"some key", 8}, unchanged));
  EXPECT_TRUE(to.r.has_value({"some value", 10}));
}
