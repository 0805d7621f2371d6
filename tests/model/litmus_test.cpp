// The memory model against what C++ says: each test knows every outcome, and asks for exactly
// these.
#include "litmus.hpp"

TEST(MessagePassing, HoldsWithReleaseAndAcquireAndBreaksWithRelaxedOnEitherSide) {
  auto const run = [](auto store, auto load) {
    return outcomes_of({[=](litmus &s) {
                          s.x.store(1, relaxed);
                          s.y.store(1, store);
                        },
                        [=](litmus &s) {
                          s.r[0] = s.y.load(load);
                          s.r[1] = s.x.load(relaxed);
                        }},
                       2);
  };
  outcomes const held{"00", "01", "11"};
  outcomes const broken{"00", "01", "10", "11"};
  EXPECT_EQ(run(release, acquire), held);
  EXPECT_EQ(run(seq_cst, seq_cst), held);
  EXPECT_EQ(run(relaxed, acquire), broken);
  EXPECT_EQ(run(release, relaxed), broken);
  EXPECT_EQ(run(relaxed, relaxed), broken);
}

TEST(StoreBuffering, HappensWithReleaseAndAcquireAndNotWithSeqCst) {
  auto const run = [](auto store, auto load) {
    return outcomes_of({[=](litmus &s) {
                          s.x.store(1, store);
                          s.r[0] = s.y.load(load);
                        },
                        [=](litmus &s) {
                          s.y.store(1, store);
                          s.r[1] = s.x.load(load);
                        }},
                       2);
  };
  outcomes const all{"00", "01", "10", "11"};
  EXPECT_EQ(run(release, acquire), all);
  EXPECT_EQ(run(seq_cst, acquire), all);
  EXPECT_EQ(run(release, seq_cst), all);
  EXPECT_EQ(run(seq_cst, seq_cst), (outcomes{"01", "10", "11"}));
}

