// escrow/sharded_map.hpp: a concurrent map that closes itself, for keys and values of C++ types.
// [L4]
#ifndef ESCROW_SHARDED_MAP_HPP
#define ESCROW_SHARDED_MAP_HPP

#include <cstring>
#include <type_traits>
#include <utility>

#include "byte_map.hpp"
#include "bytes.hpp"
#include "hash.hpp"
#include "layout_of.hpp"
#include "map_census.hpp"
#include "map_control.hpp"
#include "map_keys.hpp"
#include "platform.hpp"
#include "status.h"
#include "word_map.hpp"

namespace escrow::inline ESCROW_ABI {

/// What lies in a word as it is: no padding, at most 8 bytes.
template <class T>
concept word_sized = std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(u64);

/// A signed number keeps its sign in the word, so that it is the same number as one of 64 bits, as
/// in maps that C and Go open; anything else is its bytes, and zeros.
template <word_sized T>
[[nodiscard]] inline u64 to_word(T const &value) noexcept {
  u64 w = 0;
  if constexpr (layout_number<T>::kind == ESCROW_FIELD_SIGNED) {
    std::make_signed_t<T> number;
    std::memcpy(&number, &value, sizeof(T));
    w = static_cast<u64>(std::int64_t{number});
  } else {
    std::memcpy(&w, &value, sizeof(T));
  }
  return w;
}
template <word_sized T>
[[nodiscard]] inline T from_word(u64 w) noexcept {
  T value;
  std::memcpy(&value, &w, sizeof(T));
  return value;
}

/// How a key type is found: in the key word, or in a record.
template <class Key, class Hash>
struct key_traits {
  static_assert(
      std::is_trivially_copyable_v<Key> && std::has_unique_object_representations_v<Key>,
      "equal keys must have equal bytes: no padding, no floating point, no pointers to text");
  struct in_word {
    Hash hash;
    /// The hash of the map itself takes the word, as it does for C and Go.
    [[nodiscard]] u64 operator()(u64 w) const noexcept {
      if constexpr (std::is_same_v<Hash, seeded_hash<Key>>) {
        return hash_word(w, hash.seed);
      } else {
        return hash(from_word<Key>(w));
      }
    }
  };
  struct in_record {
    Hash hash;
    [[nodiscard]] u64 operator()(bytes const &b) const noexcept {
      Key key;
      std::memcpy(&key, b.data, sizeof(Key));
      return hash(key);
    }
  };
  static constexpr bool is_word = sizeof(Key) <= sizeof(u64);
  using keys = std::conditional_t<is_word, word_keys<in_word>, byte_keys<in_record>>;

  [[nodiscard]] static auto native(Key const &key) noexcept {
    if constexpr (is_word) {
      return to_word(key);
    } else {
      return bytes{reinterpret_cast<char const *>(&key), sizeof(Key)};
    }
  }
};
template <class Hash>
struct key_traits<bytes, Hash> {
  static constexpr bool is_word = false;
  using keys = byte_keys<Hash>;
  [[nodiscard]] static bytes native(bytes const &key) noexcept { return key; }
};

/// Owner of a map from Key to Value. Open, move and close belong to one thread at a time;
/// everything else to any number. Growth is spread over those who insert; nothing ever stops all.
///
/// Key: `bytes` (copied), or a trivially copyable type whose equality is that of its bytes. Value:
/// `bytes` (copied), or a trivially copyable type; up to 8 bytes it lies beside the key, a larger
/// one in a record. Hash{seed} of a key, 64 bits, both ends of which are used. Cost:
/// docs/bench/map.md.
///
/// Every function that stores may return ESCROW_E_NOMEM, ESCROW_E_FULL (at the limit),
/// ESCROW_E_EXHAUSTED, or ESCROW_E_SIZE (above 64 KiB); nothing has happened then.
template <class Key, class Value, class Hash = seeded_hash<Key>>
class sharded_map {
  using traits = key_traits<Key, Hash>;
  static constexpr bool word_values = word_sized<Value>;

 public:
  using native_map = std::conditional_t<word_values, word_map<typename traits::keys>,
                                        byte_map<typename traits::keys>>;

  static_assert(std::is_same_v<Value, bytes> || std::is_trivially_copyable_v<Value>);

