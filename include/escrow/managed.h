/* escrow/managed.h: functions of escrow.h for a managed language that notes its refused calls and
 * traces its operations by itself, because it knows its stacks, and the library its return
 * addresses alone. C11 and C++20. Each does what the function of its name in escrow.h does, and
 * records nothing by site. */
#ifndef ESCROW_MANAGED_H
#define ESCROW_MANAGED_H

#include <stdint.h>

#include "escrow.h"

#ifdef __cplusplus
extern "C" {
#endif

ESCROW_API escrow_status escrow1_managed_pool_close(escrow_pool pool, uint32_t flags,
                                                    uint64_t *out_live) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_pool_destroy(escrow_pool pool) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_pool_drain(escrow_pool pool, uint64_t max,
                                                    uint64_t *out_ran) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_pool_trim(escrow_pool pool,
                                                   uint64_t *out_bytes) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_acquire(escrow_pool pool, uint64_t bytes,
                                                 escrow_handle *out_handle) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_acquire_n(escrow_pool pool, uint64_t bytes, uint64_t count,
                                                   escrow_handle *out_handles) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_dup(escrow_handle handle,
                                             escrow_handle *out_handle) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_release(escrow_handle handle) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_release_deferred(escrow_handle handle) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_borrow(escrow_handle handle,
                                                escrow_view *out_view) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_return(uint64_t root) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_move_out(escrow_handle handle,
                                                  escrow_ticket *out_ticket) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_move_in(escrow_ticket ticket,
                                                 escrow_handle *out_handle) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_revoke(escrow_handle handle) ESCROW_NOEXCEPT;
ESCROW_API escrow_status escrow1_managed_read(escrow_handle handle,
                                              escrow_view *out_view) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
