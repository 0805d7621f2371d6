/* escrow/guarded.h: guarded objects, and whose an address is. C11 and C++20. */
#ifndef ESCROW_GUARDED_H
#define ESCROW_GUARDED_H

#include <stdint.h>

#include "escrow.h"
#include "guarded_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Has one object in so many lie at the end of pages of its own, between inaccessible ones, from now
 * on: a touch behind it, or after its release, ends in SIGSEGV. Objects above 64 KiB are never
 * guarded. There are 1,024 places for the whole process; the pages of one that has ended stay
 * inaccessible until all others were used after it.
 * @param pool  (transfer none)
 * @param rate  one in so many, up to 2^31; 1 = all, 0 = none. In production 10,000 and more
 * @return ESCROW_OK | ESCROW_E_OPTION | ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_NOMEM no
 * address space | ESCROW_E_UNSUPPORTED objects are blocks of malloc Threads: any.  Finalizer-safe:
 * no.  Cost: of a guarded object two system calls and a page; of the others nothing from a rate of
 * 64 on, below it that of the slow path of acquire.
 */
ESCROW_API escrow_status escrow1_pool_set_guarded(escrow_pool pool, uint32_t rate) ESCROW_NOEXCEPT;

/**
 * Reads what a pool guards.
 * @param pool  (transfer none)
 * @param out   (out)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_pool_read_guarded(escrow_pool pool,
                                                   escrow_guarded_state *out) ESCROW_NOEXCEPT;

/**
 * Says which object an address belongs, or belonged, to. Of what is not guarded only the memory of
 * slots is known, and of a slot that is free its last object.
 * @param address  (transfer none)  any; it is not read
 * @param out      (out)            zeroed on error
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE it is no memory of a pool
 * Threads: any; in a signal handler, too.  Finalizer-safe: yes.  Cost: 1 ns a slab of the process.
 */
ESCROW_API escrow_status escrow1_address_describe(void const *address,
                                                  escrow_address_info *out) ESCROW_NOEXCEPT;

/**
 * Writes the same as text: pool, object, how far the address is from it, where it was acquired.
 * @param fd       where to
 * @param address  (transfer none)  any; it is not read
 * @return ESCROW_OK | ESCROW_E_RANGE it is no memory of a pool, nothing is written
 * Threads: any; in a signal handler, too.  Finalizer-safe: yes.  Cost: some system calls.
 */
ESCROW_API escrow_status escrow1_address_write(int fd, void const *address) ESCROW_NOEXCEPT;

/**
 * Has a fault at an address of a pool's memory explained on standard error, by a handler for
 * SIGSEGV and SIGBUS that afterwards does what the handler before it did: ends the process, or
 * panics in Go. Once a process; a second call does nothing.
 * @return ESCROW_OK | ESCROW_ALREADY | ESCROW_E_UNSUPPORTED the system refused
 * Threads: any.  Finalizer-safe: no.  Cost: two system calls.
 */
ESCROW_API escrow_status escrow1_faults_report(void) ESCROW_NOEXCEPT;

#define escrow_pool_set_guarded escrow1_pool_set_guarded
#define escrow_pool_read_guarded escrow1_pool_read_guarded
#define escrow_address_describe escrow1_address_describe
#define escrow_address_write escrow1_address_write
#define escrow_faults_report escrow1_faults_report

#ifdef __cplusplus
}
#endif

#endif
