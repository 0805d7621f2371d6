#include "escrow/slot.hpp"

#include <gtest/gtest.h>

using namespace escrow;

namespace {

constexpr u64 g = 5;
constexpr u64 live = word::at(g, word::object);

/// The states an occupied object can be in, with small counts.
std::vector<u64> occupied() {
  std::vector<u64> all;
  for (u64 refs = 0; refs <= 3; ++refs)
    for (u64 lends = 0; lends <= 2; ++lends)
      for (u64 bits = 0; bits < 4; ++bits) {
        u64 const own = (bits & 1) != 0 ? word::own : 0;
        u64 const rev = (bits & 2) != 0 ? word::rev : 0;
        if (refs == 0 && (lends == 0 || own != 0))
          continue;  // freed, or an owner without reference
        all.push_back(word::at(g, word::occ | own | rev | refs * word::ref | lends));
      }
  return all;
}

}  // namespace

TEST(Slot, TheFirstHandleEndsOnceWhateverElseHoldsTheObject) {
  for (u64 const w : occupied()) {
    step const first = protocol::release_object(w, g, 0);
    if ((w & word::own) == 0) {
      ASSERT_EQ(first.status, ESCROW_E_STALE);
      continue;
    }
    ASSERT_GE(first.status, 0);
    ASSERT_EQ(protocol::release_object(first.next, g, 0).status, ESCROW_E_STALE);
    ASSERT_EQ(protocol::add_loan(first.next, g, true).status, ESCROW_E_STALE);
    ASSERT_EQ(protocol::add_reference(first.next, g, true).status, ESCROW_E_STALE);
    ASSERT_EQ(protocol::move_out(first.next, g, slot_kind::object).status, ESCROW_E_STALE);
  }
}

TEST(Slot, AnObjectIsFreedExactlyWhenNoReferenceAndNoLoanIsLeft) {
  for (u64 const w : occupied()) {
    for (step const s : {protocol::release_object(w, g, 0), protocol::drop_reference(w, g, 0),
                         protocol::drop_loan(w, g, 0)}) {
      if (s.status < 0) continue;
      bool const empty = word::refs(s.next) == 0 && word::lends(s.next) == 0;
      ASSERT_EQ(s.status == ESCROW_FREED, empty);
      ASSERT_EQ(word::is_occupied(s.next), !empty);
      ASSERT_EQ(word::generation(s.next), empty ? g + 1 : g);
    }
  }
}

TEST(Slot, AnOrphanHasNoOwnerLeftToAsk) {
  u64 const orphan = word::at(g, word::occ | word::lend);
  EXPECT_EQ(protocol::add_reference(orphan, g, false).status, ESCROW_E_STALE);
  EXPECT_EQ(protocol::add_loan(orphan, g, false).status, ESCROW_E_STALE);
  EXPECT_EQ(protocol::drop_reference(orphan, g, 0).status, ESCROW_E_STALE);
}

TEST(Slot, RevocationStopsWhatIsNewAndNothingElse) {
  for (u64 const w : occupied()) {
    if ((w & word::rev) == 0) continue;
    for (bool const first : {true, false}) {
      ASSERT_LT(protocol::add_reference(w, g, first).status, 0);
      ASSERT_LT(protocol::add_loan(w, g, first).status, 0);
    }
    ASSERT_LT(protocol::move_out(w, g, slot_kind::object).status, 0);
    if (word::lends(w) != 0) {
      ASSERT_GE(protocol::drop_loan(w, g, 0).status, 0);
    }
    if (word::refs(w) != 0) {
      ASSERT_GE(protocol::drop_reference(w, g, 0).status, 0);
    }
  }
}

