// escrow/capi_managed.hpp: the C functions for managed callers; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_MANAGED_HPP
#define ESCROW_CAPI_MANAGED_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_managed.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

extern "C" {

ESCROW_API escrow_status escrow1_managed_pool_close(escrow_pool pool, uint32_t flags,
                                                    uint64_t *out_live) noexcept {
  return facade::close(pool, flags, out_live, nullptr);
}

ESCROW_API escrow_status escrow1_managed_pool_destroy(escrow_pool pool) noexcept {
  return facade::destroy(pool, nullptr);
}

ESCROW_API escrow_status escrow1_managed_pool_drain(escrow_pool pool, uint64_t max,
                                                    uint64_t *out_ran) noexcept {
  return facade::drain(pool, max, out_ran, nullptr);
}

ESCROW_API escrow_status escrow1_managed_pool_trim(escrow_pool pool, uint64_t *out_bytes) noexcept {
  return facade::trim(pool, out_bytes, nullptr);
}

ESCROW_API escrow_status escrow1_managed_acquire(escrow_pool pool, uint64_t bytes,
                                                 escrow_handle *out_handle) noexcept {
  if (out_handle == nullptr) return ESCROW_E_NULL;
  *out_handle = 0;
  return facade::acquire(pool, bytes, out_handle, nullptr, nullptr);
}

ESCROW_API escrow_status escrow1_managed_acquire_n(escrow_pool pool, uint64_t bytes, uint64_t count,
                                                   escrow_handle *out_handles) noexcept {
  return facade::acquire_n(pool, bytes, count, out_handles, nullptr, nullptr);
}

ESCROW_API escrow_status escrow1_managed_dup(escrow_handle handle,
                                             escrow_handle *out_handle) noexcept {
  return facade::dup<by_caller>(handle, out_handle);
}

ESCROW_API escrow_status escrow1_managed_release(escrow_handle handle) noexcept {
  return facade::release(handle, nullptr);
}

ESCROW_API escrow_status escrow1_managed_release_deferred(escrow_handle handle) noexcept {
  return facade::release_deferred<by_caller>(handle);
}

ESCROW_API escrow_status escrow1_managed_borrow(escrow_handle handle,
                                                escrow_view *out_view) noexcept {
  return facade::borrow<by_caller>(handle, out_view);
}

ESCROW_API escrow_status escrow1_managed_return(uint64_t root) noexcept {
  return facade::give_back_anonymous<by_caller>(root);
}

ESCROW_API escrow_status escrow1_managed_move_out(escrow_handle handle,
                                                  escrow_ticket *out_ticket) noexcept {
  return facade::move_out<by_caller>(handle, out_ticket);
}

ESCROW_API escrow_status escrow1_managed_move_in(escrow_ticket ticket,
                                                 escrow_handle *out_handle) noexcept {
  return facade::move_in<by_caller>(ticket, out_handle);
}

ESCROW_API escrow_status escrow1_managed_revoke(escrow_handle handle) noexcept {
  return facade::revoke<by_caller>(handle);
}

ESCROW_API escrow_status escrow1_managed_read(escrow_handle handle,
                                              escrow_view *out_view) noexcept {
  return facade::read<by_caller>(handle, out_view);
}

}  // extern "C"

#endif
