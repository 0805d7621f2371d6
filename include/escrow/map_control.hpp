// escrow/map_control.hpp: the control block behind a map's handle, and its life. [L3]
#ifndef ESCROW_MAP_CONTROL_HPP
#define ESCROW_MAP_CONTROL_HPP

#include "blob_store.hpp"
#include "bucket_array.hpp"
#include "carried_layout.hpp"
#include "control.hpp"
#include "handle.hpp"
#include "hash.hpp"
#include "index_state.hpp"
#include "lock.hpp"
#include "overflow.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "status.h"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

enum class map_keys_kind : u8 { word = 1, bytes = 2 };
enum class map_values_kind : u8 { word = 1, bytes = 2, handle = 3 };

struct map_options {
  u64 expected = 0;                             // entries to set memory up for
  u64 limit_bytes = 0;                          // bound on memory held; 0 = none
  u64 seed = 0;                                 // of the hash; 0: one that nobody can guess
  escrow_layout const *key_layout = nullptr;    // copied; nullptr: none
  escrow_layout const *value_layout = nullptr;  // the same
};

/// Immortal, and reused under a new generation: a call on a closed map reads valid memory and gets
/// a code. It keeps the address space of its map for the next one.
struct alignas(2 * cache_line) map_control {
  std::atomic<u64> word;  // of block_word
  hash_seed seed;
  map_keys_kind keys;
  map_values_kind values;
  carried_layout key_layout;
  carried_layout value_layout;
  u32 index;      // of this block; set once
  u32 next_free;  // index + 1; see control_blocks
  index_state<bucket_array, overflow> state;
  blob_store blobs;

  [[nodiscard]] bool is(map_keys_kind k, map_values_kind v) const noexcept {
    return keys == k && values == v;
  }
};

/// Finds the control block of a map handle of any age.
/// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND another kind of handle | ESCROW_E_RANGE
[[nodiscard]] inline escrow_status find_map(u64 map, map_control *&out) noexcept {
  return table().maps.find(map, out);
}

/// The control block of an open map.
/// @return ESCROW_OK | as find_map | ESCROW_E_CLOSED | ESCROW_E_STALE destroyed
[[nodiscard]] inline escrow_status open_map(u64 map, map_control *&out) noexcept {
  if (auto const s = find_map(map, out); s != ESCROW_OK) [[unlikely]]
    return s;
  // acquire: kinds and seed; pairs with map_lifecycle::open [C5]
  return block_word::status(out->word.load(std::memory_order_acquire), map);
}

/// Open, closed, gone. close() refuses new work and is all that may run beside other calls;
/// destroy() gives the memory back, and the caller sees to it that no call is under way.
struct map_lifecycle {
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED 65,535 maps are open |
  ///         ESCROW_E_FULL the limit is too small
  [[nodiscard]] static escrow_status open(map_keys_kind keys, map_values_kind values,
                                          map_options const &o, u64 &out_map) noexcept {
    escrow_layout const *key_layout = nullptr;
    escrow_layout const *value_layout = nullptr;
    if (auto const s = kept_layout::keep(o.key_layout, key_layout); s != ESCROW_OK) return s;
    if (auto const s = kept_layout::keep(o.value_layout, value_layout); s != ESCROW_OK) return s;
    slot_table &t = table();
    lock_hold const hold(t.maps.guard);
    map_control *c = nullptr;
    u64 map = 0;
    if (auto const s = t.maps.take(t.first_generation(), c, map); s != ESCROW_OK) return s;
    auto s = c->state.open(o.limit_bytes);
    if (s == ESCROW_OK && (keys == map_keys_kind::bytes || values == map_values_kind::bytes))
      s = c->blobs.open(c->state.memory);
    if (s != ESCROW_OK) {
      recycle(t, *c, map);
      return s;
    }
    c->keys = keys;
    c->values = values;
    c->key_layout.set(key_layout);
    c->value_layout.set(value_layout);
    c->seed = hash_seed::from(o.seed != 0 ? o.seed : random_seed());
    out_map = map;
    // release: all of the above; pairs with open_map [C5]
    c->word.store(block_word::open_at(out_map), std::memory_order_release);
    return ESCROW_OK;
  }

  /// Every later call gets ESCROW_E_CLOSED; those under way end as they would. @return ESCROW_OK |
  /// ESCROW_E_CLOSED before | ESCROW_E_STALE | as find_map
  [[nodiscard]] static escrow_status close(u64 map) noexcept {
    map_control *c = nullptr;
    if (auto const s = open_map(map, c); s != ESCROW_OK) return s;
    u64 expected = block_word::open_at(map);
    u64 const closed = block_word::at(map, block_word::closing);
    return c->word.compare_exchange_strong(expected, closed, std::memory_order_seq_cst)
               ? ESCROW_OK
               : ESCROW_E_CLOSED;
  }

  /// The map is closed and no call is under way. Values that are handles were released.
  /// @return ESCROW_OK | ESCROW_E_BUSY it is open | ESCROW_E_STALE | as find_map
  [[nodiscard]] static escrow_status destroy(u64 map) noexcept {
    map_control *c = nullptr;
    auto const s = open_map(map, c);
    if (s == ESCROW_OK) return ESCROW_E_BUSY;
    if (s != ESCROW_E_CLOSED) return s;
    slot_table &t = table();
    lock_hold const hold(t.maps.guard);
    u64 expected = block_word::at(map, block_word::closing);
    u64 const gone = block_word::at(map, block_word::none);
    if (!c->word.compare_exchange_strong(expected, gone, std::memory_order_seq_cst))
      return ESCROW_E_STALE;  // another destroy was faster
    recycle(t, *c, map);
    return ESCROW_OK;
  }

  /// What an open map carries; nullptr for none. @return ESCROW_OK | as open_map
  [[nodiscard]] static escrow_status layouts(u64 map, escrow_layout const *&out_key,
                                             escrow_layout const *&out_value) noexcept {
    lock_hold const hold(table().maps.guard);  // so that the block has no other owner meanwhile
    map_control *c = nullptr;
    if (auto const s = open_map(map, c); s != ESCROW_OK) return s;
    out_key = c->key_layout.get();
    out_value = c->value_layout.get();
    return ESCROW_OK;
  }

 private:
  /// Gives the memory back and the block to the next map. The guard is held.
  static void recycle(slot_table &t, map_control &c, u64 map) noexcept {
    c.state.close();
    c.blobs.destroy();
    t.maps.give(c, handle::generation(map));
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
