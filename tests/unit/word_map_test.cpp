// A map from words, or bytes, to words: every operation, chains, growth and shrinking, clears,
// scans, and what happens where there is no memory.
#include "escrow/word_map.hpp"

#include "map_fixture.hpp"

#include <set>

namespace {

constexpr u64 last_key = ~0ull;

}  // namespace

TEST(WordMap, EveryOperationSaysWhatItFoundAndWhatItDid) {
  test_map<words_to_words> m;
  for (u64 const key : {u64{0}, last_key, u64{42}}) {
    u64 out = 77;
    EXPECT_EQ(m->get(key, out), ESCROW_E_ABSENT);
    EXPECT_EQ(m->erase(key), ESCROW_E_ABSENT);
    EXPECT_EQ(m->take(key, out), ESCROW_E_ABSENT);
    EXPECT_EQ(m->compare_and_swap(key, 0, 1), ESCROW_E_ABSENT);
    EXPECT_EQ(m->erase_if(key, map_condition::equal, 0), ESCROW_E_ABSENT);
    EXPECT_EQ(m->put(key, 5), ESCROW_CREATED);
    EXPECT_EQ(m->put(key, 6), ESCROW_OK);
    EXPECT_EQ(m->get(key, out), ESCROW_OK);
    EXPECT_EQ(out, 6u);
    EXPECT_EQ(m->put_if_absent(key, 9, out), ESCROW_OK);
    EXPECT_EQ(out, 6u);
    EXPECT_EQ(m->swap(key, 7, out), ESCROW_OK);
    EXPECT_EQ(out, 6u);
    EXPECT_EQ(m->compare_and_swap(key, 6, 1), ESCROW_E_DIFFERS);
    EXPECT_EQ(m->compare_and_swap(key, 7, last_key), ESCROW_OK);
    EXPECT_EQ(m->fetch_add(key, 3, out), ESCROW_OK);
    EXPECT_EQ(out, last_key);
    EXPECT_EQ(m->erase_if(key, map_condition::equal, 3), ESCROW_E_DIFFERS);
    EXPECT_EQ(m->erase_if(key, map_condition::less, 2), ESCROW_E_DIFFERS);
    EXPECT_EQ(m->erase_if(key, map_condition::less, 3), ESCROW_OK);
    EXPECT_EQ(m->swap(key, 1, out), ESCROW_CREATED);
    EXPECT_EQ(out, 0u);
    EXPECT_EQ(m->take(key, out), ESCROW_OK);
    EXPECT_EQ(out, 1u);
    EXPECT_EQ(m->fetch_add(key, 4, out), ESCROW_CREATED);
    EXPECT_EQ(out, 0u);
    EXPECT_EQ(m->put_if_absent(key ^ 1, 9, out), ESCROW_CREATED);
    EXPECT_EQ(out, 9u);
    EXPECT_EQ(m->erase(key ^ 1), ESCROW_OK);
    EXPECT_EQ(m->erase(key), ESCROW_OK);
    EXPECT_EQ(m.length(), 0u);
  }
}

TEST(WordMap, AMillionEntriesComeAndGoAsInAnOracle) {
  test_map<words_to_words> m;
  std::unordered_map<u64, u64> oracle;
  std::mt19937_64 random(1);
  constexpr u64 most = 1'000'000;
  for (u64 i = 0; i < most; ++i) {
    u64 const key = random() % (2 * most);
    EXPECT_EQ(m->put(key, i), oracle.count(key) != 0 ? ESCROW_OK : ESCROW_CREATED);
    oracle[key] = i;
  }
  ASSERT_EQ(m.length(), oracle.size());
  auto const full = m.stats();
  EXPECT_EQ(full.entries, oracle.size());
  u64 probed = 0;
  for (u64 const p : full.probes) probed += p;
  EXPECT_EQ(probed, oracle.size());
  EXPECT_GT(full.probes[0], oracle.size() * 94 / 100) << "few entries need a node";
  EXPECT_LT(full.bytes_index, oracle.size() * 45);
  EXPECT_EQ(content(m.map), oracle);
  for (u64 key = 0; key < 2 * most; key += 7) {
    u64 out = 0;
    auto const at = oracle.find(key);
    ASSERT_EQ(m->get(key, out), at == oracle.end() ? ESCROW_E_ABSENT : ESCROW_OK);
    if (at != oracle.end()) {
      ASSERT_EQ(out, at->second);
    }
  }
  for (u64 key = 0; key < 2 * most; ++key) {
    if (key % 1000 == 1) continue;
    ASSERT_EQ(m->erase(key), oracle.erase(key) != 0 ? ESCROW_OK : ESCROW_E_ABSENT);
  }
  ASSERT_EQ(m.length(), oracle.size());
  EXPECT_GT(m.shrink(), full.bytes_index * 9 / 10);
  EXPECT_EQ(content(m.map), oracle);
  EXPECT_LT(m.stats().bytes_index, full.bytes_index / 10);
  EXPECT_LT(m.stats().buckets, full.buckets / 100);
}

