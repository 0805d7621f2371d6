// bench/map_field.hpp: all maps, filled with the same entries, and the contests between them.
#ifndef ESCROW_BENCH_MAP_FIELD_HPP
#define ESCROW_BENCH_MAP_FIELD_HPP

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "map_escrow.hpp"
#include "map_facade.hpp"
#include "map_work.hpp"
#include "peers/absl_map.hpp"
#include "peers/boost_flat_map.hpp"
#include "peers/cuckoo_map.hpp"
#include "peers/tbb_map.hpp"

namespace bench {

inline std::string entries_name(u64 entries) {
  if (entries % (1u << 20) == 0) return std::to_string(entries >> 20) + "M";
  if (entries % (1u << 10) == 0) return std::to_string(entries >> 10) + "K";
  return std::to_string(entries);
}

/// Calls `visit` with a null pointer of each kind of map that is here, when quick of those that the
/// targets name.
template <class Keys, class Visitor>
void each_kind(session &s, Visitor visit) {
  auto const offer = [&](auto *kind, bool asked_for) {
    using Map = std::remove_pointer_t<decltype(kind)>;
    if (s.chosen().quick && !asked_for) return;
    if constexpr (Map::here)
      visit(kind);
    else
      s.skip(Map::name, Map::why);
  };
  offer(static_cast<escrow_sharded<Keys> *>(nullptr), true);
  if constexpr (std::is_same_v<Keys, number_keys>)
    offer(static_cast<escrow_facade_map *>(nullptr), false);
  offer(static_cast<boost_map<Keys> *>(nullptr), true);
  offer(static_cast<boost_malloc_map<Keys> *>(nullptr), false);
  offer(static_cast<tbb_map<Keys> *>(nullptr), false);
  offer(static_cast<cuckoo_map<Keys> *>(nullptr), false);
  offer(static_cast<absl_map<Keys> *>(nullptr), false);
}

/// Maps of `entries` entries, and what they compete in. After a contest that writes new values none
/// that reads may follow.
template <class Keys>
class map_field {
 public:
  map_field(session &s, u64 entries)
      : session_(s),
        entries_(entries),
        name_(std::string("Map/") + Keys::name + "/entries:" + entries_name(entries)) {}

  /// Reads of entries that are there.
  void hit(unsigned threads) {
    hold("/reads:100", threads, [this](auto &) {
      return [this](auto &map, unsigned, u64 n) {
        uniform indices(entries_, seed());
        return hits<Keys>(map, indices, n);
      };
    });
  }
  void hit_by_zipf(unsigned threads) {
    hold("/zipf/reads:100", threads, [this](auto &) {
      return [this](auto &map, unsigned, u64 n) {
        precomputed indices(zipf(), seed());
        return hits<Keys>(map, indices, n);
      };
    });
  }
  void hit_in_batches(unsigned threads) {
    hold("/batch:32/reads:100", threads, [this](auto &) {
      return [this](auto &map, unsigned, u64 n) {
        uniform indices(entries_, seed());
        return hits_in_batches<Keys>(map, indices, n);
      };
    });
  }
  void miss(unsigned threads) {
    hold("/misses", threads, [this](auto &) {
      return [this](auto &map, unsigned, u64 n) {
        uniform indices(entries_, seed());
        return misses<Keys>(map, indices, 4 * entries_, n);
      };
    });
  }
  /// `reads` of a hundred operations read, the others put and erase in turns.
  void mix(u64 reads, unsigned threads) {
    mix_of(reads, "", threads, [this] { return uniform(entries_ / 2, seed()); });
  }
  void mix_by_zipf(u64 reads, unsigned threads) {
    mix_of(reads, "/zipf", threads, [this] { return precomputed(zipf_of_half(), seed()); });
  }
  void overwrite(unsigned threads) {
    u64 const stamp = ++stamp_;
    hold("/overwrite", threads, [this, stamp](auto &) {
      return [this, stamp](auto &map, unsigned, u64 n) {
        u64 const start = seed();
        uniform indices(entries_, start);
        return overwrites<Keys>(map, indices, stamp, n) + amiss(map, start, stamp);
      };
    });
  }
  void overwrite_in_batches(unsigned threads) {
    u64 const stamp = ++stamp_;
    hold("/batch:32/overwrite", threads, [this, stamp](auto &) {
      return [this, stamp](auto &map, unsigned, u64 n) {
        u64 const start = seed();
        uniform indices(entries_, start);
        return overwrites_in_batches<Keys>(map, indices, stamp, n) + amiss(map, start, stamp);
      };
    });
  }

