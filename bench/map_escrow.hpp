// bench/map_escrow.hpp: sharded_map as a subject.
#ifndef ESCROW_BENCH_MAP_ESCROW_HPP
#define ESCROW_BENCH_MAP_ESCROW_HPP

#include "map_subject.hpp"

#include "escrow/sharded_map.hpp"

namespace bench {

/// How sharded_map names a key of a kind, and a batch of them.
template <class Asked>
struct escrow_key {
  using type = Asked;
  struct batch {
    Asked const *of;
  };
  [[gnu::always_inline]] static type of(Asked key) { return key; }
  [[gnu::always_inline]] static batch names(Asked const *keys) { return {keys}; }
};
template <>
struct escrow_key<std::string_view> {
  using type = escrow::bytes;
  struct batch {
    type of[map_batch];
  };
  [[gnu::always_inline]] static type of(std::string_view key) { return {key.data(), key.size()}; }
  [[gnu::always_inline]] static batch names(std::string_view const *keys) {
    batch named;
    for (u64 i = 0; i < map_batch; ++i) named.of[i] = of(keys[i]);
    return named;
  }
};

template <class Keys>
class escrow_sharded {
 public:
  static constexpr char const *name = "escrow";
  static constexpr bool here = true;
  static constexpr char const *why = "";
  using asked = typename Keys::asked;
  using key = escrow_key<asked>;

  explicit escrow_sharded(u64 expected) {
    escrow::map_options options;
    options.expected = expected;
    options.seed = map_seed;
    if (table::open(options, map_) != ESCROW_OK) refused("sharded_map::open");
  }
  [[gnu::always_inline]] bool get(asked k, u64 &out) {
    return map_.get(key::of(k), out) == ESCROW_OK;
  }
  [[gnu::always_inline]] bool put(asked k, u64 value) {
    return map_.put(key::of(k), value) == ESCROW_CREATED;
  }
  [[gnu::always_inline]] bool erase(asked k) { return map_.erase(key::of(k)) == ESCROW_OK; }
  [[gnu::always_inline]] u64 get_n(asked const *keys, u64 *out) {
    escrow_status each[map_batch];
    return map_.native_access().get_n(key::names(keys).of, map_batch, out, each);
  }
  [[gnu::always_inline]] u64 put_n(asked const *keys, u64 const *values) {
    escrow_status each[map_batch];
    (void)map_.native_access().put_n(key::names(keys).of, values, map_batch, each);
    u64 fresh = 0;
    for (escrow_status const status : each) fresh += status == ESCROW_CREATED;
    return fresh;
  }

 private:
  using table = escrow::sharded_map<typename key::type, u64>;
  table map_;
};

}  // namespace bench

#endif
