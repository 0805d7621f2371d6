// The C facade under the explorer, as it is compiled for whoever calls it: what reference.hpp makes
// of handles, clean in every execution. Then each memory order of reference.hpp, and of the fields
// that it reads, is weakened in turn.
#include "facade_scenes.hpp"
#include "orders.hpp"

namespace {

constexpr char const *slab = "changes with the slab alone: slab_test";

/// Those that a header asks for, of the words of slots and slabs.
auto orders_of(char const *header) {
  return model::orders(facade_scenes::all(), true, [=](model::access const &a, auto const &word) {
    return std::strstr(a.at.file, header) != nullptr && word != model::compiled::unnamed;
  });
}

TEST(Facade, AHandleNeverShowsWhatItsSlotHoldsNext) {
  model::expect_clean(facade_scenes::reuse());
}

TEST(Facade, WhoLeavesLastFreesAndEveryHolderCameBefore) {
  model::expect_clean(facade_scenes::ends());
}

TEST(Facade, AReferenceMovesToOneTaker) {
  model::expect_clean(facade_scenes::moves());
}

TEST(Facade, EveryMemoryOrderOfReferencesIsNeeded) {
  model::found_out const needed[] = {
      {"kind_of: about.load acquire", "a loan ends twice, and its slot is a duplicate next"},
      {"look_at: about.load acquire", "an object is read, and its slot used again"},
      {"resolve: payload.load acquire", "a duplicate is borrowed, and its slot used again"},
      {"root_name: payload.load acquire", "a duplicate is read, and its slot used again"},
  };
  constexpr char const *swap = "a swap of the word follows, and proves what was read";
  constexpr char const *last = "the last look: what follows was the caller's all along";
  constexpr char const *brought = "what brought the handle has brought its fields";
  constexpr char const *either =
      "of these two loads one must acquire: each shows that the slot was claimed";
  model::stronger const unneeded[] = {
      {"attach: owner.load acquire", swap},
      {"attach: word.load acquire", swap},
      {"detach: payload.load acquire", swap},
      {"find: word.load acquire", brought},
      {"kind_of: owner.load acquire", slab},
      {"look_at: payload.load acquire", slab},
      {"read: word.load acquire", last},
      {"release_slowly: word.load acquire", swap},
      {"resolve: word.load acquire", last},
      {"root_name: word.load acquire", last},
      {"root_revoked: payload.load acquire", either},
      {"root_revoked: word.load acquire", either},
      {"validate: about.load acquire", brought},
      {"validate: owner.load acquire", slab},
      {"validate: word.load acquire", either},
  };
  orders_of("escrow/reference.hpp").expect_needed(needed, unneeded);
}

TEST(Facade, EveryMemoryOrderOfListingsIsNeeded) {
  model::found_out const needed[] = {
      {"describe: about.load acquire", "a pool is listed, and a slot used again"},
  };
  model::stronger const unneeded[] = {
      {"describe: owner.load acquire", slab},
      {"describe: payload.load acquire", slab},
      {"describe: word.load acquire", "the first look names what the last one confirms"},
      {"inspect: owner.load acquire", slab},
  };
  orders_of("escrow/census.hpp").expect_needed(needed, unneeded);
}

TEST(Facade, TheFieldsOfAClaimedSlotShowTheClaim) {
  model::found_out const needed[] = {
      {"deliver: about.store release", "an object is read, and its slot used again"},
      {"reference: about.store release", "a duplicate is ended twice, and its slot a loan next"},
      {"reference: payload.store release", "a duplicate is read, and its slot used again"},
  };
  orders_of("escrow/object.hpp").expect_needed(needed);
}

TEST(Facade, EveryMemoryOrderOfAStepIsNeeded) {
  model::found_out const needed[] = {
      {"apply: word.compare_exchange seq_cst", "an owner and a duplicate end"},
      {"apply: word.compare_exchange seq_cst to acquire", "a last duplicate is borrowed and ends"},
  };
  constexpr char const *sweep = "against sweeps and closing pools: slab_test";
  model::stronger const unneeded[] = {
      {"apply: word.compare_exchange seq_cst to acq_rel", sweep},
      {"apply: word.compare_exchange seq_cst to release",
       "who claims or cleans a freed slot acquires"},
      {"apply: word.load acquire", "the swap that follows acquires what the load would have"},
  };
  orders_of("escrow/slot.hpp").expect_needed(needed, unneeded);
}

// The explorer of compiled code itself.

TEST(Compiled, APlainRaceIsFound) {
  auto const write = [](model::compiled_run &) {
    facade_scenes::write_to(facade_scenes::single.memory);
  };
  auto const read = [](model::compiled_run &) {
    facade_scenes::read_from(facade_scenes::single.memory);
  };
  auto const first = [](auto const &then) {  // no order comes of a relaxed word
    return [=](model::compiled_run &r) {
      facade_scenes::said[0].store(1, facade_scenes::relaxed);
      then(r);
    };
  };
  using threads = std::vector<facade_scenes::scene::body>;
  EXPECT_NE(explore(facade_scenes::scene{threads{first(write), first(read)}}).failure, "");
  EXPECT_NE(explore(facade_scenes::scene{threads{first(write), first(write)}}).failure, "");
  EXPECT_TRUE(explore(facade_scenes::scene{threads{first(read), first(read)}}).clean());
}

TEST(Compiled, EveryRunBeginsInTheSameWorld) {
  auto const &w = facade_scenes::single;
  ASSERT_TRUE(explore(facade_scenes::scene{{[&](model::compiled_run &) {
                model::check(escrow_release(w.sole) == ESCROW_FREED, "an object ends");
              }}}).clean());
  EXPECT_EQ(escrow_validate(w.sole, w.pool, 0), ESCROW_OK);
}

}  // namespace
