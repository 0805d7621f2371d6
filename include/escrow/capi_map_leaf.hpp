// escrow/capi_map_leaf.hpp: the leaf entries of maps; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_MAP_LEAF_HPP
#define ESCROW_CAPI_MAP_LEAF_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_map_leaf.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

struct map_leaf {
  /// Keys that a batch prefetches at once.
  static constexpr u32 chunk = 16;

  /// Growth asks nothing of keys and values: that of maps of words says when it is due.
  [[nodiscard, gnu::always_inline]] static inline int64_t grown(map_control &c,
                                                                int64_t result) noexcept {
    // relaxed: a hint
    if (!c.state.growth_due.load(std::memory_order_relaxed) || result < 0) [[likely]]
      return result;
    return is_due(c) ? result | ESCROW_LEAF_GROW : result;
  }
  /// In a frame of its own, which is not there while the map is changed.
  [[nodiscard, gnu::cold, gnu::noinline]] static bool is_due(map_control &c) noexcept {
    auto m = map_access::words(c);
    return index_growth<typename decltype(m)::index_type>::is_due(m.index());
  }
  /// f(word map) of an open map of words; then whether it should grow.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline int64_t store(u64 map, F const &f) noexcept {
    map_control *c = nullptr;
    if (auto const s = open_map(map, c); s != ESCROW_OK) [[unlikely]]
      return s;
    if (!c->is(map_keys_kind::word, map_values_kind::word)) [[unlikely]]
      return ESCROW_E_KIND;
    auto m = map_access::words(*c);
    return grown(*c, f(m));
  }
  /// f(map) of an open map with byte keys and word values.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline int64_t keyed(u64 map, F const &f) noexcept {
    map_control *c = nullptr;
    if (auto const s = open_map(map, c); s != ESCROW_OK) [[unlikely]]
      return s;
    if (!c->is(map_keys_kind::bytes, map_values_kind::word)) return ESCROW_E_KIND;
    auto m = map_access::as<word_map<map_access::by_bytes>>(*c);
    return grown(*c, f(m));
  }
  /// How many keys, from the first on, are 4 KiB in all at the most: what a leaf may touch. The
  /// others are left, which is BUSY.
  [[nodiscard]] static inline u64 within_bound(bytes const *keys, u64 count,
                                               escrow_status *each) noexcept {
    u64 room = 4096;
    u64 n = 0;
    for (; n < count && keys[n].size <= room; ++n) room -= keys[n].size;
    for (u64 i = n; i < count; ++i) each[i] = ESCROW_E_BUSY;
    return n;
  }
  /// F(map, key, a, b) of an open map of words or bytes, then whether it should grow. F is a
  /// lambda without captures: what it needs comes in registers, since a leaf has no stack for
  /// closures. @return F's with ESCROW_LEAF_GROW | what refused the map
  template <class F, class A, class B>
  [[nodiscard, gnu::always_inline]] static inline int64_t store_bytes(u64 map, void const *key,
                                                                      u64 size, F const &, A a,
                                                                      B b) noexcept {
    if (!bytes_facade::is_there(key, size)) return ESCROW_E_NULL;
    map_control *c = nullptr;
    if (auto const s = open_map(map, c); s != ESCROW_OK) [[unlikely]]
      return s;
    if (c->values == map_values_kind::handle) return ESCROW_E_KIND;
    using access = map_access;
    bytes const k = bytes_facade::of(key, size);
    bool const by = c->keys == map_keys_kind::bytes;
    if (c->values == map_values_kind::bytes)
      return by ? store_in<byte_map<access::by_bytes>, F>(*c, k, a, b)
                : store_in<byte_map<access::by_word>, F>(*c, k, a, b);
    return by ? store_in<word_map<access::by_bytes>, F>(*c, k, a, b)
              : store_in<word_map<access::by_word>, F>(*c, k, a, b);
  }
  /// In a frame of its own for each kind of map.
  template <class Map, class F, class A, class B>
  [[nodiscard, gnu::noinline, gnu::flatten]] static int64_t store_in(map_control &c, bytes key, A a,
                                                                     B b) noexcept {
    auto m = map_access::as<Map>(c);
    return grown(c, F{}(m, key, a, b));
  }
  [[nodiscard]] static int64_t busy(escrow_status const *each, u64 count) noexcept {
    int64_t n = 0;
    for (u64 i = 0; i < count; ++i) n += each[i] == ESCROW_E_BUSY;
    return n;
  }
  [[nodiscard]] static escrow_status batch(void const *keys, void const *values,
                                           escrow_status const *each, u64 count) noexcept {
    if (keys == nullptr || values == nullptr || each == nullptr) return ESCROW_E_NULL;
    return count <= ESCROW_LEAF_BATCH ? ESCROW_OK : ESCROW_E_SIZE;
  }
};

}  // namespace escrow::inline ESCROW_ABI

