/* escrow/misuse.h: refused calls by the place that made them. C11 and C++20.
 *
 * Recorded once a ledger of any pool has been on (escrow_pool_set_ledger), or a pool traced: each
 * call whose code is a mistake of the caller, as status.h words it: NULL, RANGE, FOREIGN, STALE,
 * KIND, MOVED, LENT, SHARED, TRANSIT, REVOKED, CLOSED, SCOPE, SIZE, OPTION, VERSION, LAYOUT. The
 * other codes are states of the world. escrow_validate asks; what it answers is no refusal. */
#ifndef ESCROW_MISUSE_H
#define ESCROW_MISUSE_H

#include <stdint.h>

#include "escrow.h"
#include "misuse_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Lists refused calls, those alike as one. Safe while everything runs.
 * @param out        (out)  `capacity` elements
 * @param capacity   ESCROW_MISUSE_SITES_MOST holds all; what does not fit is left out
 * @param out_count  (out)  how many were written
 * @param out_lost   (out) (nullable)  refused calls that found no place
 * @return ESCROW_OK | ESCROW_E_NULL
 * Threads: any.  Finalizer-safe: yes.  Cost: some microseconds; no lock, stores nothing.
 */
ESCROW_API escrow_status escrow1_misuse_list(escrow_misuse_site *out, uint32_t capacity,
                                             uint32_t *out_count,
                                             uint64_t *out_lost) ESCROW_NOEXCEPT;

/**
 * Records a refused call with the caller's own stack, as a managed language does whose calls are
 * leaves. It is not counted on the pool. A code that is no mistake of the caller is passed over.
 * @param pool       whose objects or which pool it was about; 0: of none that is known
 * @param handle     what was refused: where pool is 0, the pool that owns its slot now; 0: none
 * @param operation  of escrow_operation, or a number of the caller's from ESCROW_OPERATION_OTHERS
 * on
 * @param status     the code
 * @param frames     (transfer none) (nullable)  `count` program counters, innermost first; copied
 * @param count      beyond ESCROW_LEDGER_FRAMES_MOST the outermost are left out
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_NOMEM no ledger was ever on
 * Threads: any.  Finalizer-safe: yes.  Cost: about 50 ns.
 */
ESCROW_API escrow_status escrow1_misuse_note(uint64_t pool, uint64_t handle, uint32_t operation,
                                             escrow_status status, uint64_t const *frames,
                                             uint32_t count) ESCROW_NOEXCEPT;

/**
 * The word that says, while it is not 0, that refused calls are recorded.
 * @return (transfer none)  to be read atomically; it stays readable while the process lives
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API uint64_t const *escrow1_misuse_switch(void) ESCROW_NOEXCEPT;

/**
 * The name of an operation.
 * @param operation  of escrow_operation
 * @return (transfer none) static text; "" for another number
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API char const *escrow1_operation_text(uint32_t operation) ESCROW_NOEXCEPT;

#define escrow_misuse_list escrow1_misuse_list
#define escrow_misuse_note escrow1_misuse_note
#define escrow_misuse_switch escrow1_misuse_switch
#define escrow_operation_text escrow1_operation_text

#ifdef __cplusplus
}
#endif

#endif
