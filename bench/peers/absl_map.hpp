// bench/peers/absl_map.hpp: absl::flat_hash_map under one std::shared_mutex.
#ifndef ESCROW_BENCH_PEERS_ABSL_MAP_HPP
#define ESCROW_BENCH_PEERS_ABSL_MAP_HPP

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "../map_subject.hpp"
#include "huge_pages.hpp"

// The header alone does not do: part of it is in libabsl_raw_hash_set.
#if defined(ESCROW_BENCH_ABSL)
#include <absl/container/flat_hash_map.h>

namespace bench {

template <class Keys>
class absl_map {
 public:
  static constexpr char const *name = "absl+lock";
  static constexpr bool here = true;
  static constexpr char const *why = "";
  using asked = typename Keys::asked;
  using stored = typename Keys::stored;

  explicit absl_map(u64 expected) { map_.reserve(expected); }
  [[gnu::always_inline]] bool get(asked key, u64 &out) {
    std::shared_lock const held(lock_);
    auto const entry = map_.find(key);
    if (entry == map_.end()) return false;
    out = entry->second;
    return true;
  }
  [[gnu::always_inline]] bool put(asked key, u64 value) {
    std::unique_lock const held(lock_);
    return map_.insert_or_assign(key, value).second;
  }
  [[gnu::always_inline]] bool erase(asked key) {
    std::unique_lock const held(lock_);
    return map_.erase(key) != 0;
  }
  /// A batch under one lock.
  [[gnu::always_inline]] u64 get_n(asked const *keys, u64 *out) {
    std::shared_lock const held(lock_);
    u64 found = 0;
    for (u64 i = 0; i < map_batch; ++i) {
      auto const entry = map_.find(keys[i]);
      if (entry == map_.end()) continue;
      out[found++] = entry->second;
    }
    return found;
  }
  [[gnu::always_inline]] u64 put_n(asked const *keys, u64 const *values) {
    std::unique_lock const held(lock_);
    u64 fresh = 0;
    for (u64 i = 0; i < map_batch; ++i) fresh += map_.insert_or_assign(keys[i], values[i]).second;
    return fresh;
  }

 private:
  std::shared_mutex lock_;
  absl::flat_hash_map<stored, u64, map_hash, std::equal_to<>,
                      huge_pages<std::pair<stored const, u64>>>
      map_;
};

}  // namespace bench

#else

namespace bench {

template <class Keys>
struct absl_map : absent_map<Keys> {
  static constexpr char const *name = "absl+lock";
  static constexpr char const *why = "no Abseil (package libabsl-dev)";
  using absent_map<Keys>::absent_map;
};

}  // namespace bench

#endif
#endif
