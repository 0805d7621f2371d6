// escrow/map_access.hpp: operations on a map whose kinds of keys and values are known at run time.
// [L4]
#ifndef ESCROW_MAP_ACCESS_HPP
#define ESCROW_MAP_ACCESS_HPP

#include <cstring>
#include <type_traits>

#include "byte_map.hpp"
#include "bytes.hpp"
#include "handle_map.hpp"
#include "hash.hpp"
#include "map_census.hpp"
#include "map_control.hpp"
#include "map_keys.hpp"
#include "platform.hpp"
#include "status.h"
#include "word_map.hpp"

namespace escrow::inline ESCROW_ABI {

/// The facade's maps: word keys are 8 bytes, as sharded_map<u64, ...> has them.
struct map_access {
  using by_word = word_keys<seeded_hash<u64>>;
  using by_bytes = byte_keys<seeded_hash<bytes>>;

  /// The map of a control block as one of the classes.
  template <class Map>
  [[nodiscard]] static Map as(map_control &c) noexcept {
    typename Map::rules_type rules{};
    rules.keys.hasher.seed = c.seed;
    rules.blobs = &c.blobs;
    return Map(c.state, rules);
  }
  [[nodiscard]] static word_map<by_word> words(map_control &c) noexcept {
    return as<word_map<by_word>>(c);
  }
  /// Calls f with the map of whatever kind; handles are treated by f as it likes.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline auto any(map_control &c, F const &f) noexcept {
    bool const by = c.keys == map_keys_kind::bytes;
    switch (c.values) {
      case map_values_kind::bytes:
        return by ? f(as<byte_map<by_bytes>>(c)) : f(as<byte_map<by_word>>(c));
      case map_values_kind::handle:
        return by ? f(as<handle_map<by_bytes>>(c)) : f(as<handle_map<by_word>>(c));
      default:
        return by ? f(as<word_map<by_bytes>>(c)) : f(as<word_map<by_word>>(c));
    }
  }
  /// f(the map of a control block as one of the classes), in a frame of its own: what is done to
  /// the maps of another kind would take room in a common one.
  template <class Map, class F>
  [[nodiscard, gnu::noinline]] static escrow_status on(map_control &c, F const &f) noexcept {
    return f(as<Map>(c));
  }
  /// The same as any for maps of words or bytes. @return f's | ESCROW_E_KIND handles
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status plain(map_control &c,
                                                                      F const &f) noexcept {
    if (c.values == map_values_kind::handle) return ESCROW_E_KIND;
    bool const by = c.keys == map_keys_kind::bytes;
    if (c.values == map_values_kind::bytes)
      return by ? on<byte_map<by_bytes>>(c, f) : on<byte_map<by_word>>(c, f);
    return by ? on<word_map<by_bytes>>(c, f) : on<word_map<by_word>>(c, f);
  }
  /// The same for maps of handles. @return f's | ESCROW_E_KIND
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status handles(map_control &c,
                                                                        F const &f) noexcept {
    if (c.values != map_values_kind::handle) return ESCROW_E_KIND;
    return c.keys == map_keys_kind::bytes ? f(as<handle_map<by_bytes>>(c))
                                          : f(as<handle_map<by_word>>(c));
  }

  /// A key as the map wants it. @return ESCROW_OK | ESCROW_E_SIZE no word, or too long
  [[nodiscard]] static escrow_status key_of(bytes given, u64 &out) noexcept {
    if (given.size != sizeof(u64)) return ESCROW_E_SIZE;
    std::memcpy(&out, given.data, sizeof out);
    return ESCROW_OK;
  }
  [[nodiscard]] static escrow_status key_of(bytes given, bytes &out) noexcept {
    if (given.size > record::most_key) return ESCROW_E_SIZE;
    out = given;
    return ESCROW_OK;
  }
  /// Calls f with the key of a map.
  template <class Map, class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status keyed(Map const &, bytes key,
                                                                      F const &f) noexcept {
    typename Map::key_type native{};
    auto const s = key_of(key, native);
    return s != ESCROW_OK ? s : f(native);
  }

  // Values of maps of words are 8 bytes here.
  template <class Map>
  static constexpr bool has_words = requires(Map m, typename Map::key_type k, u64 v) {
    {m.get(k, v)};
  }
  &&!requires(Map m) { m.purge_stale(); };

  template <bool at_once>
  [[nodiscard]] static escrow_status get(map_control &c, bytes key, byte_buffer &out) noexcept {
    return plain(c, [&](auto map) noexcept {
      return keyed(map, key, [&](auto k) noexcept -> escrow_status {
        if constexpr (has_words<decltype(map)>) {
          u64 w = 0;
          auto const s = map.template get<at_once>(k, w);
          return s == ESCROW_OK ? put_out(w, out) : s;
        } else {
          return map.template get<at_once>(k, out);
        }
      });
    });
  }
  // What stores, in a map whose kind is known: what is done to all kinds, and by a leaf, which has
  // room for one kind and no closures around it.

