// escrow/capi_calls.hpp: the C functions themselves; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_CALLS_HPP
#define ESCROW_CAPI_CALLS_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_calls.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

extern "C" {

using escrow::by_caller;
using escrow::by_site;
using escrow::facade;

static constinit escrow_abi_info const escrow1_abi_value = {
    .struct_size = sizeof(escrow_abi_info),
    .major = ESCROW_ABI_MAJOR,
    .minor = ESCROW_ABI_MINOR,
    .header_bytes = sizeof(escrow::slot_header),
    .word_offset = offsetof(escrow::slot_header, word),
    .payload_offset = offsetof(escrow::slot_header, payload),
    .about_offset = offsetof(escrow::slot_header, about),
    .generation_shift = escrow::word::generation_shift,
    .index_shift = escrow::handle::index_shift,
    .tag_shift = escrow::handle::tag_shift,
    .options_bytes = sizeof(escrow_pool_options),
    .stats_bytes = sizeof(escrow_pool_stats),
    .api_bytes = sizeof(escrow_api),
#if defined(__OPTIMIZE__)
    .optimized = 1,
#else
    .optimized = 0,
#endif
#if defined(ESCROW_ADDRESS_SANITIZER)
    .sanitizer = 1,
#elif defined(ESCROW_THREAD_SANITIZER)
    .sanitizer = 2,
#elif defined(ESCROW_MEMORY_SANITIZER)
    .sanitizer = 3,
#else
    .sanitizer = 0,
#endif
    .reserved = 0,
    .hash = escrow::abi_hash(),
};

ESCROW_API escrow_abi_info const *escrow_abi(void) noexcept {
  return &escrow1_abi_value;
}

ESCROW_API char const *escrow_status_text(escrow_status status) noexcept {
  switch (status) {
#define ESCROW_STATUS_CASE(name, value, text) \
  case name:                                  \
    return text;
    ESCROW_STATUS_LIST(ESCROW_STATUS_CASE)
#undef ESCROW_STATUS_CASE
    default:
      return "no such status code";
  }
}

ESCROW_API char const *escrow_status_name(escrow_status status) noexcept {
  switch (status) {
#define ESCROW_STATUS_CASE(name, value, text) \
  case name:                                  \
    return #name;
    ESCROW_STATUS_LIST(ESCROW_STATUS_CASE)
#undef ESCROW_STATUS_CASE
    default:
      return "ESCROW_?";
  }
}

ESCROW_API escrow_status escrow_pool_open(escrow_pool_options const *options,
                                          escrow_pool *out_pool) noexcept {
  if (out_pool == nullptr) return ESCROW_E_NULL;
  *out_pool = 0;
  if (options == nullptr) return ESCROW_E_NULL;
  return escrow::lifecycle::open(*options, *out_pool);
}

ESCROW_API escrow_status escrow_pool_close(escrow_pool pool, uint32_t flags,
                                           uint64_t *out_live) noexcept {
  return facade::close(pool, flags, out_live, __builtin_return_address(0));
}

ESCROW_API escrow_status escrow_pool_destroy(escrow_pool pool) noexcept {
  return facade::destroy(pool, __builtin_return_address(0));
}

ESCROW_API escrow_status escrow_pool_drain(escrow_pool pool, uint64_t max,
                                           uint64_t *out_ran) noexcept {
  return facade::drain(pool, max, out_ran, __builtin_return_address(0));
}

ESCROW_API escrow_status escrow_pool_trim(escrow_pool pool, uint64_t *out_bytes) noexcept {
  return facade::trim(pool, out_bytes, __builtin_return_address(0));
}

ESCROW_API escrow_status escrow_pool_read_stats(escrow_pool pool,
                                                escrow_pool_stats *stats) noexcept {
  if (stats == nullptr) return ESCROW_E_NULL;
  if (stats->struct_size != sizeof(escrow_pool_stats)) return ESCROW_E_VERSION;
  auto const s = escrow::census::stats(pool, *stats);
  if (s < 0) *stats = escrow_pool_stats{};
  return s;
}

ESCROW_API escrow_status escrow_pool_read_classes(escrow_pool pool, escrow_class_stats *out,
                                                  uint32_t capacity, uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (out == nullptr && capacity != 0) return ESCROW_E_NULL;
  return escrow::census::classes(pool, out, capacity, *out_count);
}

ESCROW_API escrow_status escrow_pool_inspect(escrow_pool pool, uint64_t *cursor,
                                             escrow_reference_info *out, uint32_t capacity,
                                             uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (cursor == nullptr || out == nullptr) return ESCROW_E_NULL;
  if (capacity == 0) return ESCROW_E_SIZE;
  return escrow::census::inspect(pool, *cursor, out, capacity, *out_count);
}

ESCROW_API escrow_status escrow_acquire(escrow_pool pool, uint64_t bytes, escrow_handle *out_handle,
                                        void **out_payload) noexcept {
  if (out_handle == nullptr) return ESCROW_E_NULL;
  *out_handle = 0;
  if (out_payload != nullptr) *out_payload = nullptr;
  escrow::pool_control *c = nullptr;
  char *payload = nullptr;
  if (bytes > 64 || facade::open_pool(pool, c) != ESCROW_OK ||
      escrow::acquisition::object_at_once(*c, pool, bytes, *out_handle, payload) != ESCROW_OK)
      [[unlikely]]
    return facade::acquire(pool, bytes, out_handle, out_payload, __builtin_return_address(0));
  if (out_payload != nullptr) *out_payload = payload;
  escrow::watch::acquired_at(*c, *out_handle, __builtin_return_address(0));
  return ESCROW_OK;
}

ESCROW_API escrow_status escrow_acquire_n(escrow_pool pool, uint64_t bytes, uint64_t count,
                                          escrow_handle *out_handles,
                                          void **out_payloads) noexcept {
  return facade::acquire_n(pool, bytes, count, out_handles, out_payloads,
                           __builtin_return_address(0));
}

ESCROW_API escrow_status escrow_dup(escrow_handle handle, escrow_handle *out_handle) noexcept {
  return facade::dup<by_site>(handle, out_handle);
}

ESCROW_API escrow_status escrow_release(escrow_handle handle) noexcept {
  if (escrow::trace::is_on()) [[unlikely]]
    return facade::release(handle, __builtin_return_address(0));
  auto const s = escrow::reference::end_common(handle);
  return s == ESCROW_FREED ? s : facade::release(handle, __builtin_return_address(0));
}

ESCROW_API escrow_status escrow_release_deferred(escrow_handle handle) noexcept {
  return facade::release_deferred<by_site>(handle);
}

ESCROW_API escrow_status escrow_release_n(escrow_handle const *handles, uint64_t count,
                                          escrow_status *out_statuses) noexcept {
  if (handles == nullptr) return ESCROW_E_NULL;
  bool const traced = escrow::trace::is_on();
  escrow_status first = ESCROW_OK;
  for (uint64_t i = 0; i < count; ++i) {
    escrow_status s = ESCROW_E_BUSY;
    if (!traced) [[likely]]
      s = escrow::reference::end_common(handles[i]);
    if (s != ESCROW_FREED) [[unlikely]]
      s = handles[i] == 0 ? ESCROW_ALREADY
                          : facade::release(handles[i], __builtin_return_address(0));
    if (out_statuses != nullptr) out_statuses[i] = s;
    if (s < 0 && first == ESCROW_OK) first = s;
  }
  return first;
}

ESCROW_API escrow_status escrow_lend(escrow_handle handle, escrow_loan *out_loan,
                                     escrow_view *out_view) noexcept {
  if (out_loan == nullptr) return ESCROW_E_NULL;
  *out_loan = 0;
  escrow_view view{};
  auto const s = facade::run<by_site>(
      ESCROW_OPERATION_LEND, handle, out_loan,
      [=, &view]() noexcept { return escrow::reference::lend(handle, *out_loan, view); });
  if (out_view != nullptr) *out_view = view;
  if (s == ESCROW_OK) escrow::ledger::attached_at(*out_loan, __builtin_return_address(0));
  return s;
}

ESCROW_API escrow_status escrow_give_back(escrow_loan loan) noexcept {
  return facade::run<by_site>(ESCROW_OPERATION_GIVE_BACK, loan, nullptr,
                              [=]() noexcept { return escrow::reference::give_back(loan); });
}

ESCROW_API escrow_status escrow_borrow(escrow_handle handle, escrow_view *out_view) noexcept {
  return facade::borrow<by_site>(handle, out_view);
}

ESCROW_API escrow_status escrow_return(uint64_t root) noexcept {
  return facade::give_back_anonymous<by_site>(root);
}

ESCROW_API escrow_status escrow_move_out(escrow_handle handle, escrow_ticket *out_ticket) noexcept {
  return facade::move_out<by_site>(handle, out_ticket);
}

ESCROW_API escrow_status escrow_move_in(escrow_ticket ticket, escrow_handle *out_handle) noexcept {
  return facade::move_in<by_site>(ticket, out_handle);
}

ESCROW_API escrow_status escrow_revoke(escrow_handle handle) noexcept {
  return facade::revoke<by_site>(handle);
}

// Asks; what it answers is no refusal.
ESCROW_API escrow_status escrow_validate(escrow_handle handle, escrow_pool pool,
                                         uint32_t type_id) noexcept {
  return escrow::reference::validate(handle, pool, type_id);  // a question: no misuse
}

ESCROW_API escrow_status escrow_read(escrow_handle handle, escrow_view *out_view) noexcept {
  return facade::read<by_site>(handle, out_view);
}

static constinit escrow_api const escrow1_api_value = {
    .struct_size = sizeof(escrow_api),
    .major = ESCROW_ABI_MAJOR,
    .abi = &escrow1_abi_value,
    .status_text = escrow_status_text,
    .status_name = escrow_status_name,
    .pool_open = escrow_pool_open,
    .pool_close = escrow_pool_close,
    .pool_destroy = escrow_pool_destroy,
    .pool_drain = escrow_pool_drain,
    .pool_trim = escrow_pool_trim,
    .pool_read_stats = escrow_pool_read_stats,
    .pool_read_classes = escrow_pool_read_classes,
    .pool_inspect = escrow_pool_inspect,
    .acquire = escrow_acquire,
    .acquire_n = escrow_acquire_n,
    .dup = escrow_dup,
    .release = escrow_release,
    .release_deferred = escrow_release_deferred,
    .release_n = escrow_release_n,
    .lend = escrow_lend,
    .give_back = escrow_give_back,
    .borrow = escrow_borrow,
    .return_borrow = escrow_return,
    .move_out = escrow_move_out,
    .move_in = escrow_move_in,
    .revoke = escrow_revoke,
    .validate = escrow_validate,
    .read = escrow_read,
};

ESCROW_API escrow_api const *escrow_api_get(uint32_t major) noexcept {
  return major == ESCROW_ABI_MAJOR ? &escrow1_api_value : nullptr;
}

}  // extern "C"

#endif
