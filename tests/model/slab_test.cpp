// Slots, slabs and lanes on the code as it is: clean in every execution; and each memory order is
// needed in a scene.
#include <gtest/gtest.h>

#include "orders.hpp"
#include "slab_scenes.hpp"

namespace {

TEST(Slab, ASlotHasOneHolder) {
  model::expect_clean(slab_scenes::claims());
}

TEST(Slab, WhatIsFreedIsFound) {
  model::expect_clean(slab_scenes::sweeps());
}

TEST(Slab, TheLastHolderFrees) {
  model::expect_clean(slab_scenes::holders());
}

TEST(Slab, CloseAndTrimMissNothing) {
  model::expect_clean(slab_scenes::ends());
}

TEST(Slab, EveryMemoryOrderIsNeeded) {
  model::orders(slab_scenes::all()).expect_needed(std::vector<model::found_out>{});
}

}  // namespace
