// escrow/slab_memory.hpp: where the payload of a slab comes from, and how it goes back. [L2]
#ifndef ESCROW_SLAB_MEMORY_HPP
#define ESCROW_SLAB_MEMORY_HPP

#include <cstring>

#include "guarded_pages.hpp"
#include "heap.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "poison.hpp"
#include "slab.hpp"
#include "slot_build.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Three sources, told apart by a slab's `region`: the arena, whose regions have small numbers;
/// guarded pages, with the place's number in `units`; and malloc, in a build that wants it.
struct slab_memory {
  static constexpr u32 of_guarded_pages = ~0u;
  static constexpr u32 of_malloc = ~0u - 1;

  /// Payload of `bytes`, which an acquirer zeroes or, where `zeroed`, reads as zero.
  [[nodiscard]] static bool take(u64 bytes, u64 alignment, bool huge, bool zeroed,
                                 range &out) noexcept {
    if constexpr (slot_build::of_malloc) {
      // Exactly as many bytes: whoever checks malloc's blocks checks their ends.
      void *const raw = heap::take_aligned(bytes, alignment > 16 ? alignment : 16);
      if (raw == nullptr) return false;
      if (zeroed) std::memset(raw, 0, bytes);
      out = {static_cast<char *>(raw), of_malloc, 1};
      return true;
    } else {
      return table().payloads.take(bytes, alignment, huge, zeroed, out);
    }
  }

  /// A place for one object between inaccessible pages. False: there is none now.
  [[nodiscard]] static bool take_guarded(u64 bytes, u64 alignment, range &out) noexcept {
    guarded_pages *const places = guarded();
    if (places == nullptr) return false;
    char *payload = nullptr;
    u32 const number = places->take(bytes, alignment, payload);
    if (number == 0) return false;
    out = {payload, of_guarded_pages, number};
    return true;
  }

  [[nodiscard]] static bool is_guarded(slab const &s) noexcept {
    return s.region == of_guarded_pages && s.units != 0;
  }

  /// Gives a slab's payload back, whose slots are all RESERVED. `now`, `site`: of a guarded
  /// object's end, for reports.
  static void give_back(slab &s, u64 now, u32 site) noexcept {
    char *const payload = s.payload.load(std::memory_order_relaxed);  // relaxed: the slab is ours
    if (s.region == of_guarded_pages) {
      table().guarded.load(std::memory_order_acquire)->give_back(s.units, payload, now, site);
    } else if (slot_build::of_malloc) {
      heap::give_back(payload);
    } else {
      table().payloads.give_back({payload, s.region, s.units});
    }
    s.units = 0;
  }

  /// The places of the process, reserved on first use; nullptr: no memory.
  [[nodiscard]] static guarded_pages *guarded() noexcept {
    auto &place = table().guarded;
    // acquire: the zero pages; pairs with the store below [M1]
    guarded_pages *there = place.load(std::memory_order_acquire);
    if (there != nullptr && there->is_prepared()) return there;
    lock_hold const hold(table().guarded_lock);
    there = place.load(std::memory_order_relaxed);  // relaxed: under the lock
    if (there == nullptr) {
      there = pages::reserve_for<guarded_pages>();
      if (there == nullptr) return nullptr;
      // Also where it cannot be prepared: the next call tries that again, and reserves no other.
      place.store(there, std::memory_order_release);  // release: pairs with the load above [M1]
    }
    return there->prepare() ? there : nullptr;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
