// A map whose values are bytes: sizes, buffers, records that come back, and readers that are never
// shown a value of another key.
#include "escrow/byte_map.hpp"

#include "map_fixture.hpp"

#include <thread>

namespace {

/// A buffer of the wanted capacity, and what a call put into it.
struct buffer {
  std::string room;
  byte_buffer b;
  explicit buffer(u64 capacity) : room(capacity, '?'), b{room.data(), capacity, 0} {}
  [[nodiscard]] std::string text() const { return room.substr(0, std::min(b.size, b.capacity)); }
};

}  // namespace

TEST(ByteMap, ValuesOfEverySizeComeBackAsTheyWere) {
  test_map<words_to_bytes> m;
  std::vector<u64> sizes = {0, 1, 7, 8, 9, 63, 1024, 1025, 65535, 65536};
  for (u64 const n : sizes) {
    std::string value(n, 'v');
    for (u64 i = 0; i < n; ++i) value[i] = static_cast<char>(i * 31 + n);
    ASSERT_EQ(m->put(n, of(value)), ESCROW_CREATED);
    buffer out(n);
    ASSERT_EQ(m->get(n, out.b), ESCROW_OK);
    EXPECT_EQ(out.b.size, n);
    EXPECT_EQ(out.text(), value);
    if (n == 0) continue;
    buffer small(n - 1);
    ASSERT_EQ(m->get(n, small.b), ESCROW_E_SIZE);
    EXPECT_EQ(small.b.size, n) << "how much room it takes";
  }
  std::string const large(1u << 20, 'x');
  EXPECT_EQ(m->put(1u << 20, of(large)), ESCROW_E_SIZE);
  EXPECT_EQ(m.length(), sizes.size());
  buffer out(1);
  EXPECT_EQ(m->get(12345, out.b), ESCROW_E_ABSENT);
  EXPECT_EQ(out.b.size, 0u);
}

TEST(ByteMap, EveryOperationSaysWhatItFoundAndGivesItsRecordsBack) {
  test_map<bytes_to_bytes> m;
  std::string const large(500, 'l');
  std::string const empty;
  std::string const a = "value a";
  std::string const b = "b";
  for (std::string const &key : {empty, a, large}) {
    buffer out(1000);
    EXPECT_EQ(m->erase(of(key)), ESCROW_E_ABSENT);
    EXPECT_EQ(m->take(of(key), out.b), ESCROW_E_ABSENT);
    EXPECT_EQ(m->compare_and_swap(of(key), of(a), of(b)), ESCROW_E_ABSENT);
    EXPECT_EQ(m->compare_and_erase(of(key), of(a)), ESCROW_E_ABSENT);
    EXPECT_EQ(m->erase_if(of(key), map_condition::equal, 0), ESCROW_E_ABSENT);
    EXPECT_EQ(m.stats().bytes_records_live, 0u);
    EXPECT_EQ(m->put_if_absent(of(key), of(a), out.b), ESCROW_CREATED);
    u64 const live = m.stats().bytes_records_live;
    EXPECT_EQ(m->put_if_absent(of(key), of(b), out.b), ESCROW_OK);
    EXPECT_EQ(out.text(), a);
    EXPECT_EQ(m->compare_and_swap(of(key), of(b), of(large)), ESCROW_E_DIFFERS);
    EXPECT_EQ(m->compare_and_erase(of(key), of(b)), ESCROW_E_DIFFERS);
    EXPECT_EQ(m->compare_and_erase(of(key), of(large)), ESCROW_E_DIFFERS);
    buffer small(3);
    EXPECT_EQ(m->swap(of(key), of(b), small.b), ESCROW_E_SIZE);
    EXPECT_EQ(small.b.size, a.size());
    EXPECT_EQ(m->take(of(key), small.b), ESCROW_E_SIZE);
    EXPECT_EQ(m.stats().bytes_records_live, live) << "what was refused left nothing";
    EXPECT_EQ(m->swap(of(key), of(large), out.b), ESCROW_OK);
    EXPECT_EQ(out.text(), a);
    EXPECT_EQ(m->compare_and_swap(of(key), of(large), of(b)), ESCROW_OK);
    EXPECT_EQ(m->put(of(key), of(a)), ESCROW_OK);
    EXPECT_EQ(m.stats().bytes_records_live, live);
    EXPECT_EQ(m->take(of(key), out.b), ESCROW_OK);
    EXPECT_EQ(out.text(), a);
    EXPECT_EQ(m->swap(of(key), of(a), out.b), ESCROW_CREATED);
    EXPECT_EQ(out.b.size, 0u);
    EXPECT_EQ(m->compare_and_erase(of(key), of(a)), ESCROW_OK);
    EXPECT_EQ(m->put(of(key), of(a)), ESCROW_CREATED);
    EXPECT_EQ(m->erase(of(key)), ESCROW_OK);
    EXPECT_EQ(m.stats().bytes_records_live, 0u);
    EXPECT_EQ(m.length(), 0u);
  }
}

