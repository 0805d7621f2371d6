// escrow/capi_map.hpp: the C functions of any map, and of maps of words; included by capi.hpp
// alone. [L5]
#ifndef ESCROW_CAPI_MAP_HPP
#define ESCROW_CAPI_MAP_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_map.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

static_assert(sizeof(escrow_map_entry) == sizeof(word_entry));

/// What the C functions of maps share.
struct map_facade {
  /// f(control block) of an open map.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status with(u64 map, F const &f) noexcept {
    map_control *c = nullptr;
    auto const s = open_map(map, c);
    return s != ESCROW_OK ? s : f(*c);
  }
  /// f(word_map) of an open map from words to words.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status words(u64 map,
                                                                      F const &f) noexcept {
    return with(map, [&](map_control &c) noexcept -> escrow_status {
      if (!c.is(map_keys_kind::word, map_values_kind::word)) [[unlikely]]
        return ESCROW_E_KIND;
      auto m = map_access::words(c);
      return f(m);
    });
  }
  [[nodiscard]] static bool is_condition(u32 condition) noexcept {
    return condition <= static_cast<u32>(map_condition::less_signed);
  }
  /// Can keys or values of this kind have this layout? In a word lie at most 8 bytes.
  [[nodiscard]] static bool fits(u32 kind, escrow_layout const *l) noexcept {
    return l == nullptr || (kind != ESCROW_MAP_HANDLE && layout_rules::well_formed(*l) &&
                            (l->size <= sizeof(u64)) == (kind == ESCROW_MAP_WORD));
  }
  /// Sets an output that may be NULL.
  template <class T>
  static void set(T *out, T value) noexcept {
    if (out != nullptr) *out = value;
  }
  /// An operation on a word that is written to *out when it took effect, and is 0 otherwise.
  template <class F>
  [[nodiscard, gnu::always_inline]] static inline escrow_status out_word(u64 *out,
                                                                         F const &f) noexcept {
    if (out == nullptr) return ESCROW_E_NULL;
    u64 word = 0;
    auto const s = f(word);
    *out = s >= 0 ? word : 0;
    return s;
  }
};

}  // namespace escrow::inline ESCROW_ABI

using escrow::map_facade;

