// escrow/map_control.hpp: the control block behind a map's handle, and its life. [L3]
#ifndef ESCROW_MAP_CONTROL_HPP
#define ESCROW_MAP_CONTROL_HPP

#include "blob_store.hpp"
#include "bucket_array.hpp"
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
  u64 expected = 0;     // entries to set memory up for
  u64 limit_bytes = 0;  // bound on memory held; 0 = none
  u64 seed = 0;         // of the hash; 0: one that nobody can guess
};

/// Immortal, and reused under a new generation: a call on a closed map reads valid memory and gets
/// a code. It keeps the address space of its map for the next one.
struct alignas(2 * cache_line) map_control {
  std::atomic<u64> word;  // as pool_word
  hash_seed seed;
  map_keys_kind keys;
  map_values_kind values;
  u32 index;      // of this block; set once
  u32 next_free;  // index + 1; under the table's maps_lock
  index_state<bucket_array, overflow> state;
  blob_store blobs;

  [[nodiscard]] u64 handle_at(u64 generation) const noexcept {
    return handle::pack(handle::map_tag, index, generation);
  }
  [[nodiscard]] bool is(map_keys_kind k, map_values_kind v) const noexcept {
    return keys == k && values == v;
  }
};

/// Finds the control block of a map handle of any age.
/// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND another kind of handle | ESCROW_E_RANGE
[[nodiscard]] inline escrow_status find_map(u64 map, map_control *&out) noexcept {
  if (handle::tag(map) != handle::map_tag) [[unlikely]]
    return handle::shape_error(map);
  u64 const index = handle::index(map);
  if (index >= slot_table::most_maps) return ESCROW_E_RANGE;
  // acquire: the zeroed control blocks; pairs with map_lifecycle::take [C4]
  map_control *const segment =
      table().map_segments[index / slot_table::maps_each].load(std::memory_order_acquire);
  if (segment == nullptr) return ESCROW_E_RANGE;
  out = &segment[index % slot_table::maps_each];
  return ESCROW_OK;
}

/// The control block of an open map.
/// @return ESCROW_OK | as find_map | ESCROW_E_CLOSED | ESCROW_E_STALE destroyed
[[nodiscard]] inline escrow_status open_map(u64 map, map_control *&out) noexcept {
  if (auto const s = find_map(map, out); s != ESCROW_OK) [[unlikely]]
    return s;
  // acquire: kinds and seed; pairs with map_lifecycle::open [C5]
  u64 const w = out->word.load(std::memory_order_acquire);
  if (w == pool_word::open_at(map)) [[likely]]
    return ESCROW_OK;
  return pool_word::is_of(w, map) && pool_word::state(w) == pool_word::closing ? ESCROW_E_CLOSED
                                                                               : ESCROW_E_STALE;
}

/// Open, closed, gone. close() refuses new work and is all that may run beside other calls;
/// destroy() gives the memory back, and the caller sees to it that no call is under way.
struct map_lifecycle {
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED 65,535 maps are open |
  ///         ESCROW_E_FULL the limit is too small
  [[nodiscard]] static escrow_status open(map_keys_kind keys, map_values_kind values,
                                          map_options const &o, u64 &out_map) noexcept {
    slot_table &t = table();
    lock_hold const hold(t.maps_lock);
    map_control *c = nullptr;
    if (auto const s = take(t, c); s != ESCROW_OK) return s;
    u64 const generation = pool_word::generation(c->word.load(std::memory_order_relaxed));
    auto s = c->state.open(o.limit_bytes);
    if (s == ESCROW_OK && (keys == map_keys_kind::bytes || values == map_values_kind::bytes))
      s = c->blobs.open(c->state.memory);
    if (s != ESCROW_OK) {
      recycle(t, *c, generation);
      return s;
    }
    c->keys = keys;
    c->values = values;
    c->seed = hash_seed::from(o.seed != 0 ? o.seed : random_seed());
    out_map = c->handle_at(generation);
    // release: all of the above; pairs with open_map [C5]
    c->word.store(pool_word::open_at(out_map), std::memory_order_release);
    return ESCROW_OK;
  }

  /// Every later call gets ESCROW_E_CLOSED; those under way end as they would. @return ESCROW_OK |
  /// ESCROW_E_CLOSED before | ESCROW_E_STALE | as find_map
  [[nodiscard]] static escrow_status close(u64 map) noexcept {
    map_control *c = nullptr;
    if (auto const s = open_map(map, c); s != ESCROW_OK) return s;
    u64 expected = pool_word::open_at(map);
    u64 const closed = pool_word::at(map, pool_word::closing);
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
    lock_hold const hold(t.maps_lock);
    u64 expected = pool_word::at(map, pool_word::closing);
    u64 const gone = pool_word::at(map, pool_word::none);
    if (!c->word.compare_exchange_strong(expected, gone, std::memory_order_seq_cst))
      return ESCROW_E_STALE;  // another destroy was faster
    recycle(t, *c, handle::generation(map));
    return ESCROW_OK;
  }

 private:
  /// A block in state none, with its generation set. maps_lock is held.
  [[nodiscard]] static escrow_status take(slot_table &t, map_control *&out) noexcept {
    if (t.free_map != 0) {
      (void)find_map(handle::pack(handle::map_tag, t.free_map - 1, 0), out);
      t.free_map = out->next_free;
      return ESCROW_OK;
    }
    if (t.maps_made == slot_table::most_maps) return ESCROW_E_EXHAUSTED;
    auto &segment = t.map_segments[t.maps_made / slot_table::maps_each];
    if (segment.load(std::memory_order_relaxed) == nullptr) {
      u64 const page = pages::size();
      char *const raw =
          pages::reserve(align_up(sizeof(map_control) * slot_table::maps_each, page), page);
      if (raw == nullptr) return ESCROW_E_NOMEM;
      // release: the zero pages; pairs with find_map [C4]
      segment.store(reinterpret_cast<map_control *>(raw), std::memory_order_release);
    }
    (void)find_map(handle::pack(handle::map_tag, t.maps_made, 0), out);
    out->index = t.maps_made++;
    out->word.store(pool_word::at(out->handle_at(t.first_generation()), pool_word::none),
                    std::memory_order_relaxed);
    return ESCROW_OK;
  }
  /// Gives the memory back and the block to the next map. maps_lock is held.
  static void recycle(slot_table &t, map_control &c, u64 generation) noexcept {
    c.state.close();
    c.blobs.destroy();
    if (generation >= word::last_generation) return;  // used up; the block stays away
    c.word.store(pool_word::at(c.handle_at(generation + 1), pool_word::none),
                 std::memory_order_seq_cst);
    c.next_free = t.free_map;
    t.free_map = c.index + 1;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
