// escrow/word_index.hpp: hashed pairs of words in buckets; every structure of a map but its memory
// of records. [L3]
#ifndef ESCROW_WORD_INDEX_HPP
#define ESCROW_WORD_INDEX_HPP

#include <bit>

#include "backoff.hpp"
#include "bucket.hpp"
#include "bucket_array.hpp"
#include "index_reader.hpp"
#include "index_state.hpp"
#include "locked_bucket.hpp"
#include "overflow.hpp"
#include "platform.hpp"
#include "slot.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// The index behind every map, as those who use it see it: its state and what the words mean.
///
/// `Rules` say what the words mean: hash_of(key word, value word), at least its low 28 bits, and
/// discard(key word, value word) for an entry that a clear took, which must not wait or call back.
/// `Array` and `Nodes` are where buckets and overflow nodes live.
///
/// Reads [M1] store nothing that is shared and wait for nobody: a writer that is descheduled, with
/// the lock or without, leaves every entry readable. A read begins anew when an entry left the
/// bucket meanwhile. Writers lock one bucket for some 20 ns [M2].
///
/// A clear moves the epoch; a bucket whose tags show another epoch is empty, and the next writer
/// empties it in fact. Whoever works under the lock looks at the epoch after it has the lock, so no
/// bucket is ever of an epoch that its reader could call newer than the map's. [C3]
template <class Rules, class Array = bucket_array, class Nodes = overflow>
struct word_index : index_reader<Rules, Array, Nodes> {
  using state_type = index_state<Array, Nodes>;
  using bucket_type = typename Array::bucket_type;
  using turn = locked_bucket<Array, Nodes>;
  using reader = index_reader<Rules, Array, Nodes>;
  using reader::home;
  using reader::other_home;
  using reader::rules;
  using reader::state;

  /// Entries a bucket, in quarters, at which the index grows: of 7 slots 3.75 are taken, then some
  /// 4 % of the entries are in state->nodes. More costs speed, less memory.
  static constexpr u64 load_quarters = 15;
  static constexpr u64 most_buckets = 1ull << bucket_word::most_depth;
  static constexpr u64 most_entries = most_buckets * load_quarters / 4;

  /// Finds the entry of hash `h` and changes it as decide(found, key, value) says, which is called
  /// once, under the bucket's lock, and must be short. `same` as in find. `creates`: it may insert;
  /// what does not needs no memory, and is never refused for want of it.
  /// @return what decide says | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_BUSY at once, nothing
  /// happened
  template <bool at_once, bool creates, class Same, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status update(u64 h, Same const &same,
                                                                Decide const &decide) noexcept {
    // Before the bucket is looked at: its memory is on its way while another one is split.
    if constexpr (creates)
      if (state->counts.is_due()) [[unlikely]]
        look_at_growth<at_once>(h);
    auto const s = apart<at_once> ? update_apart<creates>(h, same, decide)
                                  : update_first<at_once, creates>(h, same, decide);
    if (s != undecided) [[likely]]
      return s;
    return update_otherwise<at_once, creates>(h, same, decide);
  }

  /// Removes an entry whose words nobody needs: one compare-and-swap. `same` compares words alone.
  /// @return as update; ESCROW_OK | ESCROW_E_ABSENT
  template <bool at_once, class Same>
  [[nodiscard, gnu::always_inline]] inline escrow_status remove(u64 h, Same const &same) noexcept {
    state_type &st = *state;
    u64 const i = st.home(h);
    bucket_type &b = st.base[i];
    prefetch_bucket_to_write(&b);
    u64 const e = st.epoch.load(std::memory_order_acquire);  // acquire: [C3]
    u64 c = b.ctl.load(std::memory_order_acquire);           // acquire: before the data [M1]
    u64 const seen = b.seen(c, bucket_tags::needle(h, bucket_tags::of_epoch(e)));
    if ((c & (bucket_word::lock | bucket_word::more)) == 0) [[likely]] {
      if (seen > bucket_word::open) {
        auto const s = u64{static_cast<u32>(std::countr_zero(seen))};
        u64 const gone = (c & ~(bucket_word::slot << s)) + bucket_word::version_one;
        bucket_look<bucket_type> const look{b, c};
        // acq_rel: success proves that the match under `c` holds [M2]
        if (same(b.key(s), look) &&
            b.ctl.compare_exchange_strong(c, gone, std::memory_order_acq_rel,
                                          std::memory_order_relaxed)) [[likely]] {
          st.counts.subtract(e);
          return ESCROW_OK;
        }
      } else if (seen == bucket_word::open && bucket_word::covers(c, h, i) && !b.changed(c)) {
        return ESCROW_E_ABSENT;
      }
    }
    auto const decide = [](bool found, u64, u64) noexcept -> edit {
      if (!found) return {edit::keep, ESCROW_E_ABSENT, 0, 0};
      return {edit::remove, ESCROW_OK, 0, 0};
    };
    return update_otherwise<at_once, false>(h, same, decide);
  }