  template <bool at_once, class Map>
  [[nodiscard, gnu::always_inline]] static inline escrow_status put(Map &map, bytes key,
                                                                    bytes value) noexcept {
    return stored(map, key, value,
                  [&](auto k, auto v) noexcept { return map.template put<at_once>(k, v); });
  }
  template <bool at_once, class Map>
  [[nodiscard, gnu::always_inline]] static inline escrow_status put_if_absent(
      Map &map, bytes key, bytes value, byte_buffer &there) noexcept {
    if constexpr (has_words<Map>) {
      return stored(map, key, value, [&](auto k, auto v) noexcept {
        return with_old(map, there, [&](auto &old) noexcept {
          return map.template put_if_absent<at_once>(k, v, old);
        });
      });
    } else {  // without the functions in between, which would have frames of their own
      typename Map::key_type k{};
      auto const s = key_of(key, k);
      return s != ESCROW_OK ? s : map.template put_if_absent<at_once>(k, value, there);
    }
  }
  template <bool at_once, class Map>
  [[nodiscard, gnu::always_inline]] static inline escrow_status swap(Map &map, bytes key,
                                                                     bytes value,
                                                                     byte_buffer &before) noexcept {
    return stored(map, key, value, [&](auto k, auto v) noexcept {
      return with_old(map, before,
                      [&](auto &old) noexcept { return map.template swap<at_once>(k, v, old); });
    });
  }
  template <bool at_once, class Map>
  [[nodiscard, gnu::always_inline]] static inline escrow_status compare_and_swap(
      Map &map, bytes key, bytes expected, bytes desired) noexcept {
    return stored(map, key, desired, [&](auto k, auto v) noexcept -> escrow_status {
      decltype(v) e{};
      auto const s = value_of(expected, e);
      return s != ESCROW_OK ? s : map.template compare_and_swap<at_once>(k, e, v);
    });
  }
  template <bool at_once, class Map>
  [[nodiscard, gnu::always_inline]] static inline escrow_status fetch_add(
      Map &map, bytes key, u64 delta, u64 &out_before) noexcept {
    if constexpr (has_words<Map>) {
      return keyed(map, key, [&](auto k) noexcept {
        return map.template fetch_add<at_once>(k, delta, out_before);
      });
    } else {
      return ESCROW_E_KIND;
    }
  }

  template <bool at_once>
  [[nodiscard]] static escrow_status compare_and_erase(map_control &c, bytes key,
                                                       bytes expected) noexcept {
    return plain(c, [&](auto map) noexcept {
      return stored(map, key, expected, [&](auto k, auto e) noexcept -> escrow_status {
        if constexpr (has_words<decltype(map)>) {
          return map.template erase_if<at_once>(k, map_condition::equal, e);
        } else {
          return map.template compare_and_erase<at_once>(k, e);
        }
      });
    });
  }
  template <bool at_once>
  [[nodiscard]] static escrow_status take(map_control &c, bytes key, byte_buffer &out) noexcept {
    return plain(c, [&](auto map) noexcept {
      return keyed(map, key, [&](auto k) noexcept {
        return with_old(map, out,
                        [&](auto &old) noexcept { return map.template take<at_once>(k, old); });
      });
    });
  }
  template <bool at_once>
  [[nodiscard]] static escrow_status erase(map_control &c, bytes key) noexcept {
    return plain(c, [&](auto map) noexcept {
      return keyed(map, key, [&](auto k) noexcept { return map.template erase<at_once>(k); });
    });
  }
  template <bool at_once>
  [[nodiscard]] static escrow_status erase_if(map_control &c, bytes key, map_condition condition,
                                              u64 operand) noexcept {
    return plain(c, [&](auto map) noexcept {
      return keyed(map, key, [&](auto k) noexcept {
        return map.template erase_if<at_once>(k, condition, operand);
      });
    });
  }

 private:
  [[nodiscard]] static escrow_status put_out(u64 w, byte_buffer &out) noexcept {
    out.size = sizeof w;
    if (out.capacity < sizeof w) return ESCROW_E_SIZE;
    std::memcpy(out.data, &w, sizeof w);
    return ESCROW_OK;
  }
  [[nodiscard]] static escrow_status value_of(bytes given, u64 &out) noexcept {
    return key_of(given, out);
  }
  [[nodiscard]] static escrow_status value_of(bytes given, bytes &out) noexcept {
    out = given;
    return ESCROW_OK;
  }
  /// f(key, value) as the map wants them.
  template <class Map, class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status stored(Map &map, bytes key,
                                                                       bytes value,
                                                                       F const &f) noexcept {
    return keyed(map, key, [&](auto k) noexcept -> escrow_status {
      std::conditional_t<has_words<Map>, u64, bytes> v{};
      auto const s = value_of(value, v);
      return s != ESCROW_OK ? s : f(k, v);
    });
  }
  /// f(old) with a word or a buffer, as the map has it; the word goes into the buffer. Of maps of
  /// words the buffer has room for one, as the facade has seen.
  template <class Map, class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status with_old(Map const &,
                                                                         byte_buffer &out,
                                                                         F const &f) noexcept {
    if constexpr (has_words<Map>) {
      out.size = sizeof(u64);
      if (out.capacity < sizeof(u64)) return ESCROW_E_SIZE;
      out.size = 0;
      u64 w = 0;
      auto const s = f(w);
      if (s >= 0) (void)put_out(w, out);
      return s;
    } else {
      return f(out);
    }
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
