// bench/map_subject.hpp: what a map is to a contest.
//
// A subject for keys of the kind `Keys` has
//   static constexpr char const *name
//   static constexpr bool here         else `why` says what is missing, and it is never made
//   explicit subject(u64 expected)     memory set up for so many entries; 0: it grows
//   bool get(asked, u64 &out)          was it there?
//   bool put(asked, u64 value)         is it new?
//   bool erase(asked)                  was it there?
//   u64 get_n(asked const *, u64 *out) how many of map_batch were there; values in any order
//   u64 put_n(asked const *, u64 const *values)   how many of map_batch were new
//   static constexpr bool bulk         optional: its get_n is worth comparing with single reads
// All are always inlined, so that the compiler does not choose otherwise for those used most.
#ifndef ESCROW_BENCH_MAP_SUBJECT_HPP
#define ESCROW_BENCH_MAP_SUBJECT_HPP

#include "map_keys.hpp"

namespace bench {

constexpr u64 map_batch = 32;

/// A batch for maps that have none: one by one.
template <class Subject, class Asked>
[[gnu::always_inline]] inline u64 get_each(Subject &map, Asked const *keys, u64 *out) {
  u64 found = 0;
  for (u64 i = 0; i < map_batch; ++i) found += map.get(keys[i], out[i]);
  return found;
}
template <class Subject, class Asked>
[[gnu::always_inline]] inline u64 put_each(Subject &map, Asked const *keys, u64 const *values) {
  u64 fresh = 0;
  for (u64 i = 0; i < map_batch; ++i) fresh += map.put(keys[i], values[i]);
  return fresh;
}

/// The same map behind calls that the compiler may not inline.
template <class Subject, class Keys>
class called_map {
 public:
  using asked = typename Keys::asked;

  explicit called_map(Subject &map) : map_(map) {}
  [[gnu::noinline]] bool get(asked key, u64 &out) {
    asm volatile("");  // keeps the call
    return map_.get(key, out);
  }
  [[gnu::noinline]] bool put(asked key, u64 value) {
    asm volatile("");
    return map_.put(key, value);
  }
  [[gnu::noinline]] bool erase(asked key) {
    asm volatile("");
    return map_.erase(key);
  }
  [[gnu::noinline]] u64 get_n(asked const *keys, u64 *out) {
    asm volatile("");
    return map_.get_n(keys, out);
  }
  [[gnu::noinline]] u64 put_n(asked const *keys, u64 const *values) {
    asm volatile("");
    return map_.put_n(keys, values);
  }

 private:
  Subject &map_;
};

/// The same map, whose batches are one by one, though it has better ones.
template <class Subject, class Keys>
class single_map : public called_map<Subject, Keys> {
 public:
  using asked = typename Keys::asked;

  explicit single_map(Subject &map) : called_map<Subject, Keys>(map), one_by_one_(map) {}
  [[gnu::always_inline]] u64 get_n(asked const *keys, u64 *out) {
    return get_each(one_by_one_, keys, out);
  }

 private:
  Subject &one_by_one_;
};

/// Stands for a map that is not here; nobody makes one.
template <class Keys>
class absent_map {
 public:
  static constexpr bool here = false;
  using asked = typename Keys::asked;

  explicit absent_map(u64) { refused("a map that is not here"); }
  bool get(asked, u64 &) { return false; }
  bool put(asked, u64) { return false; }
  bool erase(asked) { return false; }
  u64 get_n(asked const *, u64 *) { return 0; }
  u64 put_n(asked const *, u64 const *) { return 0; }
};

}  // namespace bench

#endif
