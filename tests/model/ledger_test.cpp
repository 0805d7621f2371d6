// How notes meet those who read them and slots that are used again, and how stacks are entered, on
// the code as it is: clean in every execution; and each memory order is needed in a scene.
// Guarantee P of docs/trust.md.
#include <gtest/gtest.h>

#include "ledger_scenes.hpp"
#include "orders.hpp"

namespace {

TEST(Ledger, ANoteIsOfOneReference) {
  model::expect_clean(ledger_scenes::all());
}

TEST(Ledger, EveryOrderOfANoteIsNeeded) {
  constexpr char const *again = "a walk meets a slot that is used again";
  constexpr char const *late = "a late note meets the slot's next object";
  model::found_out const needed[] = {
      {"read_around: how.load acquire", again},
      {"read_around: site.load acquire", "a note is read while it is written"},
      {"read_around: when.load acquire", again},
      {"read_around: where.load acquire", again},
      {"write: how.store release", again},
      {"birth: site.load acquire", "a traced object's slot is used again"},
      {"mark: site.store release", "a traced object's slot is used again"},
      {"claim: site.compare_exchange acquire", late},
      {"write: site.store release", "a reference is noted and moves"},
      {"write: when.store release", again},
      {"write: where.store release", again},
  };
  constexpr char const *later = "the birth of a later object is above the handle's generation";
  model::stronger const unneeded[] = {
      {"birth: how.load acquire", later},
      {"mark: how.store release", later},
      {"write: word.load acquire", "every look at a word acquires; here site orders it already"},
  };
  model::orders(ledger_scenes::all()).expect_needed(needed, unneeded);
}

TEST(Ledger, EveryStackHasOneNumber) {
  model::expect_clean(ledger_scenes::of_stacks());
}

TEST(Ledger, EveryOrderOfStacksIsNeeded) {
  constexpr char const *listed = "stacks are listed while one is entered";
  model::found_out const needed[] = {
      {"find: shape.store release", listed},
      {"read: shape.load acquire", listed},
  };
  model::orders(ledger_scenes::of_stacks()).expect_needed(needed);
}

}  // namespace
