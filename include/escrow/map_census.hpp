// escrow/map_census.hpp: what a map holds, and giving back what it does not need. [L3]
#ifndef ESCROW_MAP_CENSUS_HPP
#define ESCROW_MAP_CENSUS_HPP

#include <bit>
#include <type_traits>

#include "blob_store.hpp"
#include "index_growth.hpp"
#include "index_walk.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "record.hpp"
#include "word_index.hpp"

namespace escrow::inline ESCROW_ABI {

/// Exact when nobody writes.
struct map_stats {
  static constexpr u32 probe_steps = 8;

  u64 entries;
  u64 buckets;
  u64 nodes;                // overflow nodes in use
  u64 probes[probe_steps];  // entries found in the bucket, in its first node, ...; the last: or
                            // later
  u64 retries;              // reads that began anew since the map was opened
  u64 bytes_index;          // buckets, links and nodes, as held from the system
  u64 bytes_records_live;   // records of entries, as allocated
  u64 bytes_records_held;   // as held from the system
};

/// Cost: a look at every bucket.
template <class Index>
[[nodiscard]] inline map_stats map_census(Index const &index) noexcept {
  auto &state = *index.state;
  map_stats s{};
  s.entries = index.length();
  {
    lock_hold const hold(state.growing);
    s.buckets = state.buckets();
  }
  s.nodes = state.nodes.used();
  s.retries = state.retries.load(std::memory_order_relaxed);
  s.bytes_index = state.bytes();
  if constexpr (std::remove_reference_t<decltype(index.rules)>::has_records) {
    auto const b = index.rules.blobs->stats();
    s.bytes_records_live = b.bytes_live;
    s.bytes_records_held = b.bytes_held;
  }
  u64 const e = state.epoch.load(std::memory_order_acquire);
  for (u64 i = 0; i < s.buckets; ++i) {
    auto const &b = state.array.at(i);
    u64 w = b.ctl.load(std::memory_order_acquire);
    if (bucket_word::depth(w) == 0 || b.epoch_byte() != (e & 0xFF)) continue;
    u64 next =
        (w & bucket_word::more) != 0 ? state.array.link(i).load(std::memory_order_acquire) : 0;
    for (u32 step = 0;; step += step + 1 < map_stats::probe_steps ? 1 : 0) {
      s.probes[step] += static_cast<u64>(bits_set(bucket_word::occupied(w)));
      if (next == 0) break;
      w = state.nodes.at(static_cast<u32>(next)).ctl.load(std::memory_order_acquire);
      next = bucket_word::next(w);
    }
  }
  return s;
}

/// Merges buckets down to what the entries need, moves records out of sparse chunks, and gives the
/// memory back. Returns bytes. Others go on meanwhile. Cost: a look at every bucket, and a copy of
/// each record that moves.
template <class Index>
inline u64 map_shrink(Index &index) noexcept {
  index_walk<Index>::sweep(index);
  u64 given = index_growth<Index>::shrink(index);
  if constexpr (std::remove_reference_t<decltype(index.rules)>::has_records) {
    auto const &rules = index.rules;
    blob_store &blobs = *rules.blobs;
    if (blobs.begin_evacuation() == 0) return given;
    departed left;
    index_walk<Index>::edit_all(
        index,
        [&](u64 key, u64 value) noexcept -> edit {
          u64 const from = rules.reference(key, value);
          u64 to = 0;
          if (!blobs.must_move(from) || !left.has_room()) return {edit::keep, ESCROW_OK, 0, 0};
          // Without memory for a copy it stays, and so does its chunk.
          if (blobs.template allocate<false>(rules.record_of(key, value).bytes_held(), to) !=
              ESCROW_OK)
            return {edit::keep, ESCROW_OK, 0, 0};
          left.note(from, 0);
          record{blobs.at(from)}.copy_to(record{blobs.at(to)});
          return rules.moved(key, value, to);
        },
        [&]() noexcept {
          return left.empty([&](u64 from, u64) noexcept { rules.release(from); });
        });
    given += blobs.end_evacuation();
  }
  return given;
}

}  // namespace escrow::inline ESCROW_ABI

#endif
