// Byte keys of every length, which collide, and byte values that name their key: a value that is
// read, whole or in a scan, must belong to its key, and must be what the key's owner last stored,
// or was storing. Each thread knows what its own keys have. Others grow, shrink (which moves
// records), clear and scan.
//
// Measured with the seeds 1 to 5, 3 s each, four threads on two busy cores: the code as it is fails
// in no run; in 5 of 5 fail version_kept_in_chain, replaced_unannounced (by a crash) and
// record_leaks of mutants.txt, and byte_map::store() when it releases the record that it replaces
// before the version has moved and waits a moment then. Without the wait: in none of 2.
#include <array>
#include <memory>
#include <string>
#include <unordered_map>

#include "crowded_map.hpp"
#include "escrow/byte_map.hpp"
#include "escrow/map_census.hpp"
#include "options.hpp"

namespace {

using escrow::bytes;
using escrow::u32;
using escrow::u64;
using map_type = escrow::byte_map<crowded::slow_keys<escrow::byte_keys<crowded::hash>>>;
using growth = escrow::index_growth<map_type::index_type>;
using walk = escrow::index_walk<map_type::index_type>;

constexpr u64 own_keys = 16;
constexpr u64 cleared_keys = 32;

bytes of(std::string const &s) {
  return {s.data(), s.size()};
}

/// Key k of thread t: some are short, some longer than what is copied under a lock.
std::string key_of(u64 t, u64 k) {
  std::string s = std::to_string(t) + '/' + std::to_string(k);
  if (k % 8 == 7) s.append(k % 600, '.');
  return s;
}
/// A value: the number of the change by which it came, length of the key, key, then one letter,
/// repeated. The map's own conditions are on the first 8 bytes.
std::string value_for(std::string const &key, u64 change, u64 draw) {
  std::string v(9, static_cast<char>(key.size() & 0x7F));
  std::memcpy(v.data(), &change, 8);
  v += key;
  u64 const longest = draw % 64 == 0 ? 40'000 : 200;
  v.append((draw >> 8) % longest, static_cast<char>('a' + change % 26));
  return v;
}
u64 change_of(char const *value) {
  u64 change = 0;
  std::memcpy(&change, value, 8);
  return change;
}
bool belongs(std::string const &key, char const *value, u64 size) {
  if (size < key.size() + 9 || value[8] != static_cast<char>(key.size() & 0x7F)) return false;
  if (std::memcmp(value + 9, key.data(), key.size()) != 0) return false;
  auto const letter = static_cast<char>('a' + change_of(value) % 26);
  for (u64 i = key.size() + 9; i < size; ++i)
    if (value[i] != letter) return false;
  return true;
}

struct worker {
  std::unordered_map<std::string, std::string> oracle;
  std::array<crowded::account, own_keys> accounts;
  std::vector<char> room = std::vector<char>(64u << 10);
};

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  crowded::opened<map_type> open_map(escrow::map_values_kind::bytes);
  crowded::opened<map_type> open_cleared(escrow::map_values_kind::bytes);
  map_type &map = *open_map;
  map_type &cleared = *open_cleared;
  std::vector<worker> workers(options.threads);
  std::atomic<u64> operations{0};
  std::atomic<u64> scans{0};
  std::atomic<u64> hits{0};