extern "C" {

ESCROW_API escrow_status escrow_map_open(escrow_map_options const *options,
                                         escrow_map *out_map) noexcept {
  if (out_map == nullptr) return ESCROW_E_NULL;
  *out_map = 0;
  if (options == nullptr) return ESCROW_E_NULL;
  escrow_map_options const &o = *options;
  if (o.struct_size != sizeof o) return ESCROW_E_VERSION;
  bool const keys = o.keys == ESCROW_MAP_WORD || o.keys == ESCROW_MAP_BYTES;
  bool const values = o.values >= ESCROW_MAP_WORD && o.values <= ESCROW_MAP_HANDLE;
  if (!keys || !values || o.reserved != 0) return ESCROW_E_OPTION;
  if (!map_facade::fits(o.keys, o.key_layout) || !map_facade::fits(o.values, o.value_layout))
    return ESCROW_E_OPTION;
  uint64_t map = 0;
  auto s = escrow::map_lifecycle::open(
      static_cast<escrow::map_keys_kind>(o.keys), static_cast<escrow::map_values_kind>(o.values),
      {o.expected, o.limit_bytes, o.seed, o.key_layout, o.value_layout}, map);
  if (s != ESCROW_OK) return s;
  if (o.expected != 0) s = escrow_map_reserve(map, o.expected);
  if (s == ESCROW_OK) {
    *out_map = map;
    return s;
  }
  (void)escrow_map_close(map);
  (void)escrow_map_destroy(map);
  return s;
}

ESCROW_API escrow_status escrow_map_close(escrow_map map) noexcept {
  return escrow::map_lifecycle::close(map);
}

ESCROW_API escrow_status escrow_map_destroy(escrow_map map) noexcept {
  escrow::map_control *c = nullptr;
  auto const s = escrow::open_map(map, c);
  if (s == ESCROW_E_CLOSED)
    (void)escrow::map_access::handles(*c, [](auto m) noexcept {
      m.release_all();
      return ESCROW_OK;
    });
  return escrow::map_lifecycle::destroy(map);
}

ESCROW_API escrow_status escrow_map_purge(escrow_map map, uint32_t condition, uint64_t operand,
                                          uint64_t *out_count) noexcept {
  return map_facade::out_word(out_count, [&](uint64_t &count) noexcept {
    if (!map_facade::is_condition(condition)) return escrow_status{ESCROW_E_OPTION};
    return map_facade::with(map, [&](escrow::map_control &c) noexcept {
      return escrow::map_access::plain(c, [&](auto m) noexcept {
        count = m.purge(static_cast<escrow::map_condition>(condition), operand);
        return escrow_status{ESCROW_OK};
      });
    });
  });
}

ESCROW_API escrow_status escrow_map_clear(escrow_map map) noexcept {
  return map_facade::with(map, [](escrow::map_control &c) noexcept {
    return escrow::map_access::any(c, [](auto m) noexcept {
      using index = typename decltype(m)::index_type;
      escrow::index_walk<index>::clear(m.index());
      if constexpr (requires { m.purge_stale(); }) escrow::index_walk<index>::sweep(m.index());
      return escrow_status{ESCROW_OK};
    });
  });
}

ESCROW_API escrow_status escrow_map_sweep(escrow_map map) noexcept {
  return map_facade::with(map, [](escrow::map_control &c) noexcept {
    return escrow::map_access::any(c, [](auto m) noexcept {
      escrow::index_walk<typename decltype(m)::index_type>::sweep(m.index());
      return escrow_status{ESCROW_OK};
    });
  });
}

ESCROW_API escrow_status escrow_map_length(escrow_map map, uint64_t *out_length) noexcept {
  return map_facade::out_word(out_length, [&](uint64_t &length) noexcept {
    return map_facade::with(map, [&](escrow::map_control &c) noexcept {
      length = c.state.entries();
      return escrow_status{ESCROW_OK};
    });
  });
}

ESCROW_API escrow_status escrow_map_reserve(escrow_map map, uint64_t entries) noexcept {
  return map_facade::with(map, [&](escrow::map_control &c) noexcept {
    return escrow::map_access::any(c, [&](auto m) noexcept {
      return escrow::index_growth<typename decltype(m)::index_type>::reserve(m.index(), entries);
    });
  });
}

ESCROW_API escrow_status escrow_map_grow(escrow_map map) noexcept {
  return map_facade::with(map, [](escrow::map_control &c) noexcept {
    return escrow::map_access::any(c, [](auto m) noexcept {
      using growth = escrow::index_growth<typename decltype(m)::index_type>;
      growth::grow(m.index(), growth::after_leaves());
      return escrow_status{ESCROW_OK};
    });
  });
}

ESCROW_API escrow_status escrow_map_shrink(escrow_map map, uint64_t *out_bytes) noexcept {
  map_facade::set(out_bytes, uint64_t{0});
  return map_facade::with(map, [&](escrow::map_control &c) noexcept {
    return escrow::map_access::any(c, [&](auto m) noexcept {
      map_facade::set(out_bytes, escrow::map_shrink(m.index()));
      return escrow_status{ESCROW_OK};
    });
  });
}

ESCROW_API escrow_status escrow_map_read_stats(escrow_map map,
                                               escrow_map_stats *out_stats) noexcept {
  if (out_stats == nullptr) return ESCROW_E_NULL;
  uint32_t const size = out_stats->struct_size;
  *out_stats = escrow_map_stats{};
  if (size != sizeof *out_stats) return ESCROW_E_VERSION;
  out_stats->struct_size = size;
  return map_facade::with(map, [&](escrow::map_control &c) noexcept {
    return escrow::map_access::any(c, [&](auto m) noexcept {
      escrow::map_stats const s = escrow::map_census(m.index());
      out_stats->entries = s.entries;
      out_stats->buckets = s.buckets;
      out_stats->nodes = s.nodes;
      for (unsigned i = 0; i < escrow::map_stats::probe_steps; ++i)
        out_stats->probes[i] = s.probes[i];
      out_stats->retries = s.retries;
      out_stats->bytes_index = s.bytes_index;
      out_stats->bytes_records_live = s.bytes_records_live;
      out_stats->bytes_records_held = s.bytes_records_held;
      return escrow_status{ESCROW_OK};
    });
  });
}

// ---- Words to words.

ESCROW_API escrow_status escrow_map_get(escrow_map map, uint64_t key,
                                        uint64_t *out_value) noexcept {
  return map_facade::out_word(out_value, [&](uint64_t &value) noexcept {
    return map_facade::words(map, [&](auto &m) noexcept { return m.get(key, value); });
  });
}

ESCROW_API escrow_status escrow_map_put(escrow_map map, uint64_t key, uint64_t value) noexcept {
  return map_facade::words(map, [&](auto &m) noexcept { return m.put(key, value); });
}

ESCROW_API escrow_status escrow_map_put_if_absent(escrow_map map, uint64_t key, uint64_t value,
                                                  uint64_t *out_there) noexcept {
  return map_facade::out_word(out_there, [&](uint64_t &there) noexcept {
    return map_facade::words(map,
                             [&](auto &m) noexcept { return m.put_if_absent(key, value, there); });
  });
}

ESCROW_API escrow_status escrow_map_swap(escrow_map map, uint64_t key, uint64_t value,
                                         uint64_t *out_before) noexcept {
  return map_facade::out_word(out_before, [&](uint64_t &before) noexcept {
    return map_facade::words(map, [&](auto &m) noexcept { return m.swap(key, value, before); });
  });
}

ESCROW_API escrow_status escrow_map_compare_and_swap(escrow_map map, uint64_t key,
                                                     uint64_t expected, uint64_t desired) noexcept {
  return map_facade::words(
      map, [&](auto &m) noexcept { return m.compare_and_swap(key, expected, desired); });
}

ESCROW_API escrow_status escrow_map_add(escrow_map map, uint64_t key, uint64_t delta,
                                        uint64_t *out_before) noexcept {
  return map_facade::out_word(out_before, [&](uint64_t &before) noexcept {
    return map_facade::words(map,
                             [&](auto &m) noexcept { return m.fetch_add(key, delta, before); });
  });
}

ESCROW_API escrow_status escrow_map_erase(escrow_map map, uint64_t key) noexcept {
  return map_facade::words(map, [&](auto &m) noexcept { return m.erase(key); });
}

ESCROW_API escrow_status escrow_map_take(escrow_map map, uint64_t key,
                                         uint64_t *out_value) noexcept {
  return map_facade::out_word(out_value, [&](uint64_t &value) noexcept {
    return map_facade::words(map, [&](auto &m) noexcept { return m.take(key, value); });
  });
}

ESCROW_API escrow_status escrow_map_erase_if(escrow_map map, uint64_t key, uint32_t condition,
                                             uint64_t operand) noexcept {
  if (!map_facade::is_condition(condition)) return ESCROW_E_OPTION;
  return map_facade::words(map, [&](auto &m) noexcept {
    return m.erase_if(key, static_cast<escrow::map_condition>(condition), operand);
  });
}

ESCROW_API escrow_status escrow_map_get_n(escrow_map map, uint64_t const *keys, uint64_t count,
                                          uint64_t *out_values, escrow_status *out_each,
                                          uint64_t *out_found) noexcept {
  map_facade::set(out_found, uint64_t{0});
  if (count != 0 && (keys == nullptr || out_values == nullptr)) return ESCROW_E_NULL;
  return map_facade::words(map, [&](auto &m) noexcept {
    map_facade::set(out_found, m.get_n(keys, count, out_values, out_each));
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_map_put_n(escrow_map map, uint64_t const *keys,
                                          uint64_t const *values, uint64_t count,
                                          escrow_status *out_each, uint64_t *out_stored) noexcept {
  map_facade::set(out_stored, uint64_t{0});
  if (count != 0 && (keys == nullptr || values == nullptr)) return ESCROW_E_NULL;
  return map_facade::words(map, [&](auto &m) noexcept {
    map_facade::set(out_stored, m.put_n(keys, values, count, out_each));
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_map_erase_n(escrow_map map, uint64_t const *keys, uint64_t count,
                                            escrow_status *out_each,
                                            uint64_t *out_erased) noexcept {
  map_facade::set(out_erased, uint64_t{0});
  if (count != 0 && keys == nullptr) return ESCROW_E_NULL;
  return map_facade::words(map, [&](auto &m) noexcept {
    map_facade::set(out_erased, m.erase_n(keys, count, out_each));
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_map_scan(escrow_map map, uint64_t *cursor,
                                         escrow_map_entry *out_entries, uint64_t capacity,
                                         uint64_t *out_count) noexcept {
  if (cursor == nullptr || out_entries == nullptr) return ESCROW_E_NULL;
  return map_facade::out_word(out_count, [&](uint64_t &count) noexcept {
    return map_facade::words(map, [&](auto &m) noexcept {
      return m.scan(*cursor, reinterpret_cast<escrow::word_entry *>(out_entries), capacity, count);
    });
  });
}

}  // extern "C"

#endif
