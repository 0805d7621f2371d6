/* escrow/trace.h: the life of some objects, operation by operation. C11 and C++20.
 *
 * One object in so many is traced, chosen when it is acquired. Every operation of C and C++ on it,
 * on its duplicates, loans and tickets, refused ones included, is an event; so is the run of its
 * destructor. A managed language whose calls are leaves enters its own. Operations of maps and
 * cells are no events. */
#ifndef ESCROW_TRACE_H
#define ESCROW_TRACE_H

#include <stdint.h>

#include "escrow.h"
#include "trace_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Says how many of the objects that are acquired from a pool from now on are traced. None (0) ends
 * traces of those that were chosen before, too.
 * @param pool  (transfer none)
 * @param rate  one in so many, 1 all, 0 none; at most 2^31
 * @return ESCROW_OK | ESCROW_E_OPTION | ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_NOMEM no memory
 *         for marks, 1.5 KB a slab of 64 slots as for a ledger, and once 2 MiB
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool) when it is first switched on.
 */
ESCROW_API escrow_status escrow1_pool_set_trace(escrow_pool pool, uint32_t rate) ESCROW_NOEXCEPT;

/**
 * Lists events that are kept, oldest first, at most `capacity` a call. An event that is being
 * written or overwritten meanwhile is left out; none is shown torn.
 * @param root       the object, by the `root` of its events; 0 = all objects
 * @param cursor     (in, out)  0 at first; the sequence number from which the next call goes on
 * @param out        (out)      `capacity` elements
 * @param capacity   at least 1
 * @param out_count  (out)      how many were written; fewer than capacity: there are no more yet
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE capacity is 0
 * Threads: any.  Finalizer-safe: yes.  Cost: about 10 ns an event; no lock, stores nothing.
 */
ESCROW_API escrow_status escrow1_trace_list(uint64_t root, uint64_t *cursor,
                                            escrow_trace_event *out, uint32_t capacity,
                                            uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Says which traced object a handle, ticket or loan leads to.
 * @param handle    (transfer none)
 * @param out_root  (out)  the `root` of its events; 0: it is not traced
 * @param out_pool  (out) (nullable)  its pool; 0 likewise
 * @return ESCROW_OK | ESCROW_E_NULL
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_trace_root(uint64_t handle, uint64_t *out_root,
                                            uint64_t *out_pool) ESCROW_NOEXCEPT;

/**
 * Chooses an object for tracing, and enters its acquisition: what a caller does by itself that
 * acquires by leaf calls, for a handle h of a traced pool where the upper 31 bits of
 * h * 0x6DFA662652B42465 are below the upper half of escrow_pool_watch_limits.
 * @param handle     (transfer none)  just acquired, and known to nobody else
 * @param goroutine  a number of the caller's for who did it; 0 = none
 * @param frames     (transfer none) (nullable)  as in escrow_ledger_note
 * @param count      as in escrow_ledger_note
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_NOMEM its pool was
 *         never traced | ESCROW_E_BUSY another thread notes the slot's last object
 * Threads: any.  Finalizer-safe: yes.  Cost: about 300 ns.
 */
ESCROW_API escrow_status escrow1_trace_begin(escrow_handle handle, uint64_t goroutine,
                                             uint64_t const *frames,
                                             uint32_t count) ESCROW_NOEXCEPT;

/**
 * Enters an event with the caller's own stack.
 * @param event   (transfer none)  sequence, time, thread and site are set by the library
 * @param frames  (transfer none) (nullable)  as in escrow_ledger_note
 * @param count   as in escrow_ledger_note
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_NOMEM no pool was ever traced
 * Threads: any.  Finalizer-safe: yes.  Cost: about 250 ns.
 */
ESCROW_API escrow_status escrow1_trace_append(escrow_trace_event const *event,
                                              uint64_t const *frames,
                                              uint32_t count) ESCROW_NOEXCEPT;

/**
 * The words by which a caller decides for itself what to note and to trace. Both are to be read
 * atomically, stay readable while the process lives, and are 0 while nothing is asked for.
 * @param pool         (transfer none)
 * @param out_watched  (out) (transfer none)  where it is 0, or h * 0x6DFA662652B42465 above it,
 *                     handle h is neither noted nor traced
 * @param out_limits   (out) (transfer none)  of 2^31 acquisitions the pool's ledger notes so many
 *                     (lower half, as escrow_pool_ledger_limit has it), and so many are traced
 *                     (upper half)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_pool_watch_limits(escrow_pool pool, uint64_t const **out_watched,
                                                   uint64_t const **out_limits) ESCROW_NOEXCEPT;

/**
 * The word that says, while it is not 0, that objects of some pool are traced.
 * @return (transfer none)  to be read atomically; it stays readable while the process lives
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API uint32_t const *escrow1_trace_switch(void) ESCROW_NOEXCEPT;

#define escrow_pool_set_trace escrow1_pool_set_trace
#define escrow_trace_list escrow1_trace_list
#define escrow_trace_root escrow1_trace_root
#define escrow_trace_begin escrow1_trace_begin
#define escrow_trace_append escrow1_trace_append
#define escrow_pool_watch_limits escrow1_pool_watch_limits
#define escrow_trace_switch escrow1_trace_switch

#ifdef __cplusplus
}
#endif

#endif
