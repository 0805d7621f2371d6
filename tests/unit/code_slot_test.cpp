// Code slots with functions of the program itself.
#include "escrow/code_slot.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "escrow/handle.hpp"

namespace {

using escrow::code_call;
using escrow::code_slot;
using escrow::u64;
using escrow::version_hold;

struct functions {
  u64 (*scale)(u64 n);
  void (*count)(u64 *counter);
};
u64 once(u64 n) {
  return n;
}
u64 twice(u64 n) {
  return 2 * n;
}
u64 throws(u64 n) {
  throw std::runtime_error(std::to_string(n));
}
void up(u64 *counter) {
  ++*counter;
}
constexpr functions plain{&once, &up};
constexpr functions doubled{&twice, &up};

using slot_type = code_slot<functions>;

slot_type open_slot(escrow::u32 history = 7) {
  auto o = slot_type::options();
  o.history = history;
  slot_type slot;
  EXPECT_EQ(slot_type::open(o, slot), ESCROW_OK);
  return slot;
}
u64 swap(slot_type &slot, functions const &f, u64 expected = ESCROW_CODE_ANY) {
  u64 version = 99;
  EXPECT_EQ(slot.swap(f, version, expected), ESCROW_OK);
  return version;
}
u64 scaled(slot_type &slot, u64 n) {
  u64 result = 0;
  EXPECT_EQ(slot.call(result, &functions::scale, n), ESCROW_OK);
  return result;
}
code_call<functions> enter(slot_type &slot) {
  code_call<functions> call;
  EXPECT_EQ(slot.enter(call), ESCROW_OK);
  return call;
}
void end(slot_type &slot) {
  EXPECT_EQ(slot.close(), ESCROW_OK);
  EXPECT_EQ(slot.destroy(), ESCROW_OK);
  EXPECT_FALSE(slot);
}

TEST(CodeSlot, CallsGoToTheVersionThatWasSwappedInLast) {
  auto slot = open_slot();
  u64 result = 1;
  EXPECT_EQ(slot.call(result, &functions::scale, u64{21}), ESCROW_E_ABSENT);
  EXPECT_EQ(swap(slot, plain), 1u);
  EXPECT_EQ(scaled(slot, 21), 21u);
  EXPECT_EQ(swap(slot, doubled), 2u);
  EXPECT_EQ(scaled(slot, 21), 42u);
  u64 counter = 0;
  EXPECT_EQ(slot.call(&functions::count, &counter), ESCROW_OK);
  EXPECT_EQ(counter, 1u);
  auto const s = slot.stats();
  EXPECT_EQ(s.current, 2u);
  EXPECT_EQ(s.swapped, 2u);
  EXPECT_EQ(s.live, 2u);
  EXPECT_EQ(s.inside, 0u);
  EXPECT_EQ(s.waiting, 0u);
  end(slot);
}

TEST(CodeSlot, TheTableIsCopied) {
  auto slot = open_slot();
  functions f = plain;
  swap(slot, f);
  f.scale = &twice;
  EXPECT_EQ(scaled(slot, 3), 3u);
  end(slot);
}

TEST(CodeSlot, ACallStaysInItsVersion) {
  auto slot = open_slot(0);
  swap(slot, plain);
  auto call = enter(slot);
  EXPECT_EQ(call.version(), 1u);
  swap(slot, doubled);
  EXPECT_EQ(call->scale(5), 5u);
  EXPECT_EQ(enter(slot)->scale(5), 10u);
  auto s = slot.stats();
  EXPECT_EQ(s.live, 2u);
  EXPECT_EQ(s.waiting, 1u);
  EXPECT_EQ(s.inside, 1u);
  EXPECT_EQ(slot.collect(), 0u);
  call.leave();
  EXPECT_FALSE(call);
  call.leave();
  s = slot.stats();
  EXPECT_EQ(s.live, 1u) << "the last call lets its version go";
  EXPECT_EQ(s.inside, 0u);
  end(slot);
}

TEST(CodeSlot, ACallMayEndOnAnotherThread) {
  auto slot = open_slot(0);
  swap(slot, plain);
  auto call = enter(slot);
  swap(slot, doubled);
  std::thread([moved = std::move(call)]() mutable { moved.leave(); }).join();
  EXPECT_EQ(slot.stats().live, 1u);
  end(slot);
}

TEST(CodeSlot, ASwapMayExpectAVersion) {
  auto slot = open_slot();
  EXPECT_EQ(swap(slot, plain, 0), 1u);
  u64 version = 99;
  EXPECT_EQ(slot.swap(doubled, version, 0), ESCROW_E_DIFFERS);
  EXPECT_EQ(version, 0u);
  EXPECT_EQ(slot.swap(doubled, version, 2), ESCROW_E_DIFFERS);
  EXPECT_EQ(scaled(slot, 1), 1u);
  EXPECT_EQ(swap(slot, doubled, 1), 2u);
  EXPECT_EQ(slot.stats().differed, 2u);
  end(slot);
}

TEST(CodeSlot, ARollBackIsANewVersion) {
  auto slot = open_slot(2);
  swap(slot, plain);
  swap(slot, doubled);
  u64 version = 0;
  EXPECT_EQ(slot.roll_back(1, version), ESCROW_OK);
  EXPECT_EQ(version, 3u);
  EXPECT_EQ(scaled(slot, 4), 4u);
  EXPECT_EQ(slot.roll_back(3, version), ESCROW_OK);
  EXPECT_EQ(version, 3u) << "the current one stays";
  EXPECT_EQ(slot.roll_back(2, version), ESCROW_OK);
  EXPECT_EQ(version, 4u);
  EXPECT_EQ(scaled(slot, 4), 8u);
  EXPECT_EQ(slot.roll_back(1, version), ESCROW_E_ABSENT) << "only two are kept";
  EXPECT_EQ(version, 0u);
  EXPECT_EQ(slot.roll_back(9, version), ESCROW_E_ABSENT);
  escrow_code_version_info infos[8];
  ASSERT_EQ(slot.versions(infos, 8), 3u);
  for (u64 i = 0; i < 3; ++i) {
    EXPECT_EQ(infos[i].version, i + 2);
    EXPECT_EQ(infos[i].library, 0u);
  }
  EXPECT_EQ(slot.stats().rolled_back, 2u);
  end(slot);
}

TEST(CodeSlot, ARollBackGoesToTheOldestOfAFullHistory) {
  auto slot = open_slot(1);
  swap(slot, plain);
  swap(slot, doubled);
  for (u64 i = 1; i <= 5; ++i) {  // the source of each is what the new version pushes out
    u64 version = 0;
    ASSERT_EQ(slot.roll_back(i, version), ESCROW_OK);
    EXPECT_EQ(version, i + 2);
    EXPECT_EQ(scaled(slot, 1), i % 2 == 1 ? 1u : 2u);
  }
  EXPECT_EQ(slot.stats().live, 2u);
  end(slot);
}

TEST(CodeSlot, ATableWithAHoleIsRefused) {
  auto slot = open_slot();
  swap(slot, plain);
  u64 version = 0;
  escrow_code_reason why{};
  EXPECT_EQ(slot.swap({&once, nullptr}, version, ESCROW_CODE_ANY, &why), ESCROW_E_REFUSED);
  EXPECT_STREQ(why.text, "function 1 of the table is NULL");
  auto const s = slot.stats();
  EXPECT_EQ(s.refused, 1u);
  EXPECT_STREQ(s.reason.text, why.text);
  EXPECT_EQ(s.current, 1u);
  EXPECT_EQ(scaled(slot, 2), 2u);
  end(slot);
}

TEST(CodeSlot, TheCheckMayRefuseWithAReason) {
  auto o = slot_type::options();
  u64 asked = 0;
  o.context = &asked;
  o.check = [](void const *table, void *context, escrow_code_reason *reason) -> escrow_status {
    ++*static_cast<u64 *>(context);
    if (static_cast<functions const *>(table)->scale(1) == 1) return ESCROW_OK;
    for (char &c : reason->text) c = 'x';  // a reason without an end
    return ESCROW_E_DIFFERS;
  };
  slot_type slot;
  ASSERT_EQ(slot_type::open(o, slot), ESCROW_OK);
  swap(slot, plain);
  u64 version = 0;
  escrow_code_reason why{};
  EXPECT_EQ(slot.swap(doubled, version, ESCROW_CODE_ANY, &why), ESCROW_E_REFUSED);
  EXPECT_EQ(std::string(why.text).substr(0, 18), "the check says: xx");
  EXPECT_EQ(std::string(why.text).size(), 255u);
  EXPECT_EQ(asked, 2u);
  EXPECT_EQ(slot.stats().current, 1u);
  EXPECT_EQ(slot.stats().refused, 1u);
  end(slot);
}

TEST(CodeSlot, ASlotIsNotDestroyedUnderItsCheck) {
  auto o = slot_type::options();
  slot_type slot;
  o.context = &slot;
  o.check = [](void const *, void *context, escrow_code_reason *) -> escrow_status {
    auto &mine = *static_cast<slot_type *>(context);
    EXPECT_EQ(mine.close(), ESCROW_OK);
    EXPECT_EQ(mine.destroy(), ESCROW_E_BUSY);
    return ESCROW_OK;
  };
  ASSERT_EQ(slot_type::open(o, slot), ESCROW_OK);
  u64 version = 0;
  EXPECT_EQ(slot.swap(plain, version), ESCROW_E_CLOSED);
  EXPECT_EQ(slot.destroy(), ESCROW_OK);
}

TEST(CodeSlot, AHoldKeepsItsVersionWithoutACall) {
  auto slot = open_slot(0);
  swap(slot, plain);
  version_hold<functions> hold;
  {
    auto const call = enter(slot);
    hold = call.hold();
  }
  swap(slot, doubled);
  EXPECT_EQ(hold->scale(7), 7u);
  EXPECT_EQ(hold.version(), 1u);
  auto second = hold.copy();
  auto s = slot.stats();
  EXPECT_EQ(s.inside, 0u);
  EXPECT_EQ(s.holds, 2u);
  EXPECT_EQ(s.waiting, 1u);
  hold.reset();
  EXPECT_EQ(slot.stats().waiting, 1u);
  EXPECT_EQ(slot.close(), ESCROW_OK);
  EXPECT_EQ(slot.destroy(), ESCROW_E_LEAK);
  auto const bits = second.detach();
  EXPECT_FALSE(second);
  version_hold<functions>::adopt(bits).reset();
  EXPECT_EQ(slot.stats().live, 0u);
  EXPECT_EQ(slot.destroy(), ESCROW_OK);
}

TEST(CodeSlot, AnExceptionLeaksTheVersion) {
  auto slot = open_slot(0);
  swap(slot, {&throws, &up});
  u64 result = 0;
  EXPECT_THROW((void)slot.call(result, &functions::scale, u64{1}), std::runtime_error);
  EXPECT_EQ(slot.stats().inside, 0u);
  swap(slot, plain);
  EXPECT_EQ(slot.stats().leaked, 1u);
  EXPECT_EQ(slot.stats().live, 1u);
  // A guard in a block that an exception leaves; one of before is no matter.
  try {
    auto const call = enter(slot);
    throw std::runtime_error("from the program");
  } catch (std::runtime_error const &) {
    auto const call = enter(slot);
  }
  swap(slot, plain);
  EXPECT_EQ(slot.stats().leaked, 2u);
  swap(slot, plain);
  EXPECT_EQ(slot.stats().leaked, 2u);
  end(slot);
}

TEST(CodeSlot, ACallThatIsAbandonedLeaksTheVersion) {
  auto slot = open_slot(0);
  swap(slot, plain);
  auto call = enter(slot);
  call.abandon();
  call.abandon();
  swap(slot, plain);
  EXPECT_EQ(slot.stats().leaked, 1u);
  end(slot);
}

TEST(CodeSlot, CloseRefusesNewCallsAndDestroyWaitsForOldOnes) {
  auto slot = open_slot();
  swap(slot, plain);
  swap(slot, doubled);
  EXPECT_EQ(slot.destroy(), ESCROW_E_BUSY) << "it is open";
  auto call = enter(slot);
  EXPECT_EQ(slot.close(), ESCROW_OK);
  EXPECT_EQ(slot.close(), ESCROW_E_CLOSED);
  u64 version = 0;
  u64 result = 0;
  EXPECT_EQ(slot.call(result, &functions::scale, u64{1}), ESCROW_E_CLOSED);
  EXPECT_EQ(slot.swap(plain, version), ESCROW_E_CLOSED);
  EXPECT_EQ(slot.roll_back(1, version), ESCROW_E_CLOSED);
  EXPECT_EQ(call->scale(3), 6u);
  EXPECT_EQ(slot.destroy(), ESCROW_E_BUSY);
  EXPECT_EQ(slot.stats().live, 1u) << "the version without a call is gone";
  call.leave();
  auto const bits = slot.id();
  EXPECT_EQ(slot.destroy(), ESCROW_OK);
  EXPECT_EQ(escrow::code_lifecycle::close(bits), ESCROW_E_STALE);
  EXPECT_EQ(escrow::code_lifecycle::destroy(bits), ESCROW_E_STALE);
}

TEST(CodeSlot, AHandleOfAnEndedSlotDoesNotCallTheNextOne) {
  auto first = open_slot();
  swap(first, plain);
  u64 const bits = first.id();
  escrow::code_control *control = nullptr;
  ASSERT_EQ(escrow::find_code(bits, control), ESCROW_OK);
  end(first);
  auto second = open_slot();
  swap(second, doubled);
  escrow::code_control *again = nullptr;
  ASSERT_EQ(escrow::find_code(second.id(), again), ESCROW_OK);
  ASSERT_EQ(again, control) << "the control block is used again";
  u64 place = 0;
  EXPECT_EQ(escrow::code_entry::enter(*control, bits, place), ESCROW_E_STALE);
  EXPECT_EQ(place, 0u);
  EXPECT_EQ(second.stats().inside, 0u);
  end(second);
}

TEST(CodeSlot, OnlyHandlesOfSlotsAreFound) {
  escrow::code_control *c = nullptr;
  EXPECT_EQ(escrow::find_code(0, c), ESCROW_E_NULL);
  EXPECT_EQ(escrow::find_code(escrow::handle::pack(escrow::handle::map_tag, 0, 1), c),
            ESCROW_E_KIND);
  EXPECT_EQ(escrow::find_code(escrow::handle::pack(escrow::handle::code_tag, 65000, 1), c),
            ESCROW_E_RANGE);
  EXPECT_EQ(escrow::find_code(escrow::handle::pack(escrow::handle::code_tag, 70000, 1), c),
            ESCROW_E_RANGE);
}

TEST(CodeSlot, OptionsOutOfRangeAreRefused) {
  slot_type slot;
  auto o = slot_type::options();
  o.struct_size = 1;
  EXPECT_EQ(slot_type::open(o, slot), ESCROW_E_VERSION);
  o = slot_type::options();
  o.history = 64;
  EXPECT_EQ(slot_type::open(o, slot), ESCROW_E_OPTION);
  u64 bits = 0;
  for (u64 const bytes : {0, 4, 12, 1032}) {
    o = slot_type::options();
    o.table_bytes = bytes;
    EXPECT_EQ(slot_type::open(o, slot), ESCROW_E_SIZE);
    EXPECT_EQ(escrow::code_lifecycle::open(o, bits), ESCROW_E_SIZE);
  }
  EXPECT_FALSE(slot);
  code_call<functions> call;
  u64 version = 0;
  EXPECT_EQ(slot.enter(call), ESCROW_E_NULL);
  EXPECT_EQ(slot.swap(plain, version), ESCROW_E_NULL);
  EXPECT_EQ(slot.stats().live, 0u);
}

TEST(CodeSlot, ASlotThatGoesOutOfScopeEnds) {
  code_call<functions> call;
  {
    auto slot = open_slot();
    swap(slot, plain);
    call = enter(slot);
    slot_type const moved = std::move(slot);
    EXPECT_TRUE(moved);
    EXPECT_FALSE(slot);  // NOLINT(bugprone-use-after-move): empty is what it is to be
  }
  EXPECT_EQ(call->scale(2), 2u);
  call.leave();
}

}  // namespace