  sharded_map() noexcept = default;
  sharded_map(sharded_map &&other) noexcept
      : map_(std::exchange(other.map_, {})),
        control_(std::exchange(other.control_, nullptr)),
        owns_(other.owns_) {}
  sharded_map &operator=(sharded_map &&other) noexcept {
    if (this != &other) {
      close();
      map_ = std::exchange(other.map_, {});
      control_ = std::exchange(other.control_, nullptr);
      owns_ = other.owns_;
    }
    return *this;
  }
  sharded_map(sharded_map const &) = delete;
  sharded_map &operator=(sharded_map const &) = delete;
  ~sharded_map() { close(); }

  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED | ESCROW_E_FULL `expected` entries
  /// need
  ///         more than the limit | ESCROW_E_SIZE too many are expected
  [[nodiscard]] static escrow_status open(map_options const &o, sharded_map &out) noexcept {
    u64 handle_of = 0;
    auto carried = o;
    layout_if_known<Key> const keys;
    layout_if_known<Value> const values;
    if (carried.key_layout == nullptr) carried.key_layout = keys.get();
    if (carried.value_layout == nullptr) carried.value_layout = values.get();
    if (auto const s = map_lifecycle::open(keys_kind, values_kind, carried, handle_of);
        s != ESCROW_OK)
      return s;
    map_control *c = nullptr;
    (void)find_map(handle_of, c);
    out.use(*c, true);
    auto const s = o.expected == 0 ? ESCROW_OK : out.reserve(o.expected);
    if (s != ESCROW_OK) out.close();
    return s;
  }
  /// Gives the memory back, unless somebody else owns the map. No call is under way.
  void close() noexcept {
    if (control_ == nullptr) return;
    if (owns_) {
      u64 const handle_of = word_handle();
      (void)map_lifecycle::close(handle_of);
      (void)map_lifecycle::destroy(handle_of);
    }
    control_ = nullptr;
    map_ = {};
  }
  [[nodiscard]] explicit operator bool() const noexcept { return control_ != nullptr; }
  /// The map for C and for bind() elsewhere in the process, which know the map's own hash alone; 0
  /// when empty.
  [[nodiscard]] u64 id() const noexcept requires std::is_same_v<Hash, seeded_hash<Key>> {
    return control_ == nullptr ? 0 : word_handle();
  }