TEST(Slot, AMoveHandsTheReferenceToTheNextGenerationEachTime) {
  step const out = protocol::move_out(live, g, slot_kind::object);
  ASSERT_EQ(out.status, ESCROW_OK);
  EXPECT_EQ(out.next, word::at(g + 1, word::object | word::tra));
  EXPECT_EQ(protocol::release_object(out.next, g, 0).status, ESCROW_E_MOVED);
  EXPECT_EQ(protocol::add_loan(out.next, g + 1, true).status, ESCROW_E_TRANSIT);
  step const in = protocol::move_in(out.next, g + 1, slot_kind::object);
  ASSERT_EQ(in.status, ESCROW_OK);
  EXPECT_EQ(in.next, word::at(g + 2, word::object));
  EXPECT_EQ(protocol::move_in(in.next, g + 1, slot_kind::object).status, ESCROW_E_STALE);
  EXPECT_EQ(protocol::move_in(in.next, g + 2, slot_kind::object).status, ESCROW_E_KIND);
}

TEST(Slot, ARenameIsAMoveOutAndInAtOnceSoThatOnlyTheNewHandleIsGood) {
  step const s = protocol::rename(live, g, slot_kind::object);
  ASSERT_EQ(s.status, ESCROW_OK);
  EXPECT_EQ(s.next, word::at(g + 1, word::object));
  EXPECT_EQ(protocol::release_object(s.next, g, 0).status, ESCROW_E_STALE);
  EXPECT_EQ(protocol::release_object(s.next, g + 1, 0).status, ESCROW_FREED);
  EXPECT_EQ(protocol::rename(live, g + 1, slot_kind::object).status, ESCROW_E_STALE);
  for (u64 const state :
       {word::object + word::ref, word::object + word::lend, word::object | word::rev})
    EXPECT_EQ(protocol::rename(word::at(g, state), g, slot_kind::object).status,
              protocol::move_out(word::at(g, state), g, slot_kind::object).status);
  EXPECT_EQ(protocol::rename(word::at(word::last_generation, word::object), word::last_generation,
                             slot_kind::object)
                .status,
            ESCROW_E_EXHAUSTED);
}

TEST(Slot, MovesAreRefusedForTheFirstReasonThatHolds) {
  auto const move = [](u64 state) {
    return protocol::move_out(word::at(g, state), g, slot_kind::object);
  };
  EXPECT_EQ(move(word::object + word::ref).status, ESCROW_E_SHARED);
  EXPECT_EQ(move(word::object + word::lend).status, ESCROW_E_LENT);
  EXPECT_EQ(move(word::object + word::ref + word::lend).status, ESCROW_E_SHARED);
  EXPECT_EQ(move((word::object | word::rev) + word::ref).status, ESCROW_E_REVOKED);
}

TEST(Slot, CountsStopAtTheirLimit) {
  u64 const most_refs = word::at(g, word::occ | word::own | word::most_refs * word::ref);
  EXPECT_EQ(protocol::add_reference(most_refs, g, true).status, ESCROW_E_LIMIT);
  EXPECT_EQ(protocol::add_reference(most_refs - word::ref, g, true).status, ESCROW_OK);
  u64 const most_lends = live | word::most_lends;
  EXPECT_EQ(protocol::add_loan(most_lends, g, true).status, ESCROW_E_LIMIT);
  EXPECT_EQ(protocol::add_loan(most_lends - 1, g, true).status, ESCROW_OK);
}

TEST(Slot, TheLastGenerationRetiresTheSlot) {
  u64 const last = word::at(word::last_generation, word::object);
  step const s = protocol::release_object(last, word::last_generation, 0);
  EXPECT_EQ(s.status, ESCROW_FREED);
  EXPECT_TRUE(word::is_retired(s.next));
  EXPECT_FALSE(word::is_free(s.next));
  EXPECT_EQ(protocol::move_out(last, word::last_generation, slot_kind::object).status,
            ESCROW_E_EXHAUSTED);
}

TEST(Slot, ApplyAnswersBusyWhenItAlwaysLosesAndChangesNothing) {
  std::atomic<u64> target{live};
  unsigned turn = 0;
  auto const s = apply(target, [&](u64 w) -> step {
    target.store(w ^ (++turn % 2 == 0 ? 1u : 2u));  // somebody else is always faster
    return {ESCROW_OK, w + word::ref};
  });
  EXPECT_EQ(s, ESCROW_E_BUSY);
  EXPECT_EQ(turn, max_lost_races);
  EXPECT_EQ(word::refs(target.load()), 1u);
}
