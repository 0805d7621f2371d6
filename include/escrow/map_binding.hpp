// escrow/map_binding.hpp: a map that others opened, as one of C++ types after a look at its
// layouts. [L4]
#ifndef ESCROW_MAP_BINDING_HPP
#define ESCROW_MAP_BINDING_HPP

#include <type_traits>

#include "bytes.hpp"
#include "layout_of.hpp"
#include "map_control.hpp"
#include "platform.hpp"
#include "sharded_map.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// What a map of T keys, or T values, carries: the layout of T; nothing where T is `bytes`.
template <class T>
struct map_side {
  static_assert(
      std::is_same_v<T, bytes> || has_layout<T>,
      "bind() of a map: keys and values are bytes, or have a layout: put ESCROW_LAYOUT(T, "
      "field, ...) below T, in its namespace");

  [[nodiscard]] static bool is(escrow_layout const *carried) noexcept {
    if constexpr (std::is_same_v<T, bytes>) {
      return carried == nullptr;
    } else {
      return carried != nullptr && carried->fingerprint == layout_of<T>().fingerprint;
    }
  }
  /// As difference_to of a pool, with the side before it.
  static bool difference(char const *side, escrow_layout const *carried, char *out,
                         u64 capacity) noexcept {
    difference_text text(out, capacity);
    if (is(carried)) return false;
    text << side << ": ";
    if (carried == nullptr) {
      text << "the map carries no layout";
      return true;
    }
    if constexpr (std::is_same_v<T, bytes>) {
      text << "the map has a type, and not bytes of any number";
    } else {
      auto const mine = layout_of<T>();
      escrow_layout const own = mine.view();
      layout_difference::write(text, {*carried, "the map"}, {own, "this type"});
    }
    return true;
  }
};

/// Sees a map that somebody else owns, Go for example, as one of Key and Value; `out` ends nothing
/// when it ends, and is not used once the owner has closed the map and may destroy it. The hash is
/// the map's own. Cost: a lock and two compares, once.
/// @return ESCROW_OK | ESCROW_E_LAYOUT it carries others, or none: map_difference_to() says which |
/// ESCROW_E_KIND no map of words and bytes like this one | as open_map
template <class Key, class Value>
[[nodiscard]] escrow_status bind(u64 map, sharded_map<Key, Value> &out) noexcept {
  escrow_layout const *key = nullptr;
  escrow_layout const *value = nullptr;
  if (auto const s = map_lifecycle::layouts(map, key, value); s != ESCROW_OK) return s;
  map_control *c = nullptr;
  if (auto const s = open_map(map, c); s != ESCROW_OK) return s;
  if (c->values == map_values_kind::handle) return ESCROW_E_KIND;
  if (!map_side<Key>::is(key) || !map_side<Value>::is(value)) return ESCROW_E_LAYOUT;
  if (!c->is(sharded_map<Key, Value>::keys_kind, sharded_map<Key, Value>::values_kind))
    return ESCROW_E_KIND;
  out.use(*c, false);
  return ESCROW_OK;
}

/// Writes why an open map does not bind, zero terminated and cut at `capacity`: "value: field 3:
/// offset 12 in the map, 16 in this type". No text, and false: its layouts are those of Key and
/// Value.
template <class Key, class Value>
bool map_difference_to(u64 map, char *out, u64 capacity) noexcept {
  escrow_layout const *key = nullptr;
  escrow_layout const *value = nullptr;
  if (map_lifecycle::layouts(map, key, value) != ESCROW_OK) {
    difference_text text(out, capacity);
    text << "no map can be asked";
    return true;
  }
  return map_side<Key>::difference("key", key, out, capacity) ||
         map_side<Value>::difference("value", value, out, capacity);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
