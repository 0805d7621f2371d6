// A map from byte strings to words: keys of every length, and records that come back on every path.
#include "escrow/word_map.hpp"

#include "map_fixture.hpp"

TEST(WordMapOfBytes, KeysOfEveryLengthAreTheirBytes) {
  test_map<bytes_to_words> m;
  std::vector<std::string> keys;
  for (u64 n = 0; n < 70; ++n) keys.push_back(std::string(n, 'x'));
  for (u64 const n : {255, 256, 257, 1024, 1025, 4096, 65535, 65536})
    keys.push_back(std::string(n, 'y'));
  keys.push_back(std::string(8, '\0'));
  keys.push_back(std::string(9, '\0'));
  for (u64 i = 0; i < keys.size(); ++i) ASSERT_EQ(m->put(of(keys[i]), i), ESCROW_CREATED) << i;
  u64 out = 0;
  for (u64 i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(m->get(of(keys[i]), out), ESCROW_OK);
    EXPECT_EQ(out, i);
    ASSERT_EQ(m->put_if_absent(of(keys[i]), 0, out), ESCROW_OK);
    EXPECT_EQ(out, i);
  }
  std::string const long_key(65537, 'y');
  EXPECT_EQ(m->put(of(long_key), 1), ESCROW_E_SIZE);
  EXPECT_EQ(m->get(of(long_key), out), ESCROW_E_SIZE);
  EXPECT_EQ(m->erase(of(long_key)), ESCROW_E_SIZE);
  EXPECT_EQ(m.length(), keys.size());
  for (auto const &key : keys) ASSERT_EQ(m->erase(of(key)), ESCROW_OK);
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
}

TEST(WordMapOfBytes, EveryPathGivesItsRecordBack) {
  test_map<bytes_to_words> m;
  u64 out = 0;
  for (std::string const &key : {std::string("short"), std::string(300, 'l')}) {
    auto const none = [&] { return m.stats().bytes_records_live; };
    EXPECT_EQ(m->erase(of(key)), ESCROW_E_ABSENT);
    EXPECT_EQ(m->take(of(key), out), ESCROW_E_ABSENT);
    EXPECT_EQ(m->compare_and_swap(of(key), 1, 2), ESCROW_E_ABSENT);
    EXPECT_EQ(m->erase_if(of(key), map_condition::equal, 2), ESCROW_E_ABSENT);
    EXPECT_EQ(none(), 0u);
    EXPECT_EQ(m->put(of(key), 1), ESCROW_CREATED);
    u64 const one = none();
    EXPECT_GT(one, 0u);
    EXPECT_EQ(m->put(of(key), 2), ESCROW_OK);
    EXPECT_EQ(m->fetch_add(of(key), 2, out), ESCROW_OK);
    EXPECT_EQ(m->put_if_absent(of(key), 2, out), ESCROW_OK);
    EXPECT_EQ(m->compare_and_swap(of(key), 1, 2), ESCROW_E_DIFFERS);
    EXPECT_EQ(m->erase_if(of(key), map_condition::equal, 2), ESCROW_E_DIFFERS);
    EXPECT_EQ(none(), one);
    EXPECT_EQ(m->take(of(key), out), ESCROW_OK);
    EXPECT_EQ(none(), 0u);
    EXPECT_EQ(m->swap(of(key), 2, out), ESCROW_CREATED);
    EXPECT_EQ(m->purge(map_condition::equal, 2), 1u);
    EXPECT_EQ(none(), 0u);
    EXPECT_EQ(
        m->edit_entry(of(key),
                      [](bool, u64) noexcept { return bytes_to_words::keep(ESCROW_E_DIFFERS); }),
        ESCROW_E_DIFFERS);
    EXPECT_EQ(none(), 0u) << "a record that turned out not to be needed";
    EXPECT_EQ(m->put(of(key), 2), ESCROW_CREATED);
    m.clear();
    m.sweep();
    EXPECT_EQ(none(), 0u);
  }
}

