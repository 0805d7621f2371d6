// escrow/word_index.hpp: hashed pairs of words in buckets; every structure of a map but its memory
// of records. [L3]
#ifndef ESCROW_WORD_INDEX_HPP
#define ESCROW_WORD_INDEX_HPP

#include <bit>

#include "backoff.hpp"
#include "bucket.hpp"
#include "bucket_array.hpp"
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
struct word_index {
  using state_type = index_state<Array, Nodes>;
  using bucket_type = typename Array::bucket_type;
  using turn = locked_bucket<Array, Nodes>;

  /// Entries a bucket, in quarters, at which the index grows: of 7 slots 3.75 are taken, then some
  /// 4 % of the entries are in state->nodes. More costs speed, less memory.
  static constexpr u64 load_quarters = 15;
  static constexpr u64 most_buckets = 1ull << bucket_word::most_depth;
  static constexpr u64 most_entries = most_buckets * load_quarters / 4;
  /// A leaf looks at that many nodes of a chain, 56 keys, and else answers BUSY.
  static constexpr u32 leaf_nodes = 8;

  [[nodiscard]] u64 home(u64 h) const noexcept { return state->home(h); }

  /// Looks for an entry of hash `h`. `same(key, look)` says whether a key word is the key's;
  /// `take(key, value, look)` copies what the caller wants and is called again when the read begins
  /// anew; false: what it saw cannot be. Either must ask look(), which is false when the bucket has
  /// changed, before it believes a length or follows a word; false from look() ends the attempt.
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_BUSY changed 64 times, or a long chain in a
  /// leaf
  template <bool at_once, class Same, class Take>
  [[nodiscard, gnu::always_inline]] inline escrow_status find(u64 h, Same const &same,
                                                              Take const &take) const noexcept {
    state_type const &st = *state;
    u64 const i = st.home(h);
    bucket_type const &b = st.base[i];
    __builtin_prefetch(reinterpret_cast<char const *>(&b) + 64);
    u64 const e = st.epoch.load(std::memory_order_acquire);  // acquire: [C3]
    u64 const needle = bucket_tags::needle(h, bucket_tags::of_epoch(e));
    u64 const c = b.ctl.load(std::memory_order_acquire);  // acquire: before the data [M1]
    u64 const seen = b.seen(c, needle);
    auto const look = [&b, c]() noexcept { return !b.changed(c); };
    if (seen > bucket_word::open) [[likely]] {
      auto const s = static_cast<u32>(std::countr_zero(seen));
      u64 const key = b.key(s);
      if (same(key, look) && take(key, b.value(s), look) && look()) [[likely]]
        return ESCROW_OK;
    } else if (seen == bucket_word::open && (c & bucket_word::more) == 0 &&
               bucket_word::covers(c, h, i) && look()) {
      return ESCROW_E_ABSENT;
    }
    return find_slowly<at_once>(h, same, take);
  }

  /// Finds the entry of hash `h` and changes it as decide(found, key, value) says, which is called
  /// once, under the bucket's lock, and must be short. `same` as in find. `creates`: it may insert;
  /// what does not needs no memory, and is never refused for want of it.
  /// @return what decide says | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_BUSY at once, nothing
  /// happened
  template <bool at_once, bool creates, class Same, class Decide>
  [[nodiscard, gnu::always_inline]] inline escrow_status update(u64 h, Same const &same,
                                                                Decide const &decide) noexcept {
    state_type &st = *state;
    u64 const i = st.home(h);
    bucket_type &b = st.base[i];
    prefetch_bucket_to_write(&b);
    u64 const e = st.epoch.load(std::memory_order_acquire);  // acquire: [C3]
    u64 const c = b.ctl.load(std::memory_order_acquire);     // acquire: before the data [M1]
    u64 const seen = b.seen(c, bucket_tags::needle(h, bucket_tags::of_epoch(e)));
    // Nodes are for the slow path, also because a removal pulls an entry up.
    if ((c & (bucket_word::lock | bucket_word::more)) == 0) [[likely]] {
      if (seen > bucket_word::open) {
        auto const s = static_cast<u32>(std::countr_zero(seen));
        u64 const key = b.key(s);
        auto const look = [&b, c]() noexcept { return !b.changed(c); };
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
        if (st.epoch.load(std::memory_order_acquire) == e) [[likely]] {  // acquire: [C3]
          edit const d = decide(false, 0, 0);
          if (!creates || d.what != edit::insert) {
            b.publish(c);
            return d.status;
          }
          auto const s = static_cast<u32>(std::countr_one(bucket_word::occupied(c)));
          b.fill(s, h >> 56, d.key, d.value);
          b.publish(c | bucket_word::slot << s);
          if (st.counts.add(e)) [[unlikely]]
            grow_now<at_once>();
          return d.status;
        }
        b.publish(c);
      }
    }
    return update_slowly<at_once, creates>(h, same, decide);
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
        auto const s = static_cast<u32>(std::countr_zero(seen));
        u64 const gone = (c & ~(bucket_word::slot << s)) + bucket_word::version_one;
        auto const look = [&b, c]() noexcept { return !b.changed(c); };
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
    return remove_slowly<at_once>(h, same);
  }

