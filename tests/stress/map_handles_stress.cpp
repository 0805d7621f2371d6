// A map of handles under writers, readers, purges and clears: an object that is read belongs to its
// key, is alive while it is held, and in the end the pool has nothing left of all that went
// through.
//
// Measured with the seeds 1 to 5, 3 s each, four threads on two busy cores: the code as it is fails
// in no run; in 5 of 5 fail handle_kept and replaced_handle_kept of mutants.txt, and in 2 of 2 an
// erase that leaves the version alone. In none of 3: version_kept_on_erase, since no handle is
// erased that way.
#include <memory>

#include "crowded_map.hpp"
#include "escrow/escrow.hpp"
#include "escrow/handle_map.hpp"
#include "escrow/map_census.hpp"
#include "options.hpp"

namespace {

using escrow::u64;
using map_type = escrow::handle_map<crowded::slow_keys<escrow::word_keys<crowded::hash>>>;

constexpr u64 keys = 64;
constexpr u64 mark = 0xA5A5000000000000ull;

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  escrow_pool_options o = escrow::pool::options();
  o.fixed_size = 64;
  escrow_pool pool = 0;
  STRESS_EXPECT(escrow_pool_open(&o, &pool) == ESCROW_OK);
  auto const open_map =
      std::make_unique<crowded::opened<map_type>>(escrow::map_values_kind::handle);
  map_type &map = **open_map;
  std::atomic<u64> operations{0};
  std::atomic<u64> got{0};
  std::atomic<u64> purged{0};

  auto const make = [&](u64 key) {
    escrow_handle h = 0;
    void *payload = nullptr;
    STRESS_EXPECT(escrow_acquire(pool, 64, &h, &payload) == ESCROW_OK);
    static_cast<u64 *>(payload)[0] = mark | key;
    static_cast<u64 *>(payload)[7] = key;
    return h;
  };
  auto const is_of = [](escrow_view const &view, u64 key) {
    auto const *const words = static_cast<u64 const *>(view.payload);
    return words[0] == (mark | key) && words[7] == key;
  };

  options.run([&](unsigned, auto &random) {
    for (int i = 0; i < 64; ++i) {
      u64 const key = random() % keys;
      u64 h = 0;
      escrow_view view{};
      switch (random() % 10) {
        case 0:
        case 1: {
          u64 const mine = make(key);
          STRESS_EXPECT(map.put(key, mine) >= 0);
          STRESS_EXPECT(escrow_release(mine) == ESCROW_E_STALE);  // a copy: no way to the map's own
          break;
        }
        case 2: {  // shared
          u64 const mine = make(key);
          u64 other = 0;
          STRESS_EXPECT(escrow_dup(mine, &other) == ESCROW_OK);
          STRESS_EXPECT(map.put(key, mine) >= 0);
          STRESS_EXPECT(escrow_read(other, &view) == ESCROW_OK && is_of(view, key));
          STRESS_EXPECT(escrow_release(other) >= 0);
          break;
        }
        case 3: {
          u64 const mine = make(key);
          auto const s = map.put_if_absent(key, mine, h);
          STRESS_EXPECT(s == ESCROW_CREATED || s == ESCROW_OK || s == ESCROW_E_REVOKED ||
                        s == ESCROW_E_BUSY);
          if (s == ESCROW_OK) STRESS_EXPECT(escrow_release(h) >= 0);
          if (s != ESCROW_CREATED) STRESS_EXPECT(escrow_release(mine) == ESCROW_FREED);
          break;
        }
        case 4: {
          auto const s = map.erase(key);
          STRESS_EXPECT(s == ESCROW_OK || s == ESCROW_E_ABSENT);
          break;
        }
        case 5: {
          auto const s = map.take(key, h);
          if (s != ESCROW_OK) break;
          if (escrow_read(h, &view) == ESCROW_OK) STRESS_EXPECT(is_of(view, key));
          STRESS_EXPECT(escrow_release(h) >= 0);
          break;
        }
        case 6: {  // revoked while it is in the map
          if (map.get(key, h) != ESCROW_OK) break;
          if (random() % 8 == 0) STRESS_EXPECT(escrow_revoke(h) >= 0);
          STRESS_EXPECT(escrow_release(h) >= 0);
          break;
        }
        case 7: {
          auto const s = map.borrow(key, view);
          if (s != ESCROW_OK) break;
          STRESS_EXPECT(is_of(view, key));
          STRESS_EXPECT(escrow_return(view.root) >= 0);
          break;
        }
        default: {
          auto const s = random() % 2 == 0 ? map.get(key, h) : map.get<true>(key, h);
          STRESS_EXPECT(s == ESCROW_OK || s == ESCROW_E_ABSENT || s == ESCROW_E_REVOKED ||
                        s == ESCROW_E_BUSY);
          if (s != ESCROW_OK) break;
          got.fetch_add(1, std::memory_order_relaxed);
          if (escrow_read(h, &view) == ESCROW_OK) STRESS_EXPECT(is_of(view, key));
          STRESS_EXPECT(escrow_release(h) >= 0);
        }
      }
    }
    operations.fetch_add(64, std::memory_order_relaxed);
    switch (random() % 32) {
      case 0:
        purged.fetch_add(map.purge_stale(), std::memory_order_relaxed);
        break;
      case 1:
        map.clear();
        break;
      case 2:
        (void)escrow::map_shrink(map.index());
        break;
      case 3:
        (void)escrow::index_growth<map_type::index_type>::reserve(map.index(), random() % 512);
        break;
      default:
        break;
    }
  });

  map.release_all();
  STRESS_EXPECT(map.index().length() == 0);
  u64 live = 0;
  STRESS_EXPECT(escrow_pool_close(pool, 0, &live) == ESCROW_OK);
  STRESS_EXPECT(live == 0);
  STRESS_EXPECT(escrow_pool_destroy(pool) == ESCROW_OK);
  std::printf("%llu operations, %llu got, %llu purged, %u failures\n",
              static_cast<unsigned long long>(operations.load()),
              static_cast<unsigned long long>(got.load()),
              static_cast<unsigned long long>(purged.load()), stress_failures.load());
  return stress_failures.load() == 0 && got.load() != 0 && purged.load() != 0 ? 0 : 1;
}
