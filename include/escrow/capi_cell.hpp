// escrow/capi_cell.hpp: the C functions of cells; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_CELL_HPP
#define ESCROW_CAPI_CELL_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_cell.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

static_assert(ESCROW_CELL_ETAG == etag::size && ESCROW_CELL_MOST_ETAG == etag::most);
static_assert(ESCROW_CELL_MOST_COPY == cell_face::most_copy);
static_assert(ESCROW_FOREVER == deadline::never);

/// What the C functions of cells share: outputs that may be NULL, zeroed unless something happened.
struct cell_facade {
  u64 version = 0;
  escrow_cell_reason reason{};

  escrow_status give(escrow_status s, u64 *out_version,
                     escrow_cell_reason *out_reason = nullptr) const noexcept {
    if (out_version != nullptr) *out_version = s >= 0 ? version : 0;
    if (out_reason != nullptr) *out_reason = s == ESCROW_E_REFUSED ? reason : escrow_cell_reason{};
    return s;
  }
  [[nodiscard]] static bool is_bytes(escrow_bytes const *b) noexcept {
    return b != nullptr && (b->size == 0 || b->data != nullptr);
  }
  [[nodiscard]] static bytes native(escrow_bytes const *b) noexcept {
    return b == nullptr ? bytes{nullptr, 0} : bytes{static_cast<char const *>(b->data), b->size};
  }
  [[nodiscard]] static escrow_cell_condition native(escrow_cell_condition const *c) noexcept {
    return c == nullptr ? escrow_cell_condition{} : *c;
  }
  /// f(control block) of an open cell.
  template <class F>
  [[nodiscard]] static escrow_status open(u64 cell, F const &f) noexcept {
    cell_control *c = nullptr;
    auto const s = open_cell(cell, c);
    return s != ESCROW_OK ? s : f(*c);
  }
  /// f(control block) of one that may be closed.
  template <class F>
  [[nodiscard]] static escrow_status readable(u64 cell, F const &f) noexcept {
    cell_control *c = nullptr;
    auto const s = readable_cell(cell, c);
    return s != ESCROW_OK ? s : f(*c);
  }
  /// Is it a snapshot of this cell that is prepared, and its caller's? The lock is held.
  [[nodiscard]] static escrow_status prepared(cell_control const &c, u64 h) noexcept {
    // The pool of a cell that is half destroyed is closed.
    if (auto const s = reference::validate(h, c.pool, 0); s != ESCROW_OK && s != ESCROW_E_REVOKED)
      return s;
    bool const is = cell_snapshots::at(h)->version == 0 && !cell_proposals::has(c, h);
    return is ? ESCROW_OK : ESCROW_E_STALE;
  }
};

}  // namespace escrow::inline ESCROW_ABI

using escrow::cell_facade;

extern "C" {

ESCROW_API escrow_status escrow_cell_open(escrow_cell_options const *options,
                                          escrow_cell *out_cell) noexcept {
  if (options == nullptr || out_cell == nullptr) return ESCROW_E_NULL;
  *out_cell = 0;
  return escrow::cell_lifecycle::open(*options, *out_cell);
}

ESCROW_API escrow_status escrow_cell_close(escrow_cell cell) noexcept {
  return escrow::cell_lifecycle::close(cell);
}

ESCROW_API escrow_status escrow_cell_destroy(escrow_cell cell) noexcept {
  return escrow::cell_lifecycle::destroy(cell);
}

ESCROW_API escrow_status escrow_cell_swap(escrow_cell cell, escrow_bytes const *content,
                                          escrow_bytes const *etag, uint64_t *out_version,
                                          escrow_cell_reason *out_reason) noexcept {
  escrow_cell_condition const always{};
  return escrow_cell_swap_if(cell, &always, content, etag, out_version, out_reason);
}

ESCROW_API escrow_status escrow_cell_swap_if(escrow_cell cell,
                                             escrow_cell_condition const *condition,
                                             escrow_bytes const *content, escrow_bytes const *etag,
                                             uint64_t *out_version,
                                             escrow_cell_reason *out_reason) noexcept {
  cell_facade out;
  auto s = escrow_status{ESCROW_E_NULL};
  if (condition != nullptr && cell_facade::is_bytes(content) &&
      (etag == nullptr || cell_facade::is_bytes(etag)))
    s = cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
      return escrow::cell_writer::swap(c, cell, cell_facade::native(content),
                                       cell_facade::native(etag), *condition, out.version,
                                       out.reason);
    });
  return out.give(s, out_version, out_reason);
}

