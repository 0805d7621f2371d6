// escrow/capi_leaf.hpp: the leaf entries; included by capi.hpp alone. [L5]
//
// What they call is compiled in the facade's unit, in its own inline namespace: the code that is
// linked is the code whose bound was proved.
#ifndef ESCROW_CAPI_LEAF_HPP
#define ESCROW_CAPI_LEAF_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_leaf.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

/// What the leaves share.
struct leaf {
  /// Bytes that a batch may zero.
  static constexpr u64 most_bytes = 4096;

  /// What an entry leaves to a call: every size, and slots freed since the mask was stored. Apart
  /// from the entry, which so needs no register but those of its arguments.
  [[nodiscard, gnu::noinline]] static int64_t acquire(u64 pool, u64 bytes, u64 *out) noexcept {
    pool_control *c = nullptr;
    auto s = facade::open_pool(pool, c);
    u64 bits = 0;
    char *payload;
    if (s == ESCROW_OK) s = acquisition::object_freed(*c, pool, bytes, bits, payload);
    if (s != ESCROW_OK) return s == ESCROW_E_BUSY ? s : facade::pool_refused(pool, s);
    publish(out, bits);
    return s;
  }
  /// Apart from its entry, for the same reason as borrow below.
  [[nodiscard, gnu::noinline]] static int64_t acquire_n(u64 pool, u64 bytes, u64 count,
                                                        u64 *out) noexcept {
    bool const zeroes = bytes <= zeroed_at_acquire;
    if (count == 0 || count > ESCROW_LEAF_BATCH || (zeroes && bytes * count > most_bytes))
      return facade::pool_refused(pool, ESCROW_E_SIZE);
    pool_control *c = nullptr;
    auto s = facade::open_pool(pool, c);
    u64 done = 0;
    if (s == ESCROW_OK) [[likely]]
      s = acquisition::objects_at_once(*c, pool, bytes, count, out, nullptr, done);
    if (s == ESCROW_OK || s == ESCROW_E_BUSY) return static_cast<int64_t>(done);
    return facade::pool_refused(pool, s);
  }
  // release: what the caller wrote for this reference before; pairs with readers of the place
  static void publish(u64 *out, u64 bits) noexcept {
    __atomic_store_n(out, bits, __ATOMIC_RELEASE);
  }

  [[nodiscard, gnu::cold, gnu::noinline]] static int64_t withdraw(pool_control &c, u64 pool,
                                                                  u64 name) noexcept {
    return facade::pool_refused(pool, acquisition::withdraw(c, pool, name));
  }

  /// What the entries of release leave to a call.
  [[nodiscard, gnu::noinline]] static int64_t release(u64 bits, u64 deferred) noexcept {
    return facade::counted(bits, reference::release_at_once(bits, deferred != 0));
  }

  /// Apart from its entry, which touches the caller's memory while its frame holds nothing but the
  /// frame pointer: where C's stack pointer points to a stale Go return address, the Go runtime
  /// takes a fault for a call of nil, which recover() sees.
  [[nodiscard, gnu::noinline]] static int64_t borrow(u64 bits, escrow_view *out) noexcept {
    return facade::counted(bits, reference::borrow(bits, *out));
  }
};

}  // namespace escrow::inline ESCROW_ABI