 private:
  /// `prepare` is called with each map and returns what each of its threads does.
  template <class Prepare>
  void hold(std::string const &what, unsigned threads, Prepare prepare) {
    std::string const name = name_ + what + "/threads:" + std::to_string(threads);
    if (!session_.wants(name)) return;
    fill();
    contest c(session_, name, [](u64 n) { return n; });
    each_kind<Keys>(session_, [&](auto *kind) {
      using Map = std::remove_pointer_t<decltype(kind)>;
      Map &map = *std::get<std::unique_ptr<Map>>(maps_);
      auto const work = prepare(map);
      c.enter_measured(Map::name, "inlined", [&map, work, threads](u64 n) {
        return on_threads(threads, n, [&](unsigned t, u64 part) { return work(map, t, part); });
      });
      if constexpr (requires { requires Map::bulk; })
        if (what.starts_with("/batch:32/reads"))
          c.enter_measured(
              std::string(Map::name) + " singly", "inlined", [&map, work, threads](u64 n) {
                single_map<Map, Keys> wrapped(map);
                return on_threads(threads, n,
                                  [&](unsigned t, u64 part) { return work(wrapped, t, part); });
              });
      if (threads > 2) return;
      c.enter_measured(Map::name, "called", [&map, work, threads](u64 n) {
        called_map<Map, Keys> wrapped(map);
        return on_threads(threads, n, [&](unsigned t, u64 part) { return work(wrapped, t, part); });
      });
    });
    // Longer where every operation waits for memory: the caches forget between the slices.
    if (entries_ < (1u << 16))
      c.run();
    else
      c.run(0.15, 0.4);
  }

  template <class MakeIndices>
  void mix_of(u64 reads, std::string const &skew, unsigned threads, MakeIndices make) {
    std::vector<std::function<void()>> finish;
    hold(skew + "/reads:" + std::to_string(reads), threads, [&](auto &map) {
      auto const circles = std::make_shared<std::vector<circle>>();
      for (unsigned t = 0; t < threads; ++t) circles->emplace_back(entries_, t, threads);
      finish.emplace_back([&map, circles] {
        for (circle &own : *circles) own.template come_round<Keys>(map);
      });
      return [circles, make, reads](auto &m, unsigned thread, u64 n) {
        auto indices = make();
        return mixed<Keys>(m, indices, (*circles)[thread], reads, n);
      };
    });
    for (auto const &come_round : finish) come_round();
  }

  /// How many of the first entries that were overwritten from `start` on have another value.
  template <class Map>
  u64 amiss(Map &map, u64 start, u64 stamp) {
    uniform again(entries_, start);
    u64 wrong_values = 0;
    for (int i = 0; i < 16; ++i) {
      u64 const index = again.next();
      u64 value = 0;
      if (!map.get(Keys::at(index), value) || value != stamp - Keys::tag(index)) ++wrong_values;
    }
    return wrong_values;
  }

  void fill() {
    if (filled_) return;
    filled_ = true;
    each_kind<Keys>(session_, [&](auto *kind) {
      using Map = std::remove_pointer_t<decltype(kind)>;
      auto &map = std::get<std::unique_ptr<Map>>(maps_);
      map = std::make_unique<Map>(entries_);
      for (u64 i = 0; i < entries_; ++i)
        if (!map->put(Keys::at(i), value_of(Keys::tag(i)))) refused(Map::name);
    });
  }

  std::vector<std::uint32_t> const &zipf() {
    if (zipf_.empty()) zipf_ = zipf_indices(entries_);
    return zipf_;
  }
  std::vector<std::uint32_t> const &zipf_of_half() {
    if (zipf_of_half_.empty()) zipf_of_half_ = zipf_indices(entries_ / 2);
    return zipf_of_half_;
  }
  /// Another one for every thread of every slice.
  u64 seed() { return seeds_.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15u; }

  session &session_;
  u64 entries_;
  std::string name_;
  bool filled_ = false;
  u64 stamp_ = 1;
  std::atomic<u64> seeds_{1};  // relaxed: counter only
  std::vector<std::uint32_t> zipf_;
  std::vector<std::uint32_t> zipf_of_half_;
  std::tuple<std::unique_ptr<escrow_sharded<Keys>>, std::unique_ptr<escrow_facade_map>,
             std::unique_ptr<boost_map<Keys>>, std::unique_ptr<boost_malloc_map<Keys>>,
             std::unique_ptr<tbb_map<Keys>>, std::unique_ptr<cuckoo_map<Keys>>,
             std::unique_ptr<absl_map<Keys>>>
      maps_;
};

}  // namespace bench

#endif
