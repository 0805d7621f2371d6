// Events that are written into one place of a trace, and read there, on the code as it is: whole in
// every execution of every scene; and each of its memory orders, weakened, is found out.
// Guarantee P of docs/trust.md.
#include "trace_scenes.hpp"

#include "orders.hpp"

namespace {

constexpr model::found_out needed[] = {
    {"read: stamp.load acquire", "an event is written and read"},
    {"read: word.load acquire", "an event is overwritten and read"},
    {"write: stamp.compare_exchange acquire", "two writers meet in a place"},
    {"write: stamp.store release", "an event is written and read"},
    {"write: word.store release", "an event is overwritten and read"},
};

}  // namespace

TEST(TraceRing, AnEventIsShownWholeOrNotAtAll) {
  model::expect_clean(trace_scenes::all());
}

TEST(TraceRing, EveryMemoryOrderIsNeeded) {
  model::orders(trace_scenes::all()).expect_needed(needed);
}