  /// @return ESCROW_OK | ESCROW_E_ABSENT
  [[nodiscard]] escrow_status get(Key const &key, Value &out) const noexcept
      requires(!std::is_same_v<Value, bytes>) {
    if constexpr (word_values) {
      u64 w = 0;
      auto const s = map_.get(traits::native(key), w);
      if (s == ESCROW_OK) out = from_word<Value>(w);
      return s;
    } else {
      byte_buffer b{reinterpret_cast<char *>(&out), sizeof(Value), 0};
      return map_.get(traits::native(key), b);
    }
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE out.size is more than out.capacity
  [[nodiscard]] escrow_status get(
      Key const &key, byte_buffer &out) const noexcept requires std::is_same_v<Value, bytes> {
    return map_.get(traits::native(key), out);
  }
  /// @return ESCROW_OK replaced | ESCROW_CREATED
  [[nodiscard]] escrow_status put(Key const &key, Value const &value) noexcept {
    return map_.put(traits::native(key), native(value));
  }
  /// @return ESCROW_CREATED | ESCROW_OK it was there, out_there is its value
  [[nodiscard]] escrow_status put_if_absent(Key const &key, Value const &value,
                                            Value &out_there) noexcept
      requires(!std::is_same_v<Value, bytes>) {
    out_there = value;
    return exchange(out_there, [&](auto &old) {
      return map_.put_if_absent(traits::native(key), native(value), old);
    });
  }
  /// @return ESCROW_OK | ESCROW_CREATED
  [[nodiscard]] escrow_status swap(Key const &key, Value const &value, Value &out_before) noexcept
      requires(!std::is_same_v<Value, bytes>) {
    return exchange(out_before,
                    [&](auto &old) { return map_.swap(traits::native(key), native(value), old); });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  [[nodiscard]] escrow_status compare_and_swap(Key const &key, Value const &expected,
                                               Value const &desired) noexcept {
    return map_.compare_and_swap(traits::native(key), native(expected), native(desired));
  }
  /// An absent key counts as 0. @return ESCROW_OK | ESCROW_CREATED
  [[nodiscard]] escrow_status fetch_add(Key const &key, Value delta, Value &out_before) noexcept
      requires(word_values &&std::is_integral_v<Value>) {
    u64 before = 0;
    auto const s =
        map_.edit_entry(traits::native(key), [&](bool found, u64 there) noexcept -> edit {
          before = there;
          Value const sum = static_cast<Value>(from_word<Value>(there) + delta);
          return found ? native_map::set(to_word(sum)) : native_map::created(to_word(delta));
        });
    out_before = from_word<Value>(before);
    return s;
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT
  [[nodiscard]] escrow_status erase(Key const &key) noexcept {
    return map_.erase(traits::native(key));
  }
  /// The same, and what was there. @return ESCROW_OK | ESCROW_E_ABSENT
  [[nodiscard]] escrow_status take(Key const &key, Value &out) noexcept
      requires(!std::is_same_v<Value, bytes>) {
    return exchange(out, [&](auto &old) { return map_.take(traits::native(key), old); });
  }
  /// A condition on the first 8 bytes of the value, as a number.
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  [[nodiscard]] escrow_status erase_if(Key const &key, map_condition condition,
                                       u64 operand) noexcept {
    return map_.erase_if(traits::native(key), condition, operand);
  }
  /// Erases all whose value meets the condition; returns how many. Entries stored meanwhile may
  /// stay.
  u64 purge(map_condition condition, u64 operand) noexcept {
    return map_.purge(condition, operand);
  }

  /// Empties the map at once for all who look from now on; what entries held is given up by those
  /// who write next, or by sweep().
  void clear() noexcept { index_walk<index>::clear(map_.index()); }
  void sweep() noexcept { index_walk<index>::sweep(map_.index()); }
  /// Exact when nobody writes.
  [[nodiscard]] u64 length() const noexcept { return map_.index().length(); }
  /// Memory for `entries` in all, so that storing them does not grow the map.
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_SIZE
  [[nodiscard]] escrow_status reserve(u64 entries) noexcept {
    return index_growth<index>::reserve(map_.index(), entries);
  }
  /// Gives memory back that the entries do not need. Returns bytes. Others go on meanwhile.
  u64 shrink() noexcept { return map_shrink(map_.index()); }
  /// A look at every bucket.
  [[nodiscard]] map_stats stats() const noexcept { return map_census(map_.index()); }

  /// What the functions above are made of: batches, cursors, words.
  [[nodiscard]] native_map &native_access() noexcept { return map_; }

 private:
  template <class K, class V>
  friend escrow_status bind(u64 map, sharded_map<K, V> &out) noexcept;
  using index = typename native_map::index_type;
  static constexpr auto keys_kind = traits::is_word ? map_keys_kind::word : map_keys_kind::bytes;
  static constexpr auto values_kind = word_values ? map_values_kind::word : map_values_kind::bytes;

  void use(map_control &c, bool owns) noexcept {
    close();
    typename native_map::rules_type rules{};
    rules.keys.hasher = {Hash{c.seed}};
    rules.blobs = &c.blobs;
    map_ = native_map(c.state, rules);
    control_ = &c;
    owns_ = owns;
  }
  [[nodiscard]] u64 word_handle() const noexcept {
    u64 const w = control_->word.load(std::memory_order_relaxed);
    return handle::pack(handle::map_tag, control_->index, block_word::generation(w));
  }

  [[nodiscard]] static auto native(Value const &value) noexcept {
    if constexpr (word_values) {
      return to_word(value);
    } else if constexpr (std::is_same_v<Value, bytes>) {
      return value;
    } else {
      return bytes{reinterpret_cast<char const *>(&value), sizeof(Value)};
    }
  }
  template <class Operation>
  [[nodiscard]] static escrow_status exchange(Value &out, Operation const &operation) noexcept {
    if constexpr (word_values) {
      u64 w = to_word(out);
      auto const s = operation(w);
      if (s >= 0) out = from_word<Value>(w);
      return s;
    } else {
      byte_buffer b{reinterpret_cast<char *>(&out), sizeof(Value), 0};
      return operation(b);
    }
  }

  native_map map_;
  map_control *control_ = nullptr;
  bool owns_ = false;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
