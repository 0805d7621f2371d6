// The explorer: waiting, what a failure shows, and that leaving executions out loses no outcome.
#include "explorer.hpp"

#include <array>

#include "litmus.hpp"

TEST(Yield, ALoopWaitsForAStoreAndEnds) {
  EXPECT_EQ(outcomes_of({[](litmus &s) {
                           s.x.store(7, relaxed);
                           s.y.store(1, release);
                         },
                         [](litmus &s) {
                           while (s.y.load(acquire) == 0) model::yield();
                           s.r[0] = s.x.load(relaxed);
                         }},
                        1),
            (outcomes{"7"}));
}

TEST(Yield, WhoLostARaceThatIsOverNeedNotWait) {
  thread const add = [](litmus &s) {
    for (;;) {
      uint64_t seen = s.x.load(relaxed);
      if (s.x.compare_exchange_strong(seen, seen + 1, relaxed, relaxed)) return;
      model::yield();
    }
  };
  EXPECT_EQ(outcomes_of({add, add, add}, 0, true), (outcomes{",3,0,0"}));
}

TEST(Yield, WaitingForWhatNobodyStoresIsAFailure) {
  auto const r = model::explore<litmus>({{[](litmus &s) { s.x.store(1, relaxed); },
                                          [](litmus &s) {
                                            while (s.x.load(relaxed) != 2) model::yield();
                                          }}});
  EXPECT_NE(r.failure.find("thread 1 waits for ever"), std::string::npos) << r.failure;
}

TEST(Yield, ATurnThatStoredSomethingIsNotInVain) {
  // Both turns may find x as it was; the wait after each ends since x gets a store.
  EXPECT_EQ(outcomes_of({[](litmus &s) {
                           for (unsigned i = 0; i < 2; ++i) {
                             s.r[i] = s.x.load(relaxed);
                             s.z.store(i + 1, relaxed);
                             if (s.r[i] == 0) model::yield();
                           }
                         },
                         [](litmus &s) { s.x.store(1, relaxed); }},
                        2),
            (outcomes{"00", "01", "11"}));
}

namespace {

/// A lock in x around an increment of y that is no read-modify-write.
model::report locked_increments(std::memory_order lock, std::memory_order unlock) {
  thread const body = [=](litmus &s) {
    for (;;) {
      uint64_t expected = 0;
      if (s.x.compare_exchange_strong(expected, 1, lock, relaxed)) break;
      model::yield();
    }
    s.y.store(s.y.load(relaxed) + 1, relaxed);
    s.x.store(0, unlock);
  };
  return model::explore<litmus>({{body, body, body}, [](litmus &s) {
                                   model::check(s.y.load(relaxed) == 3, "no increment is lost");
                                 }});
}

}  // namespace

TEST(Lock, KeepsIncrementsApartJustWithAcquireAndRelease) {
  auto const held = locked_increments(acquire, release);
  EXPECT_TRUE(held.clean()) << held.failure;
  // Six orders of the threads. The second to come may have met the first inside, or not; the third
  // neither, one, the other, or both: 6 * 2 * 4.
  EXPECT_EQ(held.executions, 48u);
  EXPECT_NE(locked_increments(relaxed, release).failure, "");
  EXPECT_NE(locked_increments(acquire, relaxed).failure, "");
}

TEST(Failure, ShowsEveryStepWithThreadWordOrderAndValue) {
  auto const r =
      model::explore<litmus>({{[](litmus &s) {
                                 s.x.store(1, relaxed);
                                 s.y.store(1, relaxed);
                               },
                               [](litmus &s) {
                                 if (s.y.load(acquire) == 1)
                                   model::check(s.x.load(relaxed) == 1, "x was stored before y");
                               }}});
  for (char const *part :
       {"x was stored before y", "   1  thread 0  x.store(1, relaxed)",
        "   2  thread 0  y.store(1, relaxed)", "   3  thread 1  y.load(acquire)",
        "   4  thread 1  x.load(relaxed)", "0, not the last", "explorer_test.cpp:"})
    EXPECT_NE(r.failure.find(part), std::string::npos) << part << " is not in\n" << r.failure;
}

TEST(Failure, NamesAThreadThatDependsOnWhatOutlivesARun) {
  unsigned runs = 0;
  auto const r = model::explore<litmus>({{[](litmus &s) { s.x.store(1, relaxed); },
                                          [&runs](litmus &s) {
                                            (void)(++runs % 2 == 0 ? s.x : s.y).load(relaxed);
                                            (void)s.x.load(relaxed);
                                          }}});
  EXPECT_NE(r.failure.find("does not do the same again"), std::string::npos) << r.failure;
}

namespace {

struct random_program {
  /// Two or three threads of up to four accesses to two words; deterministic in `seed`.
  static std::vector<thread> of(uint64_t seed) {
    auto next = [state = seed * 0x9E3779B97F4A7C15ull + 1](uint64_t below) mutable {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      return (state >> 20) % below;
    };
    std::vector<thread> threads(2 + next(2));
    unsigned result = 0;
    for (auto &t : threads) {
      std::vector<thread> steps;
      for (uint64_t n = 1 + next(threads.size() == 2 ? 4 : 3); n != 0; --n) {
        bool const on_y = next(2) != 0;
        auto const load = std::array{relaxed, acquire, seq_cst}[next(3)];
        auto const store = std::array{relaxed, release, seq_cst}[next(3)];
        auto const update = std::array{relaxed, acquire, release, acq_rel, seq_cst}[next(5)];
        uint64_t const value = 1 + next(3);
        unsigned const to = result++ % 6;
        switch (next(5)) {
          case 0:
          case 1:
            steps.emplace_back([=](litmus &s) { s.r[to] += (on_y ? s.y : s.x).load(load); });
            break;
          case 2:
            steps.emplace_back([=](litmus &s) { (on_y ? s.y : s.x).store(value, store); });
            break;
          case 3:
            steps.emplace_back(
                [=](litmus &s) { s.r[to] += (on_y ? s.y : s.x).exchange(value, update); });
            break;
          default:
            steps.emplace_back([=](litmus &s) {
              uint64_t expected = value - 1;
              s.r[to] += 5 * (on_y ? s.y : s.x).compare_exchange_strong(expected, 4, update, load);
            });
        }
      }
      t = [steps](litmus &s) {
        for (auto const &step : steps) step(s);
      };
    }
    return threads;
  }
};

}  // namespace

TEST(Reduction, LosesNoOutcomeOfRandomPrograms) {
  std::size_t outcomes_seen = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    auto const threads = random_program::of(seed);
    auto const few = outcomes_of(threads, 6, true);
    model::options all;
    all.reduced = false;
    ASSERT_EQ(few, outcomes_of(threads, 6, true, all)) << "program " << seed;
    outcomes_seen += few.size();
  }
  EXPECT_GT(outcomes_seen, 400u * 4);
}
