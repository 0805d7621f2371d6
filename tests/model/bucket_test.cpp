// The read protocol of a map's buckets, on the code as it is.
#include <gtest/gtest.h>

#include "index.hpp"

namespace {

using model::check;
using model::index;
using model::u64;
using scenario = model::scenario<index>;

std::vector<scenario> scenarios() {
  return {
      {{[](index &m) {
          m.erase(1);
          m.put(2, 22);
          m.erase(2);
          m.put(1, 12);
        },
        [](index &m) {
          u64 const one = m.get(1);
          check(one == 0 || one == 11 || one == 12, "1 has a value of 1");
          u64 const two = m.get(2);
          check(two == 0 || two == 22, "2 has a value of 2");
        }},
       [](index &m) { check(m.get(1) == 12 && m.get(2) == 0, "what was stored last stays"); },
       [](index &m) { m.put(1, 11); },
       "a slot is reused for another key"},
  };
}

}  // namespace

TEST(Bucket, IsClean) {
  for (auto const &s : scenarios()) {
    auto const r = model::explore(s);
    EXPECT_TRUE(r.clean()) << s.name << ": " << r.failure;
    std::printf("%-40s %9llu executions %9llu states %9llu runs %11llu steps %6.2f s\n",
                s.name.c_str(), (unsigned long long)r.executions, (unsigned long long)r.states,
                (unsigned long long)r.runs, (unsigned long long)r.steps, r.seconds);
  }
}
