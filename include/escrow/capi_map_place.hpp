// escrow/capi_map_place.hpp: says where a map's words lie; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_MAP_PLACE_HPP
#define ESCROW_CAPI_MAP_PLACE_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_map_place.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

// What ESCROW_MAP_LAYOUT 1 stands for. Readers were compiled with it: another layout, or another
// hash, is another number.
static_assert(sizeof(bucket) == 128 && offsetof(bucket, ctl) == 0 && offsetof(bucket, tags) == 8 &&
              offsetof(bucket, at) == 16 && offsetof(bucket::pair, value) == 8);
static_assert(bucket_word::all_slots == 127 && bucket_word::open == 1u << 7 &&
              bucket_word::lock == 1u << 8 && bucket_word::more == 1u << 9 &&
              bucket_word::depth_shift == 10 && bucket_word::version_shift == 15 &&
              bucket_tags::epoch_shift == 56);
static_assert(sizeof(std::atomic<u64>) == sizeof(u64) && std::atomic<u64>::is_always_lock_free);

/// An atomic word as another language reads it.
[[nodiscard]] inline u64 const *place_of(std::atomic<u64> const &word) noexcept {
  return reinterpret_cast<u64 const *>(&word);
}

}  // namespace escrow::inline ESCROW_ABI

extern "C" {

ESCROW_API escrow_status escrow1_read_map_place(escrow_map map,
                                                escrow_map_place *out_place) noexcept {
  if (out_place == nullptr) return ESCROW_E_NULL;
  *out_place = escrow_map_place{};
  return map_facade::with(map, [&](escrow::map_control &c) noexcept -> escrow_status {
    if (!c.is(escrow::map_keys_kind::word, escrow::map_values_kind::word)) return ESCROW_E_KIND;
    using escrow::place_of;
    *out_place = {ESCROW_MAP_LAYOUT,
                  place_of(c.word),
                  escrow::block_word::open_at(map),
                  place_of(c.state.bound),
                  place_of(c.state.mask),
                  place_of(c.state.epoch),
                  c.state.base,
                  c.seed.offset,
                  c.seed.multiplier};
    return ESCROW_OK;
  });
}

}  // extern "C"

#endif
