// Byte keys of every length and byte values that name their key: a value that is read, whole or in
// a scan, must belong to its key, and a key to itself. Each thread knows what its own keys have.
// Others grow, shrink (which moves records), clear and scan.
//
// With the records of overwritten values released before the version has moved it fails in every
// run of two seconds.
#include <memory>
#include <string>
#include <unordered_map>

#include "escrow/map_census.hpp"
#include "escrow/sharded_map.hpp"
#include "options.hpp"

namespace {

using escrow::bytes;
using escrow::u32;
using escrow::u64;
using map_type = escrow::sharded_map<bytes, bytes>;

constexpr u64 own_keys = 512;

bytes of(std::string const &s) {
  return {s.data(), s.size()};
}

/// Key k of thread t: some are short, some longer than what is copied under a lock.
std::string key_of(u64 t, u64 k) {
  std::string s = std::to_string(t) + '/' + std::to_string(k);
  if (k % 8 == 7) s.append(k % 600, '.');
  return s;
}
/// A value: length of the key, key, then one letter, repeated.
std::string value_for(std::string const &key, u64 draw) {
  std::string v(1, static_cast<char>(key.size() & 0x7F));
  v += key;
  u64 const longest = draw % 64 == 0 ? 40'000 : 200;
  v.append((draw >> 8) % longest, static_cast<char>('a' + draw % 26));
  return v;
}
bool belongs(std::string const &key, char const *value, u64 size) {
  if (size < key.size() + 1 || value[0] != static_cast<char>(key.size() & 0x7F)) return false;
  if (std::memcmp(value + 1, key.data(), key.size()) != 0) return false;
  for (u64 i = key.size() + 1; i < size; ++i)
    if (value[i] != value[size - 1]) return false;
  return true;
}

struct worker {
  std::unordered_map<std::string, std::string> oracle;
  std::vector<char> room = std::vector<char>(64u << 10);
};

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  map_type map;
  map_type cleared;
  STRESS_EXPECT(map_type::open({}, map) == ESCROW_OK);
  STRESS_EXPECT(map_type::open({}, cleared) == ESCROW_OK);
  std::vector<worker> workers(options.threads);
  std::atomic<u64> operations{0};
  std::atomic<u64> scans{0};
  std::atomic<u64> hits{0};

  auto const write_own = [&](u64 t, worker &mine, u64 draw) {
    std::string const key = key_of(t, (draw >> 8) % own_keys);
    std::string const value = value_for(key, draw >> 20);
    auto const at = mine.oracle.find(key);
    bool const there = at != mine.oracle.end();
    auto &native = map.native_access();
    switch (draw % 5) {
      case 0:
      case 1: {
        auto s = draw % 2 == 0 ? map.put(of(key), of(value)) : native.put<true>(of(key), of(value));
        if (s == ESCROW_E_BUSY) s = map.put(of(key), of(value));
        STRESS_EXPECT(s == (there ? ESCROW_OK : ESCROW_CREATED));
        mine.oracle[key] = value;
        return;
      }
      case 2:
        STRESS_EXPECT(map.erase(of(key)) == (there ? ESCROW_OK : ESCROW_E_ABSENT));
        mine.oracle.erase(key);
        return;
      case 3:
        if (!there) return;
        STRESS_EXPECT(map.compare_and_swap(of(key), of(at->second), of(value)) == ESCROW_OK);
        at->second = value;
        return;
      default: {
        escrow::byte_buffer out{mine.room.data(), mine.room.size(), 0};
        STRESS_EXPECT(map.get(of(key), out) == (there ? ESCROW_OK : ESCROW_E_ABSENT));
        if (there) STRESS_EXPECT(std::string(out.data, out.size) == at->second);
      }
    }
  };
  auto const read = [&](map_type &from, worker &mine, std::string const &key) {
    escrow::byte_buffer out{mine.room.data(), mine.room.size(), 0};
    auto const s = from.get(of(key), out);
    if (s == ESCROW_E_ABSENT) return;
    STRESS_EXPECT(s == ESCROW_OK && belongs(key, out.data, out.size));
    hits.fetch_add(1, std::memory_order_relaxed);
  };
  auto const scan_all = [&](u64 t, worker &mine) {
    std::unordered_map<std::string, std::string> seen;
    std::vector<char> room(132u << 10);
    for (u64 cursor = 0; cursor != escrow::map_cursor_end;) {
      escrow::record_sink sink{room.data(), room.size()};
      STRESS_EXPECT(map.native_access().scan(cursor, sink) == ESCROW_OK);
      char const *at = room.data();
      for (u64 i = 0; i < sink.count; ++i) {
        u64 header = 0;
        std::memcpy(&header, at, 8);
        std::string const key(at + 8, header >> 32);
        char const *const value = at + 8 + escrow::align_up(key.size(), 8);
        u64 const size = static_cast<u32>(header);
        STRESS_EXPECT(belongs(key, value, size));
        at += escrow::record::bytes_for(key.size(), size);
        if (key.substr(0, key.find('/')) != std::to_string(t)) continue;
        STRESS_EXPECT(seen.emplace(key, std::string(value, size)).second);
      }
    }
    STRESS_EXPECT(seen == mine.oracle);
    scans.fetch_add(1, std::memory_order_relaxed);
  };

  options.run([&](unsigned t, auto &random) {
    worker &mine = workers[t];
    for (int i = 0; i < 64; ++i) {
      write_own(t, mine, random());
      read(map, mine, key_of(random() % options.threads, random() % own_keys));
      std::string const key = key_of(99, random() % 64);
      STRESS_EXPECT(cleared.put(of(key), of(value_for(key, random()))) >= 0);
      read(cleared, mine, key_of(99, random() % 64));
    }
    operations.fetch_add(64, std::memory_order_relaxed);
    switch (random() % 16) {
      case 0:
        STRESS_EXPECT(map.reserve(random() % 40'000) == ESCROW_OK);
        break;
      case 1:
      case 2:
        (void)map.shrink();
        break;
      case 3:
        scan_all(t, mine);
        break;
      case 4:
        cleared.clear();
        break;
      case 5:
        (void)cleared.shrink();
        break;
      default:
        break;
    }
  });

  u64 want = 0;
  for (auto &w : workers) {
    want += w.oracle.size();
    for (auto const &[key, value] : w.oracle) {
      escrow::byte_buffer out{w.room.data(), w.room.size(), 0};
      STRESS_EXPECT(map.get(of(key), out) == ESCROW_OK);
      STRESS_EXPECT(std::string(out.data, out.size) == value);
    }
  }
  STRESS_EXPECT(map.length() == want);
  for (auto &w : workers)
    for (auto const &[key, value] : w.oracle) STRESS_EXPECT(map.erase(of(key)) == ESCROW_OK);
  STRESS_EXPECT(map.stats().bytes_records_live == 0);
  cleared.clear();
  cleared.sweep();
  STRESS_EXPECT(cleared.stats().bytes_records_live == 0);
  std::printf("%llu operations, %llu scans, %llu foreign hits, %u failures\n",
              static_cast<unsigned long long>(operations.load()),
              static_cast<unsigned long long>(scans.load()),
              static_cast<unsigned long long>(hits.load()), stress_failures.load());
  return stress_failures.load() == 0 && scans.load() != 0 && hits.load() != 0 ? 0 : 1;
}
