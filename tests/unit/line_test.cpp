#include "escrow/line.hpp"

#include <gtest/gtest.h>

#include <string>

using escrow::line;

TEST(Line, WritesTextAndNumbers) {
  line l;
  l.add("a ").number(0).add(" ").number(18446744073709551615ull).add(" ").hex(0xDB0).add("!");
  EXPECT_STREQ(l.text(), "a 0 18446744073709551615 0xdb0!");
}

TEST(Line, CutsWhatDoesNotFitAndBeginsAnew) {
  line l;
  for (int i = 0; i < 1000; ++i) l.add("0123456789").number(7);
  EXPECT_EQ(std::string(l.text()).size(), line::most);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  l.write(ends[1]);
  l.add("next").write(ends[1]);
  char got[2 * line::most];
  auto const n = static_cast<std::size_t>(::read(ends[0], got, sizeof got));
  ASSERT_EQ(n, line::most + 1 + 5);
  EXPECT_EQ(std::string(got + n - 6, 6), "\nnext\n");
  ::close(ends[0]);
  ::close(ends[1]);
}
