// escrow/index_growth.hpp: how an index grows and shrinks in place, a bucket at a time. [L3]
#ifndef ESCROW_INDEX_GROWTH_HPP
#define ESCROW_INDEX_GROWTH_HPP

#include <bit>

#include "backoff.hpp"
#include "bucket.hpp"
#include "locked_bucket.hpp"
#include "platform.hpp"
#include "status.h"
#include "word_index.hpp"

namespace escrow::inline ESCROW_ABI {

/// Linear hashing. With 2^level + split buckets, bucket i < split and its child i + 2^level share
/// the hashes whose low `level` bits are i; the next split is that of bucket `split`. So no table
/// is ever copied, no operation waits for more than one bucket, and the old memory is the new
/// memory.
///
/// A split (1) locks the parent, (2) writes the child, which no hash leads to yet, and shows it
/// locked, (3) gives the parent its new depth, version and content, (4) unlocks both. Between (2)
/// and (3) an entry is in both, with equal words, and no writer can change it. A reader that used
/// the old depth is sent to the child by the parent's, or began anew because of the version. [G2]
/// A merge is the same with parent and child changing roles; the child's version goes into `floor`,
/// below which no bucket in that place begins again, so a reader that slept in it through
/// everything still sees another version. [G3]
///
/// Who inserts grows: every third entry of a lane asks, before its bucket is looked at, and splits
/// one bucket while its own is on its way from memory; 3.75 entries need one. What the split after
/// the next will touch is asked for then, so that a put that splits takes hardly longer than one
/// that does not. A map that has fallen behind splits up to four.
template <class Index>
struct index_growth {
  /// How much growth is done at a time.
  struct pace {
    u32 most_splits;       // where growth is behind
    u64 entries_a_look;    // of a lane
    u64 share_behind = 0;  // behind is who lacks more than now / that of its buckets; 0: any
  };
  // Functions: a constant of a class would be data that images share.
  [[nodiscard]] static constexpr pace of_a_put() noexcept { return {4, 3, 64}; }
  /// Of a call to grow; a batch stores 64 entries.
  [[nodiscard]] static constexpr pace after_leaves() noexcept { return {32, 8, 0}; }

  /// @return the buckets worth having for `entries`
  [[nodiscard]] static u64 wanted(u64 entries) noexcept {
    return entries * 4 / Index::load_quarters + 1;
  }

  /// A step of growth, if growth is wanted and nobody else is at it.
  [[gnu::cold, gnu::noinline]] static void grow(Index &index,
                                                pace const &at = of_a_put()) noexcept {
    if (!index.state->growing.try_acquire()) return;
    u64 const entries = index.length();
    u64 const goal = wanted(entries);
    u64 now = index.state->buckets();
    u64 more = until_next_look(entries, now, at);
    u32 const most = is_behind(goal, now, at) ? at.most_splits : 1;
    escrow_status s = ESCROW_OK;
    for (u32 i = 0; s == ESCROW_OK && now < goal && i < most; ++i) {
      s = split(index);
      now = index.state->buckets();
    }
    index.state->growth_due.store(false, std::memory_order_relaxed);  // relaxed: a hint
    // At its limit the map goes on with longer chains; asking again each time would cost more.
    if (s != ESCROW_OK) more = 1024;
    prefetch_next_splits(*index.state);
    index.state->counts.look_after(more);
    index.state->growing.release();
  }
  /// For leaves, which have no stack for a split: is growth due? Says when to ask again if not.
  [[nodiscard, gnu::cold, gnu::noinline]] static bool is_due(Index &index) noexcept {
    if (!index.state->growing.try_acquire()) return false;  // somebody is at it
    u64 const entries = index.length();
    u64 const now = index.state->buckets();
    bool const due = wanted(entries) > now;
    if (!due) {
      index.state->growth_due.store(false, std::memory_order_relaxed);  // relaxed: a hint
      index.state->counts.look_after(until_next_look(entries, now, after_leaves()));
    }
    index.state->growing.release();
    return due;
  }

