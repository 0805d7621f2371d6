#include "escrow/call_stack.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <thread>
#include <vector>

using escrow::call_stack;
using escrow::u64;

namespace {

call_stack stack_of(std::initializer_list<u64> native, std::initializer_list<u64> managed = {}) {
  call_stack s;
  s.clear();
  for (auto const pc : native) s.add(pc);
  s.add_managed(managed.begin(), managed.size());
  return s;
}

// A chain of frames as the compiler lays them: the saved frame pointer, then the return address.
struct chain {
  explicit chain(std::initializer_list<u64> pcs) {
    for (auto const pc : pcs) {
      words[used] = reinterpret_cast<u64>(&words[used + 2]);
      words[used + 1] = pc;
      used += 2;
    }
    words[used - 2] = 0;
  }
  u64 first() const { return reinterpret_cast<u64>(&words[0]); }
  u64 words[128];
  unsigned used = 0;
};

std::vector<u64> frames(call_stack const &s) {
  return {s.frames, s.frames + s.count};
}

}  // namespace

TEST(CallStack, KeepsTheInnermostFramesAndCutsTheOuter) {
  call_stack s;
  s.clear();
  for (u64 i = 1; i <= 40; ++i) s.add(i);
  EXPECT_EQ(s.count, call_stack::most);
  EXPECT_EQ(s.native, call_stack::most);
  EXPECT_EQ(s.frames[0], 1u);
  u64 const more[] = {7};
  s.add_managed(more, 1);
  EXPECT_EQ(s.count, call_stack::most);
}

TEST(CallStack, KnowsWhichFramesAreNative) {
  auto const s = stack_of({1, 2}, {3, 4, 5});
  EXPECT_EQ(s.count, 5u);
  EXPECT_EQ(s.native, 2u);
}

TEST(CallStack, KeysTellStacksApart) {
  EXPECT_EQ(stack_of({1, 2}).key(), stack_of({1, 2}).key());
  EXPECT_NE(stack_of({1, 2}).key(), stack_of({2, 1}).key());
  EXPECT_NE(stack_of({1, 2}).key(), stack_of({1}, {2}).key());
  EXPECT_NE(stack_of({1, 2}).key(), stack_of({1}).key());
  EXPECT_NE(stack_of({1ull << 63}).key(), stack_of({0}).key());
  EXPECT_NE(stack_of({}).key(), 0u);
}

TEST(CallStack, WalksFramePointersFromTheSiteOn) {
  chain const c{0x10000, 0x20000, 0x30000, 0x40000};
  auto s = stack_of({0x20000});  // the site; the first frame is the library's own
  s.walk(c.first(), 0x20000);
  if (s.count == 1) GTEST_SKIP() << "no frame is walked on this platform";
  EXPECT_EQ(frames(s), (std::vector<u64>{0x20000, 0x30000, 0x40000}));
}

TEST(CallStack, LeavesTheFirstFrameOutWhereTheSiteIsNotFound) {
  chain const c{0x10000, 0x20000, 0x30000};
  auto s = stack_of({0x77777});
  s.walk(c.first(), 0x77777);
  if (s.count == 1) GTEST_SKIP() << "no frame is walked on this platform";
  EXPECT_EQ(frames(s), (std::vector<u64>{0x77777, 0x20000, 0x30000}));
}

TEST(CallStack, StaysInsideTheThreadsStackWhateverTheFramePointersSay) {
  chain c{0x10000, 0x20000, 0x30000};
  for (u64 const wrong : {u64{8}, ~u64{7}, c.first() - 64, c.first() + 3, u64{1} << 46}) {
    c.words[2] = wrong;
    auto s = stack_of({0x10000});
    s.walk(c.first(), 0x10000);
    EXPECT_LE(s.count, 2u) << wrong;
  }
  auto s = stack_of({0x10000});
  s.walk(u64{8}, 0x10000);
  s.walk(reinterpret_cast<u64>(&s) | 1, 0x10000);
  EXPECT_EQ(s.count, 1u);
}

/// Reads the stack from here to its end: all of it is there. Reads others' variables, and what lies
/// between them.
[[gnu::no_sanitize_address]] static void look() {
  char volatile here = 0;
  u64 const at = reinterpret_cast<u64>(&here);
  u64 const end = call_stack::end_of_stack(at);
  if (end == 0) return;
  EXPECT_GT(end, at);
  for (u64 p = at; p + 64 < end; p += 64) here = *reinterpret_cast<char volatile *>(p);
}

TEST(CallStack, FindsTheEndOfTheStackOfEveryThread) {
  look();
  std::thread(look).join();
#if defined(__linux__) && defined(__GLIBC__)
  char volatile here = 0;
  EXPECT_NE(call_stack::end_of_stack(reinterpret_cast<u64>(&here)), 0u);
#endif
}
