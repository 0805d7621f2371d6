// What the stress tests of maps share: keys that collide, comparisons that now and then let others
// go first, and what an owner of a key tells those who read it.
#ifndef ESCROW_TESTS_STRESS_CROWDED_MAP_HPP
#define ESCROW_TESTS_STRESS_CROWDED_MAP_HPP

#include <atomic>
#include <thread>

#include "escrow/map_control.hpp"
#include "escrow/map_keys.hpp"
#include "options.hpp"

namespace crowded {

using escrow::u64;

/// A number for each key, small and dense; its low three bits name the chain.
inline u64 number_of(u64 key) {
  return key;
}
inline u64 number_of(escrow::bytes const &key) {
  u64 n = key.size;
  for (u64 i = 0; i < key.size && i < 16; ++i) n = n * 31 + static_cast<unsigned char>(key.data[i]);
  return n;
}

/// Eight chains, which no growth makes shorter but every split moves, and four tags: so the first
/// candidate is often another key.
struct hash {
  escrow::hash_seed seed;
  template <class Key>
  u64 operator()(Key const &key) const noexcept {
    u64 const n = number_of(key);
    u64 const chain = (n % 8 + 1) * 0x9E3779B97F4A7C15ull;
    return chain << 8 >> 8 | (n >> 3 & 3) << 56;
  }
};

/// One time in 64: a race that would need a reader to be stopped between two instructions happens
/// as often as this.
inline void dawdle() noexcept {
  thread_local std::uint32_t draws = 1;
  draws = draws * 1664525 + 1013904223;
  if (draws >> 26 == 0) std::this_thread::yield();
}

/// Keys that take their time wherever a map looks at one: between the words of a bucket that a
/// reader loads, between what a writer has matched and its lock, and between the steps of a split.
template <class Keys>
struct slow_keys : Keys {
  [[nodiscard]] u64 hash_of(u64 word) const noexcept {
    dawdle();
    return Keys::hash_of(word);
  }
  [[nodiscard]] auto is(escrow::blob_store const *blobs, typename Keys::key_type key,
                        u64 h) const noexcept {
    return [same = Keys::is(blobs, key, h)](u64 word, auto const &look) noexcept {
      bool const yes = same(word, look);
      dawdle();
      return yes;
    };
  }
};

/// A map of such keys. Destroyed when nobody uses it; what its entries hold is given up before.
template <class Map>
class opened {
 public:
  explicit opened(escrow::map_values_kind values) {
    using rules_type = typename Map::rules_type;
    auto const keys =
        rules_type::byte_keys ? escrow::map_keys_kind::bytes : escrow::map_keys_kind::word;
    escrow::map_control *control = nullptr;
    STRESS_EXPECT(escrow::map_lifecycle::open(keys, values, {}, name_) == ESCROW_OK);
    STRESS_EXPECT(escrow::find_map(name_, control) == ESCROW_OK);
    rules_type rules{};
    rules.keys.hasher.seed = control->seed;
    rules.blobs = &control->blobs;
    map_ = Map(control->state, rules);
  }
  ~opened() {
    STRESS_EXPECT(escrow::map_lifecycle::close(name_) == ESCROW_OK);
    STRESS_EXPECT(escrow::map_lifecycle::destroy(name_) == ESCROW_OK);
  }
  opened(opened const &) = delete;
  opened &operator=(opened const &) = delete;
  [[nodiscard]] Map &operator*() noexcept { return map_; }

 private:
  u64 name_ = 0;
  Map map_;
};

/// What a key's only writer says of it: `begun` before a change, `done` after it. The number of the
/// change is in the value, so a reader knows which values it may find.
struct account {
  std::atomic<u64> begun{0};  // changes
  std::atomic<u64> done{0};   // changes << 1 | the key is there

  [[nodiscard]] u64 begin() {
    u64 const change = begun.load() + 1;
    begun.store(change);
    return change;
  }
  void end(u64 change, bool there) { done.store(change << 1 | (there ? 1 : 0)); }

  /// Is the answer right for a read that began after `before` was loaded from `done`, and is over?
  /// `change`: of the value that was found.
  [[nodiscard]] bool allows(u64 before, bool found, u64 change) const {
    u64 const after = begun.load();
    if (!found) return (before & 1) == 0 || before >> 1 != after;
    return change <= after && ((before & 1) != 0 || change > before >> 1);
  }
};

}  // namespace crowded

#endif