TEST(WordMap, AfterAShrinkItGrowsAgainAsAFreshMapDoes) {
  test_map<words_to_words> m;
  for (int round = 0; round < 3; ++round) {
    for (u64 key = 0; key < 100'000; ++key) ASSERT_EQ(m->put(key, key), ESCROW_CREATED);
    auto const s = m.stats();
    EXPECT_GT(s.buckets, 25'000u) << "in round " << round << ": it was told not to look";
    EXPECT_LT(s.nodes, 2000u);
    if (round == 0) {
      for (u64 key = 0; key < 100'000; ++key) ASSERT_EQ(m->erase(key), ESCROW_OK);
    } else {
      m.clear();
    }
    (void)m.shrink();
    EXPECT_LE(m.stats().buckets, 17u);
  }
}

TEST(WordMap, AfterAClearAndAShrinkNothingIsLeftOfTheOldCounts) {
  test_map<words_to_words> m;
  for (u64 key = 0; key < 1000; ++key) (void)m->put(key, key);
  m.clear();
  EXPECT_EQ(m.length(), 0u);
  (void)m->put(1, 1);
  EXPECT_EQ(m.length(), 1u);
}

TEST(WordMap, KeysOfOneBucketMakeAChainThatShrinksAgain) {
  test_map<words_in_one_bucket> m;
  std::unordered_map<u64, u64> oracle;
  for (u64 key = 0; key < 500; ++key) {
    ASSERT_EQ(m->put(key, ~key), ESCROW_CREATED);
    oracle[key] = ~key;
  }
  EXPECT_GE(m.stats().nodes, 500u / 7 - 1);
  EXPECT_EQ(content(m.map), oracle);
  std::mt19937_64 random(3);
  while (!oracle.empty()) {
    u64 const key = random() % 500;
    u64 out = 0;
    if (oracle.erase(key) == 0) {
      ASSERT_EQ(m->take(key, out), ESCROW_E_ABSENT);
      continue;
    }
    ASSERT_EQ(m->take(key, out), ESCROW_OK);
    ASSERT_EQ(out, ~key);
    if (oracle.size() % 100 == 0) {
      ASSERT_EQ(content(m.map), oracle);
    }
  }
  EXPECT_EQ(m.stats().nodes, 0u);
}

TEST(WordMap, ALeafPassesALongChainOnToTheOrdinaryCall) {
  test_map<words_in_one_bucket> m;
  u64 out = 0;
  for (u64 key = 0; key < 200; ++key) ASSERT_EQ(m->put(key, key), ESCROW_CREATED);
  unsigned busy = 0;
  for (u64 key = 0; key < 200; ++key) {
    auto const s = m->get<true>(key, out);
    ASSERT_TRUE(s == ESCROW_OK || s == ESCROW_E_BUSY);
    busy += s == ESCROW_E_BUSY;
    if (s == ESCROW_OK) {
      ASSERT_EQ(out, key);
    }
    ASSERT_EQ(m->get(key, out), ESCROW_OK);
  }
  EXPECT_GT(busy, 100u);
  EXPECT_LT(busy, 200u - 56u);
  EXPECT_EQ(m->put<true>(1000, 1), ESCROW_E_BUSY);
  EXPECT_EQ(m->get(1000, out), ESCROW_E_ABSENT) << "busy: nothing happened";
}

TEST(WordMap, ALeafMakesNoNodeAndSaysThatGrowthIsDue) {
  test_map<words_in_one_bucket> m;
  for (u64 key = 0; key < 7; ++key) ASSERT_EQ(m->put<true>(key, 1), ESCROW_CREATED);
  EXPECT_EQ(m->put<true>(7, 1), ESCROW_E_BUSY);
  EXPECT_EQ(m->erase<true>(7), ESCROW_E_ABSENT) << "what creates nothing needs no node";
  EXPECT_EQ(m->compare_and_swap<true>(7, 0, 0), ESCROW_E_ABSENT);
  EXPECT_EQ(m->put(7, 1), ESCROW_CREATED);
  test_map<words_to_words> grows;
  bool due = false;
  for (u64 key = 0; key < 1000 && !due; ++key) {
    if (grows->put<true>(key, 1) == ESCROW_E_BUSY) (void)grows->put(key, 1);
    due = grows.control->state.growth_due.load();
  }
  EXPECT_TRUE(due);
  index_growth<words_to_words::index_type>::grow(grows.index());
  EXPECT_FALSE(grows.control->state.growth_due.load());
}

TEST(WordMap, BatchesAnswerForEveryKeyInOrder) {
  test_map<words_to_words> m;
  std::vector<u64> keys;
  std::vector<u64> values;
  for (u64 i = 0; i < 1000; ++i) {
    keys.push_back(i / 2);
    values.push_back(i);
  }
  std::vector<escrow_status> each(keys.size());
  EXPECT_EQ(m->put_n(keys.data(), values.data(), keys.size(), each.data()), 1000u);
  for (u64 i = 0; i < 1000; ++i) EXPECT_EQ(each[i], i % 2 == 0 ? ESCROW_CREATED : ESCROW_OK);
  for (u64 &k : keys) k *= 2;
  EXPECT_EQ(m->get_n(keys.data(), keys.size(), values.data(), each.data()), 500u);
  for (u64 i = 0; i < 1000; ++i) {
    EXPECT_EQ(each[i], i < 500 ? ESCROW_OK : ESCROW_E_ABSENT);
    EXPECT_EQ(values[i], i < 500 ? keys[i] * 2 + 1 : 0);
  }
  EXPECT_EQ(m->get_n(keys.data(), 3, values.data(), nullptr), 3u);
  EXPECT_EQ(m->erase_n(keys.data(), keys.size(), each.data()), 250u);
  EXPECT_EQ(m.length(), 250u);
  EXPECT_EQ(m->get_n(keys.data(), 0, values.data(), nullptr), 0u);
}

TEST(WordMap, PurgeErasesWhatMeetsTheConditionAndNothingElse) {
  test_map<words_to_words> m;
  test_map<words_in_one_bucket> chain;
  for (u64 key = 0; key < 1000; ++key) {
    ASSERT_EQ(m->put(key, key), ESCROW_CREATED);
    ASSERT_EQ(chain->put(key, key), ESCROW_CREATED);
  }
  EXPECT_EQ(m->purge(map_condition::less, 400), 400u);
  EXPECT_EQ(chain->purge(map_condition::less, 400), 400u) << "more than a turn's worth";
  EXPECT_EQ(m->purge(map_condition::equal, 500), 1u);
  EXPECT_EQ(m.length(), 599u);
  EXPECT_EQ(chain.length(), 600u);
  for (auto const &[key, value] : content(chain.map)) EXPECT_GE(value, 400u);
  EXPECT_EQ(m->purge(map_condition::less_signed, 0), 0u);
  EXPECT_EQ(chain->purge(map_condition::less, ~0ull), 600u);
  EXPECT_EQ(chain.stats().nodes, 0u);
}

TEST(WordMap, SixHundredClearsEachEmptyItForAllWhoLookLater) {
  test_map<words_to_words> m;
  for (u64 epoch = 0; epoch < 600; ++epoch) {
    // Some keys are written in every epoch, some in one of 300, so that buckets fall behind.
    for (u64 key = 0; key < 20; ++key) ASSERT_EQ(m->put(key, epoch), ESCROW_CREATED);
    if (epoch % 300 == 0) {
      for (u64 key = 1000; key < 3000; ++key) ASSERT_EQ(m->put(key, epoch), ESCROW_CREATED);
    }
    ASSERT_EQ(m.length(), epoch % 300 == 0 ? 2020u : 20u);
    ASSERT_EQ(content(m.map).size(), m.length());
    m.clear();
    ASSERT_EQ(m.length(), 0u);
    u64 out = 0;
    for (u64 key = 0; key < 3000; key += 50) ASSERT_EQ(m->get(key, out), ESCROW_E_ABSENT);
    ASSERT_EQ(m->erase(1), ESCROW_E_ABSENT);
    ASSERT_TRUE(content(m.map).empty());
  }
}

TEST(WordMap, AClearLetsGoOfNodesAtTheNextSweep) {
  test_map<words_in_one_bucket> m;
  for (u64 key = 0; key < 100; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
  m.clear();
  EXPECT_GT(m.stats().nodes, 0u);
  m.sweep();
  EXPECT_EQ(m.stats().nodes, 0u);
  EXPECT_EQ(m->put(1, 1), ESCROW_CREATED);
}

TEST(WordMap, TenMillionEntriesThatComeAndGoKeepTheMemory) {
  test_map<words_to_words> m;
  constexpr u64 size = 10'000;
  for (u64 key = 0; key < size; ++key) ASSERT_EQ(m->put(key, key), ESCROW_CREATED);
  u64 bytes = 0;
  u64 nodes = 0;
  for (u64 i = 0; i < 10'000'000; ++i) {
    if (m->erase(i) != ESCROW_OK || m->put(i + size, i) != ESCROW_CREATED) {
      FAIL() << i;
    }
    if (i == 1'000'000) {
      bytes = m.stats().bytes_index;
      nodes = m.stats().nodes;
    }
  }
  auto const s = m.stats();
  EXPECT_EQ(s.entries, size);
  EXPECT_LE(s.bytes_index, bytes * 11 / 10);
  EXPECT_LE(s.nodes, nodes * 2 + 100);
}

TEST(WordMap, ReservedMemoryIsNotGrownWhileItIsFilled) {
  test_map<words_to_words> m;
  ASSERT_EQ(m.reserve(100'000), ESCROW_OK);
  auto const before = m.stats();
  for (u64 key = 0; key < 100'000; ++key) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
  EXPECT_EQ(m.stats().buckets, before.buckets);
  EXPECT_EQ(m.reserve(10), ESCROW_OK);
  EXPECT_EQ(m.stats().buckets, before.buckets) << "it does not shrink";
  EXPECT_EQ(m.reserve(~0ull), ESCROW_E_SIZE);
  EXPECT_EQ(m.reserve(words_to_words::index_type::most_entries), ESCROW_E_SIZE)
      << "before any memory is taken";
}

TEST(WordMap, AFloodOfKeysThatCollideUnderOneSeedIsHarmlessUnderAnother) {
  // Keys chosen with knowledge of the seed: of a million, those of one bucket of 4096.
  hash_seed const known = hash_seed::from(1);
  std::vector<u64> flood;
  for (u64 key = 0; flood.size() < 1000; ++key)
    if ((hash_word(key, known) & 4095) == 7) flood.push_back(key);
  for (u64 const seed : {u64{1}, u64{2}, u64{3}}) {
    map_options o;
    o.seed = seed;
    test_map<words_to_words> m(o);
    for (u64 const key : flood) ASSERT_EQ(m->put(key, 1), ESCROW_CREATED);
    auto const s = m.stats();
    if (seed == 1) {
      EXPECT_LT(s.probes[0], flood.size() / 10) << "the attack must work where it may";
    } else {
      EXPECT_GT(s.probes[0], flood.size() * 9 / 10);
    }
  }
}

TEST(WordMap, AtTheLimitItSaysFullAndStaysUsable) {
  map_options o;
  o.limit_bytes = 256u << 10;
  test_map<words_to_words> m(o);
  u64 stored = 0;
  escrow_status s = ESCROW_OK;
  while ((s = m->put(stored, stored)) == ESCROW_CREATED) {
    ASSERT_LE(m.stats().bytes_index, o.limit_bytes);
    if (++stored == 100'000) break;
  }
  ASSERT_EQ(s, ESCROW_E_FULL);
  EXPECT_EQ(m.length(), stored);
  EXPECT_GT(stored, o.limit_bytes / 45);
  auto const held = m.stats().bytes_index;
  EXPECT_LE(held, o.limit_bytes);
  u64 out = 0;
  for (u64 key = 0; key < stored; ++key) {
    ASSERT_EQ(m->get(key, out), ESCROW_OK);
    ASSERT_EQ(m->put(key, ~key), ESCROW_OK) << "an overwrite needs no memory";
  }
  for (u64 key = stored; key < stored + 1000; ++key) {
    ASSERT_EQ(m->erase(key), ESCROW_E_ABSENT) << "nor does what creates nothing";
    ASSERT_EQ(m->compare_and_swap(key, 0, 1), ESCROW_E_ABSENT);
    ASSERT_EQ(m->take(key, out), ESCROW_E_ABSENT);
  }
  for (u64 key = 0; key < stored; key += 2) ASSERT_EQ(m->erase(key), ESCROW_OK);
  EXPECT_EQ(m->put(stored, 1), ESCROW_CREATED);
}
