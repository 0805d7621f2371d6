// escrow/index_walk.hpp: going through all buckets of an index: scan, purge, clear. [L3]
#ifndef ESCROW_INDEX_WALK_HPP
#define ESCROW_INDEX_WALK_HPP

#include <bit>

#include "backoff.hpp"
#include "bucket.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "status.h"
#include "word_index.hpp"

namespace escrow::inline ESCROW_ABI {

/// The cursor of a walk that is over.
constexpr u64 map_cursor_end = ~0ull;

enum class scan_result : u8 { taken, full, torn };

/// Words that left a bucket, kept until its lock is let go.
struct departed {
  static constexpr u32 most = 32;

  u64 keys[most];
  u64 values[most];
  u32 count = 0;
  bool refused = false;

  /// Asked before anything is done to an entry; after a no empty() says that another turn is
  /// needed.
  [[nodiscard]] bool has_room() noexcept {
    refused = count == most;
    return !refused;
  }
  /// What is noted will be given up: only after has_room(), and once it is certain to leave.
  void note(u64 key, u64 value) noexcept {
    keys[count] = key;
    values[count++] = value;
  }
  /// f(key, value) for each. True: some were refused.
  template <class F>
  [[nodiscard]] bool empty(F const &f) noexcept {
    while (count != 0) {
      --count;
      f(keys[count], values[count]);
    }
    bool const again = refused;
    refused = false;
    return again;
  }
};

// No part of a leaf: the bound on frames that capi.hpp speaks of is not for what follows.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#endif

/// A cursor is a place in the order of bit-reversed hashes. A bucket of depth d holds one interval
/// of that order, 2^(64 - d) long, and splitting or merging it splits or merges the interval: so a
/// walk that goes through buckets as their intervals come, and passes over what lies before its
/// cursor, meets every entry that stays exactly once, however the index grows or shrinks meanwhile.
/// The cursor is all there is to it: an integer, to be kept and gone on with at any time.
template <class Index>
struct index_walk {
  /// Feeds entries from `cursor` on to `sink` until it is full or the walk is over, and moves the
  /// cursor past what it took, bucket by bucket. Reads as find does, and takes a bucket's lock only
  /// after 64 disturbed attempts.
  ///
  /// The sink: add(key, value, look) copies an entry; mark() and rewind() undo a bucket's worth;
  /// empty(): nothing was marked yet.
  /// @return ESCROW_OK | ESCROW_E_SIZE the sink is too small for what has one hash
  template <class Sink>
  [[nodiscard]] static escrow_status scan(Index &index, u64 &cursor, Sink &sink) noexcept {
    while (cursor != map_cursor_end) {
      u64 end = 0;  // of the bucket's interval; 0: of all
      sink.mark();
      auto r = scan_result::torn;
      for (u32 tries = 0; r == scan_result::torn && tries < max_lost_races; ++tries) {
        u64 i = 0;
        u64 c = 0;
        if (!covering(index, reversed(cursor), i, c)) return ESCROW_OK;
        end = interval_end(i, c);
        r = gather(index, i, c, cursor, end, sink);
        if (r != scan_result::taken) sink.rewind();
      }
      if (r == scan_result::full && !sink.empty()) return ESCROW_OK;
      if (r != scan_result::taken) r = gather_locked(index, cursor, end, sink);
      if (r == scan_result::full) return sink.empty() ? ESCROW_E_SIZE : ESCROW_OK;
      cursor = end == 0 ? map_cursor_end : end;
    }
    return ESCROW_OK;
  }

