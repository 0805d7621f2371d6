// bench/map_work.hpp: what the maps are asked to do. Each loop does `n` operations and adds 1 for
// each that came out right: a hit with the key's own value, a miss, a new key that was new, an
// erased one that was there. Whatever else comes out spoils the sum.
//
// The indices of a map of N entries: 0 .. N/2 stay; N/2 .. 3N/2 are a circle of which half is in
// the map at any time. A thread owns every threads-th index of the circle and pushes its half
// round, putting in front and erasing behind, so that the size is constant and every outcome known
// while all threads read what stays. At the start, and after a contest, the entries are 0 .. N.
#ifndef ESCROW_BENCH_MAP_WORK_HPP
#define ESCROW_BENCH_MAP_WORK_HPP

#include "map_subject.hpp"
#include "threads.hpp"

namespace bench {

[[gnu::always_inline]] inline u64 value_of(u64 tag) {
  return 1 - tag;
}

/// 1 where `found`, and `value` is that of the tag.
[[gnu::always_inline]] inline u64 right(bool found, u64 value, u64 tag) {
  return value + tag - 1 + found;
}

/// A thread's half of the circle, in its own lines.
class alignas(128) circle {
 public:
  circle(u64 entries, u64 thread, u64 threads)
      : first_(entries / 2 + thread), step_(threads), length_(entries / threads) {
    ahead_ = length_ / 2;
  }
  /// A put in front and an erase behind, in turns.
  template <class Keys, class Map>
  [[gnu::always_inline]] u64 push(Map &map) {
    putting_ = !putting_;
    if (!putting_) {
      u64 const index = first_ + ahead_ * step_;
      if (++ahead_ == length_) ahead_ = 0;
      return map.put(Keys::at(index), value_of(Keys::tag(index)));
    }
    u64 const index = first_ + behind_ * step_;
    if (++behind_ == length_) behind_ = 0;
    return map.erase(Keys::at(index));
  }
  /// The rest of the round, until the entries are those of the start.
  template <class Keys, class Map>
  void come_round(Map &map) {
    while (!putting_ || behind_ != 0)
      if (push<Keys>(map) != 1) refused("a map lost an entry");
  }

 private:
  u64 first_;
  u64 step_;
  u64 length_;
  u64 ahead_;
  u64 behind_ = 0;
  bool putting_ = true;  // the next one is a put
};

template <class Keys, class Map, class Indices>
u64 hits(Map &map, Indices &indices, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) {
    u64 const index = indices.next();
    u64 value = 0;
    bool const found = map.get(Keys::at(index), value);
    sum += right(found, value, Keys::tag(index));
  }
  return sum;
}

/// Keys that no entry has: `absent` lies above every index there is.
template <class Keys, class Map, class Indices>
u64 misses(Map &map, Indices &indices, u64 absent, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) {
    u64 value = 0;
    sum += !map.get(Keys::at(absent + indices.next()), value);
  }
  return sum;
}

/// `reads` of a hundred operations are hits, the others push the circle.
template <class Keys, class Map, class Indices>
u64 mixed(Map &map, Indices &indices, circle &own, u64 reads, u64 n) {
  u64 const below = reads * 128 / 100;
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) {
    u64 const index = indices.next();
    if (indices.spare() < below) {
      u64 value = 0;
      bool const found = map.get(Keys::at(index), value);
      sum += right(found, value, Keys::tag(index));
    } else {
      sum += own.push<Keys>(map);
    }
  }
  return sum;
}

/// New values for entries that are there; threads may meet, and write the same.
template <class Keys, class Map, class Indices>
u64 overwrites(Map &map, Indices &indices, u64 stamp, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) {
    u64 const index = indices.next();
    sum += !map.put(Keys::at(index), stamp - Keys::tag(index));
  }
  return sum;
}

template <class Keys, class Map, class Indices>
u64 hits_in_batches(Map &map, Indices &indices, u64 n) {
  typename Keys::made made[map_batch];
  typename Keys::asked keys[map_batch];
  u64 values[map_batch];
  u64 sum = 0;
  for (u64 i = 0; i < n; i += map_batch) {
    for (u64 k = 0; k < map_batch; ++k) {
      u64 const index = indices.next();
      made[k] = Keys::at(index);
      keys[k] = made[k];
      sum += Keys::tag(index) - 1;
    }
    sum += map.get_n(keys, values);
    for (u64 const value : values) sum += value;
  }
  return sum;
}

template <class Keys, class Map, class Indices>
u64 overwrites_in_batches(Map &map, Indices &indices, u64 stamp, u64 n) {
  typename Keys::made made[map_batch];
  typename Keys::asked keys[map_batch];
  u64 values[map_batch];
  u64 sum = 0;
  for (u64 i = 0; i < n; i += map_batch) {
    for (u64 k = 0; k < map_batch; ++k) {
      u64 const index = indices.next();
      made[k] = Keys::at(index);
      keys[k] = made[k];
      values[k] = stamp - Keys::tag(index);
    }
    sum += map_batch - map.put_n(keys, values);
  }
  return sum;
}

}  // namespace bench

#endif
