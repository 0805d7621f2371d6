// escrow/keyed_places.hpp: finds the place of a key in a table that nothing ever leaves. [L2]
#ifndef ESCROW_KEYED_PLACES_HPP
#define ESCROW_KEYED_PLACES_HPP

#include <cstddef>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Open addressing in zero pages: a place whose `key` is 0 is nobody's, and a key that is there
/// stays. What a key stands for is published by whoever claimed its place, in words of the place.
struct keyed_places {
  static constexpr u32 none = ~0u;

  /// The index of the place of `key`, which is not 0; none: `Probes` places have other keys.
  /// `out_fresh`: the caller claimed it and is to write what it stands for.
  /// Progress: wait-free, at most `Probes` places.
  template <u32 Probes, class Place, std::size_t Count>
  [[nodiscard]] static u32 claim(Place (&places)[Count], u64 key, bool &out_fresh) noexcept {
    // Neither end of a key is even: steps of 64 bits carry upwards only.
    u32 at = static_cast<u32>((key ^ key >> 32) * 0x9E3779B97F4A7C15ull >> 40);
    for (u32 i = 0; i < Probes; ++i, ++at) {
      auto &word = places[at % Count].key;
      // relaxed: set once; what it stands for is published by another word
      u64 there = word.load(std::memory_order_relaxed);
      out_fresh = there == 0 && word.compare_exchange_strong(there, key, std::memory_order_relaxed,
                                                             std::memory_order_relaxed);
      if (out_fresh || there == key) return static_cast<u32>(at % Count);
    }
    out_fresh = false;
    return none;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
