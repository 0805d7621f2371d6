// escrow/control_blocks.hpp: where the control blocks behind one kind of handle lie. [L2]
#ifndef ESCROW_CONTROL_BLOCKS_HPP
#define ESCROW_CONTROL_BLOCKS_HPP

#include "block_word.hpp"
#include "handle.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "slot.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Blocks are immortal and reused under the next generation, so a call on an owner that is gone
/// reads valid memory and gets a code. A Block has a block_word `word`, its `index`, and
/// `next_free`; zero pages are a block that was never used.
template <class Block, u64 tag>
class control_blocks {
 public:
  static constexpr u32 most = 65535;  // open at once

  /// Held by who opens or ends an owner.
  lock guard;

  /// The block of a handle of any age.
  /// @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND another kind of handle | ESCROW_E_RANGE
  [[nodiscard, gnu::always_inline]] inline escrow_status find(u64 bits,
                                                              Block *&out) const noexcept {
    // Tag and index in one: a wrong tag leaves a number far above every index.
    u64 const index =
        (bits >> handle::index_shift) - (tag << (handle::tag_shift - handle::index_shift));
    if (index >= most) [[unlikely]]
      return handle::tag(bits) == tag ? escrow_status{ESCROW_E_RANGE} : handle::shape_error(bits);
    // acquire: the zero pages; pairs with take() [C2]
    Block *const segment = segments_[index / each].load(std::memory_order_acquire);
    if (segment == nullptr) [[unlikely]]
      return ESCROW_E_RANGE;
    out = &segment[index % each];
    return ESCROW_OK;
  }

  /// A block that nobody owns, and the handle to open it under. Guard is held.
  /// @return ESCROW_OK | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED all blocks are in use
  [[nodiscard]] escrow_status take(u64 first_generation, Block *&out, u64 &out_handle) noexcept {
    if (free_ != 0) {
      out = &at(free_ - 1);
      free_ = out->next_free;
    } else if (auto const s = make(first_generation, out); s != ESCROW_OK) {
      return s;
    }
    // relaxed: under guard
    u64 const generation = block_word::generation(out->word.load(std::memory_order_relaxed));
    out_handle = handle::pack(tag, out->index, generation);
    return ESCROW_OK;
  }
  /// Ends the generation of an owner that has nothing any more. A block whose generations are used
  /// up is never opened again. Guard is held.
  void give(Block &block, u64 generation) noexcept {
    bool const used_up = generation >= word::last_generation;
    u64 const next = used_up ? generation : generation + 1;
    // seq_cst: who holds what it found through the block sees that it is not its owner's [P1] [K2]
    block.word.store(block_word::at(handle::pack(tag, block.index, next), block_word::none),
                     std::memory_order_seq_cst);
    if (used_up) return;
    block.next_free = free_;
    free_ = block.index + 1;
  }

 private:
  static constexpr u32 each = 64;  // of a segment, committed by the system page by page

  [[nodiscard]] Block &at(u32 index) const noexcept {
    // relaxed: under guard
    return segments_[index / each].load(std::memory_order_relaxed)[index % each];
  }
  [[nodiscard]] escrow_status make(u64 first_generation, Block *&out) noexcept {
    if (made_ == most) return ESCROW_E_EXHAUSTED;
    auto &segment = segments_[made_ / each];
    if (segment.load(std::memory_order_relaxed) == nullptr) {  // relaxed: under guard
      Block *const fresh = pages::reserve_for<Block>(each);
      if (fresh == nullptr) return ESCROW_E_NOMEM;
      // release: the zero pages; pairs with find() [C2]
      segment.store(fresh, std::memory_order_release);
    }
    out = &at(made_);
    out->index = made_++;
    // relaxed: under guard
    out->word.store(
        block_word::at(handle::pack(tag, out->index, first_generation), block_word::none),
        std::memory_order_relaxed);
    return ESCROW_OK;
  }

  std::atomic<Block *> segments_[(most + each) / each]{};
  u32 made_ = 0;
  u32 free_ = 0;  // index + 1
};

}  // namespace escrow::inline ESCROW_ABI

#endif
