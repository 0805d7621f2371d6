// escrow/code_entry.hpp: calls into a code slot, and holds on its versions, by where they count.
// [L3]
#ifndef ESCROW_CODE_ENTRY_HPP
#define ESCROW_CODE_ENTRY_HPP

#include "code_control.hpp"
#include "code_versions.hpp"
#include "lane.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Where a call or a hold is counted: the address of its version with the stripe in the low bits.
/// 0: nowhere.
struct code_place {
  static constexpr u64 stripe_mask = cache_line - 1;
  static_assert(code_version::stripe_count <= stripe_mask + 1 &&
                alignof(code_version) > stripe_mask);

  [[nodiscard]] static u64 at(code_version const &v, u32 stripe) noexcept {
    return v.name() | stripe;
  }
  [[nodiscard]] static code_version &version(u64 place) noexcept {
    return *code_version::at(place & ~stripe_mask);
  }
  [[nodiscard]] static u32 stripe(u64 place) noexcept {
    return static_cast<u32>(place & stripe_mask);
  }
};

struct code_entry {
  /// Counts the caller into the current version of the slot that `c` is, or was.
  /// @return ESCROW_OK | ESCROW_E_ABSENT nothing was published yet | ESCROW_E_CLOSED |
  ///         ESCROW_E_STALE destroyed
  [[nodiscard, gnu::always_inline]] static inline escrow_status enter(code_control &c, u64 slot,
                                                                      u64 &out_place) noexcept {
    u32 const stripe = lane_hint(code_version::stripe_count - 1);
    code_version *const v =
        c.face.enter(stripe, [](code_version &last) noexcept { code_versions::look(last); });
    if (v == nullptr) [[unlikely]]
      return nothing(c, slot);
    u64 const place = code_place::at(*v, stripe);
    if (v->slot != slot) [[unlikely]]
      return another(place);
    out_place = place;
    return ESCROW_OK;
  }
  [[gnu::always_inline]] static inline void leave(u64 place) noexcept {
    code_version &v = code_place::version(place);
    if (v.leave(code_place::stripe(place))) [[unlikely]]
      code_versions::look(v);
  }
  /// The end of a call that did not return, and whose code may still be needed: the version's
  /// library stays in the process for ever.
  [[gnu::cold, gnu::noinline]] static void abandon(u64 place) noexcept {
    // relaxed: the end that follows shows it
    code_place::version(place).leaked.store(1, std::memory_order_relaxed);
    leave(place);
  }

  /// Keeps the version that the caller is in or holds. The hold's place.
  [[nodiscard]] static u64 hold(u64 place) noexcept {
    code_version &v = code_place::version(place);
    u32 const stripe = lane_hint(code_version::stripe_count - 1);
    v.hold(stripe);
    return code_place::at(v, stripe);
  }
  static void drop(u64 place) noexcept {
    code_version &v = code_place::version(place);
    if (v.drop(code_place::stripe(place))) code_versions::look(v);
  }

 private:
  [[gnu::cold, gnu::noinline]] static escrow_status nothing(code_control const &c,
                                                            u64 slot) noexcept {
    auto const s = c.status_at(slot);
    return s == ESCROW_OK ? escrow_status{ESCROW_E_ABSENT} : s;
  }
  [[gnu::cold, gnu::noinline]] static escrow_status another(u64 place) noexcept {
    leave(place);
    return ESCROW_E_STALE;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
