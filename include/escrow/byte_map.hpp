// escrow/byte_map.hpp: a map whose values are bytes, in records that the map owns. [L3]
#ifndef ESCROW_BYTE_MAP_HPP
#define ESCROW_BYTE_MAP_HPP

#include "index_growth.hpp"
#include "index_walk.hpp"
#include "map_condition.hpp"
#include "map_keys.hpp"
#include "platform.hpp"
#include "record.hpp"
#include "record_change.hpp"
#include "record_sink.hpp"
#include "status.h"
#include "word_index.hpp"

namespace escrow::inline ESCROW_ABI {

/// Where a read puts a value: at most `capacity` bytes of it, and how many there are.
struct byte_buffer {
  char *data;
  u64 capacity;
  u64 size;
};

/// Every operation may answer ESCROW_E_BUSY with `at_once`, and never without; nothing has happened
/// then. What stores may answer ESCROW_E_NOMEM, ESCROW_E_FULL and ESCROW_E_EXHAUSTED; keys and
/// values above 64 KiB are ESCROW_E_SIZE. Any thread, concurrently. Cost: the bucket and the
/// record.
template <class Keys>
class byte_map {
 public:
  using rules_type = map_rules<Keys, true>;
  using index_type = word_index<rules_type>;
  using key_type = typename Keys::key_type;

