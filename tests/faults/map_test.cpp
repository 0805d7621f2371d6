// Maps whose memory is refused while they open, grow, chain nodes, and copy records.
// Guarantee G of docs/trust.md.
#define ESCROW_FAULTS
#include <array>
#include <string>
#include <vector>

#include "escrow/map_bytes.h"
#include "escrow/map_handles.h"
#include "escrow/map_words.h"
#include "refusal.hpp"

namespace {

bool open(attempt &a, std::uint32_t keys, std::uint32_t values, escrow_map &map) {
  escrow_map_options o{};
  o.struct_size = sizeof o;
  o.keys = keys;
  o.values = values;
  o.seed = 42;
  return a.make("open", [&] { return escrow_map_open(&o, &map); });
}

escrow_map_stats stats_of(attempt &a, escrow_map map) {
  escrow_map_stats stats{};
  stats.struct_size = sizeof stats;
  a.must("stats", [&] { return escrow_map_read_stats(map, &stats); });
  return stats;
}

/// An emptied map has no node in use and no live record, whatever was refused before.
void end(attempt &a, escrow_map map) {
  a.must("clear", [&] { return escrow_map_clear(map); });
  a.must("sweep", [&] { return escrow_map_sweep(map); });
  auto const stats = stats_of(a, map);
  a.expect_equal(stats.entries, 0, "entries after clear");
  a.expect_equal(stats.nodes, 0, "nodes after clear");
  a.expect_equal(stats.bytes_records_live, 0, "bytes of records after clear");
  a.must("shrink", [&] { return escrow_map_shrink(map, nullptr); });
  a.must("close", [&] { return escrow_map_close(map); });
  a.must("destroy", [&] { return escrow_map_destroy(map); });
}

TEST(RefusedMemory, AMapOfWordsHasWhatItTook) {
  refuse_each_request(
      [](attempt &a) {
        escrow_map map = 0;
        if (!open(a, ESCROW_MAP_WORD, ESCROW_MAP_WORD, map)) return;
        constexpr std::uint64_t keys = 2500;
        std::vector<bool> there(keys, false);
        std::uint64_t entries = 0;
        auto const look = [&] {
          for (std::uint64_t k = 0; k < keys; ++k) {
            std::uint64_t value = 0;
            auto const s = escrow_map_get(map, k, &value);
            a.expect_equal(s == ESCROW_OK, there[k], "whether a key is there");
            if (s == ESCROW_OK) a.expect_equal(value, k * 3, "a value");
          }
          std::uint64_t length = 0;
          a.must("length", [&] { return escrow_map_length(map, &length); });
          a.expect_equal(length, entries, "length");
        };
        for (std::uint64_t k = 0; k < keys; ++k) {
          std::uint64_t out = 0;
          there[k] = a.make("put", [&] {
            return k % 3 == 0   ? escrow_map_put(map, k, k * 3)
                   : k % 3 == 1 ? escrow_map_add(map, k, k * 3, &out)
                                : escrow_map_put_if_absent(map, k, k * 3, &out);
          });
          entries += there[k] ? 1 : 0;
        }
        look();
        a.expect(asked.refused != 0 || stats_of(a, map).nodes != 0, "that nodes are in use");
        for (std::uint64_t k = 0; k < keys; k += 2) {
          if (!there[k]) continue;
          a.must("erase", [&] { return escrow_map_erase(map, k); });
          there[k] = false;
          --entries;
        }
        look();
        (void)a.make("reserve", [&] { return escrow_map_reserve(map, 20'000); });
        look();
        a.must("shrink", [&] { return escrow_map_shrink(map, nullptr); });
        look();
        end(a, map);
      },
      8);
}

TEST(RefusedMemory, AMapOfBytesHasWhatItTook) {
  refuse_each_request(
      [](attempt &a) {
        escrow_map map = 0;
        if (!open(a, ESCROW_MAP_BYTES, ESCROW_MAP_BYTES, map)) return;
        constexpr std::uint64_t keys = 120;
        std::array<std::string, keys> there;  // empty: absent
        auto const put = [&](std::uint64_t k, std::uint64_t size) {
          std::string const key = "key " + std::to_string(k);
          std::string const text(size, static_cast<char>('a' + k % 26));
          escrow_bytes const value = {text.data(), text.size()};
          if (a.make("put",
                     [&] { return escrow_map_put_bytes(map, key.data(), key.size(), &value); }))
            there[k] = text;
        };
        auto const look = [&] {
          std::string out(65536, 0);
          for (std::uint64_t k = 0; k < keys; ++k) {
            std::string const key = "key " + std::to_string(k);
            escrow_buffer buffer = {out.data(), out.size(), 0};
            auto const s = escrow_map_get_bytes(map, key.data(), key.size(), &buffer);
            a.expect_equal(s == ESCROW_OK, !there[k].empty(), "whether a key is there");
            if (s == ESCROW_OK)
              a.expect(there[k].compare(0, std::string::npos, out.data(), buffer.size) == 0,
                       "that the value is what was put");
          }
        };
        for (std::uint64_t k = 0; k < keys; ++k) put(k, 1 + k * 7919 % 60'000);
        look();
        for (std::uint64_t k = 0; k < keys; k += 3) put(k, 1 + k * 104'729 % 65'000);
        look();
        for (std::uint64_t k = 0; k < keys; k += 2) {
          if (there[k].empty()) continue;
          std::string const key = "key " + std::to_string(k);
          a.must("erase", [&] { return escrow_map_erase_bytes(map, key.data(), key.size()); });
          there[k].clear();
        }
        a.must("shrink", [&] { return escrow_map_shrink(map, nullptr); });
        look();
        end(a, map);
      },
      8);
}

/// `shared`: every object has another holder, so that the map has to duplicate it.
template <bool shared>
void store_handles(attempt &a) {
  escrow_pool_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = 16;
  escrow_pool pool = 0;
  if (!a.make("open pool", [&] { return escrow_pool_open(&o, &pool); })) return;
  escrow_map map = 0;
  bool const opened = open(a, ESCROW_MAP_WORD, ESCROW_MAP_HANDLE, map);
  constexpr std::uint64_t keys = 400;
  std::array<bool, keys> there{};
  std::array<escrow_handle, keys> mine{};  // what the caller has to end
  for (std::uint64_t k = 0; k < keys && opened; ++k) {
    void *payload = nullptr;
    if (!a.make("acquire", [&] { return escrow_acquire(pool, 16, &mine[k], &payload); })) continue;
    *static_cast<std::uint64_t *>(payload) = k;
    escrow_handle dup = 0;
    if (shared) (void)a.make("dup", [&] { return escrow_dup(mine[k], &dup); });
    there[k] = a.make("put", [&] { return escrow_map_put_handle(map, &k, sizeof k, mine[k]); });
    escrow_status const s = escrow_validate(mine[k], pool, 0);
    a.expect_equal(s == ESCROW_OK, !there[k], "whether the caller has its handle still");
    if (there[k]) mine[k] = 0;
    if (dup != 0) a.must("release a duplicate", [&] { return escrow_release(dup); });
  }
  for (std::uint64_t k = 0; k < keys && opened; ++k) {
    escrow_view view{};
    auto s = escrow_map_borrow_handle(map, &k, sizeof k, &view);
    a.expect_equal(s == ESCROW_OK, there[k], "whether a key is there");
    if (s == ESCROW_OK) {
      a.expect_equal(*static_cast<std::uint64_t *>(view.payload), k, "an object of the map");
      a.must("return", [&] { return escrow_return(view.root); });
    }
    escrow_handle h = 0;
    if (there[k] && a.make("get", [&] { return escrow_map_get_handle(map, &k, sizeof k, &h); }))
      a.must("release what the map gave", [&] { return escrow_release(h); });
    if (there[k] && k % 5 == 0)
      a.must("take", [&] { return escrow_map_take_handle(map, &k, sizeof k, &mine[k]); });
  }
  for (auto const h : mine)
    if (h != 0) a.must("release", [&] { return escrow_release(h); });
  if (opened) end(a, map);
  std::uint64_t live = 77;
  a.must("close", [&] { return escrow_pool_close(pool, 0, &live); });
  a.expect_equal(live, 0, "live objects once the map is gone");
  a.must("destroy", [&] { return escrow_pool_destroy(pool); });
}

TEST(RefusedMemory, AMapTakesAReferenceOverOrTheCallerKeepsIt) {
  refuse_each_request(store_handles<false>, 8);
}
TEST(RefusedMemory, AMapTakesADuplicateOrTheCallerKeepsItsReference) {
  refuse_each_request(store_handles<true>, 9);
}

}  // namespace
