// escrow/index_reader.hpp: how an index is read, without storing anything and without waiting. [L3]
#ifndef ESCROW_INDEX_READER_HPP
#define ESCROW_INDEX_READER_HPP

#include <bit>

#include "backoff.hpp"
#include "bucket.hpp"
#include "index_state.hpp"
#include "platform.hpp"
#include "slot.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// The reading half of word_index, where what it is made of is told.
template <class Rules, class Array, class Nodes>
struct index_reader {
  using state_type = index_state<Array, Nodes>;
  using bucket_type = typename Array::bucket_type;

  /// A leaf looks at that many nodes of a chain, 56 keys, and else answers BUSY.
  static constexpr u32 leaf_nodes = 8;

  [[nodiscard, gnu::always_inline]] inline u64 home(u64 h) const noexcept { return state->home(h); }

  /// Where to look when bucket `i`, with word `c`, does not cover `h`.
  [[nodiscard, gnu::always_inline]] static inline u64 other_home(u64 c, u64 h, u64 i) noexcept {
    u32 const d = bucket_word::depth(c);
    if (d != 0) return h & ((1ull << d) - 1);
    return i == 0 ? 0 : i ^ (1ull << 63 >> std::countl_zero(i));  // not split off yet: its parent
  }

  /// Looks for an entry of hash `h`. `same(key, look)` says whether a key word is the key's;
  /// `take(key, value, look)` copies what the caller wants and is called again when the read begins
  /// anew; false: what it saw cannot be. Either must ask look(), which is false when the bucket has
  /// changed, before it believes a length or follows a word; false from look() ends the attempt.
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_BUSY at once: changed 64 times, or a long chain
  template <bool at_once, class Same, class Take>
  [[nodiscard, gnu::always_inline]] inline escrow_status find(u64 h, Same const &same,
                                                              Take const &take) const noexcept {
    auto const s = apart<at_once> ? find_apart(h, same, take) : find_first(h, same, take);
    if (s != undecided) [[likely]]
      return s;
    if constexpr (at_once) {
      return find_slowly<true>(h, same, take);
    } else {
      return find_patiently(h, same, take);
    }
  }

  /// Entries; exact when nobody writes.
  [[nodiscard]] u64 length() const noexcept { return state->entries(); }

  state_type *state = nullptr;
  Rules rules{};

 protected:
  /// Not a status of any operation: the first attempt did not do.
  static constexpr escrow_status undecided = ESCROW_E_BUSY - 1000;
  /// In a leaf of a map with records an attempt is a function of its own, so that the frames of
  /// attempts are not on the stack at the same time.
  template <bool at_once>
  static constexpr bool apart = at_once &&Rules::has_records;

  /// One attempt, where `h` most likely is. @return as find | undecided
  template <class Same, class Take>
  [[nodiscard, gnu::always_inline]] inline escrow_status find_first(
      u64 h, Same const &same, Take const &take) const noexcept {
    state_type const &st = *state;
    u64 const i = st.home(h);
    bucket_type const &b = st.base[i];
    __builtin_prefetch(reinterpret_cast<char const *>(&b) + 64);
    u64 const e = st.epoch.load(std::memory_order_acquire);  // acquire: [C3]
    u64 const needle = bucket_tags::needle(h, bucket_tags::of_epoch(e));
    u64 const c = b.ctl.load(std::memory_order_acquire);  // acquire: before the data [M1]
    u64 const seen = b.seen(c, needle);
    bucket_look<bucket_type> const look{b, c};
    if (seen > bucket_word::open) [[likely]] {
      auto const s = u64{static_cast<u32>(std::countr_zero(seen))};
      u64 const key = b.key(s);
      if (same(key, look) && take(key, b.value(s), look) && look()) [[likely]]
        return ESCROW_OK;
    } else if (seen == bucket_word::open && (c & bucket_word::more) == 0 &&
               bucket_word::covers(c, h, i) && look()) {
      return ESCROW_E_ABSENT;
    }
    return undecided;
  }
  template <class Same, class Take>
  [[nodiscard, gnu::noinline]] escrow_status find_apart(u64 h, Same const &same,
                                                        Take const &take) const noexcept {
    return find_first(h, same, take);
  }
  /// By value, so that the caller's first attempt needs no memory for them.
  template <class Same, class Take>
  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status find_patiently(u64 h, Same same,
                                                                       Take take) const noexcept {
    return patiently([&] { return find_slowly<false>(h, same, take); });
  }
  template <bool at_once, class Same, class Take>
  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status find_slowly(
      u64 h, Same const &same, Take const &take) const noexcept {
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
      // Of an older epoch: nobody wrote to the bucket since the clear before our look at the epoch.
      // Of a newer one: a clear came after that look. Either way the key was absent meanwhile.
      if (b.epoch_byte() != (e & 0xFF)) return ESCROW_E_ABSENT;
      auto const s = read_under<at_once>(b, i, c, h, e, same, take);
      if (s != ESCROW_E_DIFFERS) return s;
      state->retries.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    }
    return ESCROW_E_BUSY;
  }
  /// One attempt. @return OK | ABSENT | BUSY the chain is too long for a leaf | DIFFERS changed
  template <bool at_once, class Same, class Take>
  [[nodiscard, gnu::always_inline]] inline escrow_status read_under(
      bucket_type const &b, u64 i, u64 c, u64 h, u64 e, Same const &same,
      Take const &take) const noexcept {
    bucket_look<bucket_type> const look{b, c};
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
};

}  // namespace escrow::inline ESCROW_ABI

#endif