  byte_map() noexcept = default;
  byte_map(typename index_type::state_type &state, rules_type const &rules) noexcept {
    index_.state = &state;
    index_.rules = rules;
  }
  [[nodiscard]] index_type &index() noexcept { return index_; }
  [[nodiscard]] index_type const &index() const noexcept { return index_; }

  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE the key is too long, or out.size is more
  ///         than out.capacity
  template <bool at_once = false>
  [[nodiscard]] escrow_status get(key_type key, byte_buffer &out) const noexcept {
    if (auto const s = fits<at_once>(key, 0); s != ESCROW_OK) return s;
    return look_up<at_once>(key, hash_for<at_once>(key), out);
  }
  /// @return ESCROW_OK replaced | ESCROW_CREATED
  template <bool at_once = false>
  [[nodiscard]] escrow_status put(key_type key, bytes value) noexcept {
    return store<at_once>(
        key, value, [](bool found, record) noexcept { return found ? ESCROW_OK : ESCROW_CREATED; });
  }
  /// `there`, when it was there: its value. @return ESCROW_CREATED | ESCROW_OK it was there |
  ///         ESCROW_E_SIZE it was there and is more than there.capacity
  template <bool at_once = false>
  [[nodiscard, gnu::always_inline]] inline escrow_status put_if_absent(
      key_type key, bytes value, byte_buffer &there) noexcept {
    auto s = get<at_once>(key, there);
    if (s != ESCROW_E_ABSENT) return s;
    s = store<at_once>(key, value, [&there](bool found, record old) noexcept -> escrow_status {
      if (!found) return ESCROW_CREATED;
      auto const c = copied<at_once>(old, there);
      return c == ESCROW_OK ? ESCROW_E_DIFFERS : c;
    });
    return s == ESCROW_E_DIFFERS ? ESCROW_OK : s;
  }
  /// `before` gets the old value. @return ESCROW_OK | ESCROW_CREATED | ESCROW_E_SIZE nothing
  ///         happened, the old value is more than before.capacity
  template <bool at_once = false>
  [[nodiscard]] escrow_status swap(key_type key, bytes value, byte_buffer &before) noexcept {
    before.size = 0;
    return store<at_once>(key, value, [&before](bool found, record old) noexcept -> escrow_status {
      return found ? copied<at_once>(old, before) : ESCROW_CREATED;
    });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status compare_and_swap(key_type key, bytes expected,
                                               bytes desired) noexcept {
    if (at_once && expected.size > leaf_bytes) return ESCROW_E_BUSY;
    return store<at_once, false>(key, desired,
                                 [expected](bool found, record old) noexcept -> escrow_status {
                                   if (!found) return ESCROW_E_ABSENT;
                                   return old.has_value(expected) ? ESCROW_OK : ESCROW_E_DIFFERS;
                                 });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once = false>
  [[nodiscard]] escrow_status erase(key_type key) noexcept {
    return remove<at_once>(key, [](record) noexcept { return ESCROW_OK; });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE nothing happened, out.capacity is too
  /// small
  template <bool at_once = false>
  [[nodiscard]] escrow_status take(key_type key, byte_buffer &out) noexcept {
    return remove<at_once>(key, [&out](record r) noexcept { return copied<at_once>(r, out); });
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status compare_and_erase(key_type key, bytes expected) noexcept {
    if (at_once && expected.size > leaf_bytes) return ESCROW_E_BUSY;
    return remove<at_once>(key, [expected](record r) noexcept {
      return r.has_value(expected) ? ESCROW_OK : ESCROW_E_DIFFERS;
    });
  }
  /// The condition is on the first 8 bytes of the value, as a number.
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  template <bool at_once = false>
  [[nodiscard]] escrow_status erase_if(key_type key, map_condition condition,
                                       u64 operand) noexcept {
    return remove<at_once>(key, [=](record r) noexcept {
      return meets(condition, r.leading_value(), operand) ? ESCROW_OK : ESCROW_E_DIFFERS;
    });
  }

  /// Copies entries from the cursor on, as record_sink says, and moves it; see index_walk.
  /// @return ESCROW_OK | ESCROW_E_SIZE an entry, or those of one hash, need more room
  [[nodiscard]] escrow_status scan(u64 &cursor, record_sink &out) noexcept {
    record_scan<rules_type> into{out, index_.rules};
    return index_walk<index_type>::scan(index_, cursor, into);
  }
  /// Erases every entry the first 8 bytes of whose value meet the condition, and returns how many.
  u64 purge(map_condition condition, u64 operand) noexcept {
    return index_walk<index_type>::erase_all(
        index_, [this, condition, operand](u64 key, u64 value) noexcept {
          return meets(condition, index_.rules.record_of(key, value).leading_value(), operand);
        });
  }

 private:
  /// What a leaf reads or writes of a key, or of a value.
  static constexpr u64 leaf_bytes = 1024;

  [[nodiscard]] u64 hash(key_type const &key) const noexcept { return index_.rules.keys.hash(key); }
  /// The same as a function of its own in a leaf, whose frame the hash of bytes would widen.
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline u64 hash_for(key_type const &key) const noexcept {
    if constexpr (at_once && Keys::in_records) return hash_apart(key);
    return hash(key);
  }
  [[nodiscard, gnu::noinline]] u64 hash_apart(key_type const &key) const noexcept {
    return hash(key);
  }
  template <bool at_once>
  [[nodiscard]] static escrow_status fits(key_type const &key, u64 value) noexcept {
    u64 const k = Keys::in_record(key).size;
    if (k > record::most_key || value > record::most_value) return ESCROW_E_SIZE;
    return at_once && (k > leaf_bytes || value > leaf_bytes) ? ESCROW_E_BUSY : ESCROW_OK;
  }
  [[nodiscard]] auto is(key_type const &key, u64 h) const noexcept {
    return index_.rules.keys.is(index_.rules.blobs, key, h);
  }
  /// Under the lock. BUSY: too long for a leaf, even if it is too long for the caller as well.
  template <bool at_once>
  [[nodiscard]] static escrow_status copied(record r, byte_buffer &out) noexcept {
    if (at_once && record::value_bytes(r.header()) > leaf_bytes) return ESCROW_E_BUSY;
    constexpr auto unchanged = []() noexcept { return true; };  // under the lock
    (void)r.copy_value(out.data, out.capacity, out.size, unchanged);
    return out.size <= out.capacity ? ESCROW_OK : ESCROW_E_SIZE;
  }

  template <bool at_once>
  [[nodiscard]] static u64 most_of(byte_buffer const &out) noexcept {
    return at_once && out.capacity > leaf_bytes ? leaf_bytes : out.capacity;
  }
  template <bool at_once>
  [[nodiscard]] escrow_status look_up(key_type const &key, u64 h, byte_buffer &out) const noexcept {
    out.size = 0;
    auto const s = index_.template find<at_once>(
        h, is(key, h), [this, &out](u64 k, u64 v, auto const &look) noexcept {
          return index_.rules.record_of(k, v).copy_value(out.data, most_of<at_once>(out), out.size,
                                                         look);
        });
    if (s != ESCROW_OK) out.size = 0;  // of an attempt that was given up
    if (s != ESCROW_OK || out.size <= most_of<at_once>(out)) return s;
    return out.size <= out.capacity ? ESCROW_E_BUSY : ESCROW_E_SIZE;
  }

  /// Makes a record of key and value, then asks decide(found, record): OK and CREATED store it.
  template <bool at_once, bool creates = true, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status store(key_type const &key, bytes value,
                                                               Decide const &decide) noexcept {
    if (auto const s = fits<at_once>(key, value.size); s != ESCROW_OK) return s;
    stores<Decide> change{{index_.rules, key, 0}, decide};
    if (auto const s = change.template make<at_once>(value); s != ESCROW_OK) return s;
    change.hash = hash_for<at_once>(key);
    asks<stores<Decide>> const by{&change};
    auto const s = index_.template update<at_once, creates>(change.hash, by, by);
    change.release_rest();
    return s;
  }
  /// decide(record): OK removes the entry.
  template <bool at_once, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status remove(key_type const &key,
                                                                Decide const &decide) noexcept {
    if (auto const s = fits<at_once>(key, 0); s != ESCROW_OK) return s;
    removes<Decide> change{{index_.rules, key, hash_for<at_once>(key)}, decide};
    asks<removes<Decide>> const by{&change};
    auto const s = index_.template update<at_once, false>(change.hash, by, by);
    change.release_rest();
    return s;
  }

  template <class Decide>
  struct stores : record_change<Keys, rules_type> {
    Decide const &decide;

    [[nodiscard, gnu::always_inline]] inline edit becomes(bool found, u64 k, u64 v) noexcept {
      auto const status = decide(found, found ? this->rules.record_of(k, v) : record{nullptr});
      if (status < 0) return {edit::keep, status, 0, 0};
      edit const d{found ? edit::replace : edit::insert, status, this->key_word(),
                   Keys::in_records ? 0 : this->made};
      this->dead = found ? this->rules.reference(k, v) : 0;
      this->made = 0;
      return d;
    }
  };
  template <class Decide>
  struct removes : record_change<Keys, rules_type> {
    Decide const &decide;

    [[nodiscard, gnu::always_inline]] inline edit becomes(bool found, u64 k, u64 v) noexcept {
      if (!found) return {edit::keep, ESCROW_E_ABSENT, 0, 0};
      auto const status = decide(this->rules.record_of(k, v));
      if (status < 0) return {edit::keep, status, 0, 0};
      this->dead = this->rules.reference(k, v);
      return {edit::remove, status, 0, 0};
    }
  };

  index_type index_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
