/* escrow/cell.h: cells, configuration that is swapped as a whole, for C11 and C++20. Part of the
 * facade; see escrow.h for the words its comments use.
 *
 * A cell shows one immutable content at a time, under a version that counts from 1 and an ETag.
 * Whoever reads after a swap has returned, in any thread and language, sees that version or a newer
 * one; versions never go back for any reader. A reader never keeps a writer waiting: what it holds
 * costs the memory of that snapshot and nothing else.
 *
 * Any thread may call anything at any time, save escrow_cell_destroy. */
#ifndef ESCROW_CELL_H
#define ESCROW_CELL_H

#include <stdint.h>

#include "cell_types.h"
#include "escrow.h"
#include "map.h"

#ifdef __cplusplus
extern "C" {
#endif

#define escrow_cell_open escrow1_cell_open
#define escrow_cell_close escrow1_cell_close
#define escrow_cell_destroy escrow1_cell_destroy
#define escrow_cell_swap escrow1_cell_swap
#define escrow_cell_swap_if escrow1_cell_swap_if
#define escrow_cell_prepare escrow1_cell_prepare
#define escrow_cell_publish escrow1_cell_publish
#define escrow_cell_discard escrow1_cell_discard
#define escrow_cell_read_prepared escrow1_cell_read_prepared
#define escrow_cell_propose escrow1_cell_propose
#define escrow_cell_take escrow1_cell_take
#define escrow_cell_accept escrow1_cell_accept
#define escrow_cell_refuse escrow1_cell_refuse
#define escrow_cell_roll_back escrow1_cell_roll_back
#define escrow_cell_load escrow1_cell_load
#define escrow_cell_load_version escrow1_cell_load_version
#define escrow_cell_release escrow1_cell_release
#define escrow_cell_copy escrow1_cell_copy
#define escrow_cell_version escrow1_cell_version
#define escrow_cell_await escrow1_cell_await
#define escrow_cell_word escrow1_cell_word
#define escrow_cell_read_layout escrow1_cell_read_layout
#define escrow_cell_notify escrow1_cell_notify
#define escrow_cell_read_history escrow1_cell_read_history
#define escrow_cell_read_stats escrow1_cell_read_stats

/* ---- Opening and closing
 * -------------------------------------------------------------------------------- */

/**
 * Opens a cell that has no version yet.
 * @param options   (transfer none)
 * @param out_cell  (out) (transfer full)  end it with escrow_cell_close and escrow_cell_destroy
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_VERSION | ESCROW_E_OPTION | ESCROW_E_SIZE fixed_size
 *         is too large | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED 65,535 cells or pools are open
 * Threads: any.  Finalizer-safe: no.  Cost: some microseconds.
 */
ESCROW_API escrow_status escrow_cell_open(escrow_cell_options const *options,
                                          escrow_cell *out_cell) ESCROW_NOEXCEPT;

/**
 * Ends publishing: the last versions stay readable, who waits for one or for a decision gets
 * ESCROW_E_CLOSED.
 * @param cell  (transfer none)  an open cell
 * @return ESCROW_OK | ESCROW_E_CLOSED before | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE destroyed
 * Threads: any.  Finalizer-safe: no.  Cost: a lock and two system calls.
 */
ESCROW_API escrow_status escrow_cell_close(escrow_cell cell) ESCROW_NOEXCEPT;

/**
 * Lets a closed cell's versions and its memory go. Loads, copies and cached readers may be under
 * way and get ESCROW_E_STALE; no call that publishes may be.
 * @param cell  (transfer full)  on ESCROW_E_LEAK the caller keeps it, and calls again later
 * @return ESCROW_OK | ESCROW_E_BUSY not closed, or called from a destructor | ESCROW_E_LEAK loans
 * or prepared snapshots are left | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * destroyed before Threads: see above.  Finalizer-safe: no.  Cost: system calls; runs the
 * destructor of each version that nobody holds.
 */
ESCROW_API escrow_status escrow_cell_destroy(escrow_cell cell) ESCROW_NOEXCEPT;

/* ---- Publishing
 * -------------------------------------------------------------------------------- */

/**
 * Publishes a copy of a content as the next version, once the validator has accepted it. On any
 * error nothing has changed.
 * @param cell         (transfer none)  an open cell
 * @param content      (transfer none)
 * @param etag         (transfer none) (nullable)  1 to 255 bytes; none: computed from the content
 * @param out_version  (out) (nullable)
 * @param out_reason   (out) (nullable)  why it was refused
 * @return ESCROW_OK | ESCROW_E_REFUSED | ESCROW_E_KIND the cell is decided outside: propose |
 *         ESCROW_E_SIZE | ESCROW_E_FULL | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED | ESCROW_E_CLOSED |
 *         ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: two copies, a hash of the content where it needs an
 * ETag, a lock among writers, the validator; never waits for a reader.
 */
ESCROW_API escrow_status escrow_cell_swap(escrow_cell cell, escrow_bytes const *content,
                                          escrow_bytes const *etag, uint64_t *out_version,
                                          escrow_cell_reason *out_reason) ESCROW_NOEXCEPT;

/**
 * The same if a condition holds at the moment of publication.
 * @param cell         (transfer none)  an open cell
 * @param condition    (transfer none)
 * @param content      (transfer none)
 * @param etag         (transfer none) (nullable)
 * @param out_version  (out) (nullable)  on ESCROW_OK the new version, on ESCROW_ALREADY the current
 * @param out_reason   (out) (nullable)
 * @return as escrow_cell_swap | ESCROW_ALREADY IF_CHANGED, and it has not: nothing was published |
 *         ESCROW_E_DIFFERS the condition does not hold | ESCROW_E_OPTION no such condition
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_cell_swap.
 */
ESCROW_API escrow_status escrow_cell_swap_if(escrow_cell cell,
                                             escrow_cell_condition const *condition,
                                             escrow_bytes const *content, escrow_bytes const *etag,
                                             uint64_t *out_version,
                                             escrow_cell_reason *out_reason) ESCROW_NOEXCEPT;

/**
 * The first half of a swap: a snapshot that nobody sees yet. The cell's word will show its handle
 * once it is published, so a cache can know it before. The only way for who decides outside.
 * @param cell          (transfer none)  an open cell
 * @param content       (transfer none)
 * @param etag          (transfer none) (nullable)
 * @param out_snapshot  (out) (transfer full)  end it with escrow_cell_publish or
 * escrow_cell_discard
 * @param out_reason    (out) (nullable)
 * @return as escrow_cell_swap
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_cell_swap.
 */
ESCROW_API escrow_status escrow_cell_prepare(escrow_cell cell, escrow_bytes const *content,
                                             escrow_bytes const *etag, uint64_t *out_snapshot,
                                             escrow_cell_reason *out_reason) ESCROW_NOEXCEPT;

/**
 * The second half of a swap.
 * @param cell         (transfer none)  the open cell that prepared it
 * @param snapshot     (transfer full)  on ESCROW_OK; on anything else the caller keeps it
 * @param condition    (transfer none) (nullable)
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_ALREADY | ESCROW_E_DIFFERS | ESCROW_E_OPTION | ESCROW_E_STALE it was
 *         published or discarded | ESCROW_E_FOREIGN it is another cell's | ESCROW_E_CLOSED |
 *         ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers, one copy of up to 256 bytes.
 */
ESCROW_API escrow_status escrow_cell_publish(escrow_cell cell, uint64_t snapshot,
                                             escrow_cell_condition const *condition,
                                             uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Ends a prepared snapshot. The destructor is not run: the content is still its maker's.
 * @param cell      (transfer none)  the cell that prepared it
 * @param snapshot  (transfer full)  on any error the caller keeps it
 * @return ESCROW_OK | ESCROW_E_STALE | ESCROW_E_FOREIGN | ESCROW_E_NULL | ESCROW_E_KIND |
 *         ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers.
 */
ESCROW_API escrow_status escrow_cell_discard(escrow_cell cell, uint64_t snapshot) ESCROW_NOEXCEPT;

/**
 * What a prepared snapshot holds: the ETag that was computed, for one.
 * @param cell      (transfer none)  the cell that prepared it
 * @param snapshot  (transfer none)
 * @param out_view  (out) (transfer none)  without a loan; until the caller publishes or discards it
 * @return ESCROW_OK | ESCROW_E_STALE | ESCROW_E_FOREIGN | ESCROW_E_NULL | ESCROW_E_KIND |
 *         ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers.
 */
ESCROW_API escrow_status escrow_cell_read_prepared(escrow_cell cell, uint64_t snapshot,
                                                   escrow_cell_view *out_view) ESCROW_NOEXCEPT;

/**
 * Asks the decider of a cell opened with ESCROW_CELL_DECIDED, and sleeps until it has answered.
 * @param cell         (transfer none)  an open cell
 * @param condition    (transfer none) (nullable)  looked at when the decider accepts
 * @param content      (transfer none)
 * @param etag         (transfer none) (nullable)
 * @param timeout_ns   nanoseconds, or ESCROW_FOREVER
 * @param out_version  (out) (nullable)
 * @param out_reason   (out) (nullable)
 * @return as escrow_cell_swap_if, ESCROW_E_REFUSED by the decider | ESCROW_E_TIMEOUT not decided in
 *         time: it will not be published | ESCROW_E_KIND the cell is not decided outside
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_cell_swap, and sleep; at most 8 wait at the
 * decider's, more wait for a place there.
 */
ESCROW_API escrow_status escrow_cell_propose(escrow_cell cell,
                                             escrow_cell_condition const *condition,
                                             escrow_bytes const *content, escrow_bytes const *etag,
                                             uint64_t timeout_ns, uint64_t *out_version,
                                             escrow_cell_reason *out_reason) ESCROW_NOEXCEPT;

/**
 * Takes the proposal that has waited longest; it is handed out to nobody else.
 * @param cell        (transfer none)  an open cell
 * @param timeout_ns  nanoseconds, or ESCROW_FOREVER; 0 does not sleep
 * @param out_view    (out) (transfer full)  decide on out_view->snapshot, then end the loan with
 *                    escrow_cell_release
 * @return ESCROW_OK | ESCROW_E_TIMEOUT none came | ESCROW_E_CLOSED | ESCROW_E_KIND the cell is not
 *         decided outside | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_NULL | ESCROW_E_RANGE |
 *         ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers, and sleep.
 */
ESCROW_API escrow_status escrow_cell_take(escrow_cell cell, uint64_t timeout_ns,
                                          escrow_cell_view *out_view) ESCROW_NOEXCEPT;

/**
 * Publishes a proposal that was taken, if its condition holds; its proposer gets the same answer.
 * @param cell         (transfer none)  an open cell
 * @param snapshot     (transfer none)  of the view that escrow_cell_take gave
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_ALREADY | ESCROW_E_DIFFERS | ESCROW_E_STALE its proposer has given up,
 *         or it was decided | ESCROW_E_CLOSED | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_cell_publish.
 */
ESCROW_API escrow_status escrow_cell_accept(escrow_cell cell, uint64_t snapshot,
                                            uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Refuses a proposal that was taken; its proposer gets ESCROW_E_REFUSED with the reason.
 * @param cell      (transfer none)  an open cell
 * @param snapshot  (transfer none)  of the view that escrow_cell_take gave
 * @param reason    (transfer none) (nullable)
 * @return ESCROW_OK | ESCROW_E_STALE | ESCROW_E_CLOSED | ESCROW_E_NULL | ESCROW_E_KIND |
 *         ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers.
 */
ESCROW_API escrow_status escrow_cell_refuse(escrow_cell cell, uint64_t snapshot,
                                            escrow_cell_reason const *reason) ESCROW_NOEXCEPT;

/**
 * Publishes content and ETag of a version that is kept once more, as a new version. It is not
 * examined again.
 * @param cell         (transfer none)  an open cell
 * @param version      one of escrow_cell_read_history
 * @param out_version  (out) (nullable)  the new one
 * @return ESCROW_OK | ESCROW_ALREADY it is the current one | ESCROW_E_ABSENT not kept |
 *         ESCROW_E_KIND the cell is decided outside or has a destructor: load the version and
 *         publish it | ESCROW_E_FULL | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED | ESCROW_E_LIMIT |
 *         ESCROW_E_CLOSED | ESCROW_E_NULL | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_cell_swap without the validator.
 */
ESCROW_API escrow_status escrow_cell_roll_back(escrow_cell cell, uint64_t version,
                                               uint64_t *out_version) ESCROW_NOEXCEPT;

/* ---- Reading
 * -------------------------------------------------------------------------------- */

/**
 * Holds the current snapshot, for as long as the caller likes.
 * @param cell      (transfer none)  a cell, open or closed
 * @param out_view  (out) (transfer full)  end out_view->loan with escrow_cell_release
 * @return ESCROW_OK | ESCROW_E_ABSENT no version yet | ESCROW_E_LIMIT 65,535 hold it |
 *         ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED | ESCROW_E_NULL | ESCROW_E_KIND |
 *         ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: two CAS.
 */
ESCROW_API escrow_status escrow_cell_load(escrow_cell cell,
                                          escrow_cell_view *out_view) ESCROW_NOEXCEPT;

/**
 * Holds a version that the cell keeps.
 * @param cell      (transfer none)  a cell, open or closed
 * @param version   one of escrow_cell_read_history
 * @param out_view  (out) (transfer full)
 * @return as escrow_cell_load | ESCROW_E_ABSENT not kept
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers, two CAS.
 */
ESCROW_API escrow_status escrow_cell_load_version(escrow_cell cell, uint64_t version,
                                                  escrow_cell_view *out_view) ESCROW_NOEXCEPT;

/**
 * Ends a loan, on any thread. The last holder of a version that has left the cell frees it.
 * @param loan  (transfer full)  of a view
 * @return ESCROW_OK | ESCROW_FREED | ESCROW_PENDING the destructor is owed | ESCROW_E_STALE ended
 *         before | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE
 * Threads: any.  Finalizer-safe: no: the destructor may run, and memory go back to the system;
 * escrow_give_back is, and leaves that to the next swap.  Cost: two CAS.
 */
ESCROW_API escrow_status escrow_cell_release(escrow_loan loan) ESCROW_NOEXCEPT;

/**
 * Copies the current content. Up to ESCROW_CELL_MOST_COPY bytes nothing is stored that others see,
 * unless eight swaps came between.
 * @param cell         (transfer none)  a cell, open or closed
 * @param buffer       (in, out)  room in, size out; with less room than that nothing is copied
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_E_SIZE not room enough | ESCROW_E_ABSENT no version yet |
 *         ESCROW_E_LIMIT | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a load for 8 bytes; above 256 bytes two CAS and a copy.
 */
ESCROW_API escrow_status escrow_cell_copy(escrow_cell cell, escrow_buffer *buffer,
                                          uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * The current version.
 * @param cell         (transfer none)  a cell, open or closed
 * @param out_version  (out)
 * @return ESCROW_OK | ESCROW_E_ABSENT no version yet | ESCROW_E_LIMIT | ESCROW_E_NULL |
 *         ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a few loads.
 */
ESCROW_API escrow_status escrow_cell_version(escrow_cell cell,
                                             uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Sleeps until the current version is above `known`.
 * @param cell         (transfer none)  an open cell
 * @param known        0: any version
 * @param timeout_ns   nanoseconds, or ESCROW_FOREVER
 * @param out_version  (out) (nullable)
 * @return ESCROW_OK | ESCROW_E_TIMEOUT | ESCROW_E_CLOSED no version comes any more | ESCROW_E_NULL
 * | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE Threads: any.  Finalizer-safe: no.  Cost:
 * sleep.
 */
ESCROW_API escrow_status escrow_cell_await(escrow_cell cell, uint64_t known, uint64_t timeout_ns,
                                           uint64_t *out_version) ESCROW_NOEXCEPT;

/**
 * Where the handle of the current snapshot lies: a reader that remembers the handle of what it has
 * decoded compares it with one acquire load, and calls only where they differ. The memory stays
 * readable for ever; no handle comes back, so that holds beyond the end of the cell.
 * @param cell      (transfer none)  a cell, open or closed
 * @param out_word  (out) (transfer none)  aligned to 128 bytes
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API escrow_status escrow_cell_word(escrow_cell cell,
                                          uint64_t const **out_word) ESCROW_NOEXCEPT;

/**
 * What every content of the cell is, as given when it was opened.
 * @param cell        (transfer none)  a cell, open or closed
 * @param out_layout  (out) (transfer none)  lives as long as the image; NULL: none
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among those who open and end cells.
 */
ESCROW_API escrow_status escrow_cell_read_layout(escrow_cell cell,
                                                 escrow_layout const **out_layout) ESCROW_NOEXCEPT;

/**
 * From now on each new version, each proposal, and the close of the cell writes the 8-byte number 1
 * to a descriptor: an eventfd or a pipe that does not block. One for many cells is fine.
 * @param cell        (transfer none)  an open cell
 * @param descriptor  (transfer none)  -1: none any more; after that call returned none is written
 * to
 * @return ESCROW_OK | ESCROW_E_OPTION below -1 | ESCROW_E_CLOSED | ESCROW_E_NULL | ESCROW_E_KIND |
 *         ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers; then a system call a swap.
 */
ESCROW_API escrow_status escrow_cell_notify(escrow_cell cell, int descriptor) ESCROW_NOEXCEPT;

/* ---- What is there
 * -------------------------------------------------------------------------------- */

/**
 * The versions that the cell keeps, the current one first.
 * @param cell         (transfer none)  a cell, open or closed
 * @param out_entries  (out)  `capacity` of them
 * @param capacity     64 are enough
 * @param out_count    (out)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers.
 */
ESCROW_API escrow_status escrow_cell_read_history(escrow_cell cell, escrow_cell_entry *out_entries,
                                                  uint32_t capacity,
                                                  uint32_t *out_count) ESCROW_NOEXCEPT;

/**
 * What happened, and what is in memory; exact when nobody is at work.
 * @param cell       (transfer none)  a cell, open or closed
 * @param out_stats  (out)  struct_size is set by the caller
 * @return ESCROW_OK | ESCROW_E_VERSION | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE
 * Threads: any.  Finalizer-safe: no.  Cost: a lock among writers, and a look at every slot.
 */
ESCROW_API escrow_status escrow_cell_read_stats(escrow_cell cell,
                                                escrow_cell_stats *out_stats) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
