// bench/peers/tbb_map.hpp: concurrent_hash_map of oneTBB.
#ifndef ESCROW_BENCH_PEERS_TBB_MAP_HPP
#define ESCROW_BENCH_PEERS_TBB_MAP_HPP

#include "../map_subject.hpp"

// The header alone does not do: its nodes come from libtbb.
#if defined(ESCROW_BENCH_TBB)
#include <tbb/concurrent_hash_map.h>

namespace bench {

struct tbb_hash {
  using is_transparent = void;
  map_hash seeded;
  template <class Key>
  std::size_t hash(Key const &key) const {
    return seeded(key);
  }
  template <class A, class B>
  bool equal(A const &a, B const &b) const {
    return a == b;
  }
};

template <class Keys>
class tbb_map {
 public:
  static constexpr char const *name = "TBB";
  static constexpr bool here = true;
  static constexpr char const *why = "";
  using asked = typename Keys::asked;
  using stored = typename Keys::stored;

  explicit tbb_map(u64 expected) { map_.rehash(expected); }
  [[gnu::always_inline]] bool get(asked key, u64 &out) {
    typename table::const_accessor entry;
    if (!map_.find(entry, key)) return false;
    out = entry->second;
    return true;
  }
  [[gnu::always_inline]] bool put(asked key, u64 value) {
    typename table::accessor entry;
    bool const fresh = map_.insert(entry, stored(key));
    entry->second = value;
    return fresh;
  }
  [[gnu::always_inline]] bool erase(asked key) { return map_.erase(key); }
  [[gnu::always_inline]] u64 get_n(asked const *keys, u64 *out) {
    return get_each(*this, keys, out);
  }
  [[gnu::always_inline]] u64 put_n(asked const *keys, u64 const *values) {
    return put_each(*this, keys, values);
  }

 private:
  using table = tbb::concurrent_hash_map<stored, u64, tbb_hash>;
  table map_;
};

}  // namespace bench

#else

namespace bench {

template <class Keys>
struct tbb_map : absent_map<Keys> {
  static constexpr char const *name = "TBB";
  static constexpr char const *why = "no TBB (package libtbb-dev)";
  using absent_map<Keys>::absent_map;
};

}  // namespace bench

#endif
#endif
