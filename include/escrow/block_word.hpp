// escrow/block_word.hpp: the word of a control block: whose it is, and whether it is open. [L2]
#ifndef ESCROW_BLOCK_WORD_HPP
#define ESCROW_BLOCK_WORD_HPP

#include "handle.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// The owner's handle without its tag | state, in one word, so that one load says whether the
/// handle of a pool, map, cell or code slot is open. A slab's owner key has the pool's handle in
/// the same place: acquire shifts it once.
struct block_word {
  static constexpr u64 none = 0;
  static constexpr u64 open = 1;
  static constexpr u64 closing = 2;

  [[nodiscard]] static constexpr u64 at(u64 owner, u64 state) noexcept {
    return owner << 8 | state;
  }
  /// The word of a block that is open under this handle.
  [[nodiscard]] static constexpr u64 open_at(u64 owner) noexcept { return at(owner, open); }
  /// Is it the word of this handle, whatever the state?
  [[nodiscard]] static constexpr bool is_of(u64 w, u64 owner) noexcept {
    return (w ^ at(owner, 0)) < 256;
  }
  [[nodiscard]] static constexpr u64 generation(u64 w) noexcept {
    return handle::generation(w >> 8);
  }
  [[nodiscard]] static constexpr u64 state(u64 w) noexcept { return w & 0xFF; }
  /// What a handle of any age names. @return ESCROW_OK open | ESCROW_E_CLOSED | ESCROW_E_STALE
  [[nodiscard]] static constexpr escrow_status status(u64 w, u64 owner) noexcept {
    if (w == open_at(owner)) [[likely]]
      return ESCROW_OK;
    return w == at(owner, closing) ? ESCROW_E_CLOSED : ESCROW_E_STALE;
  }

  /// Is the block of `word` open under this handle, asked by who has just claimed a slot of it?
  template <class Word>
  [[nodiscard]] static bool still_open(Word const &word, u64 owner) noexcept {
    // seq_cst: after the claim; pairs with begin_closing [P1]
    return word.load(std::memory_order_seq_cst) == open_at(owner);
  }
  /// Close: what is claimed from here on is undone by who claimed it.
  template <class Word>
  static void begin_closing(Word &word, u64 owner) noexcept {
    // seq_cst: before every look at a slot's word; pairs with still_open [P1]
    word.store(at(owner, closing), std::memory_order_seq_cst);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