  /// Calls decide(key, value) for every entry, under its bucket's lock, and does what it says:
  /// keep, set_value, replace or remove. After each bucket, without its lock, unlocked() says
  /// whether decide wants to see that bucket again. Entries that come meanwhile may be passed over.
  template <class Decide, class Unlocked>
  static void edit_all(Index &index, Decide const &decide, Unlocked const &unlocked) noexcept {
    for (u64 cursor = 0; cursor != map_cursor_end;) {
      u64 i = 0;
      u64 c = 0;
      if (index.template lock_covering<false>(reversed(cursor), i, c) != ESCROW_OK) return;
      u64 const end = interval_end(i, c);
      typename Index::turn mine(index.state->array, index.state->nodes, i, c);
      u64 const e = index.state->epoch.load(std::memory_order_acquire);
      index.renew_if_old(mine, e);
      u64 removed = 0;
      mine.edit_each([&](u64 key, u64 value) noexcept -> edit {
        edit const d = decide(key, value);
        removed += d.what == edit::remove;
        return d;
      });
      mine.unlock();
      for (; removed != 0; --removed) index.state->counts.subtract(e);
      if (!unlocked()) cursor = end == 0 ? map_cursor_end : end;
    }
  }
  /// The same for those who erase what meets(key, value), and then discard it.
  template <class Meets>
  [[gnu::noinline]] static u64 erase_all(Index &index, Meets const &meets) noexcept {
    departed gone;
    u64 erased = 0;
    edit_all(
        index,
        [&](u64 key, u64 value) noexcept -> edit {
          if (!meets(key, value) || !gone.has_room()) return {edit::keep, ESCROW_OK, 0, 0};
          gone.note(key, value);
          ++erased;
          return {edit::remove, ESCROW_OK, 0, 0};
        },
        [&]() noexcept {
          return gone.empty([&](u64 key, u64 value) noexcept { index.rules.discard(key, value); });
        });
    return erased;
  }

  /// Empties the map for all who look from now on. Cost: one store; one time in 200, sweep().
  static void clear(Index &index) noexcept {
    auto &state = *index.state;
    lock_hold const hold(state.clearing);
    if (state.epoch.load(std::memory_order_relaxed) - state.swept >= most_behind)
      sweep_buckets(index);
    state.next_epoch();
  }
  /// Lets go of what cleared entries hold; else the next writer of each bucket does. Cost: a look
  /// at every bucket.
  static void sweep(Index &index) noexcept {
    lock_hold const hold(index.state->clearing);
    sweep_buckets(index);
  }

 private:
  /// A bucket's epoch is one byte: none may fall 256 behind.
  static constexpr u64 most_behind = 200;

  [[nodiscard]] static u64 reversed(u64 h) noexcept {
    h = (h & 0x5555555555555555ull) << 1 | (h >> 1 & 0x5555555555555555ull);
    h = (h & 0x3333333333333333ull) << 2 | (h >> 2 & 0x3333333333333333ull);
    h = (h & 0x0F0F0F0F0F0F0F0Full) << 4 | (h >> 4 & 0x0F0F0F0F0F0F0F0Full);
    return __builtin_bswap64(h);
  }
  /// Where the interval of bucket `i` ends; 0: where the order does.
  [[nodiscard]] static u64 interval_end(u64 i, u64 c) noexcept {
    return reversed(i) + (1ull << (64 - bucket_word::depth(c)));
  }
  [[nodiscard]] static bool covering(Index &index, u64 h, u64 &out_i, u64 &out_c) noexcept {
    u64 i = index.home(h);
    for (;;) {  // ends: each step follows a split or merge that happened
      u64 const c = index.state->array.at(i).ctl.load(std::memory_order_acquire);
      if (bucket_word::covers(c, h, i)) {
        out_i = i;
        out_c = c;
        return true;
      }
      if (i == 0 && bucket_word::depth(c) == 0) return false;  // the map is closed
      i = index.other_home(c, h, i);
    }
  }

