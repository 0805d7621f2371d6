/* escrow/map_bytes.h: maps with byte keys or byte values. Part of the facade, for C11 and C++20. */
#ifndef ESCROW_MAP_BYTES_H
#define ESCROW_MAP_BYTES_H

#include <stdint.h>

#include "map.h"

#ifdef __cplusplus
extern "C" {
#endif

#define escrow_map_get_bytes escrow1_map_get_bytes
#define escrow_map_put_bytes escrow1_map_put_bytes
#define escrow_map_put_bytes_if_absent escrow1_map_put_bytes_if_absent
#define escrow_map_swap_bytes escrow1_map_swap_bytes
#define escrow_map_compare_and_swap_bytes escrow1_map_compare_and_swap_bytes
#define escrow_map_compare_and_erase_bytes escrow1_map_compare_and_erase_bytes
#define escrow_map_add_bytes escrow1_map_add_bytes
#define escrow_map_erase_bytes escrow1_map_erase_bytes
#define escrow_map_take_bytes escrow1_map_take_bytes
#define escrow_map_erase_bytes_if escrow1_map_erase_bytes_if
#define escrow_map_scan_bytes escrow1_map_scan_bytes

/* ---- Any keys, and values that are no handles. Words are 8 bytes here, another size is
 * ESCROW_E_SIZE, as is more than 64 KiB. Else as above
 * -------------------------------------------------------------------------------- */

/**
 * Reads the value of a key.
 * @param map   an open map
 * @param key   (transfer none)  `size` bytes
 * @param size  bytes of the key
 * @param out   (out)  the caller sets data and capacity; size is set also with ESCROW_E_SIZE
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE out->size is more than out->capacity
 * Threads: any.  Finalizer-safe: yes.  Cost: the bucket and the record, no store; leaf.
 */
ESCROW_API escrow_status escrow_map_get_bytes(escrow_map map, void const *key, uint64_t size,
                                              escrow_buffer *out) ESCROW_NOEXCEPT;

/**
 * Stores a copy of a value under a copy of a key.
 * @param map    an open map
 * @param key    (transfer none)  `size` bytes
 * @param size   bytes of the key
 * @param value  (transfer none)
 * @return ESCROW_OK replaced | ESCROW_CREATED | ESCROW_E_SIZE | ESCROW_E_NOMEM | ESCROW_E_FULL |
 *         ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: a record and one CAS.
 */
ESCROW_API escrow_status escrow_map_put_bytes(escrow_map map, void const *key, uint64_t size,
                                              escrow_bytes const *value) ESCROW_NOEXCEPT;

/**
 * The same unless the key has a value.
 * @param map    an open map
 * @param key    (transfer none)  `size` bytes
 * @param size   bytes of the key
 * @param value  (transfer none)
 * @param there  (out)  with ESCROW_OK: what was there
 * @return ESCROW_CREATED | ESCROW_OK it was there | ESCROW_E_SIZE | ESCROW_E_NOMEM | ESCROW_E_FULL
 *         | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put_bytes.
 */
ESCROW_API escrow_status escrow_map_put_bytes_if_absent(escrow_map map, void const *key,
                                                        uint64_t size, escrow_bytes const *value,
                                                        escrow_buffer *there) ESCROW_NOEXCEPT;

/**
 * Stores a value and says what it replaced.
 * @param map     an open map
 * @param key     (transfer none)  `size` bytes
 * @param size    bytes of the key
 * @param value   (transfer none)
 * @param before  (out)  with ESCROW_OK
 * @return ESCROW_OK | ESCROW_CREATED | ESCROW_E_SIZE also: nothing happened, before->capacity is
 *         too small | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put_bytes.
 */
ESCROW_API escrow_status escrow_map_swap_bytes(escrow_map map, void const *key, uint64_t size,
                                               escrow_bytes const *value,
                                               escrow_buffer *before) ESCROW_NOEXCEPT;

/**
 * Stores `desired` if the value has the bytes of `expected`.
 * @param map       an open map
 * @param key       (transfer none)  `size` bytes
 * @param size      bytes of the key
 * @param expected  (transfer none)
 * @param desired   (transfer none)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS | ESCROW_E_SIZE | ESCROW_E_NOMEM |
 *         ESCROW_E_FULL | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put_bytes.
 */
ESCROW_API escrow_status escrow_map_compare_and_swap_bytes(
    escrow_map map, void const *key, uint64_t size, escrow_bytes const *expected,
    escrow_bytes const *desired) ESCROW_NOEXCEPT;

/**
 * Removes a key whose value has the bytes of `expected`.
 * @param map       an open map
 * @param key       (transfer none)  `size` bytes
 * @param size      bytes of the key
 * @param expected  (transfer none)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS | ESCROW_E_SIZE
 * Threads: any.  Finalizer-safe: no.  Cost: the bucket and the record; leaf.
 */
ESCROW_API escrow_status escrow_map_compare_and_erase_bytes(
    escrow_map map, void const *key, uint64_t size, escrow_bytes const *expected) ESCROW_NOEXCEPT;

/**
 * escrow_map_add for any keys.
 * @param map         an open map
 * @param key         (transfer none)  `size` bytes
 * @param size        bytes of the key
 * @param delta       what is added
 * @param out_before  (out)
 * @return ESCROW_OK | ESCROW_CREATED | ESCROW_E_SIZE | ESCROW_E_NOMEM | ESCROW_E_FULL |
 *         ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put_bytes.
 */
ESCROW_API escrow_status escrow_map_add_bytes(escrow_map map, void const *key, uint64_t size,
                                              uint64_t delta, uint64_t *out_before) ESCROW_NOEXCEPT;

/**
 * Removes a key.
 * @param map   an open map
 * @param key   (transfer none)  `size` bytes
 * @param size  bytes of the key
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE
 * Threads: any.  Finalizer-safe: no.  Cost: the bucket and the record; leaf.
 */
ESCROW_API escrow_status escrow_map_erase_bytes(escrow_map map, void const *key,
                                                uint64_t size) ESCROW_NOEXCEPT;

/**
 * Removes a key and says what its value was.
 * @param map   an open map
 * @param key   (transfer none)  `size` bytes
 * @param size  bytes of the key
 * @param out   (out)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_SIZE also: nothing happened, out->capacity is too
 *         small
 * Threads: any.  Finalizer-safe: no.  Cost: the bucket and the record; leaf.
 */
ESCROW_API escrow_status escrow_map_take_bytes(escrow_map map, void const *key, uint64_t size,
                                               escrow_buffer *out) ESCROW_NOEXCEPT;

/**
 * Removes a key the first 8 bytes of whose value meet a condition.
 * @param map        an open map
 * @param key        (transfer none)  `size` bytes
 * @param size       bytes of the key
 * @param condition  of escrow_map_condition
 * @param operand    what the value is compared with
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS | ESCROW_E_SIZE | ESCROW_E_OPTION
 * Threads: any.  Finalizer-safe: no.  Cost: the bucket and the record.
 */
ESCROW_API escrow_status escrow_map_erase_bytes_if(escrow_map map, void const *key, uint64_t size,
                                                   uint32_t condition,
                                                   uint64_t operand) ESCROW_NOEXCEPT;

/**
 * escrow_map_scan for any map; the handles that it shows MUST NOT be used as references. An entry
 * is a header (key bytes << 32 | value bytes), the key, the value, each padded to 8 bytes.
 * @param map        an open map
 * @param cursor     (out)  as in escrow_map_scan
 * @param out        (out)  filled from its beginning; size says how far. Room for 132 KiB is
 *                   always enough to go on
 * @param out_count  (out)  entries
 * @return ESCROW_OK | ESCROW_E_SIZE the next entry, or those of one hash, need more room
 * Threads: any.  Finalizer-safe: no.  Cost: the entries.
 */
ESCROW_API escrow_status escrow_map_scan_bytes(escrow_map map, uint64_t *cursor, escrow_buffer *out,
                                               uint64_t *out_count) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
