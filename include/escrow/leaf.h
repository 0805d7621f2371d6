/* escrow/leaf.h: the entries of the facade that a Go program may enter by a leaf call, on a
 * goroutine's own stack, through an assembly stub. C11 and C++20.
 *
 * The contract, which `escrow prove` checks for everything a leaf calls: at most 512 bytes of
 * stack; a bounded number of instructions, at most 64 lost races; at most 4 KiB of payload and 64
 * handles touched; no system call, allocation, callback, lock, thread-local variable or lazily
 * bound symbol.
 *
 * Every parameter is a 64-bit word or a pointer, every result 64 bits: an escrow_status, or, where
 * stated, a number. ESCROW_E_BUSY: nothing happened; call the ordinary function, which may wait and
 * may ask the system for memory. Otherwise each does what the function of its name in escrow.h
 * does. All are thread-safe and finalizer-safe. */
#ifndef ESCROW_LEAF_H
#define ESCROW_LEAF_H

#include <stdint.h>

#include "escrow.h"
#include "map_leaf.h"
#include "sequence.h"

/* The one list: X(name). Order and names are those of go/internal/facade/leaves.txt. */
#define ESCROW_LEAF_LIST(X)      \
  X(acquire)                     \
  X(acquire_n)                   \
  X(release)                     \
  X(release_deferred)            \
  X(release_n)                   \
  X(dup)                         \
  X(borrow)                      \
  X(return )                     \
  X(move_out)                    \
  X(move_in)                     \
  X(revoke)                      \
  X(validate)                    \
  X(read)                        \
  X(sequence_next)               \
  X(map_get)                     \
  X(map_put)                     \
  X(map_put_if_absent)           \
  X(map_swap)                    \
  X(map_compare_and_swap)        \
  X(map_add)                     \
  X(map_erase)                   \
  X(map_take)                    \
  X(map_erase_if)                \
  X(map_get_n)                   \
  X(map_put_n)                   \
  X(map_erase_n)                 \
  X(map_get_bytes)               \
  X(map_put_bytes)               \
  X(map_put_bytes_if_absent)     \
  X(map_swap_bytes)              \
  X(map_compare_and_swap_bytes)  \
  X(map_add_bytes)               \
  X(map_compare_and_erase_bytes) \
  X(map_erase_bytes)             \
  X(map_take_bytes)              \
  X(map_get_keyed_n)             \
  X(map_put_keyed_n)             \
  X(map_erase_keyed_n)           \
  X(map_borrow_handle)

/* Handles of one batch. */
#define ESCROW_LEAF_BATCH 64