  /// One attempt at the entries of bucket `i` in [from, end).
  template <class Sink>
  [[nodiscard]] static scan_result gather(Index &index, u64 i, u64 c, u64 from, u64 end,
                                          Sink &sink) noexcept {
    auto const &b = index.state->array.at(i);
    u64 const e = index.state->epoch.load(std::memory_order_acquire);
    auto const look = [&b, c]() noexcept { return !b.changed(c); };
    // While a writer is at work on a chain an entry may be in two places of it [M3]. Who looks for
    // one key does not mind; here it would be shown twice. No such moment has a word without the
    // lock.
    if ((c & bucket_word::lock) != 0 && (c & bucket_word::more) != 0) return scan_result::torn;
    if (b.epoch_byte() == (e & 0xFF)) {
      u64 next = (c & bucket_word::more) != 0
                     ? index.state->array.link(i).load(std::memory_order_acquire)
                     : 0;
      auto const *in = &b;
      for (u64 w = c;;) {
        auto const r = gather_slots(index, *in, w, from, end, sink, look);
        if (r != scan_result::taken) return look() ? r : scan_result::torn;
        if (!look()) return scan_result::torn;
        if (next == 0) break;
        in = &index.state->nodes.at(static_cast<u32>(next));
        w = in->ctl.load(std::memory_order_acquire);  // acquire: before the data [M1]
        next = bucket_word::next(w);
      }
    }  // else nothing in it was there all along, as in index_reader::find_slowly
    return look() ? scan_result::taken : scan_result::torn;
  }
  template <class Bucket, class Sink, class Look>
  [[nodiscard]] static scan_result gather_slots(Index &index, Bucket const &b, u64 w, u64 from,
                                                u64 end, Sink &sink, Look const &look) noexcept {
    for (u32 slots = bucket_word::occupied(w); slots != 0; slots &= slots - 1) {
      u32 const s = static_cast<u32>(std::countr_zero(slots));
      u64 const key = b.key(s);
      u64 const value = b.value(s);
      u64 h = 0;
      if (!index.rules.whole_hash(key, value, look, h)) return scan_result::torn;
      u64 const at = reversed(h);
      if (at < from || (end != 0 && at >= end)) continue;
      auto const r = sink.add(key, value, look);
      if (r != scan_result::taken) return r;
    }
    return scan_result::taken;
  }
  /// The same under the lock. What one bucket holds may be more than an empty sink does: then the
  /// interval is halved until it fits.
  template <class Sink>
  [[nodiscard]] static scan_result gather_locked(Index &index, u64 from, u64 &end,
                                                 Sink &sink) noexcept {
    for (u64 width = ~0ull; width != 0; width = (end - from) / 2) {
      u64 i = 0;
      u64 c = 0;
      (void)index.template lock_covering<false>(reversed(from), i, c);
      end = interval_end(i, c);
      if (end - from > width) end = from + width;
      auto const r = gather_turn(index, i, c, from, end, sink);
      if (r == scan_result::taken) return r;
      sink.rewind();
      if (!sink.empty()) return r;
    }
    return scan_result::full;
  }
  template <class Sink>
  [[nodiscard]] static scan_result gather_turn(Index &index, u64 i, u64 c, u64 from, u64 end,
                                               Sink &sink) noexcept {
    typename Index::turn mine(index.state->array, index.state->nodes, i, c);
    auto r = scan_result::taken;
    if (mine.is_of(index.state->epoch.load(std::memory_order_acquire))) {
      constexpr auto unchanged = []() noexcept { return true; };
      mine.each_word([&](auto const &b, u64 w) noexcept {
        if (r == scan_result::taken) r = gather_slots(index, b, w, from, end, sink, unchanged);
      });
    }
    mine.unlock();
    return r;
  }

  static void sweep_buckets(Index &index) noexcept {
    auto &state = *index.state;
    u64 const e = state.epoch.load(std::memory_order_acquire);
    u64 count = 0;
    {
      lock_hold const hold(state.growing);
      count = state.buckets();
    }
    // A bucket that is split off later comes from a parent that its splitter has emptied.
    for (u64 i = 0; i < count; ++i) {
      auto &b = state.array.at(i);
      backoff patience;
      for (;;) {
        u64 const c = b.ctl.load(std::memory_order_acquire);
        if (bucket_word::depth(c) == 0 || b.epoch_byte() == (e & 0xFF)) break;
        if ((c & bucket_word::lock) != 0 || !b.try_lock(c)) {
          patience.wait();
          continue;
        }
        typename Index::turn mine(state.array, state.nodes, i, c);
        index.renew_if_old(mine, state.epoch.load(std::memory_order_acquire));
        mine.unlock();
        break;
      }
    }
    state.counts.refresh(e);
    state.swept = e;
  }
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace escrow::inline ESCROW_ABI

#endif
