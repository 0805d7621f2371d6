// What lies in a guarded place, as reports read it while objects come and end, on the code as it
// is: of one object in every execution; and each memory order is needed in a scene.
#include <gtest/gtest.h>

#include "guarded_place_scenes.hpp"
#include "orders.hpp"

namespace {

TEST(GuardedPlace, WhatIsShownIsOfOneObject) {
  model::expect_clean(guarded_place_scenes::all());
}

TEST(GuardedPlace, EveryMemoryOrderIsNeeded) {
  constexpr char const *again = "a place is used again";
  constexpr char const *next = "a place is used again and its next object ends";
  model::found_out const needed[] = {
      {"begin: bytes.store release", again},
      {"begin: ended.store release", again},
      {"begin: object.store release", "an object comes to a place"},
      {"begin: payload.store release", again},
      {"begin: pool.store release", again},
      {"begin: site.store release", again},
      {"end: ended.store release", "an object ends and is looked for"},
      {"end: site.store release", next},
      {"read: bytes.load acquire", again},
      {"read: ended.load acquire", again},
      {"read: object.load acquire", "an object comes to a place"},
      {"read: payload.load acquire", again},
      {"read: pool.load acquire", again},
      {"read: site.load acquire", again},
  };
  model::orders(guarded_place_scenes::all()).expect_needed(needed);
}

}  // namespace
