/* escrow/code.h: functions that are replaced while they are called, for C11 and C++20. Part of the
 * facade; see escrow.h for the words its comments use, and docs/hot-swap.md for what a library must
 * and must not do.
 *
 * A code slot holds the current version of a table of functions. A call goes inside a version,
 * calls its functions, and leaves. A version that is no longer current nor kept for a roll back is
 * let go when its last call has left: in the thread that left last, or by the next swap or
 * escrow_code_collect. Its library is unloaded then. Any thread may call anything at any time. */
#ifndef ESCROW_CODE_H
#define ESCROW_CODE_H

#include <stdint.h>

#include "code_table.h"
#include "code_types.h"
#include "escrow.h"

#ifdef __cplusplus
extern "C" {
#endif

#define escrow_code_open escrow1_code_open
#define escrow_code_close escrow1_code_close
#define escrow_code_destroy escrow1_code_destroy
#define escrow_code_swap escrow1_code_swap
#define escrow_code_swap_library escrow1_code_swap_library
#define escrow_code_roll_back escrow1_code_roll_back
#define escrow_code_collect escrow1_code_collect
#define escrow_code_list_versions escrow1_code_list_versions
#define escrow_code_read_stats escrow1_code_read_stats
#define escrow_code_enter escrow1_code_enter
#define escrow_code_leave escrow1_code_leave
#define escrow_code_abandon escrow1_code_abandon
#define escrow_code_retain escrow1_code_retain
#define escrow_code_held_table escrow1_code_held_table
#define escrow_code_release escrow1_code_release

/* ---- Opening and closing
 * -------------------------------------------------------------------------------- */

/**
 * Opens a slot without a version: calls are refused until the first swap.
 * @param options   (transfer none)
 * @param out_slot  (out) (transfer full)  end it with escrow_code_close and escrow_code_destroy
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_VERSION | ESCROW_E_OPTION | ESCROW_E_SIZE of the
 *         table | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED 65,535 slots are open
 * Threads: any.  Finalizer-safe: no.  Cost: a microsecond.
 */
ESCROW_API escrow_status escrow_code_open(escrow_code_options const *options,
                                          escrow_code_slot *out_slot) ESCROW_NOEXCEPT;

/**
 * Refuses later calls and swaps, and lets go every version as its last call leaves.
 * @param slot  an open slot
 * @return ESCROW_OK | ESCROW_E_CLOSED before | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE destroyed
 * Threads: any.  Finalizer-safe: no.  Cost: may unload libraries, which runs their destructors.
 */
ESCROW_API escrow_status escrow_code_close(escrow_code_slot slot) ESCROW_NOEXCEPT;

/**
 * Ends a closed slot that no call is inside and nobody holds.
 * @param slot  (transfer full)  on ESCROW_OK; later calls get ESCROW_E_STALE
 * @return ESCROW_OK | ESCROW_E_BUSY not closed, calls are inside, or a swap or an unloading is
 *         under way | ESCROW_E_LEAK holds are out | ESCROW_E_NULL | ESCROW_E_KIND |
 *         ESCROW_E_RANGE |
 *         ESCROW_E_STALE destroyed before
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_code_collect.
 */
ESCROW_API escrow_status escrow_code_destroy(escrow_code_slot slot) ESCROW_NOEXCEPT;

/* ---- Versions
 * -------------------------------------------------------------------------------- */

/**
 * Publishes functions of the program as the next version. A refusal leaves the current one.
 * @param slot         an open slot
 * @param table        (transfer none)  of the slot's size, no function NULL; copied
 * @param expected     the version that must be current, 0 that there is none yet, or
 *                     ESCROW_CODE_ANY
 * @param out_reason   (out) (nullable)  why it was refused; empty where there is nothing to say
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_E_REFUSED | ESCROW_E_DIFFERS another version is current |
 *         ESCROW_E_CLOSED | ESCROW_E_NULL | ESCROW_E_NOMEM | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: under a microsecond, and the slot's check; may unload
 * a library.
 */
ESCROW_API escrow_status escrow_code_swap(escrow_code_slot slot, void const *table,
                                          uint64_t expected, escrow_code_reason *out_reason,
                                          uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Copies a shared library, verifies the copy, loads it, tests it, and publishes its functions as
 * the next version. A refusal leaves the current one. Linux alone.
 * @param slot         an open slot
 * @param options      (transfer none)
 * @param expected     as in escrow_code_swap
 * @param out_reason   (out) (nullable)  why it was refused
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_E_REFUSED | ESCROW_E_VERSION another ABI version, table size or
 *         descriptor | ESCROW_E_ABSENT no such file | ESCROW_E_DIFFERS | ESCROW_E_CLOSED |
 *         ESCROW_E_OPTION | ESCROW_E_UNSUPPORTED | ESCROW_E_NULL | ESCROW_E_NOMEM |
 *         ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any; nothing is locked meanwhile.  Finalizer-safe: no.  Cost: that of dlopen, which runs
 * the library's constructors.
 */
ESCROW_API escrow_status escrow_code_swap_library(escrow_code_slot slot,
                                                  escrow_code_library_options const *options,
                                                  uint64_t expected, escrow_code_reason *out_reason,
                                                  uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Publishes a kept version once more, as a new version; the current one stays as it is.
 * @param slot         an open slot
 * @param version      of those that escrow_code_list_versions tells
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_E_ABSENT it is not kept | ESCROW_E_CLOSED | ESCROW_E_NOMEM |
 *         ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: under a microsecond; may unload a library.
 */
ESCROW_API escrow_status escrow_code_roll_back(escrow_code_slot slot, uint64_t version,
                                               uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Lets go the versions that wait for nothing any more; hardly ever needed, see above.
 * @param slot       a slot, open or closed
 * @param out_count  (out) (nullable)  how many
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: 128 loads a version that waits; may unload libraries.
 */
ESCROW_API escrow_status escrow_code_collect(escrow_code_slot slot,
                                             uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Tells which versions a roll back may go to, oldest first; the last is the current one.
 * @param slot       an open slot
 * @param out_infos  (out) (nullable)  room for `capacity`
 * @param out_count  (out)  how many there are
 * @return ESCROW_OK | ESCROW_E_CLOSED | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: 128 loads a version.
 */
ESCROW_API escrow_status escrow_code_list_versions(escrow_code_slot slot,
                                                   escrow_code_version_info *out_infos,
                                                   uint32_t capacity,
                                                   uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Says what happened so far and what is inside; exact when nobody calls.
 * @param slot       a slot, open or closed
 * @param out_stats  (out)  struct_size is set by the caller
 * @return ESCROW_OK | ESCROW_E_VERSION | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: 128 loads a version.
 */
ESCROW_API escrow_status escrow_code_read_stats(escrow_code_slot slot,
                                                escrow_code_stats *out_stats) ESCROW_NOEXCEPT;

/* ---- Calls
 * -------------------------------------------------------------------------------- */

/**
 * Goes inside the current version: its functions may be called until escrow_code_leave, however
 * long that is and whatever is swapped meanwhile.
 * @param slot      an open slot
 * @param out_call  (out) (transfer full)  end it with escrow_code_leave or escrow_code_abandon
 * @return ESCROW_OK | ESCROW_E_ABSENT nothing was published | ESCROW_E_CLOSED | ESCROW_E_NULL |
 *         ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: four loads and a locked increment.
 */
ESCROW_API escrow_status escrow_code_enter(escrow_code_slot slot,
                                           escrow_code_call *out_call) ESCROW_NOEXCEPT;

/**
 * Ends a call; any thread may, in code that does not belong to the version. Functions and data of
 * the version are not to be used afterwards.
 * @param call  (in, out) (transfer full)  zeroed
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE it has left before
 * Threads: any.  Finalizer-safe: no.  Cost: a locked increment and a load; the last of a version
 * that is waited for lets it go.
 */
ESCROW_API escrow_status escrow_code_leave(escrow_code_call *call) ESCROW_NOEXCEPT;

/**
 * Ends a call whose function did not return, but was left by longjmp or an exception: what it
 * left behind may still be used, so its library stays in the process for ever.
 * @param call  (in, out) (transfer full)  zeroed
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE it has left before
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_code_leave.
 */
ESCROW_API escrow_status escrow_code_abandon(escrow_code_call *call) ESCROW_NOEXCEPT;

/* ---- Objects that need their version
 * -------------------------------------------------------------------------------- */

/**
 * Keeps the version that a call is inside, for an object whose destructor is one of its functions.
 * @param call      (transfer none)  is inside
 * @param out_hold  (out) (transfer full)  end it with escrow_code_release
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE the call has left
 * Threads: any.  Finalizer-safe: no.  Cost: a locked increment.
 */
ESCROW_API escrow_status escrow_code_retain(escrow_code_call const *call,
                                            escrow_code_hold *out_hold) ESCROW_NOEXCEPT;

/**
 * Gives the functions of the version that is held.
 * @param hold  not yet released
 * @return (transfer none) (nullable)  valid until the hold is released; NULL of 0
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API void const *escrow_code_held_table(escrow_code_hold hold) ESCROW_NOEXCEPT;

/**
 * Ends a hold exactly once, in code that does not belong to the version.
 * @param hold  (transfer full)
 * @return ESCROW_OK | ESCROW_E_NULL
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_code_leave.
 */
ESCROW_API escrow_status escrow_code_release(escrow_code_hold hold) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
