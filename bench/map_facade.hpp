// bench/map_facade.hpp: the map of words through the C facade, as a subject.
#ifndef ESCROW_BENCH_MAP_FACADE_HPP
#define ESCROW_BENCH_MAP_FACADE_HPP

#include "escrow/escrow.h"
#include "escrow/map.h"
#include "escrow/map_words.h"
#include "map_subject.hpp"

namespace bench {

class escrow_facade_map {
 public:
  static constexpr char const *name = "escrow.c";
  static constexpr bool here = true;
  static constexpr char const *why = "";

  explicit escrow_facade_map(u64 expected) {
    escrow_map_options options{};
    options.struct_size = sizeof options;
    options.keys = ESCROW_MAP_WORD;
    options.values = ESCROW_MAP_WORD;
    options.expected = expected;
    options.seed = map_seed;
    if (escrow_map_open(&options, &map_) != ESCROW_OK) refused("escrow_map_open");
  }
  escrow_facade_map(escrow_facade_map const &) = delete;
  escrow_facade_map &operator=(escrow_facade_map const &) = delete;
  ~escrow_facade_map() {
    if (escrow_map_close(map_) != ESCROW_OK || escrow_map_destroy(map_) != ESCROW_OK)
      refused("escrow_map_destroy");
  }
  [[gnu::always_inline]] bool get(u64 key, u64 &out) {
    return escrow_map_get(map_, key, &out) == ESCROW_OK;
  }
  [[gnu::always_inline]] bool put(u64 key, u64 value) {
    return escrow_map_put(map_, key, value) == ESCROW_CREATED;
  }
  [[gnu::always_inline]] bool erase(u64 key) { return escrow_map_erase(map_, key) == ESCROW_OK; }
  [[gnu::always_inline]] u64 get_n(u64 const *keys, u64 *out) {
    escrow_status each[map_batch];
    u64 found = 0;
    return escrow_map_get_n(map_, keys, map_batch, out, each, &found) == ESCROW_OK ? found : 0;
  }
  [[gnu::always_inline]] u64 put_n(u64 const *keys, u64 const *values) {
    escrow_status each[map_batch];
    if (escrow_map_put_n(map_, keys, values, map_batch, each, nullptr) != ESCROW_OK)
      refused("escrow_map_put_n");
    u64 fresh = 0;
    for (escrow_status const status : each) fresh += status == ESCROW_CREATED;
    return fresh;
  }

 private:
  escrow_map map_ = 0;
};

}  // namespace bench

#endif
