// Swaps under calls: 100,000 between versions that are loaded, and 1,000 of libraries that are
// loaded and unloaded, however short the time; with more time, more of them.
//
// Oracle: each version's functions answer its number, modulo 2 where it is rolled back to, so a
// call that ran another version's code, or code that is gone, is found out; a version that was let
// go with a call inside has another table or none. Every call is counted out, and every library is
// gone at the end.
// Guarantee M of docs/trust.md.
#include <cstring>

#include "escrow/code_slot.hpp"
#include "options.hpp"
#include "table.h"

namespace {

using escrow::code_call;
using escrow::u64;
using escrow::version_hold;
using slot_type = escrow::code_slot<code_test_table>;

template <u64 N>
u64 number() {
  return N;
}
template <u64 N>
u64 add(u64 a, u64 b) {
  return a + b + N;
}
u64 sum(void const *, u64 size) {
  return size;
}
u64 wait(std::uint32_t const *, u64 n) {
  return n;
}
void destroy(code_test_object *) {}
template <u64 N>
constexpr code_test_table table{&number<N>, &add<N>, &sum, &wait, &destroy};

/// One of the things that callers do. `number_of(version)` is what that version answers.
template <class NumberOf>
void call(slot_type &slot, u64 kind, NumberOf number_of) {
  if (kind % 2 == 0) {
    u64 answer = 0;
    STRESS_EXPECT(slot.call(answer, &code_test_table::add, kind, u64{1}) == ESCROW_OK);
    STRESS_EXPECT(answer == kind + 2 || answer == kind + 3);
    return;
  }
  code_call<code_test_table> in;
  STRESS_EXPECT(slot.enter(in) == ESCROW_OK);
  if (!in) return;
  u64 const expected = number_of(in.version());
  STRESS_EXPECT(in->number() == expected);
  if (kind % 16 == 1) std::this_thread::yield();
  STRESS_EXPECT(in->number() == expected);
  if (kind % 32 != 3) return;
  version_hold<code_test_table> hold = in.hold();
  in.leave();
  auto const second = hold.copy();
  hold.reset();
  STRESS_EXPECT(second->number() == expected);
}

/// Callers on other threads while `swaps` runs on this one.
template <class NumberOf, class Swaps>
void under_calls(stress_options const &options, slot_type &slot, NumberOf number_of,
                 Swaps const &swaps) {
  std::atomic<bool> stop{false};
  std::atomic<u64> calls{0};
  std::vector<std::thread> callers;
  for (unsigned t = 0; t < options.threads; ++t)
    callers.emplace_back([&, t] {
      u64 state = options.seed * 0x9E3779B97F4A7C15ull + t + 1;
      u64 made = 0;
      for (; !stop.load(std::memory_order_relaxed); ++made) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        call(slot, state >> 33, number_of);
      }
      calls.fetch_add(made);
    });
  u64 const done = swaps();
  stop = true;
  for (auto &c : callers) c.join();
  STRESS_EXPECT(slot.stats().inside == 0 && slot.stats().holds == 0);
  STRESS_EXPECT(slot.stats().waiting == 0);
  std::printf("%llu swaps under %llu calls\n", static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(calls.load()));
}

/// Repeats `swap(i)` until both the count and the time are reached.
template <class Swap>
u64 repeat(u64 count, double seconds, Swap swap) {
  auto const begin = std::chrono::steady_clock::now();
  for (u64 i = 0;; ++i) {
    if (i >= count && i % 64 == 0 &&
        std::chrono::steady_clock::now() - begin >= std::chrono::duration<double>(seconds))
      return i;
    swap(i);
    if (i % 16 == 0) std::this_thread::yield();  // or callers meet another version at every look
  }
}

slot_type open_slot(escrow::u32 history) {
  auto o = slot_type::options();
  o.abi = CODE_TEST_ABI;
  o.history = history;
  slot_type slot;
  STRESS_EXPECT(slot_type::open(o, slot) == ESCROW_OK);
  return slot;
}
void end(slot_type &slot) {
  STRESS_EXPECT(slot.close() == ESCROW_OK);
  STRESS_EXPECT(slot.stats().live == 0);
  STRESS_EXPECT(slot.destroy() == ESCROW_OK);
}

constexpr u64 odd_is_one(u64 version) {
  return version % 2 == 1 ? 1 : 2;
}

/// Functions of the program, without a history: every swap retires a version that has callers.
void swap_tables(stress_options const &options) {
  auto slot = open_slot(0);
  u64 version = 0;
  STRESS_EXPECT(slot.swap(table<1>, version) == ESCROW_OK);
  under_calls(options, slot, odd_is_one, [&] {
    return repeat(100'000, options.seconds / 2, [&](u64 i) {
      STRESS_EXPECT(slot.swap(i % 2 == 0 ? table<2> : table<1>, version) == ESCROW_OK);
      STRESS_EXPECT(version == i + 2);
    });
  });
  end(slot);
}

#if defined(ESCROW_CODE_LIBRARIES)
constexpr char const *paths[] = {ESCROW_CODE_LIBRARIES "/good_1.so",
                                 ESCROW_CODE_LIBRARIES "/good_2.so"};

void swap_in(slot_type &slot, u64 i, u64 &version) {
  escrow_code_reason why;
  auto const s = slot.swap_library(paths[i % 2], version, ESCROW_CODE_ANY, &why);
  if (s != ESCROW_OK) std::printf("%s\n", why.text);
  STRESS_EXPECT(s == ESCROW_OK);
}

/// Back and forth between two libraries that stay loaded.
void roll_back_libraries(stress_options const &options) {
  auto slot = open_slot(1);
  u64 version = 0;
  swap_in(slot, 0, version);
  swap_in(slot, 1, version);
  under_calls(options, slot, odd_is_one, [&] {
    return repeat(100'000, options.seconds / 4,
                  [&](u64) { STRESS_EXPECT(slot.roll_back(version - 1, version) == ESCROW_OK); });
  });
  STRESS_EXPECT(slot.stats().unloaded == 0 && slot.stats().libraries == 2);
  end(slot);
}

/// Each comes in by dlopen, and is gone when its last call has left.
void load_libraries(stress_options const &options) {
  auto slot = open_slot(0);
  u64 version = 0;
  swap_in(slot, 0, version);
  u64 done = 0;
  under_calls(options, slot, odd_is_one, [&] {
    done = repeat(1000, options.seconds / 4, [&](u64 i) { swap_in(slot, i + 1, version); });
    return done;
  });
  auto const s = slot.stats();
  STRESS_EXPECT(s.unloaded == done && s.kept == 0 && s.libraries == 1);
  end(slot);
}
#endif

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  swap_tables(options);
#if defined(ESCROW_CODE_LIBRARIES)
  roll_back_libraries(options);
  load_libraries(options);
#else
  std::printf("no libraries: this program is linked statically, or this is not Linux\n");
#endif
  return stress_failures.load() == 0 ? 0 : 1;
}