  // ---- For index_growth.hpp and index_walk.hpp; the growth lock orders level, split, floor.

  /// Locks the bucket that covers `h`. @return ESCROW_OK | ESCROW_E_BUSY at once
  template <bool at_once>
  [[nodiscard]] escrow_status lock_covering(u64 h, u64 &out_i, u64 &out_c) noexcept {
    u64 i = home(h);
    backoff patience;
    for (u32 tries = 0;; ++tries) {
      if constexpr (at_once)
        if (tries == max_lost_races) return ESCROW_E_BUSY;
      bucket_type &b = state->array.at(i);
      u64 const c = b.ctl.load(std::memory_order_acquire);
      if (!bucket_word::covers(c, h, i)) {
        i = other_home(c, h, i);
        continue;
      }
      if ((c & bucket_word::lock) == 0 && b.try_lock(c)) {
        out_i = i;
        out_c = c;
        return ESCROW_OK;
      }
      if constexpr (at_once) {
        cpu_pause();
      } else {
        patience.wait();
      }
    }
  }
  /// Empties a locked bucket that an older epoch filled.
  void renew_if_old(turn &mine, u64 e) noexcept {
    if (!mine.is_of(e))
      mine.renew(e, [this](u64 key, u64 value) noexcept { rules.discard(key, value); });
  }

 private:
  using reader::undecided;
  template <bool at_once>
  static constexpr bool apart = reader::template apart<at_once>;

  /// One attempt, where `h` most likely is. @return as update | undecided
  template <bool at_once, bool creates, class Same, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status update_first(
      u64 h, Same const &same, Decide const &decide) noexcept {
    state_type &st = *state;
    u64 const i = st.home(h);
    bucket_type &b = st.base[i];
    if constexpr (creates) {
      prefetch_to_create(i);
    } else {
      prefetch_bucket_to_write(&b);
    }
    u64 const e = st.epoch.load(std::memory_order_acquire);  // acquire: [C3]
    u64 const c = b.ctl.load(std::memory_order_acquire);     // acquire: before the data [M1]
    u64 const seen = b.seen(c, bucket_tags::needle(h, bucket_tags::of_epoch(e)));
    // Nodes are for the slow path, also because a removal pulls an entry up.
    if ((c & (bucket_word::lock | bucket_word::more)) == 0) [[likely]] {
      if (seen > bucket_word::open) {
        auto const s = u64{static_cast<u32>(std::countr_zero(seen))};
        u64 const key = b.key(s);
        bucket_look<bucket_type> const look{b, c};
        if (same(key, look) && b.try_lock(c)) [[likely]] {
          if (st.epoch.load(std::memory_order_acquire) == e) [[likely]] {  // acquire: [C3]
            edit const d = decide(true, key, b.value(s));
            b.publish(edit_slot(b, s, c, d));
            if (d.what == edit::remove) st.counts.subtract(e);
            return d.status;
          }
          b.publish(c);
        }
      } else if (seen == bucket_word::open &&
                 (!creates || bucket_word::occupied(c) != bucket_word::all_slots) &&
                 bucket_word::covers(c, h, i) && b.try_lock(c)) [[likely]] {
        if (st.epoch.load(std::memory_order_acquire) == e) [[likely]]  // acquire: [C3]
          return create_here<at_once, creates>(b, c, h, e, decide);
        b.publish(c);
      }
    }
    return undecided;
  }

  /// The first attempt of a leaf on a map with records, see index_reader::apart.
  template <bool creates, class Same, class Decide>
  [[nodiscard, gnu::noinline]] escrow_status update_apart(u64 h, Same const &same,
                                                          Decide const &decide) noexcept {
    return update_first<true, creates>(h, same, decide);
  }
  /// In a locked bucket without nodes whose word was `c`, where the key is not and, if `creates`, a
  /// slot is free; unlocks it.
  template <bool at_once, bool creates, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status create_here(
      bucket_type &b, u64 c, u64 h, u64 e, Decide const &decide) noexcept {
    edit const d = decide(false, 0, 0);
    if (!creates || d.what != edit::insert) {
      b.publish(c);
      return d.status;
    }
    auto const s = static_cast<u64>(std::countr_one(bucket_word::occupied(c)));
    b.fill(s, h >> 56, d.key, d.value);
    b.publish(c | bucket_word::slot << s);
    state->counts.add(e);
    return d.status;
  }

