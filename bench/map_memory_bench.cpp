// What the memory of a map comes to in the long run: of words that come and go while their number
// stays, and of records that are replaced by others of other sizes, erased, and shrunk. What the
// documentation promises is checked: exit status 1 where it does not hold.
#include <algorithm>
#include <string>
#include <vector>

#include "child.hpp"
#include "harness.hpp"
#include "map_subject.hpp"

#include "escrow/sharded_map.hpp"

namespace bench {
namespace {

using numbers = escrow::sharded_map<u64, u64>;
using texts = escrow::sharded_map<u64, escrow::bytes>;

constexpr double mib = 1024 * 1024;

template <class Map>
void open(Map &map) {
  if (Map::open({}, map) != ESCROW_OK) refused("sharded_map::open");
}

/// The promise `what` says that `value` is at most `bound`.
void holds(char const *what, double value, double bound) {
  if (value <= bound) return;
  (void)std::fflush(stdout);
  (void)std::fprintf(stderr, "%s: %.0f bytes, %.0f were promised\n", what, value, bound);
  std::exit(1);
}

/// A tenth of the cycles.
struct part {
  double cycle_ns;
  double index_bytes;
  double resident;
};
constexpr int parts = 10;
struct course {
  part of[parts];
};

/// `cycles` times a key comes and the oldest goes, in a map of `entries`.
course run_cycles(u64 cycles, u64 entries) {
  numbers map;
  open(map);
  u64 front = 0;
  u64 back = 0;
  for (; front < entries; ++front)
    if (map.put(number_keys::at(front), front) != ESCROW_CREATED) refused("put");
  course seen{};
  u64 const each = cycles / parts;
  for (part &p : seen.of) {
    double const begin = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (u64 i = 0; i < each; ++i, ++front, ++back) {
      if (map.put(number_keys::at(front), front) != ESCROW_CREATED) refused("put");
      if (map.erase(number_keys::at(back)) != ESCROW_OK) refused("erase");
    }
    double const took = now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
    p = {took / static_cast<double>(each), static_cast<double>(map.stats().bytes_index),
         resident_bytes()};
  }
  if (map.length() != entries) refused("a map that lost or kept entries");
  return seen;
}

void cycles(session &s, u64 cycles) {
  constexpr u64 entries = 100'000;
  std::string const name = "Map/Cycles/u64/entries:100000/cycles:" + std::to_string(cycles);
  if (!s.wants("Map/Cycles")) return;
  course const seen = in_a_child("cycles", [=] { return run_cycles(cycles, entries); });
  std::printf("%s\n", name.c_str());
  for (int i = 0; i < parts; ++i) {
    part const &p = seen.of[i];
    std::printf("  %3d %%  put + erase %.1f ns  index %.2f MiB  resident %.2f MiB\n",
                (i + 1) * 100 / parts, p.cycle_ns, p.index_bytes / mib, p.resident / mib);
    s.row(name, "escrow", "inlined", i, "cpu_ns", p.cycle_ns);
    s.row(name, "escrow", "inlined", i, "index_bytes", p.index_bytes);
    s.row(name, "escrow", "inlined", i, "resident_bytes", p.resident);
  }
  part const &first = seen.of[0];
  part const &last = seen.of[parts - 1];
  // Buckets do not become more; nodes, as many as were ever needed at once, hardly.
  holds("the index after as many entries came as went", last.index_bytes, 1.05 * first.index_bytes);
  holds("resident after as many entries came as went", last.resident, first.resident + mib);
}

/// The memory at a moment. `payload`: bytes of values, and 8 of each key.
struct moment {
  double entries;
  double payload;
  double live;
  double held;
  double index;
  double resident;
};
constexpr char const *moments[] = {"filled", "replaced ten times", "90 % erased", "shrunk",
                                   "filled again"};
struct story {
  moment at[std::size(moments)];
};

/// Values of 16 to 2000 bytes, every size as likely, which say whose they are.
class values {
 public:
  explicit values(u64 entries) : size_(entries, 0) {}
  void put(texts &map, u64 key) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    u64 const bytes = 16 + ((state_ >> 32) * 1985 >> 32);
    std::fill_n(text_, bytes, static_cast<char>(key));
    if (map.put(key, {text_, bytes}) < 0) refused("put");
    payload_ += bytes - size_[key] + (size_[key] == 0 ? 8 : 0);
    size_[key] = static_cast<std::uint16_t>(bytes);
  }
  void erase(texts &map, u64 key) {
    if (map.erase(key) != ESCROW_OK) refused("erase");
    payload_ -= size_[key] + 8u;
    size_[key] = 0;
  }
  void check(texts &map, u64 key) {
    escrow::byte_buffer out{text_, sizeof text_, 0};
    auto const status = map.native_access().get(key, out);
    bool const right = size_[key] == 0 ? status == ESCROW_E_ABSENT
                                       : status == ESCROW_OK && out.size == size_[key] &&
                                             text_[out.size - 1] == static_cast<char>(key);
    if (!right) refused("a value that is not the key's");
  }
  [[nodiscard]] u64 payload() const { return payload_; }

