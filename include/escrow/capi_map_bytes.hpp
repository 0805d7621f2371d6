// escrow/capi_map_bytes.hpp: the C functions of maps with byte keys or byte values; included by
// capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_MAP_BYTES_HPP
#define ESCROW_CAPI_MAP_BYTES_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_map_bytes.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

static_assert(sizeof(escrow_buffer) == sizeof(byte_buffer) &&
              offsetof(escrow_buffer, size) == offsetof(byte_buffer, size));

struct bytes_facade {
  [[nodiscard]] static bool is_there(void const *data, u64 size) noexcept {
    return data != nullptr || size == 0;
  }
  [[nodiscard]] static bytes of(void const *data, u64 size) noexcept {
    return {static_cast<char const *>(data), size};
  }
  [[nodiscard]] static bool is_there(escrow_bytes const *b) noexcept {
    return b != nullptr && is_there(b->data, b->size);
  }
  [[nodiscard]] static bytes of(escrow_bytes const &b) noexcept { return of(b.data, b.size); }
  [[nodiscard]] static bool is_there(escrow_buffer const *b) noexcept {
    return b != nullptr && is_there(b->data, b->capacity);
  }

  /// f(control block, key) of an open map.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status keyed(u64 map, void const *key,
                                                                      u64 size,
                                                                      F const &f) noexcept {
    if (!is_there(key, size)) return ESCROW_E_NULL;
    return map_facade::with(
        map, [&](map_control &c) noexcept { return f(c, bytes_facade::of(key, size)); });
  }
  /// f(buffer) with the caller's buffer, whose size is set whatever comes of it.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline auto buffered(escrow_buffer *out,
                                                                F const &f) noexcept
      -> decltype(f(std::declval<byte_buffer &>())) {
    if (!is_there(out)) return ESCROW_E_NULL;
    auto &b = *reinterpret_cast<byte_buffer *>(out);  // in place: a leaf's stack is short
    b.size = 0;
    auto const s = f(b);
    if (s < 0 && s != ESCROW_E_SIZE) b.size = 0;
    return s;
  }
};

}  // namespace escrow::inline ESCROW_ABI

using escrow::bytes_facade;

extern "C" {

ESCROW_API escrow_status escrow_map_get_bytes(escrow_map map, void const *key, uint64_t size,
                                              escrow_buffer *out) noexcept {
  return bytes_facade::buffered(out, [&](auto &b) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::get<false>(c, k, b);
    });
  });
}

ESCROW_API escrow_status escrow_map_put_bytes(escrow_map map, void const *key, uint64_t size,
                                              escrow_bytes const *value) noexcept {
  if (!bytes_facade::is_there(value)) return ESCROW_E_NULL;
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::plain(c, [&](auto m) noexcept {
      return escrow::map_access::put<false>(m, k, bytes_facade::of(*value));
    });
  });
}

ESCROW_API escrow_status escrow_map_put_bytes_if_absent(escrow_map map, void const *key,
                                                        uint64_t size, escrow_bytes const *value,
                                                        escrow_buffer *there) noexcept {
  if (!bytes_facade::is_there(value)) return ESCROW_E_NULL;
  return bytes_facade::buffered(there, [&](auto &b) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::plain(c, [&](auto m) noexcept {
        return escrow::map_access::put_if_absent<false>(m, k, bytes_facade::of(*value), b);
      });
    });
  });
}

ESCROW_API escrow_status escrow_map_swap_bytes(escrow_map map, void const *key, uint64_t size,
                                               escrow_bytes const *value,
                                               escrow_buffer *before) noexcept {
  if (!bytes_facade::is_there(value)) return ESCROW_E_NULL;
  return bytes_facade::buffered(before, [&](auto &b) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::plain(c, [&](auto m) noexcept {
        return escrow::map_access::swap<false>(m, k, bytes_facade::of(*value), b);
      });
    });
  });
}

ESCROW_API escrow_status escrow_map_compare_and_swap_bytes(escrow_map map, void const *key,
                                                           uint64_t size,
                                                           escrow_bytes const *expected,
                                                           escrow_bytes const *desired) noexcept {
  if (!bytes_facade::is_there(expected) || !bytes_facade::is_there(desired)) return ESCROW_E_NULL;
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::plain(c, [&](auto m) noexcept {
      return escrow::map_access::compare_and_swap<false>(m, k, bytes_facade::of(*expected),
                                                         bytes_facade::of(*desired));
    });
  });
}

ESCROW_API escrow_status escrow_map_compare_and_erase_bytes(escrow_map map, void const *key,
                                                            uint64_t size,
                                                            escrow_bytes const *expected) noexcept {
  if (!bytes_facade::is_there(expected)) return ESCROW_E_NULL;
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::compare_and_erase<false>(c, k, bytes_facade::of(*expected));
  });
}

ESCROW_API escrow_status escrow_map_add_bytes(escrow_map map, void const *key, uint64_t size,
                                              uint64_t delta, uint64_t *out_before) noexcept {
  return map_facade::out_word(out_before, [&](uint64_t &before) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::plain(c, [&](auto m) noexcept {
        return escrow::map_access::fetch_add<false>(m, k, delta, before);
      });
    });
  });
}

ESCROW_API escrow_status escrow_map_erase_bytes(escrow_map map, void const *key,
                                                uint64_t size) noexcept {
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::erase<false>(c, k);
  });
}

ESCROW_API escrow_status escrow_map_take_bytes(escrow_map map, void const *key, uint64_t size,
                                               escrow_buffer *out) noexcept {
  return bytes_facade::buffered(out, [&](auto &b) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::take<false>(c, k, b);
    });
  });
}

ESCROW_API escrow_status escrow_map_erase_bytes_if(escrow_map map, void const *key, uint64_t size,
                                                   uint32_t condition, uint64_t operand) noexcept {
  if (!map_facade::is_condition(condition)) return ESCROW_E_OPTION;
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::erase_if<false>(c, k, static_cast<escrow::map_condition>(condition),
                                               operand);
  });
}

ESCROW_API escrow_status escrow_map_scan_bytes(escrow_map map, uint64_t *cursor, escrow_buffer *out,
                                               uint64_t *out_count) noexcept {
  if (cursor == nullptr) return ESCROW_E_NULL;
  return map_facade::out_word(out_count, [&](uint64_t &count) noexcept {
    return bytes_facade::buffered(out, [&](auto &b) noexcept {
      return map_facade::with(map, [&](escrow::map_control &c) noexcept {
        return escrow::map_access::any(c, [&](auto m) noexcept {
          escrow::record_sink sink{b.data, b.capacity};
          auto const s = m.scan(*cursor, sink);
          b.size = sink.used;
          count = sink.count;
          return s;
        });
      });
    });
  });
}

}  // extern "C"

#endif
