// Calls on one map or cell that meet, under the explorer as they are compiled.
#include "call_scenes.hpp"
#include "orders.hpp"

namespace {

TEST(Calls, OnOneMapOrCellAnswerOfOneMoment) {
  model::expect_clean(call_scenes::maps());
  model::expect_clean(call_scenes::cells());
}

TEST(Calls, AnOrderThatIsMissingWouldBeSeen) {
  // Two of many: each order of theirs has a scene of its own in another test.
  model::found_out const needed[] = {
      {"edit_slot: word.store release", "bytes are read and stored"},
      {"publish: word.store release", "bytes are read and stored"},
  };
  model::orders(call_scenes::maps(), true, [](model::access const &a, auto const &) {
    return std::strcmp(a.at.function, "edit_slot") == 0 ||
           std::strcmp(a.at.function, "publish") == 0;
  }).expect_needed(needed);
}

}  // namespace
