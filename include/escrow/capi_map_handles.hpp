// escrow/capi_map_handles.hpp: the C functions of maps whose values are handles; included by
// capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_MAP_HANDLES_HPP
#define ESCROW_CAPI_MAP_HANDLES_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_map_handles.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

struct handles_facade {
  /// f(handle map, key) of an open map of handles.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status keyed(u64 map, void const *key,
                                                                      u64 size,
                                                                      F const &f) noexcept {
    return bytes_facade::keyed(map, key, size, [&](map_control &c, bytes k) noexcept {
      return map_access::handles(c, [&](auto m) noexcept {
        return map_access::keyed(m, k, [&](auto native) noexcept { return f(m, native); });
      });
    });
  }
};

}  // namespace escrow::inline ESCROW_ABI

using escrow::handles_facade;

extern "C" {

ESCROW_API escrow_status escrow_map_get_handle(escrow_map map, void const *key, uint64_t size,
                                               escrow_handle *out_handle) noexcept {
  return map_facade::out_word(out_handle, [&](uint64_t &handle) noexcept {
    return handles_facade::keyed(map, key, size, [&](auto &m, auto k) noexcept {
      return escrow::patiently([&] { return m.get(k, handle); });
    });
  });
}

ESCROW_API escrow_status escrow_map_borrow_handle(escrow_map map, void const *key, uint64_t size,
                                                  escrow_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = escrow_view{};
  return handles_facade::keyed(map, key, size, [&](auto &m, auto k) noexcept {
    return escrow::patiently([&] { return m.borrow(k, *out_view); });
  });
}

ESCROW_API escrow_status escrow_map_put_handle(escrow_map map, void const *key, uint64_t size,
                                               escrow_handle handle) noexcept {
  return handles_facade::keyed(map, key, size,
                               [&](auto &m, auto k) noexcept { return m.put(k, handle); });
}

ESCROW_API escrow_status escrow_map_put_handle_if_absent(escrow_map map, void const *key,
                                                         uint64_t size, escrow_handle handle,
                                                         escrow_handle *out_there) noexcept {
  return map_facade::out_word(out_there, [&](uint64_t &there) noexcept {
    return handles_facade::keyed(map, key, size, [&](auto &m, auto k) noexcept {
      return escrow::patiently([&] { return m.put_if_absent(k, handle, there); });
    });
  });
}

ESCROW_API escrow_status escrow_map_take_handle(escrow_map map, void const *key, uint64_t size,
                                                escrow_handle *out_handle) noexcept {
  return map_facade::out_word(out_handle, [&](uint64_t &handle) noexcept {
    return handles_facade::keyed(map, key, size,
                                 [&](auto &m, auto k) noexcept { return m.take(k, handle); });
  });
}

ESCROW_API escrow_status escrow_map_erase_handle(escrow_map map, void const *key,
                                                 uint64_t size) noexcept {
  return handles_facade::keyed(map, key, size,
                               [&](auto &m, auto k) noexcept { return m.erase(k); });
}

ESCROW_API escrow_status escrow_map_erase_stale(escrow_map map, void const *key,
                                                uint64_t size) noexcept {
  return handles_facade::keyed(map, key, size,
                               [&](auto &m, auto k) noexcept { return m.erase_if_stale(k); });
}

ESCROW_API escrow_status escrow_map_purge_stale(escrow_map map, uint64_t *out_count) noexcept {
  return map_facade::out_word(out_count, [&](uint64_t &count) noexcept {
    return map_facade::with(map, [&](escrow::map_control &c) noexcept {
      return escrow::map_access::handles(c, [&](auto m) noexcept {
        count = m.purge_stale();
        return escrow_status{ESCROW_OK};
      });
    });
  });
}

}  // extern "C"

#endif
