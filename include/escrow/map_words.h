/* escrow/map_words.h: maps from words to words. Part of the facade, for C11 and C++20. */
#ifndef ESCROW_MAP_WORDS_H
#define ESCROW_MAP_WORDS_H

#include <stdint.h>

#include "map.h"

#ifdef __cplusplus
extern "C" {
#endif

#define escrow_map_get escrow1_map_get
#define escrow_map_put escrow1_map_put
#define escrow_map_put_if_absent escrow1_map_put_if_absent
#define escrow_map_swap escrow1_map_swap
#define escrow_map_compare_and_swap escrow1_map_compare_and_swap
#define escrow_map_add escrow1_map_add
#define escrow_map_erase escrow1_map_erase
#define escrow_map_take escrow1_map_take
#define escrow_map_erase_if escrow1_map_erase_if
#define escrow_map_get_n escrow1_map_get_n
#define escrow_map_put_n escrow1_map_put_n
#define escrow_map_erase_n escrow1_map_erase_n
#define escrow_map_scan escrow1_map_scan

/* ---- Word keys and word values. Also: ESCROW_E_NULL, ESCROW_E_KIND another kind of map or handle,
 * ESCROW_E_RANGE, ESCROW_E_STALE destroyed, ESCROW_E_CLOSED
 * -------------------------------------------------------------------------------- */

/**
 * Reads the value of a key.
 * @param map        an open map
 * @param key        the key
 * @param out_value  (out)
 * @return ESCROW_OK | ESCROW_E_ABSENT
 * Threads: any.  Finalizer-safe: yes.  Cost: one bucket, no store; leaf.
 */
ESCROW_API escrow_status escrow_map_get(escrow_map map, uint64_t key,
                                        uint64_t *out_value) ESCROW_NOEXCEPT;

/**
 * Stores a value.
 * @param map    an open map
 * @param key    the key
 * @param value  what is stored
 * @return ESCROW_OK replaced | ESCROW_CREATED | ESCROW_E_NOMEM | ESCROW_E_FULL |
 *         ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS; growth is spread over those who create; leaf.
 */
ESCROW_API escrow_status escrow_map_put(escrow_map map, uint64_t key,
                                        uint64_t value) ESCROW_NOEXCEPT;

/**
 * Stores a value unless the key has one.
 * @param map        an open map
 * @param key        the key
 * @param value      what is stored
 * @param out_there  (out)  the value of the key afterwards
 * @return ESCROW_CREATED | ESCROW_OK it was there | ESCROW_E_NOMEM | ESCROW_E_FULL |
 *         ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put; leaf.
 */
ESCROW_API escrow_status escrow_map_put_if_absent(escrow_map map, uint64_t key, uint64_t value,
                                                  uint64_t *out_there) ESCROW_NOEXCEPT;

/**
 * Stores a value and says what it replaced.
 * @param map         an open map
 * @param key         the key
 * @param value       what is stored
 * @param out_before  (out)  0 with ESCROW_CREATED
 * @return ESCROW_OK | ESCROW_CREATED | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put; leaf.
 */
ESCROW_API escrow_status escrow_map_swap(escrow_map map, uint64_t key, uint64_t value,
                                         uint64_t *out_before) ESCROW_NOEXCEPT;

/**
 * Stores `desired` if the value is `expected`.
 * @param map       an open map
 * @param key       the key
 * @param expected  compared with the value
 * @param desired   stored where the value is `expected`
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put; leaf.
 */
ESCROW_API escrow_status escrow_map_compare_and_swap(escrow_map map, uint64_t key,
                                                     uint64_t expected,
                                                     uint64_t desired) ESCROW_NOEXCEPT;

/**
 * Adds to the value, modulo 2^64; an absent key counts as 0.
 * @param map         an open map
 * @param key         the key
 * @param delta       what is added
 * @param out_before  (out)
 * @return ESCROW_OK | ESCROW_CREATED | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put; leaf.
 */
ESCROW_API escrow_status escrow_map_add(escrow_map map, uint64_t key, uint64_t delta,
                                        uint64_t *out_before) ESCROW_NOEXCEPT;

/**
 * Removes a key.
 * @param map  an open map
 * @param key  the key
 * @return ESCROW_OK | ESCROW_E_ABSENT
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_map_erase(escrow_map map, uint64_t key) ESCROW_NOEXCEPT;

/**
 * Removes a key and says what its value was.
 * @param map        an open map
 * @param key        the key
 * @param out_value  (out)
 * @return ESCROW_OK | ESCROW_E_ABSENT
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_map_take(escrow_map map, uint64_t key,
                                         uint64_t *out_value) ESCROW_NOEXCEPT;

/**
 * Removes a key whose value meets a condition.
 * @param map        an open map
 * @param key        the key
 * @param condition  of escrow_map_condition
 * @param operand    what the value is compared with
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS | ESCROW_E_OPTION no such condition
 * Threads: any.  Finalizer-safe: no.  Cost: one CAS; leaf.
 */
ESCROW_API escrow_status escrow_map_erase_if(escrow_map map, uint64_t key, uint32_t condition,
                                             uint64_t operand) ESCROW_NOEXCEPT;

/**
 * escrow_map_get of many keys, whose memory is asked for ahead.
 * @param map         an open map
 * @param keys        (transfer none)  `count` elements
 * @param count       how many keys
 * @param out_values  (out)  `count` elements; 0 for absent keys
 * @param out_each    (out) (nullable)  `count` elements: the status of each key
 * @param out_found   (out) (nullable)  how many were there
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: yes.  Cost: as escrow_map_get; misses of 32 keys overlap.
 */
ESCROW_API escrow_status escrow_map_get_n(escrow_map map, uint64_t const *keys, uint64_t count,
                                          uint64_t *out_values, escrow_status *out_each,
                                          uint64_t *out_found) ESCROW_NOEXCEPT;

/**
 * escrow_map_put of many keys, in order.
 * @param map         an open map
 * @param keys        (transfer none)  `count` elements
 * @param values      (transfer none)  `count` elements
 * @param count       how many keys
 * @param out_each    (out) (nullable)  `count` elements: the status of each key
 * @param out_stored  (out) (nullable)  how many were stored
 * @return ESCROW_OK, also where some were refused: see out_each
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_put; misses of 32 keys overlap.
 */
ESCROW_API escrow_status escrow_map_put_n(escrow_map map, uint64_t const *keys,
                                          uint64_t const *values, uint64_t count,
                                          escrow_status *out_each,
                                          uint64_t *out_stored) ESCROW_NOEXCEPT;

/**
 * escrow_map_erase of many keys.
 * @param map         an open map
 * @param keys        (transfer none)  `count` elements
 * @param count       how many keys
 * @param out_each    (out) (nullable)  `count` elements: the status of each key
 * @param out_erased  (out) (nullable)  how many were there
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: as escrow_map_erase; misses of 32 keys overlap.
 */
ESCROW_API escrow_status escrow_map_erase_n(escrow_map map, uint64_t const *keys, uint64_t count,
                                            escrow_status *out_each,
                                            uint64_t *out_erased) ESCROW_NOEXCEPT;

/**
 * Copies entries from a cursor on and moves it. Others may write meanwhile; an entry that stays is
 * seen exactly once, one that comes or goes at most once. The cursor may be kept and used later.
 * @param map          an open map
 * @param cursor       (out)  0 to begin; ESCROW_MAP_END when the scan is over
 * @param out_entries  (out)  `capacity` elements
 * @param capacity     at least 1; a multiple of 64 wastes least
 * @param out_count    (out)
 * @return ESCROW_OK | ESCROW_E_SIZE more entries have one hash than fit
 * Threads: any.  Finalizer-safe: no.  Cost: the entries.
 */
ESCROW_API escrow_status escrow_map_scan(escrow_map map, uint64_t *cursor,
                                         escrow_map_entry *out_entries, uint64_t capacity,
                                         uint64_t *out_count) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
