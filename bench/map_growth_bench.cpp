// How long a put takes while a map grows from nothing, and what memory its entries cost, at first
// and after they were replaced many times. Each map is measured in a process of its own.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "child.hpp"
#include "harness.hpp"
#include "map_field.hpp"
#include "ticks.hpp"

namespace bench {
namespace {

/// Values of a round, and their names as units.
template <std::size_t Count>
struct figures {
  double values[Count];
};
using growth = figures<6>;
using costs = figures<3>;
constexpr char const *growth_units[] = {"put_mean_ns", "put_p50_ns", "put_p99_ns",
                                        "put_p999_ns", "put_max_us", "entry_bytes"};
constexpr char const *cost_units[] = {"entry_bytes", "churned_entry_bytes", "churned_growth"};

/// Puts `entries` into a map that nothing was set up for. What the system does meanwhile is in it:
/// a put that waited for pages, or was not on a core.
template <class Keys, class Map>
growth grow(u64 entries) {
  std::vector<std::uint32_t> seen(entries, 1);  // written once, so that its pages are there
  double const each = tick_ns();
  double const before = resident_bytes();
  Map map(0);
  u64 worst = 0;
  double const begin = now_ns(CLOCK_MONOTONIC);
  for (u64 i = 0; i < entries; ++i) {
    auto const key = Keys::at(i);
    u64 const first = ticks();
    bool const fresh = map.put(key, value_of(Keys::tag(i)));
    u64 const took = ticks() - first;
    if (!fresh) refused(Map::name);
    worst = std::max(worst, took);  // may be more than 32 bits hold
    seen[i] = static_cast<std::uint32_t>(std::min<u64>(took, ~std::uint32_t{0}));
  }
  double const n = static_cast<double>(entries);
  double const mean = (now_ns(CLOCK_MONOTONIC) - begin) / n;
  double const bytes = (resident_bytes() - before) / n;
  for (u64 i = 0; i < entries; i += 997) {
    u64 value = 0;
    if (!map.get(Keys::at(i), value) || value != value_of(Keys::tag(i))) refused(Map::name);
  }
  return {{mean, quantile_ns(seen, 0.5), quantile_ns(seen, 0.99), quantile_ns(seen, 0.999),
           static_cast<double>(worst) * each / 1000, bytes}};
}

/// Memory of `entries` entries in a map that grew to them, and after they were replaced ten times.
template <class Keys, class Map>
costs weigh(u64 entries) {
  double const before = resident_bytes();
  double const n = static_cast<double>(entries);
  Map map(0);
  for (u64 i = 0; i < entries; ++i)
    if (!map.put(Keys::at(i), value_of(Keys::tag(i)))) refused(Map::name);
  double const at_first = (resident_bytes() - before) / n;
  circle half(entries, 0, 1);
  for (u64 i = 0; i < 20 * entries; ++i)  // a put and an erase each
    if (half.push<Keys>(map) != 1) refused(Map::name);
  double const later = (resident_bytes() - before) / n;
  return {{at_first, later, later / at_first}};
}

/// Measures every map once a round, in turns.
template <class Keys, std::size_t Count, class Measure>
void in_turns(session &s, std::string const &name, char const *const (&units)[Count], int rounds,
              Measure measure) {
  if (!s.wants(name)) return;
  struct entry {
    std::string name;
    std::function<figures<Count>()> run;
    std::vector<double> seen[Count];
  };
  std::vector<entry> entries;
  each_kind<Keys>(s, [&](auto *kind) {
    using Map = std::remove_pointer_t<decltype(kind)>;
    entries.push_back(
        {Map::name,
         [measure, kind] { return in_a_child(Map::name, [&] { return measure(kind); }); },
         {}});
  });
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entry &e = entries[(i + static_cast<std::size_t>(round)) % entries.size()];
      figures<Count> const f = e.run();
      for (std::size_t u = 0; u < Count; ++u) {
        e.seen[u].push_back(f.values[u]);
        s.row(name, e.name, "inlined", round, units[u], f.values[u]);
      }
    }
  std::printf("%s\n", name.c_str());
  for (entry const &e : entries) {
    std::printf("  %-16s", e.name.c_str());
    for (std::size_t u = 0; u < Count; ++u) std::printf("  %s %.1f", units[u], median(e.seen[u]));
    std::printf("\n");
  }
  (void)std::fflush(stdout);
}

template <class Keys>
void growths(session &s, u64 entries) {
  in_turns<Keys>(
      s, std::string("Map/Growth/") + Keys::name + "/entries:" + entries_name(entries),
      growth_units, std::min(s.chosen().rounds, s.chosen().quick ? 2 : 5),
      [entries](auto *kind) { return grow<Keys, std::remove_pointer_t<decltype(kind)>>(entries); });
}

template <class Keys>
void footprints(session &s, u64 entries) {
  in_turns<Keys>(
      s, std::string("Map/Footprint/") + Keys::name + "/entries:" + entries_name(entries),
      cost_units, std::min(s.chosen().rounds, s.chosen().quick ? 1 : 5), [entries](auto *kind) {
        return weigh<Keys, std::remove_pointer_t<decltype(kind)>>(entries);
      });
}

void all_of_it(session &s) {
  u64 entries = u64{10} << 20;
  double const seconds = s.chosen().seconds;
  while (seconds > 0 && static_cast<double>(entries) > seconds * 5e6) entries /= 2;
  growths<number_keys>(s, entries);
  footprints<number_keys>(s, entries / 10);
  if (s.chosen().quick) return;
  growths<text_keys>(s, entries / 10);
  footprints<text_keys>(s, entries / 10);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) try {
  bench::session s(bench::parse(argc, argv));
  bench::all_of_it(s);
  return 0;
} catch (...) {  // a peer may throw
  bench::refused("a map, by an exception,");
}