  /// Entries; exact when nobody writes.
  [[nodiscard]] u64 length() const noexcept { return state->entries(); }
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
  /// Where to look when bucket `i`, with word `c`, does not cover `h`.
  [[nodiscard]] static u64 other_home(u64 c, u64 h, u64 i) noexcept {
    u32 const d = bucket_word::depth(c);
    if (d != 0) return h & ((1ull << d) - 1);
    return i == 0 ? 0 : i & ~std::bit_floor(i);  // not split off yet: its parent
  }

  /// Empties a locked bucket that an older epoch filled.
  void renew_if_old(turn &mine, u64 e) noexcept {
    if (!mine.is_of(e))
      mine.renew(e, [this](u64 key, u64 value) noexcept { rules.discard(key, value); });
  }

  state_type *state = nullptr;
  Rules rules{};

 private:
  template <bool at_once, class Same, class Take>
  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status find_slowly(u64 h, Same same,
                                                                    Take take) const noexcept {
    u64 i = home(h);
    for (u32 tries = 0; tries < max_lost_races; ++tries) {
      u64 const e = state->epoch.load(std::memory_order_acquire);
      bucket_type const &b = state->array.at(i);
      u64 const c = b.ctl.load(std::memory_order_acquire);
      if (!bucket_word::covers(c, h, i)) {
        if (i == 0 && bucket_word::depth(c) == 0) return ESCROW_E_ABSENT;  // closed
        i = other_home(c, h, i);
        continue;
      }
      if (b.epoch_byte() != (e & 0xFF)) {
        // Older than the last clear, so empty, or newer than our look at the state->epoch.
        if (state->epoch.load(std::memory_order_acquire) == e && !b.changed(c))
          return ESCROW_E_ABSENT;
        continue;
      }
      auto const s = read_under<at_once>(b, i, c, h, e, same, take);
      if (s != ESCROW_E_DIFFERS) return s;
      state->retries.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    }
    return ESCROW_E_BUSY;
  }
  /// One attempt. @return OK | ABSENT | BUSY the chain is too long for a leaf | DIFFERS changed
  template <bool at_once, class Same, class Take>
  [[nodiscard]] escrow_status read_under(bucket_type const &b, u64 i, u64 c, u64 h, u64 e,
                                         Same const &same, Take const &take) const noexcept {
    auto const look = [&b, c]() noexcept { return !b.changed(c); };
    u64 const needle = bucket_tags::needle(h, bucket_tags::of_epoch(e));
    bucket_type const *in = &b;
    u64 next =
        (c & bucket_word::more) != 0 ? state->array.link(i).load(std::memory_order_acquire) : 0;
    u32 hits = b.candidates(c, needle);
    for (u32 seen = 0;; ++seen) {
      for (; hits != 0; hits &= hits - 1) {
        u32 const s = static_cast<u32>(std::countr_zero(hits));
        u64 const key = in->key(s);
        if (!same(key, look)) continue;
        if (!take(key, in->value(s), look)) return ESCROW_E_DIFFERS;
        return look() ? ESCROW_OK : ESCROW_E_DIFFERS;
      }
      if (!look()) return ESCROW_E_DIFFERS;
      if (next == 0) return ESCROW_E_ABSENT;
      if (at_once && seen == leaf_nodes) return ESCROW_E_BUSY;
      in = &state->nodes.at(static_cast<u32>(next));
      u64 const w = in->ctl.load(std::memory_order_acquire);  // acquire: before the data [M1]
      next = bucket_word::next(w);
      hits = in->candidates(w, needle);
    }
  }

  template <bool at_once, bool creates, class Same, class Decide>
  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status update_slowly(u64 h, Same same,
                                                                      Decide decide) noexcept {
    u64 i = 0;
    u64 c = 0;
    if (auto const s = lock_covering<at_once>(h, i, c); s != ESCROW_OK) return s;
    turn mine(state->array, state->nodes, i, c);
    u64 const e =
        state->epoch.load(std::memory_order_acquire);  // acquire: no newer one is in the bucket
    u32 const most = at_once ? leaf_nodes : ~0u;
    bucket_place at;
    u32 fresh = 0;
    escrow_status status = ESCROW_OK;
    if (at_once && mine.has_nodes() && !mine.is_of(e)) {
      status = ESCROW_E_BUSY;
    } else {
      renew_if_old(mine, e);
      if (!mine.locate(h, same, most, at))
        status = ESCROW_E_BUSY;
      else if (creates && !at.found && at.nowhere())
        status = state->nodes.template take<at_once>(fresh);
    }
    if (status != ESCROW_OK) {
      mine.unlock();
      return status;
    }
    return at.found ? edit_found(mine, at, e, decide)
                    : edit_absent<at_once, creates>(mine, at, fresh, h, e, decide);
  }

  template <bool at_once, class Same>
  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status remove_slowly(u64 h, Same same) noexcept {
    return update_slowly<at_once, false>(h, same, [](bool found, u64, u64) noexcept -> edit {
      if (!found) return {edit::keep, ESCROW_E_ABSENT, 0, 0};
      return {edit::remove, ESCROW_OK, 0, 0};
    });
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
    if (state->counts.add(e)) [[unlikely]]
      grow_now<at_once>();
    return d.status;
  }

  template <bool at_once>
  void grow_now() noexcept;  // in index_growth.hpp
};

}  // namespace escrow::inline ESCROW_ABI

#endif
