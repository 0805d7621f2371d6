/* escrow/ledger.h: who holds what: notes of acquisitions, and walks over them. C11 and C++20. */
#ifndef ESCROW_LEDGER_H
#define ESCROW_LEDGER_H

#include <stdint.h>

#include "escrow.h"
#include "ledger_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Says how much of the pool's acquisitions is noted from now on. Notes that are there stay until
 * their references end, whatever the level.
 * @param pool   (transfer none)
 * @param level  of escrow_ledger_level
 * @param rate   for ESCROW_LEDGER_SAMPLED one in so many, 1 to 2^31; else ignored
 * @return ESCROW_OK | ESCROW_E_OPTION | ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_NOMEM no memory
 *         for notes, 1.5 KB a slab of 64 slots and once 1 MiB
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool) when it is first switched on.
 */
ESCROW_API escrow_status escrow1_pool_set_ledger(escrow_pool pool, uint32_t level,
                                                 uint32_t rate) ESCROW_NOEXCEPT;

/**
 * Reads what a pool's ledger does.
 * @param pool  (transfer none)
 * @param out   (out)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_pool_read_ledger(escrow_pool pool,
                                                  escrow_ledger_state *out) ESCROW_NOEXCEPT;

/**
 * The limit by which a caller decides for itself what to note, as a managed language that acquires
 * by leaf calls does: handle h is noted where the upper 31 bits of
 * h * 0x6DFA662652B42465 are below it.
 * @param pool       (transfer none)
 * @param out_limit  (out) (transfer none)  a word that changes with the level, to be read
 *                   atomically; it stays readable while the process lives, and is 0 while the
 *                   ledger is off
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_pool_ledger_limit(escrow_pool pool,
                                                   uint32_t const **out_limit) ESCROW_NOEXCEPT;

/**
 * Notes a reference that the caller holds, with the caller's own stack, at any level but in a pool
 * whose ledger was never on. A second note of a reference replaces the first.
 * @param handle  (transfer none)  an object, a duplicate or a loan
 * @param frames  (transfer none) (nullable)  `count` program counters, innermost first; copied
 * @param count   beyond ESCROW_LEDGER_FRAMES_MOST the outermost are left out
 * @param label   any number: of a goroutine, a task, a request; 0 = none
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE |
 *         ESCROW_E_NOMEM there is no place for it | ESCROW_E_BUSY another thread notes it
 * Threads: any.  Finalizer-safe: yes.  Cost: about 50 ns.
 */
ESCROW_API escrow_status escrow1_ledger_note(escrow_handle handle, uint64_t const *frames,
                                             uint32_t count, uint32_t label) ESCROW_NOEXCEPT;

/**
 * Lists noted references that are live, at most `capacity` a call. Safe while everything runs: a
 * reference that is made, ended, moved or noted during the walk may be missed, none is made up.
 * @param pool       (transfer none)  0 = all pools
 * @param cursor     (in, out)        0 at first; pass it on; 0 again after the last
 * @param out        (out)            `capacity` elements
 * @param out_count  (out)            how many were written
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE capacity is 0 | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: about 2 ns a slot walked; no lock, stores nothing.
 */
ESCROW_API escrow_status escrow1_ledger_list(escrow_pool pool, uint64_t *cursor,
                                             escrow_ledger_entry *out, uint32_t capacity,
                                             uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Adds up what is live by site. Sites without live references of the pool are left out.
 * @param pool       (transfer none)  0 = all pools
 * @param out        (out)            `capacity` elements, in the order of their numbers
 * @param capacity   at least the number of sites that there are; else ESCROW_E_SIZE, and out_count
 *                   says how many would do
 * @param out_count  (out)            how many were written
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_STALE
 * Threads: any; as escrow_ledger_list.  Finalizer-safe: no.  Cost: about 3 ns a slot walked.
 */
ESCROW_API escrow_status escrow1_ledger_list_sites(escrow_pool pool, escrow_ledger_site *out,
                                                   uint32_t capacity,
                                                   uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Reads the stack of one site; live counts are 0.
 * @param site  as an entry has it
 * @param out   (out)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE there is no such site, or not yet
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_ledger_read_site(uint32_t site,
                                                  escrow_ledger_site *out) ESCROW_NOEXCEPT;

/**
 * Lists the pools of the image that are open, or closed and not destroyed, whoever opened them.
 * @param cursor     (in, out)  0 at first; pass it on; 0 again after the last
 * @param out        (out) (transfer none)  `capacity` handles, for reports and for the functions
 *                   that read a pool; a pool may be destroyed meanwhile, they answer STALE then
 * @param out_count  (out)      how many were written
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE capacity is 0
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns for each pool that was ever open at once; no
 *          lock.
 */
ESCROW_API escrow_status escrow1_pool_list(uint64_t *cursor, escrow_pool *out, uint32_t capacity,
                                           uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Finds the site of a reference's note.
 * @param handle    (transfer none)  an object, a duplicate or a loan
 * @param out_site  (out)            for escrow_ledger_read_site; 0 on error
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_KIND | ESCROW_E_STALE it has no
 *         note; one that has ended keeps its own until its slot is used again
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API escrow_status escrow1_ledger_find(escrow_handle handle,
                                             uint32_t *out_site) ESCROW_NOEXCEPT;

/**
 * Gives the managed frames of a site, which are numbers to C, the text that escrow_ledger_write
 * shows for them: a line a frame. Once a site.
 * @param site  as an entry has it
 * @param text  (transfer none)  copied; the copy stays while the process lives
 * @return ESCROW_OK | ESCROW_ALREADY it has one | ESCROW_E_NULL | ESCROW_E_RANGE no such site |
 *         ESCROW_E_SIZE above 4096 bytes | ESCROW_E_NOMEM
 * Threads: any.  Finalizer-safe: no.  Cost: a copy.
 */
ESCROW_API escrow_status escrow1_ledger_name_site(uint32_t site, char const *text) ESCROW_NOEXCEPT;

/**
 * Writes what is live by site, of all pools, as text: for a handler of a fatal signal, a
 * sanitizer's callback, an end of the process where nothing else can run. Frames of C and C++ are
 * module and offset, or names where a sanitizer is linked that knows them.
 * @param fd        where to
 * @param out_live  (out) (nullable)  noted references that are live
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: 2 ns a slot for each site, and system calls.
 */
ESCROW_API escrow_status escrow1_ledger_write(int fd, uint64_t *out_live) ESCROW_NOEXCEPT;

/**
 * The time by the clock of notes, for the age of what was noted.
 * @return nanoseconds
 * Threads: any.  Finalizer-safe: yes.  Cost: some ns.
 */
ESCROW_API uint64_t escrow1_ledger_now(void) ESCROW_NOEXCEPT;

#define escrow_pool_set_ledger escrow1_pool_set_ledger
#define escrow_pool_read_ledger escrow1_pool_read_ledger
#define escrow_pool_ledger_limit escrow1_pool_ledger_limit
#define escrow_ledger_note escrow1_ledger_note
#define escrow_ledger_list escrow1_ledger_list
#define escrow_ledger_list_sites escrow1_ledger_list_sites
#define escrow_ledger_read_site escrow1_ledger_read_site
#define escrow_pool_list escrow1_pool_list
#define escrow_ledger_find escrow1_ledger_find
#define escrow_ledger_name_site escrow1_ledger_name_site
#define escrow_ledger_write escrow1_ledger_write
#define escrow_ledger_now escrow1_ledger_now

#ifdef __cplusplus
}
#endif

#endif
