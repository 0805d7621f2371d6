// escrow/handle_map.hpp: a map whose values are handles: it holds one reference for each entry.
// [L3]
#ifndef ESCROW_HANDLE_MAP_HPP
#define ESCROW_HANDLE_MAP_HPP

#include "backoff.hpp"
#include "index_walk.hpp"
#include "ledger.hpp"
#include "map_keys.hpp"
#include "platform.hpp"
#include "reference.hpp"
#include "status.h"
#include "types.h"
#include "word_map.hpp"

namespace escrow::inline ESCROW_ABI {

/// An entry that goes in a clear ends its reference as a finalizer would: a destructor is owed
/// then.
template <class Keys>
struct handle_rules : map_rules<Keys, false> {
  void discard(u64 key, u64 value) const noexcept {
    map_rules<Keys, false>::discard(key, value);
    (void)patiently([&] { return reference::release(value, true); });
  }
};

/// The map's reference is its own: storing takes over the caller's, under a new handle, so that a
/// copy of the old one that the caller kept is stale and cannot take the map's reference away. What
/// get() gives is a duplicate, alive on its own, whose object was alive and in the map at one
/// moment of the call.
///
/// A handle never comes back, so a duplicate made of the word that was read proves that the map
/// still held that very reference when it was made.
///
/// Threads: any. No lock of the map is held while a destructor runs.
template <class Keys>
class handle_map {
 public:
  using words = word_map<Keys, handle_rules<Keys>>;
  using index_type = typename words::index_type;
  using rules_type = handle_rules<Keys>;
  using key_type = typename Keys::key_type;

  handle_map() noexcept = default;
  handle_map(typename index_type::state_type &state, rules_type const &rules) noexcept
      : words_(state, rules) {}
  [[nodiscard]] index_type &index() noexcept { return words_.index(); }
  [[nodiscard]] index_type const &index() const noexcept { return words_.index(); }

  /// @param out  (out) (transfer full)  a new reference
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_REVOKED of an object that is revoked |
  ///         ESCROW_E_LIMIT | ESCROW_E_NOMEM | ESCROW_E_SIZE | ESCROW_E_BUSY at once
  template <bool at_once = false>
  [[nodiscard]] escrow_status get(key_type key, u64 &out) const noexcept {
    auto const s = while_there<at_once>(
        key, [&out](u64 handle) noexcept { return reference::dup<at_once>(handle, out); });
    if constexpr (!at_once)
      if (s == ESCROW_OK) ledger::attached(out);
    return s;
  }
  /// Lends the object instead; to be ended by reference::give_back_anonymous(view.root).
  template <bool at_once = false>
  [[nodiscard]] escrow_status borrow(key_type key, escrow_view &out) const noexcept {
    return while_there<at_once>(
        key, [&out](u64 handle) noexcept { return reference::borrow(handle, out); });
  }
  /// Without counting anything: whether the key is there.
  template <bool at_once = false>
  [[nodiscard]] escrow_status find(key_type key) const noexcept {
    u64 handle = 0;
    return words_.template get<at_once>(key, handle);
  }