  auto const write_own = [&](u64 t, worker &mine, u64 draw) {
    u64 const k = (draw >> 8) % own_keys;
    std::string const key = key_of(t, k);
    crowded::account &told = mine.accounts[k];
    auto const at = mine.oracle.find(key);
    bool const there = at != mine.oracle.end();
    u64 const change = told.begin();
    std::string const value = value_for(key, change, draw >> 20);
    switch (draw % 5) {
      case 0:
      case 1: {
        auto s = draw % 2 == 0 ? map.put(of(key), of(value)) : map.put<true>(of(key), of(value));
        if (s == ESCROW_E_BUSY) s = map.put(of(key), of(value));
        STRESS_EXPECT(s == (there ? ESCROW_OK : ESCROW_CREATED));
        mine.oracle[key] = value;
        break;
      }
      case 2:
        STRESS_EXPECT(map.erase(of(key)) == (there ? ESCROW_OK : ESCROW_E_ABSENT));
        mine.oracle.erase(key);
        break;
      case 3:
        if (!there) break;
        STRESS_EXPECT(map.compare_and_swap(of(key), of(at->second), of(value)) == ESCROW_OK);
        at->second = value;
        break;
      default: {
        escrow::byte_buffer out{mine.room.data(), mine.room.size(), 0};
        STRESS_EXPECT(map.get(of(key), out) == (there ? ESCROW_OK : ESCROW_E_ABSENT));
        if (there) STRESS_EXPECT(std::string(out.data, out.size) == at->second);
      }
    }
    told.end(change, mine.oracle.count(key) != 0);
  };
  /// `at_once`: as a leaf would, the same or busy.
  auto const read = [&](map_type &from, worker &mine, std::string const &key, bool at_once) {
    escrow::byte_buffer out{mine.room.data(), mine.room.size(), 0};
    auto const s = at_once ? from.get<true>(of(key), out) : from.get(of(key), out);
    if (s == ESCROW_OK) {
      STRESS_EXPECT(belongs(key, out.data, out.size));
      hits.fetch_add(1, std::memory_order_relaxed);
    } else {
      STRESS_EXPECT(s == ESCROW_E_ABSENT || (at_once && s == ESCROW_E_BUSY));
    }
    return s;
  };
  auto const read_foreign = [&](worker &mine, u64 draw) {
    u64 const t = draw % options.threads;
    u64 const k = (draw >> 8) % own_keys;
    crowded::account const &told = workers[t].accounts[k];
    u64 const before = told.done.load();
    auto const s = read(map, mine, key_of(t, k), draw >> 63 != 0);
    STRESS_EXPECT(s == ESCROW_E_BUSY ||
                  told.allows(before, s == ESCROW_OK, change_of(mine.room.data())));
  };
  auto const scan_all = [&](u64 t, worker &mine) {
    std::unordered_map<std::string, std::string> seen;
    std::vector<char> room(132u << 10);
    for (u64 cursor = 0; cursor != escrow::map_cursor_end;) {
      escrow::record_sink sink{room.data(), room.size()};
      STRESS_EXPECT(map.scan(cursor, sink) == ESCROW_OK);
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
      for (int r = 0; r < 4; ++r) read_foreign(mine, random());
      // The same keys for all, so that a writer may find gone or changed what it has just matched.
      std::string const key = key_of(99, random() % cleared_keys);
      switch (random() % 4) {
        case 0:
          (void)cleared.erase(of(key));
          break;
        default:
          STRESS_EXPECT(cleared.put(of(key), of(value_for(key, random(), random()))) >= 0);
      }
      (void)read(cleared, mine, key_of(99, random() % cleared_keys), random() % 2 == 0);
    }
    operations.fetch_add(64, std::memory_order_relaxed);
    switch (random() % 16) {
      case 0:
        STRESS_EXPECT(growth::reserve(map.index(), random() % 512) == ESCROW_OK);
        break;
      case 1:
      case 2:
        (void)escrow::map_shrink(map.index());
        break;
      case 3:
        scan_all(t, mine);
        break;
      case 4:
        walk::clear(cleared.index());
        break;
      case 5:
        (void)escrow::map_shrink(cleared.index());
        break;
      case 6:
        STRESS_EXPECT(growth::reserve(cleared.index(), random() % 512) == ESCROW_OK);
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
  STRESS_EXPECT(map.index().length() == want);
  for (auto &w : workers)
    for (auto const &[key, value] : w.oracle) STRESS_EXPECT(map.erase(of(key)) == ESCROW_OK);
  STRESS_EXPECT(escrow::map_census(map.index()).bytes_records_live == 0);
  walk::clear(cleared.index());
  walk::sweep(cleared.index());
  STRESS_EXPECT(escrow::map_census(cleared.index()).bytes_records_live == 0);
  std::printf("%llu operations, %llu scans, %llu foreign hits, %u failures\n",
              static_cast<unsigned long long>(operations.load()),
              static_cast<unsigned long long>(scans.load()),
              static_cast<unsigned long long>(hits.load()), stress_failures.load());
  return stress_failures.load() == 0 && scans.load() != 0 && hits.load() != 0 ? 0 : 1;
}
