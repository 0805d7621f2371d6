// escrow/word_map.hpp: a map whose values are words: numbers, or handles. [L3]
#ifndef ESCROW_WORD_MAP_HPP
#define ESCROW_WORD_MAP_HPP

#include "index_growth.hpp"
#include "index_walk.hpp"
#include "map_condition.hpp"
#include "map_keys.hpp"
#include "platform.hpp"
#include "record_change.hpp"
#include "record_sink.hpp"
#include "status.h"
#include "word_index.hpp"

namespace escrow::inline ESCROW_ABI {

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

/// Every operation may answer ESCROW_E_BUSY with `at_once`, and never without; nothing has happened
/// then. Any thread, concurrently. Cost: one bucket, two cache lines.
template <class Keys, class Rules = map_rules<Keys, false>>
class word_map {
 public:
  using rules_type = Rules;
  using index_type = word_index<rules_type>;
  using key_type = typename Keys::key_type;

  word_map() noexcept = default;
  word_map(typename index_type::state_type &state, rules_type const &rules) noexcept {
    index_.state = &state;
    index_.rules = rules;
  }
  [[nodiscard]] index_type &index() noexcept { return index_; }
  [[nodiscard]] index_type const &index() const noexcept { return index_; }

  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE
  template <bool at_once = false>
  [[nodiscard]] escrow_status get(key_type key, u64 &out) const noexcept {
    if (auto const s = fits<at_once>(key); s != ESCROW_OK) return s;
    return look_up<at_once>(key, hash_for<at_once>(key), out);
  }
  /// @return ESCROW_OK replaced | ESCROW_CREATED | as every operation that stores: ESCROW_E_NOMEM |
  ///         ESCROW_E_FULL | ESCROW_E_EXHAUSTED | ESCROW_E_SIZE the key is too long
  template <bool at_once = false>
  [[nodiscard]] escrow_status put(key_type key, u64 value) noexcept {
    return change<at_once>(key, hash_for<at_once>(key), storing(value));
  }
  /// `out_there`: the value of the key afterwards. @return ESCROW_CREATED | ESCROW_OK it was there
  template <bool at_once = false>
  [[nodiscard]] escrow_status put_if_absent(key_type key, u64 value, u64 &out_there) noexcept {
    return change<at_once>(key, hash_for<at_once>(key),
                           [=, &out_there](bool found, u64 there) noexcept -> edit {
                             out_there = found ? there : value;
                             return found ? keep(ESCROW_OK) : created(value);
                           });
  }
  /// @return ESCROW_OK | ESCROW_CREATED, out_before is 0
  template <bool at_once = false>
  [[nodiscard]] escrow_status swap(key_type key, u64 value, u64 &out_before) noexcept {
    return change<at_once>(key, hash_for<at_once>(key),
                           [=, &out_before](bool found, u64 there) noexcept -> edit {
                             out_before = there;
                             return found ? set(value) : created(value);
                           });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status compare_and_swap(key_type key, u64 expected, u64 desired) noexcept {
    return change<at_once, false>(
        key, hash_for<at_once>(key), [=](bool found, u64 there) noexcept -> edit {
          if (!found) return keep(ESCROW_E_ABSENT);
          return there == expected ? set(desired) : keep(ESCROW_E_DIFFERS);
        });
  }
  /// An absent key counts as 0. @return ESCROW_OK | ESCROW_CREATED
  template <bool at_once = false>
  [[nodiscard]] escrow_status fetch_add(key_type key, u64 delta, u64 &out_before) noexcept {
    return change<at_once>(key, hash_for<at_once>(key),
                           [=, &out_before](bool found, u64 there) noexcept -> edit {
                             out_before = there;
                             return found ? set(there + delta) : created(delta);
                           });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once = false>
  [[nodiscard]] escrow_status erase(key_type key) noexcept {
    return remove<at_once>(key, hash_for<at_once>(key));
  }
  /// The same, and what was there. @return ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once = false>
  [[nodiscard]] escrow_status take(key_type key, u64 &out) noexcept {
    return change<at_once, false>(key, hash_for<at_once>(key),
                                  [&out](bool found, u64 there) noexcept -> edit {
                                    out = there;
                                    return found ? gone() : keep(ESCROW_E_ABSENT);
                                  });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status erase_if(key_type key, map_condition condition,
                                       u64 operand) noexcept {
    return change<at_once, false>(
        key, hash_for<at_once>(key), [=](bool found, u64 there) noexcept -> edit {
          if (!found) return keep(ESCROW_E_ABSENT);
          return meets(condition, there, operand) ? gone() : keep(ESCROW_E_DIFFERS);
        });
  }
  /// What all of the above are: decide(found, value word) says what becomes of the entry. It is
  /// called under the bucket's lock, at most once, and must be short. `inserts`: it may create one.
  template <bool at_once = false, bool inserts = true, class Decide>
  [[nodiscard]] escrow_status edit_entry(key_type key, Decide const &decide) noexcept {
    return change<at_once, inserts>(key, hash_for<at_once>(key), decide);
  }

  // Batches: `each` (may be NULL) gets a status per key, in order. They hash and prefetch `chunk`
  // keys before they touch the first, so that the memory of all is on its way.

  /// Values of keys that were not read become 0. Returns how many keys were there.
  template <bool at_once = false, u32 chunk = 32>
  u64 get_n(key_type const *keys, u64 count, u64 *out, escrow_status *each) const noexcept {
    u64 there = 0;
    if constexpr (Keys::in_records)  // some may be refused before they are looked for
      for (u64 i = 0; i < count; ++i) out[i] = 0;
    in_chunks<at_once, chunk, false>(keys, count, each, [&](u64 i, u64 h) noexcept {
      u64 value = 0;
      auto const s = look_up<at_once>(keys[i], h, value);
      out[i] = s == ESCROW_OK ? value : 0;
      there += s == ESCROW_OK;
      return s;
    });
    return there;
  }
  /// Returns how many were stored: OK or CREATED.
  template <bool at_once = false, u32 chunk = 32>
  u64 put_n(key_type const *keys, u64 const *values, u64 count, escrow_status *each) noexcept {
    u64 stored = 0;
    in_chunks<at_once, chunk, true>(keys, count, each, [&](u64 i, u64 h) noexcept {
      auto const s = put_one<at_once>(keys[i], h, values[i]);
      stored += s >= 0;
      return s;
    });
    return stored;
  }
  /// Returns how many were there.
  template <bool at_once = false, u32 chunk = 32>
  u64 erase_n(key_type const *keys, u64 count, escrow_status *each) noexcept {
    u64 there = 0;
    in_chunks<at_once, chunk, true>(keys, count, each, [&](u64 i, u64 h) noexcept {
      auto const s = remove_one<at_once>(keys[i], h);
      there += s == ESCROW_OK;
      return s;
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
  /// The same for any keys; see record_sink. @return ESCROW_OK | ESCROW_E_SIZE
  [[nodiscard]] escrow_status scan(u64 &cursor, record_sink &out) noexcept {
    record_scan<rules_type> into{out, index_.rules};
    return index_walk<index_type>::scan(index_, cursor, into);
  }
  /// Erases every entry whose value meets the condition, a bucket at a time, and returns how many.
  /// Entries stored meanwhile may stay.
  u64 purge(map_condition condition, u64 operand) noexcept {
    return index_walk<index_type>::erase_all(
        index_, [=](u64, u64 value) noexcept { return meets(condition, value, operand); });
  }

  [[nodiscard]] static edit set(u64 value) noexcept {
    return {edit::set_value, ESCROW_OK, 0, value};
  }
  [[nodiscard]] static edit created(u64 value) noexcept {
    return {edit::insert, ESCROW_CREATED, 0, value};
  }
  [[nodiscard]] static edit keep(escrow_status s) noexcept { return {edit::keep, s, 0, 0}; }
  [[nodiscard]] static edit gone() noexcept { return {edit::remove, ESCROW_OK, 0, 0}; }

 private:
  /// What a leaf reads or writes of a key at most.
  static constexpr u64 leaf_bytes = 1024;
  /// A key up to this size is copied under the bucket's lock; a longer one is copied before.
  static constexpr u64 copied_under_lock = 256;

  [[nodiscard]] u64 hash(key_type const &key) const noexcept {
    if constexpr (Keys::in_records)
      if (key.size > record::most_key) return 0;  // refused where it is looked for
    return index_.rules.keys.hash(key);
  }
  /// The same as a function of its own in a leaf, whose frame the hash of bytes would widen.
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline u64 hash_for(key_type const &key) const noexcept {
    if constexpr (at_once && Keys::in_records) return hash_apart(key);
    return hash(key);
  }
  [[nodiscard, gnu::noinline]] u64 hash_apart(key_type const &key) const noexcept {
    return fits<true>(key) == ESCROW_OK ? hash(key) : 0;  // else refused where it is looked for
  }
  template <bool at_once>
  [[nodiscard]] static escrow_status fits(key_type const &key) noexcept {
    if constexpr (Keys::in_records) {
      if (key.size > record::most_key) return ESCROW_E_SIZE;
      if (at_once && key.size > leaf_bytes) return ESCROW_E_BUSY;
    }
    return ESCROW_OK;
  }
  [[nodiscard]] auto is(key_type const &key, u64 h) const noexcept {
    return index_.rules.keys.is(index_.rules.blobs, key, h);
  }
  [[nodiscard]] static auto storing(u64 value) noexcept {
    return
        [value](bool found, u64) noexcept -> edit { return found ? set(value) : created(value); };
  }

  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline escrow_status look_up(key_type const &key, u64 h,
                                                                 u64 &out) const noexcept {
    return index_.template find<at_once>(h, is(key, h), [&out](u64, u64 v, auto const &) noexcept {
      out = v;
      return true;
    });
  }
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline escrow_status remove(key_type const &key,
                                                                u64 h) noexcept {
    if constexpr (Keys::in_records) {
      return change<at_once, false>(key, h, [](bool found, u64) noexcept -> edit {
        return found ? gone() : keep(ESCROW_E_ABSENT);
      });
    } else {
      return index_.template remove<at_once>(h, is(key, h));
    }
  }
  // One key of a batch, in a frame of its own where a record is made or given back: a leaf has no
  // room for it in the batch's.
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline escrow_status put_one(key_type const &key, u64 h,
                                                                 u64 value) noexcept {
    if constexpr (at_once && Keys::in_records) return put_apart(key, h, value);
    return change<at_once>(key, h, storing(value));
  }
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline escrow_status remove_one(key_type const &key,
                                                                    u64 h) noexcept {
    if constexpr (at_once && Keys::in_records) return remove_apart(key, h);
    return remove<at_once>(key, h);
  }
  [[nodiscard, gnu::noinline]] escrow_status put_apart(key_type const &key, u64 h,
                                                       u64 value) noexcept {
    return change<true>(key, h, storing(value));
  }
  [[nodiscard, gnu::noinline]] escrow_status remove_apart(key_type const &key, u64 h) noexcept {
    return remove<true>(key, h);
  }
  /// `inserts`: decide may ask for that.
  template <bool at_once, bool inserts = true, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status change(key_type const &key, u64 h,
                                                                Decide const &decide) noexcept {
    if constexpr (Keys::in_records) {
      return change_record<at_once, inserts>(key, h, decide);
    } else {
      return index_.template update<at_once, inserts>(
          h, is(key, h), [key, decide](bool found, u64, u64 value) noexcept -> edit {
            edit d = decide(found, value);
            d.key = key;
            return d;
          });
    }
  }
  /// Makes the record of a new key when it turns out to be new: under the lock where that is short
  /// and at hand, else, and always in a leaf, before another attempt.
  template <bool at_once, bool inserts, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status change_record(
      key_type const &key, u64 h, Decide const &decide) noexcept {
    if (auto const s = fits<at_once>(key); s != ESCROW_OK) return s;
    using changes = changes_of<at_once, inserts, Decide>;
    changes change{{index_.rules, key, h}, decide};
    asks<changes> const by{&change};
    escrow_status s;
    for (;;) {  // at most twice
      s = index_.template update<at_once, inserts>(h, by, by);
      if (!inserts || s != ESCROW_E_BUSY || change.made != 0) break;
      if (auto const t = change.template make<at_once>({nullptr, 0}); t != ESCROW_OK) {
        s = t;
        break;
      }
    }
    change.release_rest();
    return s;
  }
  template <bool at_once, bool inserts, class Decide>
  struct changes_of : record_change<Keys, rules_type> {
    Decide const &decide;

    [[nodiscard, gnu::always_inline]] inline edit becomes(bool found, u64 key_word,
                                                          u64 value) noexcept {
      if (inserts && !found && this->made == 0) {
        bool is_made = false;
        if constexpr (!at_once)
          is_made = record::bytes_for(this->key.size, 0) <= copied_under_lock &&
                    this->template make<true>({nullptr, 0}) == ESCROW_OK;
        if (!is_made) return keep(ESCROW_E_BUSY);
      }
      edit d = decide(found, value);
      if (d.what == edit::remove) this->dead = reference_in(key_word);
      if (d.what == edit::insert) {
        d.key = this->key_word();
        this->made = 0;
      }
      return d;
    }
  };

  template <bool at_once, u32 chunk, bool to_write, class One>
  void in_chunks(key_type const *keys, u64 count, escrow_status *each,
                 One const &one) const noexcept {
    // A leaf has no room for hashes: they are made again.
    u64 hashes[at_once ? 1 : chunk];
    for (u64 first = 0; first < count; first += chunk) {
      u64 const n = count - first < chunk ? count - first : chunk;
      if constexpr (at_once) {
        ask_for<to_write>(keys + first, n);
      } else {
        for (u64 i = 0; i < n; ++i) {
          hashes[i] = hash(keys[first + i]);
          prefetch_home<to_write>(hashes[i]);
        }
        if constexpr (Keys::in_records)
          for (u64 i = 0; i < n; ++i) prefetch_record(hashes[i]);
      }
      for (u64 i = 0; i < n; ++i) {
        auto s = fits<at_once>(keys[first + i]);
        if (s == ESCROW_OK) s = one(first + i, at_once ? hash(keys[first + i]) : hashes[i]);
        if (each != nullptr) each[first + i] = s;
      }
    }
  }
  template <bool to_write>
  [[gnu::noinline, gnu::flatten]] void ask_for(key_type const *keys, u64 n) const noexcept {
    for (u64 i = 0; i < n; ++i) prefetch_home<to_write>(hash(keys[i]));
  }
  template <bool to_write>
  [[gnu::always_inline]] inline void prefetch_home(u64 h) const noexcept {
    auto const *const b = &index_.state->base[index_.home(h)];
    if constexpr (to_write) {
      prefetch_bucket_to_write(b);
    } else {
      prefetch_bucket(b);
    }
  }
  /// The record of the first candidate, by now in a bucket that has come.
  void prefetch_record(u64 h) const noexcept {
    auto const &b = index_.state->base[index_.home(h)];
    u64 const c = b.ctl.load(std::memory_order_relaxed);  // relaxed: a hint
    u32 const hits = b.candidates(c, bucket_tags::needle(h, 0));
    if (hits != 0)
      __builtin_prefetch(
          index_.rules.blobs->at(reference_in(b.key(static_cast<u32>(std::countr_zero(hits))))));
  }

  index_type index_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