TEST(ByteMap, ConditionsLookAtTheFirstEightBytes) {
  test_map<words_to_bytes> m;
  for (u64 key = 0; key < 500; ++key) {
    std::string value(8 + key % 5, '\0');
    std::memcpy(value.data(), &key, 8);
    ASSERT_EQ(m->put(key, of(value)), ESCROW_CREATED);
  }
  std::string const two = "ab";  // shorter: padded with zeros
  ASSERT_EQ(m->put(1000, of(two)), ESCROW_CREATED);
  ASSERT_EQ(m->put(1001, {nullptr, 0}), ESCROW_CREATED);
  EXPECT_EQ(m->erase_if(1000, map_condition::equal, 0x6161), ESCROW_E_DIFFERS);
  EXPECT_EQ(m->erase_if(1000, map_condition::equal, 0x6261), ESCROW_OK);
  EXPECT_EQ(m->erase_if(1001, map_condition::equal, 0), ESCROW_OK);
  EXPECT_EQ(m->purge(map_condition::less, 100), 100u);
  EXPECT_EQ(m.length(), 400u);
  EXPECT_EQ(m->purge(map_condition::less, ~0ull), 400u);
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
}

TEST(ByteMap, ALeafLeavesLongKeysAndValuesToTheOrdinaryCall) {
  test_map<bytes_to_bytes> m;
  std::string const longer(1025, 'k');
  std::string const key = "key";
  buffer out(4000);
  EXPECT_EQ(m->put<true>(of(longer), of(key)), ESCROW_E_BUSY);
  EXPECT_EQ(m->put<true>(of(key), of(longer)), ESCROW_E_BUSY);
  EXPECT_EQ(m.length(), 0u);
  ASSERT_EQ(m->put(of(key), of(longer)), ESCROW_CREATED);
  EXPECT_EQ(m->get<true>(of(key), out.b), ESCROW_E_BUSY);
  EXPECT_EQ(m->get<true>(of(longer), out.b), ESCROW_E_BUSY);
  EXPECT_EQ(m->compare_and_swap<true>(of(key), of(longer), of(key)), ESCROW_E_BUSY);
  EXPECT_EQ(m->put_if_absent<true>(of(key), of(key), out.b), ESCROW_E_BUSY);
  EXPECT_EQ(m->swap<true>(of(key), of(key), out.b), ESCROW_E_BUSY);
  EXPECT_EQ(m->take<true>(of(key), out.b), ESCROW_E_BUSY);
  EXPECT_EQ(m->get(of(key), out.b), ESCROW_OK);
  EXPECT_EQ(out.text(), longer);
}

TEST(ByteMap, AScanShowsKeysAndValuesPaddedWithZeros) {
  test_map<bytes_to_bytes> m;
  std::unordered_map<std::string, std::string> oracle;
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string key(random() % 40, 'k');
    for (char &c : key) c = static_cast<char>(random());
    std::string const value(random() % 100, static_cast<char>(random()));
    (void)m->put(of(key), of(value));
    oracle[key] = value;
  }
  std::string const huge(65536, 'h');
  ASSERT_EQ(m->put(of(huge), of(huge)), ESCROW_CREATED);
  oracle[huge] = huge;
  std::vector<char> room(record::bytes_for(65536, 65536));
  std::unordered_map<std::string, std::string> seen;
  for (u64 cursor = 0; cursor != map_cursor_end;) {
    record_sink sink{room.data(), room.size()};
    ASSERT_EQ(m->scan(cursor, sink), ESCROW_OK);
    char const *at = room.data();
    for (u64 i = 0; i < sink.count; ++i) {
      u64 header = 0;
      std::memcpy(&header, at, 8);
      std::string const key(at + 8, header >> 32);
      std::string const value(at + 8 + align_up(key.size(), 8), header & 0xFFFFFFFF);
      for (u64 pad = key.size(); pad % 8 != 0; ++pad) ASSERT_EQ(at[8 + pad], 0);
      at += record::bytes_for(key.size(), value.size());
      ASSERT_TRUE(seen.emplace(key, value).second) << "twice";
    }
    ASSERT_EQ(at, room.data() + sink.used);
  }
  EXPECT_EQ(seen, oracle);
  record_sink small{room.data(), 64};
  u64 cursor = 0;
  escrow_status s = ESCROW_OK;
  while (cursor != map_cursor_end && s == ESCROW_OK) {
    small = {room.data(), 64};
    s = m->scan(cursor, small);
  }
  EXPECT_EQ(s, ESCROW_E_SIZE) << "an entry that does not fit";
}