  /// Room for `entries` without further growth.
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_SIZE
  [[nodiscard]] static escrow_status reserve(Index &index, u64 entries) noexcept {
    // The first comparison keeps wanted() from overflowing.
    if (entries > Index::most_entries || wanted(entries) > Index::most_buckets)
      return ESCROW_E_SIZE;
    lock_hold const hold(index.state->growing);
    escrow_status s = ESCROW_OK;
    u64 const goal = wanted(entries);
    while (s == ESCROW_OK && index.state->buckets() < goal) s = split(index);
    index.state->publish_shape();
    return s;
  }

  /// Merges buckets down to what the entries need, and gives pages back. Returns bytes.
  [[nodiscard]] static u64 shrink(Index &index) noexcept {
    lock_hold const hold(index.state->growing);
    u64 const least = 1ull << Index::state_type::first_level;
    u64 const goal = wanted(index.length());
    while (index.state->buckets() > (goal > least ? goal : least))
      if (!merge(index)) break;
    index.state->publish_shape();
    index.state->counts.look_again();
    return index.state->give_back();
  }

 private:
  using turn = typename Index::turn;

  /// Entries of a lane until it is worth asking again: more while there is room.
  [[nodiscard]] static u64 until_next_look(u64 entries, u64 buckets, pace const &at) noexcept {
    if (wanted(entries) > buckets) return at.entries_a_look;
    u64 const room = (buckets * Index::load_quarters / 4 - entries) / (2 * tally::lanes);
    return room > at.entries_a_look ? room : at.entries_a_look;
  }
  [[nodiscard]] static bool is_behind(u64 goal, u64 now, pace const &at) noexcept {
    return goal > now && (at.share_behind == 0 || goal - now > 16 + now / at.share_behind);
  }
  /// Asks for what the next two splits will touch, the nearer one's node too: its bucket has come,
  /// and the node of the farther one can only be named when that has. A hint, and seldom none.
  static void prefetch_next_splits(typename Index::state_type const &state) noexcept {
    constexpr u64 ahead = 2;
    u64 const bit = 1ull << state.level;
    u64 const i = state.split;
    if (i + ahead >= bit || i + ahead + bit >= state.array.ready()) return;
    prefetch_bucket_to_write(&state.array.at(i + ahead));
    prefetch_bucket_to_write(&state.array.at(i + ahead + bit));
    // relaxed: a hint; a node is at its place for ever
    u64 const c = state.array.at(i + 1).ctl.load(std::memory_order_relaxed);
    __builtin_prefetch(&state.array.link(i + ahead));
    if ((c & bucket_word::more) == 0) return;
    u32 const node = state.array.link(i + 1).load(std::memory_order_relaxed);
    if (node != 0) prefetch_bucket_to_write(&state.nodes.at(node));
  }

  /// Locks a bucket that no other growth touches; its word.
  [[nodiscard]] static u64 lock_at(Index &index, u64 i) noexcept {
    auto &b = index.state->array.at(i);
    backoff patience;
    for (;;) {
      u64 const c = b.ctl.load(std::memory_order_acquire);
      if ((c & bucket_word::lock) == 0 && b.try_lock(c)) return c;
      patience.wait();
    }
  }

