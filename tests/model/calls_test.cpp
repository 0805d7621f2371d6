// Calls on one map or cell that meet, under the explorer as they are compiled.
#include "call_scenes.hpp"
#include "orders.hpp"

namespace {

TEST(Calls, OnOneMapOrCellAnswerOfOneMoment) {
  model::expect_clean(call_scenes::all());
}

TEST(Calls, AnOrderThatIsMissingWouldBeSeen) {
  // Each order of theirs has its own test elsewhere. That these scenes would show one that is
  // missing:
  model::found_out const needed[] = {
      {"edit_slot: word.store release", "bytes are read and stored"},
      {"publish: word.store release", "bytes are read and stored"},
  };
  auto scenes = call_scenes::all();
  scenes.pop_back();  // the cell: it has neither, and takes a second
  model::orders(scenes, true, [](model::access const &a, auto const &) {
    return std::strcmp(a.at.function, "edit_slot") == 0 ||
           std::strcmp(a.at.function, "publish") == 0;
  }).expect_needed(needed);
}

}  // namespace