TEST(ByteMap, AtTheLimitItSaysFullAndStaysUsable) {
  map_options o;
  o.limit_bytes = 2u << 20;
  test_map<bytes_to_bytes> m(o);
  std::string const value(1000, 'v');
  u64 stored = 0;
  escrow_status s = ESCROW_OK;
  while ((s = m->put(of(std::to_string(stored)), of(value))) == ESCROW_CREATED) ++stored;
  EXPECT_EQ(s, ESCROW_E_FULL);
  auto const held = m.stats();
  EXPECT_LE(held.bytes_index + held.bytes_records_held, o.limit_bytes);
  EXPECT_GT(stored, 1000u);
  EXPECT_EQ(m->erase(of(std::to_string(stored))), ESCROW_E_ABSENT);
  EXPECT_EQ(m->put(of(std::to_string(0)), of(value)), ESCROW_E_FULL)
      << "the new record is made first";
  buffer out(1000);
  ASSERT_EQ(m->get(of(std::to_string(0)), out.b), ESCROW_OK);
  EXPECT_EQ(out.text(), value) << "and the old one stays";
  EXPECT_EQ(m->erase(of(std::to_string(0))), ESCROW_OK);
  EXPECT_EQ(m->put(of(std::to_string(1)), of(value)), ESCROW_OK);
}

TEST(ByteMap, ShrinkMovesRecordsAndGivesTheirChunksBack) {
  test_map<bytes_to_bytes> m;
  auto const value_of = [](u64 i) {
    return std::string(100 + i % 50, static_cast<char>('a' + i % 26));
  };
  for (u64 i = 0; i < 100'000; ++i)
    ASSERT_EQ(m->put(of(std::to_string(i)), of(value_of(i))), ESCROW_CREATED);
  u64 const held = m.stats().bytes_records_held;
  for (u64 i = 0; i < 100'000; ++i) {
    if (i % 10 != 0) {
      ASSERT_EQ(m->erase(of(std::to_string(i))), ESCROW_OK);
    }
  }
  EXPECT_GT(m.shrink(), held / 2);
  auto const s = m.stats();
  EXPECT_LT(s.bytes_records_held, held / 4);
  for (u64 i = 0; i < 100'000; ++i) {
    buffer out(200);
    ASSERT_EQ(m->get(of(std::to_string(i)), out.b), i % 10 == 0 ? ESCROW_OK : ESCROW_E_ABSENT);
    if (i % 10 == 0) {
      ASSERT_EQ(out.text(), value_of(i));
    }
  }
  for (u64 i = 0; i < 100'000; i += 10) ASSERT_EQ(m->erase(of(std::to_string(i))), ESCROW_OK);
  EXPECT_EQ(m.stats().bytes_records_live, 0u);
}

TEST(ByteMap, ShrinkWithoutMemoryForCopiesLeavesEveryRecordItsEntry) {
  map_options o;
  o.limit_bytes = 24u << 20;
  test_map<words_to_bytes> m(o);
  std::string const value(2000, 'v');
  u64 stored = 0;
  while (m->put(stored, of(value)) == ESCROW_CREATED) ++stored;
  // Every chunk a third empty, and not a byte left for copies of another class.
  for (u64 i = 0; i < stored; ++i) {
    if (i % 3 == 0) {
      ASSERT_EQ(m->erase(i), ESCROW_OK);
    }
  }
  u64 const live = m.stats().bytes_records_live;
  (void)m.shrink();
  EXPECT_EQ(m.stats().bytes_records_live, live);
  std::string const other(2000, 'o');
  for (u64 i = 0; i < stored; i += 3) (void)m->put(i, of(other));
  for (u64 i = 0; i < stored; ++i) {
    buffer out(2000);
    if (i % 3 == 0) continue;
    ASSERT_EQ(m->get(i, out.b), ESCROW_OK);
    ASSERT_EQ(out.text(), value) << "the record of " << i << " is somebody else's";
  }
}

TEST(ByteMap, AReaderIsNeverShownWhatIsNotItsKeys) {
  test_map<bytes_to_bytes> m;
  std::atomic<bool> stop{false};
  std::atomic<u64> wrong{0};
  std::atomic<u64> reads{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t)
    readers.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<u64>(t));
      while (!stop.load()) {
        std::string const key = "key " + std::to_string(random() % 64);
        buffer out(400);
        if (m->get(of(key), out.b) != ESCROW_OK) continue;
        reads.fetch_add(1);
        std::string const text = out.text();
        if (text.substr(0, key.size() + 1) != key + ":") wrong.fetch_add(1);
        if (text.back() != text[key.size() + 1]) wrong.fetch_add(1);
      }
    });
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    std::string const key = "key " + std::to_string(random() % 64);
    if (random() % 4 == 0) {
      (void)m->erase(of(key));
    } else {
      std::string const value =
          key + ":" + std::string(1 + random() % 300, static_cast<char>('a' + random() % 26));
      ASSERT_GE(m->put(of(key), of(value)), 0);
    }
  }
  while (reads.load() < 1000) std::this_thread::yield();
  stop = true;
  for (auto &r : readers) r.join();
  EXPECT_EQ(wrong.load(), 0u);
}