TEST(StoreBuffering, AnExchangeInPlaceOfTheStoreIsAsGoodAsItsOrder) {
  auto const run = [](auto order) {
    return outcomes_of({[=](litmus &s) {
                          s.x.exchange(1, order);
                          s.r[0] = s.y.load(order == seq_cst ? seq_cst : acquire);
                        },
                        [=](litmus &s) {
                          s.y.exchange(1, order);
                          s.r[1] = s.x.load(order == seq_cst ? seq_cst : acquire);
                        }},
                       2);
  };
  EXPECT_EQ(run(acq_rel), (outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(run(seq_cst), (outcomes{"01", "10", "11"}));
}

TEST(Coherence, TwoReadsOfAWordDoNotGoBack) {
  EXPECT_EQ(outcomes_of({[](litmus &s) {
                           s.x.store(1, relaxed);
                           s.x.store(2, relaxed);
                         },
                         [](litmus &s) {
                           s.r[0] = s.x.load(relaxed);
                           s.r[1] = s.x.load(relaxed);
                         }},
                        2),
            (outcomes{"00", "01", "02", "11", "12", "22"}));
}

TEST(Coherence, AThreadReadsItsOwnStoreOrWhatCameAfterIt) {
  EXPECT_EQ(outcomes_of({[](litmus &s) {
                           s.x.store(1, relaxed);
                           s.r[0] = s.x.load(relaxed);
                         },
                         [](litmus &s) { s.x.store(2, relaxed); }},
                        1, true),
            (outcomes{"1,1,0,0", "1,2,0,0", "2,2,0,0"}));
}

TEST(Coherence, AllThreadsSeeOneModificationOrder) {
  auto const seen = outcomes_of(
      {[](litmus &s) { s.x.store(1, relaxed); }, [](litmus &s) { s.x.store(2, relaxed); },
       [](litmus &s) {
         s.r[0] = s.x.load(relaxed);
         s.r[1] = s.x.load(relaxed);
       },
       [](litmus &s) {
         s.r[2] = s.x.load(relaxed);
         s.r[3] = s.x.load(relaxed);
       }},
      4);
  // Each reader may see 00 01 02 11 12 21 22: 49 pairs, without 12 beside 21 twice.
  EXPECT_EQ(seen.size(), 47u);
  EXPECT_FALSE(seen.contains("1221"));
  EXPECT_FALSE(seen.contains("2112"));
}

TEST(Iriw, ReadersMayDisagreeWithAcquireAndNotWithSeqCst) {
  auto const run = [](auto store, auto load) {
    return outcomes_of(
        {[=](litmus &s) { s.x.store(1, store); }, [=](litmus &s) { s.y.store(1, store); },
         [=](litmus &s) {
           s.r[0] = s.x.load(load);
           s.r[1] = s.y.load(load);
         },
         [=](litmus &s) {
           s.r[2] = s.y.load(load);
           s.r[3] = s.x.load(load);
         }},
        4);
  };
  EXPECT_EQ(run(release, acquire).size(), 16u);
  auto const agreed = run(seq_cst, seq_cst);
  EXPECT_EQ(agreed.size(), 15u);
  EXPECT_FALSE(agreed.contains("1010"));
  EXPECT_EQ(run(seq_cst, acquire).size(), 16u);
  EXPECT_EQ(run(release, seq_cst).size(), 16u - 1u)
      << "S orders the loads though the stores are not in it";
}

TEST(ReleaseSequence, AReadModifyWriteHandsOnWhatTheReleaseShowed) {
  auto const run = [](bool update) {
    return outcomes_of({[](litmus &s) {
                          s.x.store(1, relaxed);
                          s.y.store(1, release);
                        },
                        [=](litmus &s) {
                          if (update) {
                            s.y.fetch_add(1, relaxed);
                          } else if (s.y.load(relaxed) == 1) {
                            s.y.store(2, relaxed);
                          }
                        },
                        [](litmus &s) {
                          s.r[0] = s.y.load(acquire);
                          s.r[1] = s.x.load(relaxed);
                        }},
                       2);
  };
  // 1 may also come from fetch_add before the store, and then shows nothing; 2 is after the store.
  EXPECT_EQ(run(true), (outcomes{"00", "01", "10", "11", "21"}));
  EXPECT_EQ(run(false), (outcomes{"00", "01", "11", "20", "21"}))
      << "a plain store ends the sequence";
}

TEST(ReleaseSequence, ALaterRelaxedStoreOfTheSameThreadEndsIt) {
  EXPECT_EQ(outcomes_of({[](litmus &s) {
                           s.x.store(1, relaxed);
                           s.y.store(1, release);
                           s.y.store(2, relaxed);
                         },
                         [](litmus &s) {
                           s.r[0] = s.y.load(acquire);
                           s.r[1] = s.x.load(relaxed);
                         }},
                        2),
            (outcomes{"00", "01", "11", "20", "21"}))
      << "C++20; before, 20 was impossible";
}

TEST(TwoPlusTwoWrites, BothFirstStoresMayComeLastUnlessSeqCst) {
  auto const run = [](auto store) {
    return outcomes_of({[=](litmus &s) {
                          s.x.store(1, store);
                          s.y.store(2, store);
                        },
                        [=](litmus &s) {
                          s.y.store(1, store);
                          s.x.store(2, store);
                        }},
                       0, true);
  };
  EXPECT_EQ(run(release), (outcomes{",1,1,0", ",1,2,0", ",2,1,0", ",2,2,0"}));
  EXPECT_EQ(run(seq_cst), (outcomes{",1,2,0", ",2,1,0", ",2,2,0"}));
}

TEST(LoadBuffering, IsOutsideTheModel) {
  EXPECT_EQ(outcomes_of({[](litmus &s) {
                           s.r[0] = s.x.load(relaxed);
                           s.y.store(1, relaxed);
                         },
                         [](litmus &s) {
                           s.r[1] = s.y.load(relaxed);
                           s.x.store(1, relaxed);
                         }},
                        2),
            (outcomes{"00", "01", "10"}))
      << "C++ allows 11 as well; memory.hpp says why it is not found";
}

TEST(SeqCst, AMixedAccessDoesNotOrderWhatIsNotSequenced) {
  // x is read relaxed, so the seq_cst load of y after it may come before the store of x in S.
  auto const seen = outcomes_of({[](litmus &s) { s.x.store(1, seq_cst); },
                                 [](litmus &s) {
                                   s.r[0] = s.x.load(relaxed);
                                   s.r[1] = s.y.load(seq_cst);
                                 },
                                 [](litmus &s) {
                                   s.y.store(1, seq_cst);
                                   s.r[2] = s.x.load(seq_cst);
                                 }},
                                3);
  EXPECT_TRUE(seen.contains("100"));
  EXPECT_EQ(seen.size(), 8u);
}

TEST(SeqCst, HappensBeforeThroughAnotherWordOrdersWhatIsSequencedAroundIt) {
  auto const run = [](auto store, auto load) {
    return outcomes_of({[=](litmus &s) {
                          s.x.store(1, seq_cst);
                          s.z.store(1, store);
                        },
                        [=](litmus &s) {
                          s.r[0] = s.z.load(load);
                          s.r[1] = s.y.load(seq_cst);
                        },
                        [](litmus &s) {
                          s.y.store(1, seq_cst);
                          s.r[2] = s.x.load(seq_cst);
                        }},
                       3);
  };
  EXPECT_EQ(run(relaxed, relaxed).size(), 8u);
  auto const ordered = run(release, acquire);
  EXPECT_EQ(ordered.size(), 7u);
  EXPECT_FALSE(ordered.contains("100"));
}

TEST(CompareExchange, ExactlyOneThreadTakesAValue) {
  thread const take = [](litmus &s) {
    uint64_t expected = 0;
    if (s.x.compare_exchange_strong(expected, 1, relaxed, relaxed)) s.z.fetch_add(1, relaxed);
  };
  EXPECT_EQ(outcomes_of({take, take, take}, 0, true), (outcomes{",1,0,1"}));
}

TEST(FetchAdd, LosesNothing) {
  thread const twice = [](litmus &s) {
    s.x.fetch_add(1, relaxed);
    s.x.fetch_add(1, relaxed);
  };
  EXPECT_EQ(outcomes_of({twice, twice, twice}, 0, true), (outcomes{",6,0,0"}));
}

TEST(LoadThenStore, LosesUpdates) {
  thread const once = [](litmus &s) { s.x.store(s.x.load(seq_cst) + 1, seq_cst); };
  EXPECT_EQ(outcomes_of({once, once, once}, 0, true), (outcomes{",1,0,0", ",2,0,0", ",3,0,0"}));
}