ESCROW_API escrow_status escrow_cell_prepare(escrow_cell cell, escrow_bytes const *content,
                                             escrow_bytes const *etag, uint64_t *out_snapshot,
                                             escrow_cell_reason *out_reason) noexcept {
  cell_facade out;
  if (out_snapshot == nullptr) return ESCROW_E_NULL;
  auto s = escrow_status{ESCROW_E_NULL};
  if (cell_facade::is_bytes(content) && (etag == nullptr || cell_facade::is_bytes(etag)))
    s = cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
      return escrow::cell_writer::prepare(c, cell_facade::native(content),
                                          cell_facade::native(etag), out.version, out.reason);
    });
  return out.give(s, out_snapshot, out_reason);
}

ESCROW_API escrow_status escrow_cell_publish(escrow_cell cell, uint64_t snapshot,
                                             escrow_cell_condition const *condition,
                                             uint64_t *out_version) noexcept {
  cell_facade out;
  auto const when = cell_facade::native(condition);
  auto const s = cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
    if (!escrow::cell_writer::is_condition(when)) return escrow_status{ESCROW_E_OPTION};
    uint64_t leaves = 0;
    {
      escrow::lock_hold const hold(c.writer);
      auto status = cell_facade::prepared(c, snapshot);
      if (status == ESCROW_OK)
        status = escrow::cell_writer::publish_locked(c, cell, snapshot, when, out.version, leaves);
      if (status != ESCROW_OK) return status;
    }
    escrow::cell_writer::announce(c, leaves);
    return escrow_status{ESCROW_OK};
  });
  return out.give(s, out_version);
}

ESCROW_API escrow_status escrow_cell_discard(escrow_cell cell, uint64_t snapshot) noexcept {
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    escrow::lock_hold const hold(c.writer);  // no publication of it is under way
    auto const s = cell_facade::prepared(c, snapshot);
    if (s == ESCROW_OK) escrow::cell_snapshots::release(snapshot);
    return s;
  });
}

ESCROW_API escrow_status escrow_cell_read_prepared(escrow_cell cell, uint64_t snapshot,
                                                   escrow_cell_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = escrow_cell_view{};
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    escrow::lock_hold const hold(c.writer);  // no publication of it is under way
    auto const s = cell_facade::prepared(c, snapshot);
    if (s == ESCROW_OK) *out_view = escrow::cell_snapshots::view(0, snapshot);
    return s;
  });
}

ESCROW_API escrow_status escrow_cell_propose(escrow_cell cell,
                                             escrow_cell_condition const *condition,
                                             escrow_bytes const *content, escrow_bytes const *etag,
                                             uint64_t timeout_ns, uint64_t *out_version,
                                             escrow_cell_reason *out_reason) noexcept {
  cell_facade out;
  auto s = escrow_status{ESCROW_E_NULL};
  if (cell_facade::is_bytes(content) && (etag == nullptr || cell_facade::is_bytes(etag)))
    s = cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
      return escrow::cell_proposals::propose(
          c, cell, cell_facade::native(content), cell_facade::native(etag),
          cell_facade::native(condition), timeout_ns, out.version, out.reason);
    });
  return out.give(s, out_version, out_reason);
}

ESCROW_API escrow_status escrow_cell_take(escrow_cell cell, uint64_t timeout_ns,
                                          escrow_cell_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = {};
  return cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_proposals::take(c, cell, timeout_ns, *out_view);
  });
}

ESCROW_API escrow_status escrow_cell_accept(escrow_cell cell, uint64_t snapshot,
                                            uint64_t *out_version) noexcept {
  cell_facade out;
  auto const s = cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_proposals::accept(c, cell, snapshot, out.version);
  });
  return out.give(s, out_version);
}

