// escrow/word_map.hpp: a map from words to words, for whoever knows what the words mean. [L3]
#ifndef ESCROW_WORD_MAP_HPP
#define ESCROW_WORD_MAP_HPP

#include "hash.hpp"
#include "index_growth.hpp"
#include "index_walk.hpp"
#include "platform.hpp"
#include "status.h"
#include "word_index.hpp"

namespace escrow::inline ESCROW_ABI {

/// A condition on a value word, for erase_if and purge.
enum class map_condition : u32 {
  equal = 0,      // the value is the operand
  less = 1,       // the value, unsigned, is below the operand: a time that has passed
  less_signed = 2
};

[[nodiscard]] inline bool meets(map_condition condition, u64 value, u64 operand) noexcept {
  switch (condition) {
    case map_condition::equal:
      return value == operand;
    case map_condition::less:
      return value < operand;
    case map_condition::less_signed:
      return static_cast<std::int64_t>(value) < static_cast<std::int64_t>(operand);
  }
  return false;
}

/// An entry as a scan sees it.
struct word_entry {
  u64 key;
  u64 value;
};

/// Where a scan puts entries.
struct word_sink {
  word_entry *out;
  u64 capacity;
  u64 count = 0;
  u64 marked = 0;

  void mark() noexcept { marked = count; }
  void rewind() noexcept { count = marked; }
  [[nodiscard]] bool empty() const noexcept { return marked == 0; }
  template <class Look>
  [[nodiscard]] scan_result add(u64 key, u64 value, Look const &) noexcept {
    if (count == capacity) return scan_result::full;
    out[count++] = {key, value};
    return scan_result::taken;
  }
};

template <class Hash>
struct word_rules {
  Hash hash;

  [[nodiscard]] u64 hash_of(u64 key, u64) const noexcept { return hash(key); }
  /// For scans: the whole hash. False: what was read cannot be.
  template <class Look>
  [[nodiscard]] bool whole_hash(u64 key, u64, Look const &, u64 &out) const noexcept {
    out = hash(key);
    return true;
  }
  void discard(u64, u64) const noexcept {}
  [[nodiscard]] u64 bytes() const noexcept { return 0; }
};

/// Every operation may answer ESCROW_E_BUSY with `at_once`, and never without; nothing has happened
/// then. Any thread, concurrently. Cost: one bucket, two cache lines.
template <class Hash>
class word_map {
 public:
  using index_type = word_index<word_rules<Hash>>;

  word_map() noexcept = default;
  word_map(typename index_type::state_type &state, Hash const &hash) noexcept {
    index_.state = &state;
    index_.rules.hash = hash;
  }
  [[nodiscard]] index_type &index() noexcept { return index_; }

