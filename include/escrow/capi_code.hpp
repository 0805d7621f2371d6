// escrow/capi_code.hpp: the C functions of code slots; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_CODE_HPP
#define ESCROW_CAPI_CODE_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_code.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

/// What the C functions of code slots share.
struct code_facade {
  /// f(control block) of an open slot.
  template <class F>
  [[nodiscard]] static escrow_status with(u64 slot, F const &f) noexcept {
    code_control *c = nullptr;
    auto const s = open_code(slot, c);
    return s != ESCROW_OK ? s : f(*c);
  }
  /// The same of one that may be closed.
  template <class F>
  [[nodiscard]] static escrow_status with_any(u64 slot, F const &f) noexcept {
    code_control *c = nullptr;
    auto const s = open_code(slot, c);
    return s != ESCROW_OK && s != ESCROW_E_CLOSED ? s : f(*c);
  }
  /// f(control block, reason, version), the last two of which the caller may not want to know.
  template <class F>
  [[nodiscard]] static escrow_status change(u64 slot, escrow_code_reason *out_reason,
                                            u64 *out_version, F const &f) noexcept {
    code_reason why;
    u64 version = 0;
    auto const s = with(slot, [&](code_control &c) noexcept { return f(c, why, version); });
    if (out_version != nullptr) *out_version = s == ESCROW_OK ? version : 0;
    if (out_reason != nullptr) *out_reason = why.said();
    return s;
  }
  /// Ends a call by `end`.
  template <class End>
  [[nodiscard]] static escrow_status end(escrow_code_call *call, End const &end) noexcept {
    if (call == nullptr) return ESCROW_E_NULL;
    u64 const place = call->place;
    *call = escrow_code_call{};
    if (place == 0) return ESCROW_E_STALE;
    end(place);
    return ESCROW_OK;
  }
};

}  // namespace escrow::inline ESCROW_ABI

using escrow::code_facade;

extern "C" {

ESCROW_API escrow_status escrow_code_open(escrow_code_options const *options,
                                          escrow_code_slot *out_slot) noexcept {
  if (out_slot == nullptr) return ESCROW_E_NULL;
  *out_slot = 0;
  if (options == nullptr) return ESCROW_E_NULL;
  return escrow::code_lifecycle::open(*options, *out_slot);
}

ESCROW_API escrow_status escrow_code_close(escrow_code_slot slot) noexcept {
  return escrow::code_lifecycle::close(slot);
}

ESCROW_API escrow_status escrow_code_destroy(escrow_code_slot slot) noexcept {
  return escrow::code_lifecycle::destroy(slot);
}

ESCROW_API escrow_status escrow_code_swap(escrow_code_slot slot, void const *table,
                                          uint64_t expected, escrow_code_reason *out_reason,
                                          uint64_t *out_version) noexcept {
  return code_facade::change(
      slot, out_reason, out_version,
      [&](escrow::code_control &c, escrow::code_reason &why, uint64_t &version) noexcept {
        if (table == nullptr) return escrow_status{ESCROW_E_NULL};
        return escrow::code_swap::table(c, slot, table, expected, why, version);
      });
}

ESCROW_API escrow_status escrow_code_swap_library(escrow_code_slot slot,
                                                  escrow_code_library_options const *options,
                                                  uint64_t expected, escrow_code_reason *out_reason,
                                                  uint64_t *out_version) noexcept {
  return code_facade::change(
      slot, out_reason, out_version,
      [&](escrow::code_control &c, escrow::code_reason &why, uint64_t &version) noexcept {
        if (options == nullptr) return escrow_status{ESCROW_E_NULL};
        escrow_code_library_options const &o = *options;
        if (o.struct_size != sizeof o) return escrow_status{ESCROW_E_VERSION};
        if (o.reserved != 0) return escrow_status{ESCROW_E_OPTION};
        if (o.path == nullptr) return escrow_status{ESCROW_E_NULL};
        char const *const symbol = o.symbol != nullptr ? o.symbol : "escrow_code_table";
        return escrow::code_swap::library(c, slot, o.path, symbol, expected, why, version);
      });
}

ESCROW_API escrow_status escrow_code_roll_back(escrow_code_slot slot, uint64_t version,
                                               uint64_t *out_version) noexcept {
  return code_facade::change(
      slot, nullptr, out_version,
      [&](escrow::code_control &c, escrow::code_reason &, uint64_t &out) noexcept {
        return escrow::code_swap::roll_back(c, slot, version, out);
      });
}

ESCROW_API escrow_status escrow_code_collect(escrow_code_slot slot, uint32_t *out_count) noexcept {
  if (out_count != nullptr) *out_count = 0;
  return code_facade::with_any(slot, [&](escrow::code_control &c) noexcept {
    auto const count = escrow::code_versions::collect(c);
    if (out_count != nullptr) *out_count = count;
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_code_list_versions(escrow_code_slot slot,
                                                   escrow_code_version_info *out_infos,
                                                   uint32_t capacity,
                                                   uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (out_infos == nullptr) capacity = 0;
  return code_facade::with(slot, [&](escrow::code_control &c) noexcept {
    *out_count = escrow::code_versions::list(c, out_infos, capacity);
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_code_read_stats(escrow_code_slot slot,
                                                escrow_code_stats *out_stats) noexcept {
  if (out_stats == nullptr) return ESCROW_E_NULL;
  uint32_t const size = out_stats->struct_size;
  *out_stats = escrow_code_stats{};
  if (size != sizeof *out_stats) return ESCROW_E_VERSION;
  out_stats->struct_size = size;
  return code_facade::with_any(slot, [&](escrow::code_control &c) noexcept {
    escrow::code_versions::stats(c, *out_stats);
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_code_enter(escrow_code_slot slot,
                                           escrow_code_call *out_call) noexcept {
  if (out_call == nullptr) return ESCROW_E_NULL;
  *out_call = escrow_code_call{};
  escrow::code_control *c = nullptr;
  if (auto const s = escrow::find_code(slot, c); s != ESCROW_OK) return s;
  uint64_t place = 0;
  if (auto const s = escrow::code_entry::enter(*c, slot, place); s != ESCROW_OK) return s;
  auto const &v = escrow::code_place::version(place);
  *out_call = {v.table, v.version, place};
  return ESCROW_OK;
}

ESCROW_API escrow_status escrow_code_leave(escrow_code_call *call) noexcept {
  return code_facade::end(call, [](uint64_t place) noexcept { escrow::code_entry::leave(place); });
}

ESCROW_API escrow_status escrow_code_abandon(escrow_code_call *call) noexcept {
  return code_facade::end(call,
                          [](uint64_t place) noexcept { escrow::code_entry::abandon(place); });
}

ESCROW_API escrow_status escrow_code_retain(escrow_code_call const *call,
                                            escrow_code_hold *out_hold) noexcept {
  if (out_hold == nullptr) return ESCROW_E_NULL;
  *out_hold = 0;
  if (call == nullptr) return ESCROW_E_NULL;
  if (call->place == 0) return ESCROW_E_STALE;
  *out_hold = escrow::code_entry::hold(call->place);
  return ESCROW_OK;
}

ESCROW_API void const *escrow_code_held_table(escrow_code_hold hold) noexcept {
  return hold == 0 ? nullptr : escrow::code_place::version(hold).table;
}

ESCROW_API escrow_status escrow_code_release(escrow_code_hold hold) noexcept {
  if (hold == 0) return ESCROW_E_NULL;
  escrow::code_entry::drop(hold);
  return ESCROW_OK;
}
}

#endif