  /// For what the first attempt did not do: `h` may belong to another bucket, the lock was taken,
  /// or there are nodes.
  template <bool at_once, bool creates, class Same, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status update_otherwise(
      u64 h, Same const &same, Decide const &decide) noexcept {
    if constexpr (at_once) {
      return update_at_once<creates>(h, same, decide);
    } else {
      return update_slowly<creates>(h, same, decide);
    }
  }
  /// One frame with all that it calls, whose room beyond 128 bytes is all that a leaf's stack must
  /// have for it.
  template <bool creates, class Same, class Decide>
  [[nodiscard, gnu::noinline, gnu::flatten]] escrow_status update_at_once(
      u64 h, Same const &same, Decide const &decide) noexcept {
    return update_in_turn<true, creates>(h, same, decide);
  }
  /// By value, so that the caller's first attempt needs no memory for them.
  template <bool creates, class Same, class Decide>
  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status update_slowly(u64 h, Same same,
                                                                      Decide decide) noexcept {
    prefetch_node(home(h));
    return update_in_turn<false, creates>(h, same, decide);
  }
  /// A leaf leaves long chains, and what an older epoch filled, to the ordinary call.
  template <bool at_once, bool creates, class Same, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status update_in_turn(
      u64 h, Same const &same, Decide const &decide) noexcept {
    u64 i = 0;
    u64 c = 0;
    if (auto const s = lock_covering<at_once>(h, i, c); s != ESCROW_OK) return s;
    turn mine(state->array, state->nodes, i, c);
    u64 const e =
        state->epoch.load(std::memory_order_acquire);  // acquire: no newer one is in the bucket
    if (!at_once) renew_if_old(mine, e);
    bucket_place at;
    u32 fresh = 0;
    escrow_status s = ESCROW_OK;
    if ((at_once && !mine.is_of(e)) ||
        !mine.locate(h, same, at_once ? reader::leaf_nodes : ~0u, at)) {
      s = ESCROW_E_BUSY;
    } else if (creates && !at.found && at.nowhere()) {
      s = state->nodes.template take<at_once>(fresh);
    }
    if (s != ESCROW_OK) {
      mine.unlock();
      return s;
    }
    return at.found ? edit_found(mine, at, e, decide)
                    : edit_absent<at_once, creates>(mine, at, fresh, h, e, decide);
  }

  template <class Decide>
  [[nodiscard]] escrow_status edit_found(turn &mine, bucket_place const &at, u64 e,
                                         Decide const &decide) noexcept {
    bucket_type const &b = mine.in(at);
    edit const d = decide(true, b.key(at.slot), b.value(at.slot));
    bool const gone = mine.apply(at, d);
    mine.unlock();
    if (gone) state->counts.subtract(e);
    return d.status;
  }

  template <bool at_once, bool creates, class Decide>
  [[nodiscard]] escrow_status edit_absent(turn &mine, bucket_place const &at, u32 fresh, u64 h,
                                          u64 e, Decide const &decide) noexcept {
    edit const d = decide(false, 0, 0);
    if (!creates || d.what != edit::insert) {
      mine.unlock();
      if (fresh != 0) state->nodes.give_back(fresh);
      return d.status;
    }
    mine.insert(at, fresh, h >> 56, d.key, d.value);
    mine.unlock();
    state->counts.add(e);
    return d.status;
  }

  /// It is time to ask whether the map should grow. A leaf only says so: its caller asks.
  template <bool at_once>
  [[gnu::always_inline]] inline void look_at_growth(u64 h) noexcept {
    if constexpr (at_once) {
      state->growth_due.store(true, std::memory_order_relaxed);  // relaxed: a hint
    } else {
      grow_before(h);
    }
  }
  /// Bucket `i`, one of base[], and its link: an entry for which the bucket has no room, one of
  /// eight while the map grows, would wait for the one after the other.
  [[gnu::always_inline]] inline void prefetch_to_create(u64 i) const noexcept {
    prefetch_bucket_to_write(&state->base[i]);
    __builtin_prefetch(&state->array.link(i));
  }
  /// Both lines of the first node, before the lock waits for what was stored.
  void prefetch_node(u64 i) const noexcept {
    // relaxed: a hint; a node is at its place for ever
    if ((state->base[i].ctl.load(std::memory_order_relaxed) & bucket_word::more) == 0) return;
    u32 const node = state->array.link(i).load(std::memory_order_relaxed);
    if (node != 0) prefetch_bucket_to_write(&state->nodes.at(node));
  }
  /// Splits, if it is time to, while the bucket of `h` comes.
  void grow_before(u64 h) noexcept;  // in index_growth.hpp
};

}  // namespace escrow::inline ESCROW_ABI

#endif