  /// Splits the next bucket. The caller holds the growth lock.
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED
  [[nodiscard]] static escrow_status split(Index &index) noexcept {
    if (index.state->level == bucket_word::most_depth) return ESCROW_E_EXHAUSTED;
    u64 const bit = 1ull << index.state->level;
    u64 const i = index.state->split;
    u64 const k = i + bit;
    if (k >= index.state->array.ready()) {
      if (auto const s = index.state->extend(); s != ESCROW_OK) return s;
    }
    turn parent(index.state->array, index.state->nodes, i, lock_at(index, i));
    u64 const e = index.state->epoch.load(std::memory_order_acquire);
    index.renew_if_old(parent, e);
    u64 const begun = bucket_word::version(parent.word());
    u64 const version = (begun > index.state->floor ? begun : index.state->floor) + 1;
    turn child(index.state->array, index.state->nodes, k,
               bucket_word::at(version, index.state->level + 1, 0));
    child.set_epoch(e);
    auto const goes = [&index, bit](auto const &b, u32 s) noexcept {
      return (index.rules.hash_of(b.key(s), b.value(s)) & bit) != 0;
    };
    if (!parent.has_nodes()) [[likely]] {
      parent.split_into(child, index.state->level + 1, goes);
    } else {
      if (!copy(index, parent, child, goes)) {
        abandon(child);
        parent.unlock();
        return ESCROW_E_NOMEM;
      }
      child.show();                                    // [G2] (2)
      parent.hand_over(index.state->level + 1, goes);  // [G2] (3)
    }
    child.unlock();
    parent.unlock();
    if (++index.state->split == bit) {
      ++index.state->level;
      index.state->split = 0;
    }
    u64 const now = index.state->buckets();
    u64 const often = bit / 16 < 32 ? 32 : bit / 16;
    if (now - index.state->published >= often || index.state->split == 0)
      index.state->publish_shape();
    return ESCROW_OK;
  }

  /// Copies the entries that go from `from` to `to`. False: no memory for a node.
  template <class Goes>
  [[nodiscard]] static bool copy(Index &index, turn const &from, turn &to,
                                 Goes const &goes) noexcept {
    bool enough = true;
    from.each([&](auto const &b, u32 s) noexcept {
      if (!enough || !goes(b, s)) return;
      bucket_place const p = to.room();
      u32 fresh = 0;
      if (p.nowhere() && index.state->nodes.template take<false>(fresh) != ESCROW_OK) {
        enough = false;
        return;
      }
      to.insert(p, fresh, b.tag(s), b.key(s), b.value(s));
    });
    return enough;
  }
  /// Gives the nodes of a child back that nobody has seen.
  static void abandon(turn &child) noexcept {
    child.hand_over(0, [](auto const &, u32) noexcept { return true; });
    child.unlock();
  }

  /// Merges the last bucket into its parent. False: no memory for a node.
  [[nodiscard]] static bool merge(Index &index) noexcept {
    u32 const level = index.state->split == 0 ? index.state->level - 1 : index.state->level;
    u64 const bit = 1ull << level;
    u64 const i = index.state->split == 0 ? bit - 1 : index.state->split - 1;
    u64 const k = i + bit;
    turn parent(index.state->array, index.state->nodes, i, lock_at(index, i));
    turn child(index.state->array, index.state->nodes, k, lock_at(index, k));
    u64 const e = index.state->epoch.load(std::memory_order_acquire);
    index.renew_if_old(parent, e);
    index.renew_if_old(child, e);
    auto const all = [](auto const &, u32) noexcept { return true; };
    auto const came = [&index, bit](auto const &b, u32 s) noexcept {
      return (index.rules.hash_of(b.key(s), b.value(s)) & bit) != 0;
    };
    if (!copy(index, child, parent, all)) {
      parent.hand_over(level + 1, came);
      child.unlock();
      parent.unlock();
      return false;
    }
    parent.set_depth(level);
    parent.begin_version();
    child.hand_over(0, all);
    child.unlock();
    parent.unlock();
    u64 const version =
        bucket_word::version(index.state->array.at(k).ctl.load(std::memory_order_relaxed));
    if (version > index.state->floor) index.state->floor = version;
    index.state->level = level;
    index.state->split = i;
    return true;
  }
};

template <class Rules, class Array, class Nodes>
void word_index<Rules, Array, Nodes>::grow_before(u64 h) noexcept {
  prefetch_to_create(home(h));
  index_growth<word_index>::grow(*this);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
