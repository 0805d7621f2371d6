// Events that are written into one place of a trace, and read there, on the code as it is: whole in
// every execution of every scene; and each of its memory orders, weakened, is found out.
// Guarantee P of docs/trust.md.
#include "escrow/trace_ring.hpp"

#include "orders.hpp"

namespace {

using escrow::u64;
using model::check;

struct place {
  escrow::basic_trace_place<model::atomic, 2> at;
  place() {
    at.stamp.name("stamp");
    at.words[0].name("word0");
    at.words[1].name("word1");
  }
  void write(u64 n) {
    u64 const words[] = {10 * n, 10 * n + 1};
    (void)at.write(n, words);
  }
  void read(u64 n) {
    u64 words[2] = {};
    if (at.read(n, words))
      check(words[0] == 10 * n && words[1] == 10 * n + 1, "an event is shown whole");
  }
};

std::vector<model::scenario<place>> scenes() {
  auto const write = [](u64 n) { return [n](place &p) { p.write(n); }; };
  auto const read = [](u64 n) { return [n](place &p) { p.read(n); }; };
  auto const first = [](place &p) { p.write(1); };
  auto const whole = [](place &p) {
    p.read(1);
    p.read(2);
  };
  return {
      {{write(1), read(1)}, whole, {}, "an event is written and read"},
      {{write(2), read(1)}, whole, first, "an event is overwritten and read"},
      {{write(1), write(2), read(2)}, whole, {}, "two writers meet in a place"},
      {{write(2), write(3), read(2)},
       [](place &p) { p.read(3); },
       first,
       "two writers overwrite an event"},
  };
}

constexpr model::found_out needed[] = {
    {"read: stamp.load acquire", "an event is written and read"},
    {"read: word.load acquire", "an event is overwritten and read"},
    {"write: stamp.compare_exchange acquire", "two writers meet in a place"},
    {"write: stamp.store release", "an event is written and read"},
    {"write: word.store release", "an event is overwritten and read"},
};

}  // namespace

TEST(TraceRing, AnEventIsShownWholeOrNotAtAll) {
  model::expect_clean(scenes());
}

TEST(TraceRing, EveryMemoryOrderIsNeeded) {
  model::orders(scenes()).expect_needed(needed);
}
