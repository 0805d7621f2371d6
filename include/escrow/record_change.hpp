// escrow/record_change.hpp: a change of one entry that has a record, as an index asks about it.
// [L3]
#ifndef ESCROW_RECORD_CHANGE_HPP
#define ESCROW_RECORD_CHANGE_HPP

#include "blob_store.hpp"
#include "bytes.hpp"
#include "locked_bucket.hpp"
#include "platform.hpp"
#include "record.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// The entry of a key, and the records that are left over when it has changed. `Keys` and `Rules`
/// are those of the map.
///
/// All of a change is in one object, which what update() calls has one pointer to: a leaf has no
/// stack for closures that refer to each other. The object lives as long as the call.
template <class Keys, class Rules>
struct record_change {
  using key_type = typename Keys::key_type;

  Rules const &rules;
  key_type key;
  u64 hash;
  u64 made = 0;  // a record that no entry names yet; 0: none
  u64 dead = 0;  // one that no entry names any more

  template <class Look>
  [[nodiscard, gnu::always_inline]] inline bool is_of_key(u64 word,
                                                          Look const &look) const noexcept {
    return rules.keys.is(rules.blobs, key, hash)(word, look);
  }
  /// The key word of an entry that names `made`.
  [[nodiscard, gnu::always_inline]] inline u64 key_word() const noexcept {
    return rules.keys.word_for(key, hash, made);
  }
  /// Makes a record of key and value. @return as blob_store::allocate
  template <bool at_once>
  [[nodiscard, gnu::always_inline]] inline escrow_status make(bytes value) noexcept {
    bytes const in_record = Keys::in_record(key);
    u64 const size = record::bytes_for(in_record.size, value.size);
    auto const s = rules.blobs->template allocate<at_once>(size, made);
    if (s == ESCROW_OK) write(in_record, value);
    return s;
  }
  /// After update(): nobody finds what is left over.
  [[gnu::always_inline]] inline void release_rest() const noexcept {
    if (made != 0) rules.release(made);
    if (dead != 0) rules.release(dead);
  }

 private:
  /// In a frame of its own: a leaf has no room for it below a bucket's.
  [[gnu::noinline]] void write(bytes in_record, bytes value) const noexcept {
    record{rules.blobs->at(made)}.write(in_record, value);
  }
};

/// What update() is given as `same` and as `decide`: both lead to is_of_key() and becomes() of the
/// change.
template <class Change>
struct asks {
  Change *of;

  template <class Look>
  [[nodiscard, gnu::always_inline]] inline bool operator()(u64 word,
                                                           Look const &look) const noexcept {
    return of->is_of_key(word, look);
  }
  [[nodiscard, gnu::always_inline]] inline edit operator()(bool found, u64 key,
                                                           u64 value) const noexcept {
    return of->becomes(found, key, value);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
