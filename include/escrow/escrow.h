/* escrow/escrow.h: the C facade. C11 and C++20; compiles alone.
 *
 * A handle is a 64-bit integer that names ONE reference to an object in C memory. It is ended
 * exactly once; every misuse (twice, stale, moved, foreign, lent) is a code, never undefined
 * behaviour. A second reference is a second handle, made by escrow_dup.
 *
 * Ownership vocabulary, used on every parameter:
 *   (transfer full)  the callee (an input) or the caller (an output) now has to end it
 *   (transfer none)  ownership stays where it was
 *   (out)            written on success, zeroed on failure
 *   (nullable)       NULL is allowed
 * Threads: unless said otherwise any function may be called from any thread, concurrently.
 * Finalizer-safe: takes no lock, allocates nothing, runs no destructor and no callback.
 * Leaf: a bounded number of instructions, no system call; BUSY where another thread is in the way.
 *
 * The functions are defined by escrow/capi.hpp in exactly one translation unit of the image. */
#ifndef ESCROW_H
#define ESCROW_H

#include <stdint.h>

#include "api.h"
#include "status.h"
#include "types.h"

#ifdef __cplusplus
#define ESCROW_NOEXCEPT noexcept
extern "C" {
#else
#define ESCROW_NOEXCEPT
#endif

/* Hidden: two images (a host and a plugin) never share a table by accident of symbol lookup.
 * Define ESCROW_EXPORT to build a shared library that offers the facade to others. */
#if defined(ESCROW_EXPORT)
#define ESCROW_API __attribute__((visibility("default")))
#else
#define ESCROW_API __attribute__((visibility("hidden")))
#endif

/* Linker names carry the ABI major, so two major versions can live in one binary. */
#define escrow_abi escrow1_abi
#define escrow_api_get escrow1_api_get
#define escrow_status_text escrow1_status_text
#define escrow_status_name escrow1_status_name
#define escrow_pool_open escrow1_pool_open
#define escrow_pool_close escrow1_pool_close
#define escrow_pool_destroy escrow1_pool_destroy
#define escrow_pool_drain escrow1_pool_drain
#define escrow_pool_trim escrow1_pool_trim
#define escrow_pool_read_stats escrow1_pool_read_stats
#define escrow_pool_read_classes escrow1_pool_read_classes
#define escrow_pool_inspect escrow1_pool_inspect
#define escrow_acquire escrow1_acquire
#define escrow_acquire_n escrow1_acquire_n
#define escrow_dup escrow1_dup
#define escrow_release escrow1_release
#define escrow_release_deferred escrow1_release_deferred
#define escrow_release_n escrow1_release_n
#define escrow_lend escrow1_lend
#define escrow_give_back escrow1_give_back
#define escrow_borrow escrow1_borrow
#define escrow_return escrow1_return
#define escrow_move_out escrow1_move_out
#define escrow_move_in escrow1_move_in
#define escrow_revoke escrow1_revoke
#define escrow_validate escrow1_validate
#define escrow_read escrow1_read

/* ---- Versions
 * -------------------------------------------------------------------------------------- */

/**
 * Describes the layout that this image was compiled with.
 * @return (transfer none) static, immutable.
 * Threads: any.  Finalizer-safe: yes.  Cost: none; leaf.
 */
ESCROW_API escrow_abi_info const *escrow_abi(void) ESCROW_NOEXCEPT;

/* A header older or newer than the library it is linked with fails at link time, here. */
extern ESCROW_API unsigned char const escrow1_abi_minor_0;
__attribute__((used)) static unsigned char const *const escrow_abi_required = &escrow1_abi_minor_0;

/**
 * The sentence for a code: what happened and who can mend it.
 * @param status  any number
 * @return (transfer none) static text, never NULL.
 * Threads: any.  Finalizer-safe: yes.  Cost: a few ns; leaf.
 */
ESCROW_API char const *escrow_status_text(escrow_status status) ESCROW_NOEXCEPT;

/**
 * The name of a code as written in C, "ESCROW_E_STALE"; "ESCROW_?" for an unknown one.
 * @param status  any number
 * @return (transfer none) static text, never NULL.
 * Threads: any.  Finalizer-safe: yes.  Cost: a few ns; leaf.
 */
ESCROW_API char const *escrow_status_name(escrow_status status) ESCROW_NOEXCEPT;

/**
 * The function table of this image.
 * @param major  ESCROW_ABI_MAJOR of the caller
 * @return (transfer none) (nullable) static, immutable; NULL: another major.
 * Threads: any.  Finalizer-safe: yes.  Cost: none; leaf.
 */
ESCROW_API escrow_api const *escrow_api_get(uint32_t major) ESCROW_NOEXCEPT;

/* ---- Pools ------------------------------------------------------------------------------- */

/* Every function that takes a pool also answers ESCROW_E_NULL for 0, ESCROW_E_KIND for the handle
 * of an object and ESCROW_E_RANGE for what no pool was ever called. */

/**
 * Opens a pool.
 * @param options   (transfer none)        struct_size set, the rest zero or in its stated range
 * @param out_pool  (out) (transfer full)  end it with escrow_pool_close, then escrow_pool_destroy
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_VERSION struct_size unknown |
 *         ESCROW_E_OPTION a value out of range | ESCROW_E_EXHAUSTED 65,535 pools are open |
 *         ESCROW_E_NOMEM | ESCROW_E_FULL reserve_bytes above limit_bytes
 * Threads: any.  Finalizer-safe: no.  Cost: some us.
 */
ESCROW_API escrow_status escrow_pool_open(escrow_pool_options const *options,
                                          escrow_pool *out_pool) ESCROW_NOEXCEPT;

/**
 * Closes the pool to new work: after it returns no acquire, dup, lend or move begun later succeeds.
 * References that are out stay valid until they are released. Runs the destructors that are owed.
 * @param pool      (transfer none)  destroy it once its last reference is gone
 * @param flags     of escrow_close_flag
 * @param out_live  (out) (nullable) objects still live, pending destructors included; 0 = may
 * destroy
 * @return ESCROW_OK | ESCROW_E_CLOSED closed before (out_live is written) | ESCROW_E_STALE
 * destroyed | ESCROW_E_RANGE not a pool | ESCROW_E_BUSY called from a destructor | ESCROW_E_OPTION
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool), about 1 ns a slot.
 */
ESCROW_API escrow_status escrow_pool_close(escrow_pool pool, uint32_t flags,
                                           uint64_t *out_live) ESCROW_NOEXCEPT;

/**
 * Gives a closed pool's memory back to the system. Address space stays reserved for reuse.
 * @param pool  (transfer full)  on ESCROW_OK the pool is gone; on any error the caller keeps it
 * @return ESCROW_OK | ESCROW_E_LEAK objects are live or destructors owed | ESCROW_E_STALE destroyed
 *         before | ESCROW_E_BUSY still open (close first), or called from a destructor
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool).
 */
ESCROW_API escrow_status escrow_pool_destroy(escrow_pool pool) ESCROW_NOEXCEPT;

/**
 * Runs destructors that are owed, no lock held, until none is left or `max` have run.
 * @param pool     (transfer none)
 * @param max      0 = all
 * @param out_ran  (out) (nullable)  how many ran
 * @return ESCROW_OK | ESCROW_E_BUSY called from a destructor | ESCROW_E_STALE
 * Threads: any; several may drain at once.  Finalizer-safe: no.  Cost: the destructors.
 */
ESCROW_API escrow_status escrow_pool_drain(escrow_pool pool, uint64_t max,
                                           uint64_t *out_ran) ESCROW_NOEXCEPT;

/**
 * Gives memory of wholly free slabs back to the system.
 * @param pool       (transfer none)
 * @param out_bytes  (out) (nullable)  by how much bytes_committed fell
 * @return ESCROW_OK | ESCROW_E_CLOSED | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool) and a system call a free range.
 */
ESCROW_API escrow_status escrow_pool_trim(escrow_pool pool, uint64_t *out_bytes) ESCROW_NOEXCEPT;

/**
 * Counts what the pool holds. Exact when no call is under way; else each count was true at some
 * instant during the call. Works on a closed pool.
 * @param pool   (transfer none)
 * @param stats  (out)  struct_size set by the caller
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_VERSION | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool), about 1 ns a slot.
 */
ESCROW_API escrow_status escrow_pool_read_stats(escrow_pool pool,
                                                escrow_pool_stats *stats) ESCROW_NOEXCEPT;

/**
 * The same by size class, smallest first; classes never used are left out.
 * @param pool       (transfer none)
 * @param out        (out)            `capacity` elements
 * @param out_count  (out)            how many classes there are; more than capacity: the rest is
 * cut
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: O(slots of the pool).
 */
ESCROW_API escrow_status escrow_pool_read_classes(escrow_pool pool, escrow_class_stats *out,
                                                  uint32_t capacity,
                                                  uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * Lists live references, at most `capacity` a call, for reports of who holds what.
 * @param pool       (transfer none)
 * @param cursor     (in, out)        0 at first; pass it on; 0 again after the last
 * @param out        (out)            `capacity` elements
 * @param out_count  (out)            how many were written
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE capacity is 0 | ESCROW_E_STALE
 * Threads: any; references made or ended during the walk may be missed, and one that is just being
 * made shows size and root of its slot's last.  Finalizer-safe: no.  Cost: O(slots walked).
 */
ESCROW_API escrow_status escrow_pool_inspect(escrow_pool pool, uint64_t *cursor,
                                             escrow_reference_info *out, uint32_t capacity,
                                             uint32_t *out_count) ESCROW_NOEXCEPT;

/* ---- References -------------------------------------------------------------------------- */

/**
 * Acquires a zeroed object of `bytes` bytes.
 * @param pool         (transfer none)
 * @param bytes        1 to 2^32-1, to fixed_size where set, to limit_bytes where set; else E_SIZE
 * @param out_handle   (out) (transfer full)             end it with escrow_release or
 * escrow_move_out
 * @param out_payload  (out) (transfer none) (nullable)  its memory, valid while a reference is held
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_FULL | ESCROW_E_NOMEM |
 *         ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_EXHAUSTED slots used up
 * Threads: any.  Finalizer-safe: no (may ask the system for memory; never runs a destructor).
 * Cost: one CAS and zeroing; a system call for a new region.
 */
ESCROW_API escrow_status escrow_acquire(escrow_pool pool, uint64_t bytes, escrow_handle *out_handle,
                                        void **out_payload) ESCROW_NOEXCEPT;

/**
 * Acquires `count` objects or none.
 * @param pool         (transfer none)
 * @param bytes        as in escrow_acquire, for each
 * @param count        1 to 65,536
 * @param out_handles  (out) (transfer full)             `count` elements; each ended on its own
 * @param out_payloads (out) (transfer none) (nullable)  `count` elements
 * @return as escrow_acquire; ESCROW_E_SIZE also for a count outside its range, outputs untouched
 * then Threads: any.  Finalizer-safe: no.  Cost: one CAS an object.
 */
ESCROW_API escrow_status escrow_acquire_n(escrow_pool pool, uint64_t bytes, uint64_t count,
                                          escrow_handle *out_handles,
                                          void **out_payloads) ESCROW_NOEXCEPT;

/**
 * Makes a second reference to the same object, with a handle of its own.
 * @param handle      (transfer none)        an object or a duplicate
 * @param out_handle  (out) (transfer full)  end it with escrow_release or escrow_move_out
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_STALE | ESCROW_E_MOVED |
 *         ESCROW_E_KIND a loan | ESCROW_E_TRANSIT | ESCROW_E_REVOKED | ESCROW_E_LIMIT 65,535
 *         references | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: two CAS, and a 32 B slot while it lives.
 */
ESCROW_API escrow_status escrow_dup(escrow_handle handle,
                                    escrow_handle *out_handle) ESCROW_NOEXCEPT;

/**
 * Ends a reference. Where this freed the object and it has a destructor, runs it before returning.
 * @param handle  (transfer full)  an object, a duplicate or a ticket; on any error the caller keeps
 * it
 * @return ESCROW_OK others hold it | ESCROW_FREED | ESCROW_DEFERRED still lent | ESCROW_PENDING
 * called from a destructor, or freed and what its destructor released is owed | ESCROW_E_NULL |
 * ESCROW_E_RANGE | ESCROW_E_STALE | ESCROW_E_MOVED | ESCROW_E_KIND a loan (use escrow_give_back)
 * Threads: any; also after close.  Finalizer-safe: no (destructor).  Cost: one CAS.
 */
ESCROW_API escrow_status escrow_release(escrow_handle handle) ESCROW_NOEXCEPT;

/**
 * Ends a reference and leaves the destructor to escrow_pool_drain: what finalizers and cleanups
 * call.
 * @param handle  (transfer full)  as in escrow_release
 * @return as escrow_release, with ESCROW_PENDING whenever a destructor is owed now
 * Threads: any; also after close and destroy (ESCROW_E_STALE).  Finalizer-safe: yes.
 * Cost: one CAS; leaf (ESCROW_E_BUSY after 64 lost races).
 */
ESCROW_API escrow_status escrow_release_deferred(escrow_handle handle) ESCROW_NOEXCEPT;

/**
 * Ends `count` references, each on its own.
 * @param handles      (transfer full)   `count` elements; zero entries are skipped
 * @param out_statuses (out) (nullable)  `count` elements: what escrow_release said of each
 * @return ESCROW_OK all took effect | else the first error code; the others were still released
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS a reference.
 */
ESCROW_API escrow_status escrow_release_n(escrow_handle const *handles, uint64_t count,
                                          escrow_status *out_statuses) ESCROW_NOEXCEPT;

/**
 * Lends the object under a handle of its own: giving it back twice is STALE.
 * @param handle    (transfer none)        an object or a duplicate; it may be released while lent
 * @param out_loan  (out) (transfer full)  end it with escrow_give_back
 * @param out_view  (out) (nullable)       memory and size, valid until give_back
 * @return as escrow_dup; ESCROW_E_LIMIT 65,535 loans
 * Threads: any.  Finalizer-safe: no.  Cost: two CAS, and a 32 B slot while it lasts.
 */
ESCROW_API escrow_status escrow_lend(escrow_handle handle, escrow_loan *out_loan,
                                     escrow_view *out_view) ESCROW_NOEXCEPT;

/**
 * Ends a loan; frees the object when its last owner left meanwhile.
 * @param loan  (transfer full)  on any error the caller keeps it
 * @return ESCROW_OK | ESCROW_FREED | ESCROW_PENDING a destructor is owed | ESCROW_E_NULL |
 *         ESCROW_E_RANGE | ESCROW_E_STALE given back before | ESCROW_E_KIND not a loan |
 *         ESCROW_E_MOVED the handle of a reference that was moved out
 * Threads: any.  Finalizer-safe: yes.  Cost: two CAS; leaf.
 */
ESCROW_API escrow_status escrow_give_back(escrow_loan loan) ESCROW_NOEXCEPT;

/**
 * Lends without a handle: the count on the object goes up. For types that give back exactly once by
 * construction (borrowed<T>, Go's Use); others want escrow_lend.
 * @param handle    (transfer none)
 * @param out_view  (out) (transfer full)  end it with escrow_return(out_view->root)
 * @return as escrow_lend
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf (ESCROW_E_BUSY after 64 lost races).
 */
ESCROW_API escrow_status escrow_borrow(escrow_handle handle, escrow_view *out_view) ESCROW_NOEXCEPT;

/**
 * Ends one escrow_borrow.
 * @param root  (transfer full)  the `root` of the view; exactly once
 * @return ESCROW_OK | ESCROW_FREED | ESCROW_PENDING | ESCROW_E_STALE nothing of it is lent |
 *         ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_KIND
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_return(uint64_t root) ESCROW_NOEXCEPT;

/**
 * Moves the reference `handle` into a ticket that any thread may take in.
 * @param handle      (transfer full)        on ESCROW_OK the caller has given it up; on any error
 * it keeps it
 * @param out_ticket  (out) (transfer full)  end it with escrow_move_in or escrow_release
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_STALE released before |
 *         ESCROW_E_MOVED | ESCROW_E_KIND a loan | ESCROW_E_TRANSIT a ticket already | ESCROW_E_LENT
 * | ESCROW_E_SHARED an object with duplicates (a duplicate moves freely) | ESCROW_E_REVOKED |
 *         ESCROW_E_EXHAUSTED moved 2^27 times in one life: acquire a new object
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_move_out(escrow_handle handle,
                                         escrow_ticket *out_ticket) ESCROW_NOEXCEPT;

/**
 * Takes a reference out of its ticket; the sender may do so too, to cancel.
 * @param ticket      (transfer full)        on any error the caller keeps it
 * @param out_handle  (out) (transfer full)  end it with escrow_release or escrow_move_out
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_STALE taken in, released or
 * reclaimed before | ESCROW_E_KIND not a ticket | ESCROW_E_REVOKED its pool is closing: release it
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_move_in(escrow_ticket ticket,
                                        escrow_handle *out_handle) ESCROW_NOEXCEPT;

/**
 * Stops new dup, lend and move of the object; holders and borrowers finish as usual.
 * @param handle  (transfer none)  an object or a duplicate
 * @return ESCROW_OK | ESCROW_ALREADY revoked before | ESCROW_E_NULL | ESCROW_E_RANGE |
 * ESCROW_E_STALE | ESCROW_E_MOVED | ESCROW_E_KIND a loan | ESCROW_E_TRANSIT Threads: any.
 * Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_revoke(escrow_handle handle) ESCROW_NOEXCEPT;

/**
 * Says whether the handle names a live reference now, of this pool and this type. Advice only,
 * unless the caller holds the reference.
 * @param handle   (transfer none)  object, duplicate, loan or ticket
 * @param pool     (transfer none)  0 = any pool
 * @param type_id  0 = any type
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_FOREIGN | ESCROW_E_STALE |
 *         ESCROW_E_MOVED | ESCROW_E_KIND another type | ESCROW_E_TRANSIT a ticket |
 * ESCROW_E_REVOKED Threads: any.  Finalizer-safe: yes.  Cost: a few loads; leaf.
 */
ESCROW_API escrow_status escrow_validate(escrow_handle handle, escrow_pool pool,
                                         uint32_t type_id) ESCROW_NOEXCEPT;

/**
 * Reads memory and size of an object the caller holds a reference or loan of. Counts nothing: valid
 * as long as that reference is held.
 * @param handle    (transfer none)  object, duplicate or loan
 * @param out_view  (out) (transfer none)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_STALE | ESCROW_E_MOVED |
 *         ESCROW_E_TRANSIT take the ticket in first
 * Threads: any.  Finalizer-safe: yes.  Cost: a few loads; leaf.
 */
ESCROW_API escrow_status escrow_read(escrow_handle handle, escrow_view *out_view) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
