// bench/peers/boost_flat_map.hpp: boost::concurrent_flat_map, on huge pages and on those of malloc.
#ifndef ESCROW_BENCH_PEERS_BOOST_FLAT_MAP_HPP
#define ESCROW_BENCH_PEERS_BOOST_FLAT_MAP_HPP

#include <functional>
#include <memory>
#include <utility>

#include "../map_subject.hpp"
#include "huge_pages.hpp"

#if __has_include(<boost/unordered/concurrent_flat_map.hpp>)
#include <boost/unordered/concurrent_flat_map.hpp>

namespace bench {

template <class Keys, template <class> class Memory>
class boost_flat {
 public:
  static constexpr bool here = true;
  static constexpr bool bulk = std::is_same_v<typename Keys::asked, typename Keys::stored>;
  using asked = typename Keys::asked;
  using stored = typename Keys::stored;

  explicit boost_flat(u64 expected) { map_.reserve(expected); }
  [[gnu::always_inline]] bool get(asked key, u64 &out) {
    return map_.cvisit(key, [&](auto const &entry) { out = entry.second; }) != 0;
  }
  [[gnu::always_inline]] bool put(asked key, u64 value) {
    return map_.insert_or_assign(key, value);
  }
  [[gnu::always_inline]] bool erase(asked key) { return map_.erase(key) != 0; }
  /// Bulk visit, which takes keys as they are stored: from strings it would have to make copies.
  [[gnu::always_inline]] u64 get_n(asked const *keys, u64 *out) {
    if constexpr (bulk)
      return map_.cvisit(keys, keys + map_batch, [&](auto const &entry) { *out++ = entry.second; });
    else
      return get_each(*this, keys, out);
  }
  [[gnu::always_inline]] u64 put_n(asked const *keys, u64 const *values) {
    return put_each(*this, keys, values);
  }

 private:
  boost::concurrent_flat_map<stored, u64, map_hash, std::equal_to<>,
                             Memory<std::pair<stored const, u64>>>
      map_;
};

#else

namespace bench {

template <class Keys, template <class> class Memory>
using boost_flat = absent_map<Keys>;

#endif

template <class Keys>
struct boost_map : boost_flat<Keys, huge_pages> {
  static constexpr char const *name = "boost";
  static constexpr char const *why =
      "no header boost/unordered/concurrent_flat_map.hpp; bench/peers/fetch brings it";
  using boost_flat<Keys, huge_pages>::boost_flat;
};

template <class Keys>
struct boost_malloc_map : boost_flat<Keys, std::allocator> {
  static constexpr char const *name = "boost on malloc";
  static constexpr char const *why = boost_map<Keys>::why;
  using boost_flat<Keys, std::allocator>::boost_flat;
};

}  // namespace bench

#endif
