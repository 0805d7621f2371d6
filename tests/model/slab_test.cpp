// Slots, slabs and lanes on the code as it is: clean in every execution; and each memory order is
// needed in a scene.
// Guarantee E of docs/trust.md.
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
  model::found_out const needed[] = {
      {"apply: word.compare_exchange seq_cst", "a slot is cleaned between two holders"},
      {"apply: word.compare_exchange seq_cst to acq_rel", "a slot is cleaned between two holders"},
      {"apply: word.compare_exchange seq_cst to acquire", "an owner and a duplicate end"},
      {"apply: word.compare_exchange seq_cst to release", "a slot is cleaned between two holders"},
      {"begin_closing: word.store seq_cst", "a pool closes while a slot is claimed"},
      {"begin_closing: word.store seq_cst to release", "a pool closes while a slot is claimed"},
      {"claim_one: word.compare_exchange seq_cst", "a pool closes while a slot is claimed"},
      {"claim_one: word.compare_exchange seq_cst to acq_rel",
       "a pool closes while a slot is claimed"},
      {"claim_one: word.compare_exchange seq_cst to acquire",
       "a pool closes while a slot is claimed"},
      {"claim_one: word.compare_exchange seq_cst to release",
       "a pool closes while a slot is claimed"},
      {"claim_one: word.load acquire", "a slab changes hands while a slot is claimed"},
      {"end_sole: word.compare_exchange seq_cst", "two threads want the last slot"},
      {"end_sole: word.compare_exchange seq_cst to acq_rel", "an end meets a sweep"},
      {"end_sole: word.compare_exchange seq_cst to acquire", "two threads want the last slot"},
      {"end_sole: word.compare_exchange seq_cst to release", "an end meets a sweep"},
      {"hand: current.load acquire", "a lane takes a new slab up"},
      {"lay_out: address.store release", "a slab changes hands under an old handle"},
      {"lay_out: name.store release", "a slab changes hands under an old handle"},
      {"mark_dirty: dirty.load seq_cst", "a slot is cleaned between two holders"},
      {"mark_dirty: dirty.load seq_cst to acquire", "a slot is cleaned between two holders"},
      {"mark_dirty_freed: dirty.load seq_cst", "an end meets a sweep"},
      {"mark_dirty_freed: dirty.load seq_cst to acquire", "an end meets a sweep"},
      {"open_slots: word.store seq_cst", "a slab changes hands while a slot is claimed"},
      {"operator(): word.load seq_cst", "an end meets a sweep"},
      {"operator(): word.load seq_cst to acquire", "an end meets a sweep"},
      {"push: stack.compare_exchange release", "two slabs come to one stack"},
      {"raise_dirty: dirty.exchange seq_cst", "a slab changes hands while a slot is claimed"},
      {"raise_dirty: dirty.exchange seq_cst to acq_rel",
       "a slab changes hands while a slot is claimed"},
      {"raise_dirty: dirty.exchange seq_cst to acquire",
       "a slab changes hands while a slot is claimed"},
      {"raise_dirty: dirty.exchange seq_cst to release",
       "a slab changes hands while a slot is claimed"},
      {"raise_dirty: home.load seq_cst", "a slab changes hands while a slot is claimed"},
      {"raise_dirty: home.load seq_cst to acquire", "a slab changes hands while a slot is claimed"},
      {"raise_dirty: dirty.store seq_cst", "an end, and one of the next owner's"},
      {"raise_dirty: dirty.store seq_cst to release", "an end, and one of the next owner's"},
      {"give_to: home.store seq_cst", "an end, and one of the next owner's"},
      {"give_to: home.store seq_cst to release", "an end, and one of the next owner's"},
      {"release: .store release", "a sweep meets a refill"},
      {"revoke_slots: word.load seq_cst", "a pool closes while a slot is claimed"},
      {"revoke_slots: word.load seq_cst to acquire", "a pool closes while a slot is claimed"},
      {"still_open: word.load seq_cst", "a pool closes while a slot is claimed"},
      {"still_open: word.load seq_cst to acquire", "a pool closes while a slot is claimed"},
      {"sweep_dirty: dirty.exchange seq_cst", "an end meets a sweep"},
      {"sweep_dirty: dirty.exchange seq_cst to acq_rel", "an end meets a sweep"},
      {"sweep_dirty: dirty.exchange seq_cst to acquire", "an end meets a sweep"},
      {"sweep_dirty: dirty.exchange seq_cst to release", "an end meets a sweep"},
      {"take_dirty: stack.exchange acquire", "two slabs come to one stack"},
      {"take_up: current.store release", "a lane takes a new slab up"},
      {"try_acquire: .exchange acquire", "a sweep meets a refill"},
      {"try_retire: dirty.load seq_cst", "a slab changes hands while a slot is claimed"},
      {"try_retire: dirty.load seq_cst to acquire", "a slab changes hands while a slot is claimed"},
      {"try_retire: home.store seq_cst", "a slab changes hands while a slot is claimed"},
      {"try_retire: home.store seq_cst to release", "a slab changes hands while a slot is claimed"},
      {"unreserve_slots: word.store seq_cst", "a slab of which a slot is held stays"},
      {"vacate: word.store seq_cst", "a slot is cleaned between two holders"},
      {"vacate: word.store seq_cst to release", "a destructor has run, and a sweep comes"},
  };
  constexpr char const *swap = "the swap that follows acquires what the load would have";
  constexpr char const *one = "one wins by the swap alone; the load before it acquired the word";
  constexpr char const *epoch = "the word says of which owner it is, and only one swap of it wins";
  constexpr char const *published = "publishes what comes before; no other word is looked at after";
  constexpr char const *reserved = "of load and swap one must acquire; RESERVED shows nothing";
  constexpr char const *guarded = "a home that is ours changes under our lane's guard";
  constexpr char const *rev = "a swap hands on what the word shows; REV is no more than itself";
  model::stronger const unneeded[] = {
      {"apply: word.load acquire", swap},
      {"begin_cleaning: word.compare_exchange seq_cst", one},
      {"begin_cleaning: word.compare_exchange seq_cst to acq_rel", one},
      {"begin_cleaning: word.compare_exchange seq_cst to acquire", one},
      {"begin_cleaning: word.compare_exchange seq_cst to release", one},
      {"clean_slots: word.load acquire", swap},
      {"claim_one: owner.load acquire", epoch},
      {"give_to: owner.store seq_cst", epoch},
      {"give_to: owner.store seq_cst to release", epoch},
      {"leave_owner: owner.store seq_cst", epoch},
      {"leave_owner: owner.store seq_cst to release", epoch},
      {"open_slots: word.store seq_cst to release", published},
      {"reserve_slots: word.compare_exchange seq_cst", reserved},
      {"reserve_slots: word.compare_exchange seq_cst to acq_rel", reserved},
      {"reserve_slots: word.compare_exchange seq_cst to acquire", reserved},
      {"reserve_slots: word.compare_exchange seq_cst to release", reserved},
      {"reserve_slots: word.load acquire", reserved},
      {"restock: home.store release", guarded},
      {"sweep_dirty: home.load acquire", guarded},
      {"revoke_slots: word.compare_exchange seq_cst", rev},
      {"revoke_slots: word.compare_exchange seq_cst to acq_rel", rev},
      {"revoke_slots: word.compare_exchange seq_cst to acquire", rev},
      {"revoke_slots: word.compare_exchange seq_cst to release", rev},
      {"unreserve_slots: word.store seq_cst to release", published},
  };
  model::orders(slab_scenes::all(), true).expect_needed(needed, unneeded);
}

}  // namespace