extern "C" {

ESCROW_API int64_t escrow1_leaf_acquire(uint64_t pool, uint64_t bytes,
                                        uint64_t *out_handle) noexcept {
  if (out_handle == nullptr) return ESCROW_E_NULL;
  *out_handle = 0;
  escrow::pool_control *c = nullptr;
  escrow::claim mine;
  if (bytes > 64 || facade::open_pool(pool, c) != ESCROW_OK ||
      escrow::acquisition::claim_at_once(*c, pool, bytes, mine) != ESCROW_OK) [[unlikely]]
    return escrow::leaf::acquire(pool, bytes, out_handle);
  if (!escrow::acquisition::still_open(*c, pool)) [[unlikely]]
    return escrow::leaf::withdraw(*c, pool, mine.name);
  (void)escrow::acquisition::deliver(*c, mine, bytes);
  escrow::leaf::publish(out_handle, mine.name);
  return ESCROW_OK;
}

ESCROW_API int64_t escrow1_leaf_acquire_n(uint64_t pool, uint64_t bytes, uint64_t count,
                                          uint64_t *out_handles) noexcept {
  if (out_handles == nullptr) return ESCROW_E_NULL;
  // Touched here and as it was: a refused call leaves it alone.
  uint64_t volatile *const first = out_handles;
  if (count != 0) *first = *first;
  return escrow::leaf::acquire_n(pool, bytes, count, out_handles);
}

ESCROW_API int64_t escrow1_leaf_release(uint64_t handle) noexcept {
  auto const s = escrow::reference::end_common(handle);
  return s == ESCROW_FREED ? s : escrow::leaf::release(handle, 0);
}

ESCROW_API int64_t escrow1_leaf_release_deferred(uint64_t handle) noexcept {
  auto const s = escrow::reference::end_common(handle);
  return s == ESCROW_FREED ? s : escrow::leaf::release(handle, 1);
}

ESCROW_API int64_t escrow1_leaf_release_n(uint64_t const *handles, uint64_t count) noexcept {
  if (handles == nullptr) return ESCROW_E_NULL;
  if (count > ESCROW_LEAF_BATCH) return ESCROW_E_SIZE;
  uint64_t done = 0;
  // A refusal is not counted here: the ordinary function meets it again.
  while (done < count && (escrow::reference::end_common(handles[done]) == ESCROW_FREED ||
                          escrow::reference::release_at_once(handles[done], false) >= 0))
    ++done;
  return static_cast<int64_t>(done);
}

ESCROW_API int64_t escrow1_leaf_dup(uint64_t handle, uint64_t *out_handle) noexcept {
  if (out_handle == nullptr) return ESCROW_E_NULL;
  *out_handle = 0;
  return facade::counted(handle, escrow::reference::dup<true>(handle, *out_handle));
}

ESCROW_API int64_t escrow1_leaf_borrow(uint64_t handle, escrow_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = escrow_view{};
  return escrow::leaf::borrow(handle, out_view);
}

ESCROW_API int64_t escrow1_leaf_return(uint64_t root) noexcept {
  return facade::counted(root, escrow::reference::give_back_anonymous<true>(root));
}

ESCROW_API int64_t escrow1_leaf_move_out(uint64_t handle, uint64_t *out_ticket) noexcept {
  return facade::move_out<by_caller>(handle, out_ticket);
}

ESCROW_API int64_t escrow1_leaf_move_in(uint64_t ticket, uint64_t *out_handle) noexcept {
  return facade::move_in<by_caller>(ticket, out_handle);
}

ESCROW_API int64_t escrow1_leaf_revoke(uint64_t handle) noexcept {
  return facade::revoke<by_caller>(handle);
}

ESCROW_API int64_t escrow1_leaf_validate(uint64_t handle, uint64_t pool,
                                         uint64_t type_id) noexcept {
  return escrow::reference::validate(handle, pool, static_cast<uint32_t>(type_id));
}

ESCROW_API int64_t escrow1_leaf_read(uint64_t handle, escrow_view *out_view) noexcept {
  return facade::read<by_caller>(handle, out_view);
}

// Not constinit: clang calls the cast no constant expression, and makes it one.
static escrow_leaf const escrow1_leaf_table[] = {
#define ESCROW_LEAF_ENTRY(name) {#name, reinterpret_cast<void *>(&escrow1_leaf_##name)},
    ESCROW_LEAF_LIST(ESCROW_LEAF_ENTRY)
#undef ESCROW_LEAF_ENTRY
};

ESCROW_API escrow_leaf const *escrow1_leaves(uint64_t *out_count) noexcept {
  *out_count = sizeof escrow1_leaf_table / sizeof escrow1_leaf_table[0];
  return escrow1_leaf_table;
}

ESCROW_API void escrow1_read_slot_directory(escrow_slot_directory *out) noexcept {
  *out = {escrow::table().directory(), escrow::slot_table::places, escrow::segment::slots};
}

}  // extern "C"

#endif