ESCROW_API escrow_status escrow_cell_refuse(escrow_cell cell, uint64_t snapshot,
                                            escrow_cell_reason const *reason) noexcept {
  return cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_proposals::refuse(c, snapshot,
                                          reason == nullptr ? escrow_cell_reason{} : *reason);
  });
}

ESCROW_API escrow_status escrow_cell_roll_back(escrow_cell cell, uint64_t version,
                                               uint64_t *out_version) noexcept {
  cell_facade out;
  auto const s = cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_writer::roll_back(c, cell, version, out.version);
  });
  return out.give(s, out_version);
}

ESCROW_API escrow_status escrow_cell_load(escrow_cell cell, escrow_cell_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = {};
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_reader::load(c, cell, *out_view);
  });
}

ESCROW_API escrow_status escrow_cell_load_version(escrow_cell cell, uint64_t version,
                                                  escrow_cell_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = {};
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_reader::load_version(c, cell, version, *out_view);
  });
}

ESCROW_API escrow_status escrow_cell_release(escrow_loan loan) noexcept {
  return facade::counted(loan, escrow::cell_reader::release(loan));
}

ESCROW_API escrow_status escrow_cell_copy(escrow_cell cell, escrow_buffer *buffer,
                                          uint64_t *out_version) noexcept {
  if (buffer == nullptr || (buffer->capacity != 0 && buffer->data == nullptr)) return ESCROW_E_NULL;
  buffer->size = 0;
  cell_facade out;
  auto const s = cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_reader::copy_any(c, cell, buffer->data, buffer->capacity, buffer->size,
                                         out.version);
  });
  if (s != ESCROW_OK && s != ESCROW_E_SIZE) buffer->size = 0;
  return out.give(s, out_version);
}

ESCROW_API escrow_status escrow_cell_version(escrow_cell cell, uint64_t *out_version) noexcept {
  if (out_version == nullptr) return ESCROW_E_NULL;
  cell_facade out;
  auto const s = cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_reader::version(c, cell, out.version);
  });
  return out.give(s, out_version);
}

ESCROW_API escrow_status escrow_cell_await(escrow_cell cell, uint64_t known, uint64_t timeout_ns,
                                           uint64_t *out_version) noexcept {
  cell_facade out;
  auto const s = cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_reader::await(c, cell, known, timeout_ns, out.version);
  });
  return out.give(s, out_version);
}

ESCROW_API escrow_status escrow_cell_word(escrow_cell cell, uint64_t const **out_word) noexcept {
  if (out_word == nullptr) return ESCROW_E_NULL;
  *out_word = nullptr;
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    *out_word = reinterpret_cast<uint64_t const *>(&c.face.current);
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_cell_read_layout(escrow_cell cell,
                                                 escrow_layout const **out_layout) noexcept {
  if (out_layout == nullptr) return ESCROW_E_NULL;
  *out_layout = nullptr;
  return escrow::cell_lifecycle::layout(cell, *out_layout);
}

ESCROW_API escrow_status escrow_cell_notify(escrow_cell cell, int descriptor) noexcept {
  if (descriptor < -1) return ESCROW_E_OPTION;
  return cell_facade::open(cell, [&](escrow::cell_control &c) noexcept {
    escrow::lock_hold const hold(c.writer);
    c.descriptor = descriptor + 1;
    return escrow_status{ESCROW_OK};
  });
}

ESCROW_API escrow_status escrow_cell_read_history(escrow_cell cell, escrow_cell_entry *out_entries,
                                                  uint32_t capacity, uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (out_entries == nullptr && capacity != 0) return ESCROW_E_NULL;
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_census::history(c, cell, out_entries, capacity, *out_count);
  });
}

ESCROW_API escrow_status escrow_cell_read_stats(escrow_cell cell,
                                                escrow_cell_stats *out_stats) noexcept {
  if (out_stats == nullptr) return ESCROW_E_NULL;
  uint32_t const size = out_stats->struct_size;
  *out_stats = escrow_cell_stats{};
  if (size != sizeof *out_stats) return ESCROW_E_VERSION;
  out_stats->struct_size = size;
  return cell_facade::readable(cell, [&](escrow::cell_control &c) noexcept {
    return escrow::cell_census::stats(c, cell, *out_stats);
  });
}

}  // extern "C"

#endif