extern "C" {

ESCROW_API int64_t escrow1_leaf_map_get(uint64_t map, uint64_t key, uint64_t *out_value) noexcept {
  return map_facade::out_word(out_value, [&](uint64_t &value) noexcept {
    return map_facade::words(map,
                             [&](auto &m) noexcept { return m.template get<true>(key, value); });
  });
}

ESCROW_API int64_t escrow1_leaf_map_put(uint64_t map, uint64_t key, uint64_t value) noexcept {
  return escrow::map_leaf::store(
      map, [&](auto &m) noexcept { return m.template put<true>(key, value); });
}

ESCROW_API int64_t escrow1_leaf_map_put_if_absent(uint64_t map, uint64_t key, uint64_t value,
                                                  uint64_t *out_there) noexcept {
  if (out_there == nullptr) return ESCROW_E_NULL;
  *out_there = 0;
  return escrow::map_leaf::store(map, [&](auto &m) noexcept {
    return m.template put_if_absent<true>(key, value, *out_there);
  });
}

ESCROW_API int64_t escrow1_leaf_map_swap(uint64_t map, uint64_t key, uint64_t value,
                                         uint64_t *out_before) noexcept {
  if (out_before == nullptr) return ESCROW_E_NULL;
  *out_before = 0;
  return escrow::map_leaf::store(
      map, [&](auto &m) noexcept { return m.template swap<true>(key, value, *out_before); });
}

ESCROW_API int64_t escrow1_leaf_map_compare_and_swap(uint64_t map, uint64_t key, uint64_t expected,
                                                     uint64_t desired) noexcept {
  return escrow::map_leaf::store(map, [&](auto &m) noexcept {
    return m.template compare_and_swap<true>(key, expected, desired);
  });
}

ESCROW_API int64_t escrow1_leaf_map_add(uint64_t map, uint64_t key, uint64_t delta,
                                        uint64_t *out_before) noexcept {
  if (out_before == nullptr) return ESCROW_E_NULL;
  *out_before = 0;
  return escrow::map_leaf::store(
      map, [&](auto &m) noexcept { return m.template fetch_add<true>(key, delta, *out_before); });
}

ESCROW_API int64_t escrow1_leaf_map_erase(uint64_t map, uint64_t key) noexcept {
  return map_facade::words(map, [&](auto &m) noexcept { return m.template erase<true>(key); });
}

ESCROW_API int64_t escrow1_leaf_map_take(uint64_t map, uint64_t key, uint64_t *out_value) noexcept {
  return map_facade::out_word(out_value, [&](uint64_t &value) noexcept {
    return map_facade::words(map,
                             [&](auto &m) noexcept { return m.template take<true>(key, value); });
  });
}

ESCROW_API int64_t escrow1_leaf_map_erase_if(uint64_t map, uint64_t key, uint64_t condition,
                                             uint64_t operand) noexcept {
  if (!map_facade::is_condition(static_cast<uint32_t>(condition))) return ESCROW_E_OPTION;
  return map_facade::words(map, [&](auto &m) noexcept {
    return m.template erase_if<true>(key, static_cast<escrow::map_condition>(condition), operand);
  });
}

ESCROW_API int64_t escrow1_leaf_map_get_n(uint64_t map, uint64_t const *keys, uint64_t count,
                                          uint64_t *out_values, escrow_status *out_each) noexcept {
  if (auto const s = escrow::map_leaf::batch(keys, out_values, out_each, count); s != ESCROW_OK)
    return s;
  return escrow::map_leaf::store(map, [&](auto &m) noexcept {
    m.template get_n<true, escrow::map_leaf::chunk>(keys, count, out_values, out_each);
    return escrow::map_leaf::busy(out_each, count);
  });
}

ESCROW_API int64_t escrow1_leaf_map_put_n(uint64_t map, uint64_t const *keys,
                                          uint64_t const *values, uint64_t count,
                                          escrow_status *out_each) noexcept {
  if (auto const s = escrow::map_leaf::batch(keys, values, out_each, count); s != ESCROW_OK)
    return s;
  return escrow::map_leaf::store(map, [&](auto &m) noexcept {
    m.template put_n<true, escrow::map_leaf::chunk>(keys, values, count, out_each);
    return escrow::map_leaf::busy(out_each, count);
  });
}

ESCROW_API int64_t escrow1_leaf_map_erase_n(uint64_t map, uint64_t const *keys, uint64_t count,
                                            escrow_status *out_each) noexcept {
  if (auto const s = escrow::map_leaf::batch(keys, keys, out_each, count); s != ESCROW_OK) return s;
  return escrow::map_leaf::store(map, [&](auto &m) noexcept {
    m.template erase_n<true, escrow::map_leaf::chunk>(keys, count, out_each);
    return escrow::map_leaf::busy(out_each, count);
  });
}

ESCROW_API int64_t escrow1_leaf_map_get_bytes(uint64_t map, void const *key, uint64_t size,
                                              escrow_buffer *out) noexcept {
  return bytes_facade::buffered(out, [&](auto &b) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::get<true>(c, k, b);
    });
  });
}