  /// @param handle  (transfer full)  on any error the caller keeps it
  /// @return ESCROW_OK replaced, and the old reference released | ESCROW_CREATED | as move_out,
  /// save
  ///         that what is shared or lent is duplicated first | ESCROW_E_NOMEM | ESCROW_E_SIZE
  [[nodiscard]] escrow_status put(key_type key, u64 handle) noexcept {
    u64 before = 0;
    auto const s = patiently([&] { return store(key, handle, before, true); });
    if (before != 0) end(before);
    return s;
  }
  /// @param handle     (transfer full)  with ESCROW_CREATED; else the caller keeps it
  /// @param out_there  (out) (transfer full)  with ESCROW_OK a new reference to what was there
  /// @return ESCROW_CREATED | ESCROW_OK | as put and get
  [[nodiscard]] escrow_status put_if_absent(key_type key, u64 handle, u64 &out_there) noexcept {
    out_there = 0;
    for (u32 tries = 0; tries < max_lost_races; ++tries) {
      auto s = get(key, out_there);
      if (s != ESCROW_E_ABSENT) return s;
      u64 before = 0;
      s = patiently([&] { return store(key, handle, before, false); });
      if (s != ESCROW_E_DIFFERS) return s;  // else it came and may have gone again
    }
    return ESCROW_E_BUSY;
  }
  /// Takes the map's reference out.
  /// @param out  (out) (transfer full)
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE
  [[nodiscard]] escrow_status take(key_type key, u64 &out) noexcept {
    auto const s = words_.take(key, out);
    if (s == ESCROW_OK) ledger::held_by(out, holder::owner);
    return s;
  }
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE
  [[nodiscard]] escrow_status erase(key_type key) noexcept {
    u64 handle = 0;
    auto const s = words_.take(key, handle);
    if (s == ESCROW_OK) end(handle);
    return s;
  }
  /// Erases the entry if its reference no longer leads to an object that can be had: revoked, or
  /// ended by somebody who had no right to. @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  [[nodiscard]] escrow_status erase_if_stale(key_type key) noexcept {
    u64 gone = 0;
    auto const s = words_.template edit_entry<false, false>(
        key, [&gone](bool found, u64 there) noexcept -> edit {
          if (!found) return words::keep(ESCROW_E_ABSENT);
          if (!is_stale(there)) return words::keep(ESCROW_E_DIFFERS);
          gone = there;
          return words::gone();
        });
    if (gone != 0) end(gone);
    return s;
  }
  /// Erases all such entries; returns how many.
  u64 purge_stale() noexcept {
    return index_walk<index_type>::erase_all(
        index(), [](u64, u64 value) noexcept { return is_stale(value); });
  }
  /// For reports: the handles it shows name the map's references and must not be used as such.
  [[nodiscard]] escrow_status scan(u64 &cursor, record_sink &out) noexcept {
    return words_.scan(cursor, out);
  }
  /// Empties the map at once, then releases what entries held, in this call.
  void clear() noexcept {
    index_walk<index_type>::clear(index());
    index_walk<index_type>::sweep(index());
  }
  /// Before the map is destroyed: releases every reference.
  void release_all() noexcept {
    (void)index_walk<index_type>::erase_all(index(), [](u64, u64) noexcept { return true; });
  }

 private:
  [[nodiscard]] static bool is_stale(u64 handle) noexcept {
    return reference::validate(handle, 0, 0) != ESCROW_OK;
  }
  static void end(u64 handle) noexcept {
    (void)patiently([&] { return reference::release(handle, false); });
  }

  /// A function of its own, because a leaf's frame is small.
  template <bool at_once>
  [[nodiscard, gnu::noinline]] escrow_status handle_of(key_type key, u64 &out) const noexcept {
    return words_.template get<at_once>(key, out);
  }
  /// Does something with the handle of a key that works only while the map holds it.
  template <bool at_once, class Use>
  [[nodiscard]] escrow_status while_there(key_type key, Use const &use) const noexcept {
    u64 last = 0;
    escrow_status why = ESCROW_OK;
    for (u32 tries = 0; tries < max_lost_races; ++tries) {
      u64 handle = 0;
      if (auto const s = handle_of<at_once>(key, handle); s != ESCROW_OK) return s;
      if (handle == last) return why;
      why = use(handle);
      if (why != ESCROW_E_STALE && why != ESCROW_E_MOVED) return why;
      // It left the map after it was read; or, if it is still there, somebody ended the map's
      // reference.
      last = handle;
    }
    return ESCROW_E_BUSY;
  }

  /// Puts the caller's reference into the map. `before`: what it replaced. Without `replace`
  /// ESCROW_E_DIFFERS when there is one.
  [[nodiscard]] escrow_status store(key_type key, u64 handle, u64 &before, bool replace) noexcept {
    auto s = store_as(key, handle, before, replace, [](u64 from, u64 &mine) noexcept {
      auto const renamed = reference::rename(from, mine);
      if (renamed == ESCROW_OK) ledger::held_by(mine, holder::map);
      return renamed;
    });
    if (s != ESCROW_E_SHARED && s != ESCROW_E_LENT) return s;
    // Others know the object: the map gets a reference of its own, then the caller's ends.
    u64 own = 0;
    s = patiently([&] { return reference::dup(handle, own); });
    if (s != ESCROW_OK) return s;
    ledger::attached(own, holder::map);
    s = store_as(key, own, before, replace, [](u64 from, u64 &mine) noexcept {
      mine = from;
      return ESCROW_OK;
    });
    end(s >= 0 ? handle : own);
    return s;
  }
  template <class Adopt>
  [[nodiscard]] escrow_status store_as(key_type key, u64 handle, u64 &before, bool replace,
                                       Adopt const &adopt) noexcept {
    return words_.edit_entry(key, [&](bool found, u64 there) noexcept -> edit {
      if (found && !replace) return words::keep(ESCROW_E_DIFFERS);
      u64 mine = 0;
      if (auto const s = adopt(handle, mine); s != ESCROW_OK) return words::keep(s);
      before = there;
      return found ? words::set(mine) : words::created(mine);
    });
  }

  words words_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