 private:
  std::vector<std::uint16_t> size_;
  u64 payload_ = 0;
  u64 state_ = 1;
  char text_[2000];
};

story run_records(u64 entries) {
  values kept(entries);
  double const before = resident_bytes();
  texts map;
  open(map);
  story told{};
  auto note = [&, next = told.at]() mutable {
    auto const s = map.stats();
    *next++ = {static_cast<double>(s.entries),
               static_cast<double>(kept.payload()),
               static_cast<double>(s.bytes_records_live),
               static_cast<double>(s.bytes_records_held),
               static_cast<double>(s.bytes_index),
               resident_bytes() - before};
    for (u64 key = 0; key < entries; key += 97) kept.check(map, key);
  };
  for (u64 key = 0; key < entries; ++key) kept.put(map, key);
  note();
  for (int round = 0; round < 10; ++round)
    for (u64 key = 0; key < entries; ++key) kept.put(map, key * 7919 % entries);
  note();
  for (u64 key = 0; key < entries; ++key)
    if (key % 10 != 0) kept.erase(map, key);
  note();
  (void)map.shrink();
  note();
  for (u64 key = 0; key < entries; ++key)
    if (key % 10 != 0) kept.put(map, key);
  note();
  return told;
}

void records(session &s, u64 entries) {
  std::string const name = "Map/Records/u64/bytes:16-2000/entries:" + std::to_string(entries);
  if (!s.wants("Map/Records")) return;
  story const told = in_a_child("records", [=] { return run_records(entries); });
  std::printf("%s\n", name.c_str());
  for (std::size_t i = 0; i < std::size(moments); ++i) {
    moment const &m = told.at[i];
    std::printf(
        "  %-18s  payload %7.1f MiB  records live %7.1f  held %7.1f  index %5.1f  resident %7.1f"
        "  held : payload %.2f\n",
        moments[i], m.payload / mib, m.live / mib, m.held / mib, m.index / mib, m.resident / mib,
        m.held / m.payload);
    auto const row = [&](char const *unit, double value) {
      s.row(name, "escrow", "inlined", static_cast<int>(i), unit, value);
    };
    row("payload_bytes", m.payload);
    row("live_bytes", m.live);
    row("held_bytes", m.held);
    row("index_bytes", m.index);
    row("resident_bytes", m.resident);
    // What blob_store.hpp says: a record is at most an eighth larger than what is in it, or 16 B.
    holds("records as classes", m.live, 1.125 * m.payload + 24 * m.entries);
  }
  moment const &full = told.at[1];
  moment const &shrunk = told.at[3];
  double const lanes = 256 * 1024 * escrow::blob_store::lanes;
  holds("records after a shrink", shrunk.held, shrunk.live * 4 / 3 + lanes);
  holds("resident after a shrink", shrunk.resident, shrunk.held + shrunk.index + lanes);
  holds("records that were stored again", told.at[4].held, full.held + lanes);
}

void all_of_it(session &s) {
  double const seconds = s.chosen().seconds;
  bool const brief = seconds > 0 && seconds < 1;
  cycles(s, brief ? 1'000'000 : s.chosen().quick ? 10'000'000 : 100'000'000);
  records(s, brief ? 20'000 : s.chosen().quick ? 100'000 : 1'000'000);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::session s(bench::parse(argc, argv));
  bench::all_of_it(s);
  return 0;
}