ESCROW_API int64_t escrow1_leaf_map_put_bytes(uint64_t map, void const *key, uint64_t size,
                                              escrow_bytes const *value) noexcept {
  if (!bytes_facade::is_there(value)) return ESCROW_E_NULL;
  return escrow::map_leaf::store_bytes(
      map, key, size,
      [](auto &m, escrow::bytes k, escrow_bytes const *v, std::nullptr_t) noexcept {
        return escrow::map_access::put<true>(m, k, bytes_facade::of(*v));
      },
      value, nullptr);
}

ESCROW_API int64_t escrow1_leaf_map_put_bytes_if_absent(uint64_t map, void const *key,
                                                        uint64_t size, escrow_bytes const *value,
                                                        escrow_buffer *there) noexcept {
  if (!bytes_facade::is_there(value)) return ESCROW_E_NULL;
  return bytes_facade::buffered(there, [&](escrow::byte_buffer &b) noexcept {
    return escrow::map_leaf::store_bytes(
        map, key, size,
        [](auto &m, escrow::bytes k, escrow_bytes const *v, escrow::byte_buffer *out) noexcept {
          return escrow::map_access::put_if_absent<true>(m, k, bytes_facade::of(*v), *out);
        },
        value, &b);
  });
}

ESCROW_API int64_t escrow1_leaf_map_swap_bytes(uint64_t map, void const *key, uint64_t size,
                                               escrow_bytes const *value,
                                               escrow_buffer *before) noexcept {
  if (!bytes_facade::is_there(value)) return ESCROW_E_NULL;
  return bytes_facade::buffered(before, [&](escrow::byte_buffer &b) noexcept {
    return escrow::map_leaf::store_bytes(
        map, key, size,
        [](auto &m, escrow::bytes k, escrow_bytes const *v, escrow::byte_buffer *out) noexcept {
          return escrow::map_access::swap<true>(m, k, bytes_facade::of(*v), *out);
        },
        value, &b);
  });
}

ESCROW_API int64_t escrow1_leaf_map_compare_and_swap_bytes(uint64_t map, void const *key,
                                                           uint64_t size,
                                                           escrow_bytes const *expected,
                                                           escrow_bytes const *desired) noexcept {
  if (!bytes_facade::is_there(expected) || !bytes_facade::is_there(desired)) return ESCROW_E_NULL;
  return escrow::map_leaf::store_bytes(
      map, key, size,
      [](auto &m, escrow::bytes k, escrow_bytes const *e, escrow_bytes const *d) noexcept {
        return escrow::map_access::compare_and_swap<true>(m, k, bytes_facade::of(*e),
                                                          bytes_facade::of(*d));
      },
      expected, desired);
}