TEST(WordMapOfBytes, IndexAndRecordsTogetherStayWithinTheLimit) {
  map_options o;
  o.limit_bytes = 1u << 20;
  test_map<bytes_to_words> m(o);
  u64 stored = 0;
  escrow_status s = ESCROW_OK;
  auto const key = [](u64 i) { return "key number " + std::to_string(i); };
  while ((s = m->put(of(key(stored)), stored)) == ESCROW_CREATED) ++stored;
  EXPECT_EQ(s, ESCROW_E_FULL);
  auto const held = m.stats();
  EXPECT_LE(held.bytes_index + held.bytes_records_held, o.limit_bytes);
  EXPECT_GT(held.bytes_index + held.bytes_records_held, o.limit_bytes * 3 / 4);
  u64 out = 0;
  EXPECT_EQ(m->erase(of(key(stored))), ESCROW_E_ABSENT);
  EXPECT_EQ(m->compare_and_swap(of(key(stored)), 1, 1), ESCROW_E_ABSENT);
  EXPECT_EQ(m->put(of(key(0)), 9), ESCROW_OK);
  for (u64 i = 0; i < stored; ++i) {
    ASSERT_EQ(m->get(of(key(i)), out), ESCROW_OK);
    ASSERT_EQ(m->erase(of(key(i))), ESCROW_OK);
  }
  EXPECT_EQ(m->put(of(key(0)), 1), ESCROW_CREATED);
  (void)m.shrink();
  auto const after = m.stats();
  EXPECT_LT(after.bytes_index + after.bytes_records_held, o.limit_bytes / 2);
  for (u64 i = 1; i < stored / 2; ++i)
    ASSERT_EQ(m->put(of(key(i)), i), ESCROW_CREATED) << "refunded";
}

TEST(WordMapOfBytes, ABatchOfKeysThatAreTooLongOrMissingSaysSoForEach) {
  test_map<bytes_to_words> m;
  std::string const long_key(70'000, 'z');
  std::string const a = "a";
  std::string const b = "b";
  bytes const keys[] = {of(a), of(long_key), {nullptr, 0}, of(b)};
  u64 values[] = {1, 2, 3, 4};
  escrow_status each[4];
  EXPECT_EQ(m->put_n(keys, values, 4, each), 3u);
  EXPECT_EQ(each[1], ESCROW_E_SIZE);
  EXPECT_EQ(m->get_n(keys, 4, values, each), 3u);
  EXPECT_EQ(values[1], 0u);
  EXPECT_EQ(values[3], 4u);
  EXPECT_EQ(m->erase_n(keys, 4, each), 3u);
  EXPECT_EQ(m.length(), 0u);
}

// Nothing of the test's own is allocated while memory is short.
TEST(WordMapOfBytes, WithoutMemoryFromTheSystemItSaysSoAndChangesNothing) {
  SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED();
  char room[64];
  auto const key_of = [&room](u64 i) -> bytes {
    return {room,
            static_cast<u64>(std::snprintf(room, sizeof room, "a key that needs a record, %llu",
                                           static_cast<unsigned long long>(i)))};
  };
  unsigned refused_in_all = 0;
  for (u64 more = 0; more < 12; ++more) {
    test_map<bytes_to_words> m;
    std::vector<bool> there(60'000);
    u64 stored = 0;
    u64 strange = 0;
    {
      address_space const tight(more * (1u << 20));
      unsigned refused = 0;
      for (u64 i = 0; i < there.size() && refused < 100; ++i) {
        auto const s = m->put(key_of(i), i);
        there[i] = s == ESCROW_CREATED;
        stored += there[i] ? 1 : 0;
        if (there[i]) continue;
        ++refused;
        u64 out = 0;
        strange += s == ESCROW_E_NOMEM || s == ESCROW_E_FULL ? 0 : 1;
        strange += m->get(key_of(i), out) == ESCROW_E_ABSENT ? 0 : 1;
        strange += m->erase(key_of(i)) == ESCROW_E_ABSENT ? 0 : 1;
      }
      refused_in_all += refused;
    }
    EXPECT_EQ(strange, 0u);
    ASSERT_EQ(m.length(), stored);
    for (u64 i = 0; i < there.size(); ++i) {
      u64 out = 0;
      ASSERT_EQ(m->get(key_of(i), out), there[i] ? ESCROW_OK : ESCROW_E_ABSENT) << i;
      if (there[i]) {
        ASSERT_EQ(out, i);
      }
    }
    EXPECT_EQ(m->put({"afterwards", 10}, 1), ESCROW_CREATED);
  }
  EXPECT_GT(refused_in_all, 0u) << "the limit must bite somewhere";
}
