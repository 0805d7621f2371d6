#include "escrow/etag.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

using escrow::etag;

namespace {

std::string of(std::string const &content) {
  char out[etag::size];
  etag::of({content.data(), content.size()}, out);
  return {out, sizeof out};
}

}  // namespace

// Others may have stored them: they stay what they are.
TEST(Etag, GoldenValues) {
  EXPECT_EQ(of(""), "\"1fda6586d606be8527589e51fc10a8f6\"");
  EXPECT_EQ(of("a"), "\"fa7107d2faf9573d9a9e3d4d34f29bf6\"");
  EXPECT_EQ(of("{\"limit\": 10}"), "\"d2065a57d310aa11755272aa3b127843\"");
  EXPECT_EQ(of(std::string(1000, 'x')), "\"64c345e6814859b82a1411bb9edbaa42\"");
}

TEST(Etag, IsInQuotesAndOfTheContentAlone) {
  std::string const tag = of("content");
  ASSERT_EQ(tag.size(), 34u);
  EXPECT_EQ(tag.front(), '"');
  EXPECT_EQ(tag.back(), '"');
  EXPECT_EQ(tag.find_first_not_of("0123456789abcdef", 1), 33u);
  EXPECT_EQ(of("content"), tag);
}

TEST(Etag, EveryBitOfTheContentCounts) {
  std::set<std::string> seen;
  for (std::size_t size = 0; size < 70; ++size) {
    std::string const zeros(size, '\0');
    EXPECT_TRUE(seen.insert(of(zeros)).second) << "length " << size;
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      std::string one = zeros;
      one[bit / 8] = static_cast<char>(1 << bit % 8);
      EXPECT_TRUE(seen.insert(of(one)).second) << "bit " << bit << " of " << size;
    }
  }
}
