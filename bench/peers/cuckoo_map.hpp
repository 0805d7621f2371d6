// bench/peers/cuckoo_map.hpp: cuckoohash_map of libcuckoo.
#ifndef ESCROW_BENCH_PEERS_CUCKOO_MAP_HPP
#define ESCROW_BENCH_PEERS_CUCKOO_MAP_HPP

#include <functional>
#include <utility>

#include "../map_subject.hpp"
#include "huge_pages.hpp"

#if __has_include(<libcuckoo/cuckoohash_map.hh>)
#include <libcuckoo/cuckoohash_map.hh>

namespace bench {

template <class Keys>
class cuckoo_map {
 public:
  static constexpr char const *name = "libcuckoo";
  static constexpr bool here = true;
  static constexpr char const *why = "";
  using asked = typename Keys::asked;
  using stored = typename Keys::stored;

  explicit cuckoo_map(u64 expected) { map_.reserve(expected); }
  [[gnu::always_inline]] bool get(asked key, u64 &out) { return map_.find(key, out); }
  [[gnu::always_inline]] bool put(asked key, u64 value) {
    return map_.insert_or_assign(key, value);
  }
  [[gnu::always_inline]] bool erase(asked key) { return map_.erase(key); }
  [[gnu::always_inline]] u64 get_n(asked const *keys, u64 *out) {
    return get_each(*this, keys, out);
  }
  [[gnu::always_inline]] u64 put_n(asked const *keys, u64 const *values) {
    return put_each(*this, keys, values);
  }

 private:
  libcuckoo::cuckoohash_map<stored, u64, map_hash, std::equal_to<>,
                            huge_pages<std::pair<stored const, u64>>>
      map_;
};

}  // namespace bench

#else

namespace bench {

template <class Keys>
struct cuckoo_map : absent_map<Keys> {
  static constexpr char const *name = "libcuckoo";
  static constexpr char const *why =
      "no header libcuckoo/cuckoohash_map.hh (package libcuckoo-dev)";
  using absent_map<Keys>::absent_map;
};

}  // namespace bench

#endif
#endif