  /// @return ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once = false>
  [[nodiscard]] escrow_status get(u64 key, u64 &out) const noexcept {
    return index_.template find<at_once>(hash(key), is(key), [&out](u64, u64 v, auto const &) noexcept {
      out = v;
      return true;
    });
  }
  /// @return ESCROW_OK replaced | ESCROW_CREATED | ESCROW_E_NOMEM
  template <bool at_once = false>
  [[nodiscard]] escrow_status put(u64 key, u64 value) noexcept {
    return change<at_once>(key, [=](bool found, u64, u64) noexcept -> edit {
      return found ? set(value) : created(key, value);
    });
  }
  /// `out_there`: the value of the key afterwards.
  /// @return ESCROW_CREATED | ESCROW_OK it was there | ESCROW_E_NOMEM
  template <bool at_once = false>
  [[nodiscard]] escrow_status put_if_absent(u64 key, u64 value, u64 &out_there) noexcept {
    return change<at_once>(key, [=, &out_there](bool found, u64, u64 there) noexcept -> edit {
      out_there = found ? there : value;
      return found ? keep(ESCROW_OK) : created(key, value);
    });
  }
  /// @return ESCROW_OK | ESCROW_CREATED, out_before is 0 | ESCROW_E_NOMEM
  template <bool at_once = false>
  [[nodiscard]] escrow_status swap(u64 key, u64 value, u64 &out_before) noexcept {
    return change<at_once>(key, [=, &out_before](bool found, u64, u64 there) noexcept -> edit {
      out_before = there;
      return found ? set(value) : created(key, value);
    });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status compare_and_swap(u64 key, u64 expected, u64 desired) noexcept {
    return change<at_once>(key, [=](bool found, u64, u64 there) noexcept -> edit {
      if (!found) return keep(ESCROW_E_ABSENT);
      return there == expected ? set(desired) : keep(ESCROW_E_DIFFERS);
    });
  }
  /// An absent key counts as 0. @return ESCROW_OK | ESCROW_CREATED | ESCROW_E_NOMEM
  template <bool at_once = false>
  [[nodiscard]] escrow_status fetch_add(u64 key, u64 delta, u64 &out_before) noexcept {
    return change<at_once>(key, [=, &out_before](bool found, u64, u64 there) noexcept -> edit {
      out_before = there;
      return found ? set(there + delta) : created(key, delta);
    });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once = false>
  [[nodiscard]] escrow_status erase(u64 key) noexcept {
    return index_.template remove<at_once>(hash(key), is(key));
  }
  /// The same, and what was there. @return ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once = false>
  [[nodiscard]] escrow_status take(u64 key, u64 &out) noexcept {
    return change<at_once>(key, [&out](bool found, u64, u64 there) noexcept -> edit {
      out = there;
      return found ? gone() : keep(ESCROW_E_ABSENT);
    });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status erase_if(u64 key, map_condition condition, u64 operand) noexcept {
    return change<at_once>(key, [=](bool found, u64, u64 there) noexcept -> edit {
      if (!found) return keep(ESCROW_E_ABSENT);
      return meets(condition, there, operand) ? gone() : keep(ESCROW_E_DIFFERS);
    });
  }

  // Batches: `each` (may be NULL) gets a status per key, in order. They hash and prefetch `chunk`
  // keys before they touch the first, so that the memory of all is on its way.

  /// Values of absent keys become 0. Returns how many keys were there.
  template <bool at_once = false, u32 chunk = 32>
  u64 get_n(u64 const *keys, u64 count, u64 *out, escrow_status *each) const noexcept {
    u64 there = 0;
    in_chunks<chunk, false>(keys, count, [&](u64 i, u64 h) noexcept {
      u64 value = 0;
      auto const s = index_.template find<at_once>(
          h, is(keys[i]), [&value](u64, u64 v, auto const &) noexcept {
            value = v;
            return true;
          });
      out[i] = s == ESCROW_OK ? value : 0;
      there += s == ESCROW_OK;
      if (each != nullptr) each[i] = s;
    });
    return there;
  }
  /// Returns how many were stored: OK or CREATED.
  template <bool at_once = false, u32 chunk = 32>
  u64 put_n(u64 const *keys, u64 const *values, u64 count, escrow_status *each) noexcept {
    u64 stored = 0;
    in_chunks<chunk, true>(keys, count, [&](u64 i, u64 h) noexcept {
      u64 const key = keys[i];
      u64 const value = values[i];
      auto const s = index_.template update<at_once>(
          h, is(key), [=](bool found, u64, u64) noexcept -> edit {
            return found ? set(value) : created(key, value);
          });
      stored += s >= 0;
      if (each != nullptr) each[i] = s;
    });
    return stored;
  }
  /// Returns how many were there.
  template <bool at_once = false, u32 chunk = 32>
  u64 erase_n(u64 const *keys, u64 count, escrow_status *each) noexcept {
    u64 there = 0;
    in_chunks<chunk, true>(keys, count, [&](u64 i, u64 h) noexcept {
      auto const s = index_.template remove<at_once>(h, is(keys[i]));
      there += s == ESCROW_OK;
      if (each != nullptr) each[i] = s;
    });
    return there;
  }

  /// Copies up to `capacity` (at least 64) entries from the cursor on and moves it; see index_walk.
  /// @return ESCROW_OK | ESCROW_E_SIZE
  [[nodiscard]] escrow_status scan(u64 &cursor, word_entry *out, u64 capacity,
                                   u64 &out_count) noexcept {
    word_sink into{out, capacity};
    auto const s = index_walk<index_type>::scan(index_, cursor, into);
    out_count = into.count;
    return s;
  }
  /// Erases every entry whose value meets the condition, a bucket at a time, and returns how many.
  /// Entries stored meanwhile may stay.
  u64 purge(map_condition condition, u64 operand) noexcept {
    u64 erased = 0;
    index_walk<index_type>::edit_all(index_, [&](u64, u64 value) noexcept -> edit {
      if (!meets(condition, value, operand)) return keep(ESCROW_OK);
      ++erased;
      return gone();
    }, [](u64, u64) noexcept {});
    return erased;
  }

 private:
  [[nodiscard]] u64 hash(u64 key) const noexcept { return index_.rules.hash(key); }
  [[nodiscard]] static auto is(u64 key) noexcept {
    return [key](u64 w, auto const &) noexcept { return w == key; };
  }
  template <bool at_once, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status change(u64 key,
                                                                Decide const &decide) noexcept {
    return index_.template update<at_once>(hash(key), is(key), decide);
  }
  [[nodiscard]] static edit set(u64 value) noexcept {
    return {edit::set_value, ESCROW_OK, 0, value};
  }
  [[nodiscard]] static edit created(u64 key, u64 value) noexcept {
    return {edit::insert, ESCROW_CREATED, key, value};
  }
  [[nodiscard]] static edit keep(escrow_status s) noexcept { return {edit::keep, s, 0, 0}; }
  [[nodiscard]] static edit gone() noexcept { return {edit::remove, ESCROW_OK, 0, 0}; }

  template <u32 chunk, bool to_write, class One>
  void in_chunks(u64 const *keys, u64 count, One const &one) const noexcept {
    u64 hashes[chunk];
    for (u64 first = 0; first < count; first += chunk) {
      u64 const n = count - first < chunk ? count - first : chunk;
      for (u64 i = 0; i < n; ++i) {
        hashes[i] = hash(keys[first + i]);
        auto const &b = index_.state->array.at(index_.home(hashes[i]));
        if constexpr (to_write) {
          prefetch_bucket_to_write(&b);
        } else {
          prefetch_bucket(&b);
        }
      }
      for (u64 i = 0; i < n; ++i) one(first + i, hashes[i]);
    }
  }

  index_type index_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