#ifdef __cplusplus
extern "C" {
#endif

/**
 * escrow_acquire from the lane's current slab.
 * @param out_handle  (out) (transfer full)
 * @return as escrow_acquire | ESCROW_E_BUSY the slab is used up, or another thread is in the way
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS, zeroing of at most 1 KiB, and where the
 * slab's mask is used up a look at 64 words; leaf.
 */
ESCROW_API int64_t escrow1_leaf_acquire(uint64_t pool, uint64_t bytes,
                                        uint64_t *out_handle) ESCROW_NOEXCEPT;

/**
 * Acquires up to `count` objects from the lane's current slab.
 * @param count        1 to ESCROW_LEAF_BATCH; at most 4 KiB of objects that acquire zeroes
 * @param out_handles  (out) (transfer full)  the first so many as the result says
 * @return how many, 0 to count | as escrow_acquire where the first was refused |
 *         ESCROW_E_SIZE count is out of its range
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS an object; leaf.
 */
ESCROW_API int64_t escrow1_leaf_acquire_n(uint64_t pool, uint64_t bytes, uint64_t count,
                                          uint64_t *out_handles) ESCROW_NOEXCEPT;

/**
 * escrow_release of an object whose end runs no destructor and gives nothing back to the system.
 * @param handle  (transfer full)  on any error the caller keeps it
 * @return as escrow_release | ESCROW_E_BUSY also for duplicates
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_release(uint64_t handle) ESCROW_NOEXCEPT;

/**
 * escrow_release_deferred of an object.
 * @param handle  (transfer full)  on any error the caller keeps it
 * @return as escrow_release_deferred | ESCROW_E_BUSY also for duplicates
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_release_deferred(uint64_t handle) ESCROW_NOEXCEPT;

/**
 * Releases objects one after the other, until one needs the ordinary function or is refused.
 * @param handles  (transfer full)  `count` elements; from the first not ended on the caller keeps
 *                 them
 * @param count    at most ESCROW_LEAF_BATCH
 * @return how many were ended, from the front | ESCROW_E_NULL | ESCROW_E_SIZE
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS an object; leaf.
 */
ESCROW_API int64_t escrow1_leaf_release_n(uint64_t const *handles, uint64_t count) ESCROW_NOEXCEPT;

/** escrow_dup. @param out_handle (out) (transfer full)  Cost: two CAS; leaf. */
ESCROW_API int64_t escrow1_leaf_dup(uint64_t handle, uint64_t *out_handle) ESCROW_NOEXCEPT;

/** escrow_borrow. @param out_view (out) (transfer full)  Cost: one CAS; leaf. */
ESCROW_API int64_t escrow1_leaf_borrow(uint64_t handle, escrow_view *out_view) ESCROW_NOEXCEPT;

/** escrow_return. @param root (transfer full)  Cost: one CAS; leaf. */
ESCROW_API int64_t escrow1_leaf_return(uint64_t root) ESCROW_NOEXCEPT;

/** escrow_move_out. @param out_ticket (out) (transfer full)  Cost: one CAS; leaf. */
ESCROW_API int64_t escrow1_leaf_move_out(uint64_t handle, uint64_t *out_ticket) ESCROW_NOEXCEPT;

/** escrow_move_in. @param out_handle (out) (transfer full)  Cost: one CAS; leaf. */
ESCROW_API int64_t escrow1_leaf_move_in(uint64_t ticket, uint64_t *out_handle) ESCROW_NOEXCEPT;

/** escrow_revoke. @param handle (transfer none)  Cost: one CAS; leaf. */
ESCROW_API int64_t escrow1_leaf_revoke(uint64_t handle) ESCROW_NOEXCEPT;

/** escrow_validate. @param type_id below 2^32  Cost: a few loads; leaf. */
ESCROW_API int64_t escrow1_leaf_validate(uint64_t handle, uint64_t pool,
                                         uint64_t type_id) ESCROW_NOEXCEPT;

/** escrow_read. @param out_view (out) (transfer none)  Cost: a few loads; leaf. */
ESCROW_API int64_t escrow1_leaf_read(uint64_t handle, escrow_view *out_view) ESCROW_NOEXCEPT;

/** escrow_sequence_next. @param out_number (out)  Cost: one locked instruction; leaf. */
ESCROW_API int64_t escrow1_leaf_sequence_next(escrow_sequence *s,
                                              uint64_t *out_number) ESCROW_NOEXCEPT;

/* A leaf by the name it has in ESCROW_LEAF_LIST. */
typedef struct escrow_leaf {
  char const *name;
  void *address;
} escrow_leaf;

/**
 * The leaves of this image, in the order of ESCROW_LEAF_LIST.
 * @param out_count  (out)
 * @return (transfer none) static, immutable
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API escrow_leaf const *escrow1_leaves(uint64_t *out_count) ESCROW_NOEXCEPT;

/* Where the words of slots lie, for readers that check a handle without a call: the word of slot
 * index i is the first of the `header_bytes` (escrow_abi_info) at
 * segments[i / slots] + (i % slots) * header_bytes. A segment once there stays for ever. */
typedef struct escrow_slot_directory {
  void const *segments; /* array of pointers; NULL: no slot of it was ever handed out */
  uint64_t segment_count;
  uint64_t slots; /* of a segment */
} escrow_slot_directory;

/**
 * @param out  (out)
 * Threads: any.  Finalizer-safe: yes.  Cost: none.
 */
ESCROW_API void escrow1_read_slot_directory(escrow_slot_directory *out) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