ESCROW_API int64_t escrow1_leaf_map_add_bytes(uint64_t map, void const *key, uint64_t size,
                                              uint64_t delta, uint64_t *out_before) noexcept {
  if (out_before == nullptr) return ESCROW_E_NULL;
  *out_before = 0;
  return escrow::map_leaf::store_bytes(
      map, key, size,
      [](auto &m, escrow::bytes k, escrow::u64 more, escrow::u64 *before) noexcept {
        return escrow::map_access::fetch_add<true>(m, k, more, *before);
      },
      delta, out_before);
}

ESCROW_API int64_t escrow1_leaf_map_compare_and_erase_bytes(uint64_t map, void const *key,
                                                            uint64_t size,
                                                            escrow_bytes const *expected) noexcept {
  if (!bytes_facade::is_there(expected)) return ESCROW_E_NULL;
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::compare_and_erase<true>(c, k, bytes_facade::of(*expected));
  });
}

ESCROW_API int64_t escrow1_leaf_map_erase_bytes(uint64_t map, void const *key,
                                                uint64_t size) noexcept {
  return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
    return escrow::map_access::erase<true>(c, k);
  });
}

ESCROW_API int64_t escrow1_leaf_map_take_bytes(uint64_t map, void const *key, uint64_t size,
                                               escrow_buffer *out) noexcept {
  return bytes_facade::buffered(out, [&](auto &b) noexcept {
    return bytes_facade::keyed(map, key, size, [&](auto &c, auto k) noexcept {
      return escrow::map_access::take<true>(c, k, b);
    });
  });
}

ESCROW_API int64_t escrow1_leaf_map_get_keyed_n(uint64_t map, escrow_bytes const *keys,
                                                uint64_t count, uint64_t *out_values,
                                                escrow_status *out_each) noexcept {
  if (auto const s = escrow::map_leaf::batch(keys, out_values, out_each, count); s != ESCROW_OK)
    return s;
  auto const *const native = reinterpret_cast<escrow::bytes const *>(keys);
  return escrow::map_leaf::keyed(map, [&](auto &m) noexcept {
    escrow::u64 const n = escrow::map_leaf::within_bound(native, count, out_each);
    m.template get_n<true, escrow::map_leaf::chunk>(native, n, out_values, out_each);
    for (escrow::u64 i = n; i < count; ++i) out_values[i] = 0;
    return escrow::map_leaf::busy(out_each, count);
  });
}

ESCROW_API int64_t escrow1_leaf_map_put_keyed_n(uint64_t map, escrow_bytes const *keys,
                                                uint64_t const *values, uint64_t count,
                                                escrow_status *out_each) noexcept {
  if (auto const s = escrow::map_leaf::batch(keys, values, out_each, count); s != ESCROW_OK)
    return s;
  auto const *const native = reinterpret_cast<escrow::bytes const *>(keys);
  return escrow::map_leaf::keyed(map, [&](auto &m) noexcept {
    escrow::u64 const n = escrow::map_leaf::within_bound(native, count, out_each);
    m.template put_n<true, escrow::map_leaf::chunk>(native, values, n, out_each);
    return escrow::map_leaf::busy(out_each, count);
  });
}

ESCROW_API int64_t escrow1_leaf_map_erase_keyed_n(uint64_t map, escrow_bytes const *keys,
                                                  uint64_t count,
                                                  escrow_status *out_each) noexcept {
  if (auto const s = escrow::map_leaf::batch(keys, keys, out_each, count); s != ESCROW_OK) return s;
  auto const *const native = reinterpret_cast<escrow::bytes const *>(keys);
  return escrow::map_leaf::keyed(map, [&](auto &m) noexcept {
    escrow::u64 const n = escrow::map_leaf::within_bound(native, count, out_each);
    m.template erase_n<true, escrow::map_leaf::chunk>(native, n, out_each);
    return escrow::map_leaf::busy(out_each, count);
  });
}

ESCROW_API int64_t escrow1_leaf_map_borrow_handle(uint64_t map, void const *key, uint64_t size,
                                                  escrow_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = escrow_view{};
  return handles_facade::keyed(map, key, size, [&](auto &m, auto k) noexcept {
    return m.template borrow<true>(k, *out_view);
  });
}

}  // extern "C"

#endif
