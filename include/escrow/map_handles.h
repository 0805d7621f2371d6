/* escrow/map_handles.h: maps whose values are handles. Part of the facade, for C11 and C++20. */
#ifndef ESCROW_MAP_HANDLES_H
#define ESCROW_MAP_HANDLES_H

#include <stdint.h>

#include "map.h"

#ifdef __cplusplus
extern "C" {
#endif

#define escrow_map_get_handle escrow1_map_get_handle
#define escrow_map_borrow_handle escrow1_map_borrow_handle
#define escrow_map_put_handle escrow1_map_put_handle
#define escrow_map_put_handle_if_absent escrow1_map_put_handle_if_absent
#define escrow_map_take_handle escrow1_map_take_handle
#define escrow_map_erase_handle escrow1_map_erase_handle
#define escrow_map_erase_stale escrow1_map_erase_stale
#define escrow_map_purge_stale escrow1_map_purge_stale

/* ---- Values that are handles, keys as above; word keys are 8 bytes
 * -------------------------------------------------------------------------------- */

/**
 * Gives a new reference to the object of a key, which was in the map at one moment of the call.
 * @param map         an open map
 * @param key         (transfer none)  `size` bytes
 * @param size        bytes of the key
 * @param out_handle  (out) (transfer full)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE | as escrow_dup
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_dup.
 */
ESCROW_API escrow_status escrow_map_get_handle(escrow_map map, void const *key, uint64_t size,
                                               escrow_handle *out_handle) ESCROW_NOEXCEPT;

/**
 * Lends the object of a key.
 * @param map       an open map
 * @param key       (transfer none)  `size` bytes
 * @param size      bytes of the key
 * @param out_view  (out)  end the loan with escrow_return(out_view->root)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE | as escrow_borrow
 * Threads: any.  Finalizer-safe: yes.  Cost: as escrow_borrow; leaf.
 */
ESCROW_API escrow_status escrow_map_borrow_handle(escrow_map map, void const *key, uint64_t size,
                                                  escrow_view *out_view) ESCROW_NOEXCEPT;

/**
 * Stores a reference: the map takes it over under a handle of its own, so the caller's is stale
 * then. What it replaces is released.
 * @param map     an open map
 * @param key     (transfer none)  `size` bytes
 * @param size    bytes of the key
 * @param handle  (transfer full)  on any error the caller keeps it
 * @return ESCROW_OK replaced | ESCROW_CREATED | as escrow_move_out, but what is shared or lent is
 *         duplicated | ESCROW_E_SIZE | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: a rename and one CAS.
 */
ESCROW_API escrow_status escrow_map_put_handle(escrow_map map, void const *key, uint64_t size,
                                               escrow_handle handle) ESCROW_NOEXCEPT;

/**
 * Stores a reference unless the key has one.
 * @param map        an open map
 * @param key        (transfer none)  `size` bytes
 * @param size       bytes of the key
 * @param handle     (transfer full)  with ESCROW_CREATED; else the caller keeps it
 * @param out_there  (out) (transfer full)  with ESCROW_OK a new reference to what was there; else
 *                   0
 * @return ESCROW_CREATED | ESCROW_OK | as escrow_map_put_handle and escrow_map_get_handle
 * Threads: any.  Finalizer-safe: no.  Cost: as both.
 */
ESCROW_API escrow_status escrow_map_put_handle_if_absent(escrow_map map, void const *key,
                                                         uint64_t size, escrow_handle handle,
                                                         escrow_handle *out_there) ESCROW_NOEXCEPT;

/**
 * Removes a key and hands the map's reference over.
 * @param map         an open map
 * @param key         (transfer none)  `size` bytes
 * @param size        bytes of the key
 * @param out_handle  (out) (transfer full)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS.
 */
ESCROW_API escrow_status escrow_map_take_handle(escrow_map map, void const *key, uint64_t size,
                                                escrow_handle *out_handle) ESCROW_NOEXCEPT;

/**
 * Removes a key and releases the map's reference.
 * @param map   an open map
 * @param key   (transfer none)  `size` bytes
 * @param size  bytes of the key
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS and escrow_release.
 */
ESCROW_API escrow_status escrow_map_erase_handle(escrow_map map, void const *key,
                                                 uint64_t size) ESCROW_NOEXCEPT;

/**
 * Removes a key whose reference leads to nothing that can be had: revoked, its pool closed, or
 * ended.
 * @param map   an open map
 * @param key   (transfer none)  `size` bytes
 * @param size  bytes of the key
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS | ESCROW_E_SIZE
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS and escrow_release.
 */
ESCROW_API escrow_status escrow_map_erase_stale(escrow_map map, void const *key,
                                                uint64_t size) ESCROW_NOEXCEPT;

/**
 * Removes all such keys.
 * @param map        an open map
 * @param out_count  (out)  how many
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: every entry.
 */
ESCROW_API escrow_status escrow_map_purge_stale(escrow_map map,
                                                uint64_t *out_count) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
