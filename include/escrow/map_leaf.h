/* escrow/map_leaf.h: the entries of maps for leaf calls; part of escrow/leaf.h. C11 and C++20.
 *
 * Each does what the function of its name in map_words.h, map_bytes.h or map_handles.h does, for
 * keys and values of at most 1 KiB; what is longer, and whatever would have to wait or to ask the
 * system for memory, is ESCROW_E_BUSY. A result of one that stores has ESCROW_LEAF_GROW added when
 * the map should grow: call escrow_map_grow then. */
#ifndef ESCROW_MAP_LEAF_H
#define ESCROW_MAP_LEAF_H

#include <stdint.h>

#include "map.h"
#include "map_bytes.h"
#include "map_handles.h"
#include "map_words.h"

#define ESCROW_LEAF_GROW 0x100

#ifdef __cplusplus
extern "C" {
#endif

/**
 * As escrow_map_get.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one bucket, no store; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_get(uint64_t map, uint64_t key,
                                        uint64_t *out_value) ESCROW_NOEXCEPT;

/**
 * As escrow_map_put.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_put(uint64_t map, uint64_t key, uint64_t value) ESCROW_NOEXCEPT;

/**
 * As escrow_map_put_if_absent.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_put_if_absent(uint64_t map, uint64_t key, uint64_t value,
                                                  uint64_t *out_there) ESCROW_NOEXCEPT;

/**
 * As escrow_map_swap.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_swap(uint64_t map, uint64_t key, uint64_t value,
                                         uint64_t *out_before) ESCROW_NOEXCEPT;

/**
 * As escrow_map_compare_and_swap.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_compare_and_swap(uint64_t map, uint64_t key, uint64_t expected,
                                                     uint64_t desired) ESCROW_NOEXCEPT;

/**
 * As escrow_map_add.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_add(uint64_t map, uint64_t key, uint64_t delta,
                                        uint64_t *out_before) ESCROW_NOEXCEPT;

/**
 * As escrow_map_erase.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_erase(uint64_t map, uint64_t key) ESCROW_NOEXCEPT;

/**
 * As escrow_map_take.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_take(uint64_t map, uint64_t key,
                                         uint64_t *out_value) ESCROW_NOEXCEPT;

/**
 * As escrow_map_erase_if.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_erase_if(uint64_t map, uint64_t key, uint64_t condition,
                                             uint64_t operand) ESCROW_NOEXCEPT;

/**
 * As escrow_map_get_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: the bucket and the record, no store; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_get_bytes(uint64_t map, void const *key, uint64_t size,
                                              escrow_buffer *out) ESCROW_NOEXCEPT;

/**
 * As escrow_map_put_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS and the record; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_put_bytes(uint64_t map, void const *key, uint64_t size,
                                              escrow_bytes const *value) ESCROW_NOEXCEPT;

/**
 * As escrow_map_put_bytes_if_absent.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS and the record; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_put_bytes_if_absent(uint64_t map, void const *key,
                                                        uint64_t size, escrow_bytes const *value,
                                                        escrow_buffer *there) ESCROW_NOEXCEPT;

/**
 * As escrow_map_swap_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS and the record; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_swap_bytes(uint64_t map, void const *key, uint64_t size,
                                               escrow_bytes const *value,
                                               escrow_buffer *before) ESCROW_NOEXCEPT;

/**
 * As escrow_map_compare_and_swap_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS and the record; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_compare_and_swap_bytes(
    uint64_t map, void const *key, uint64_t size, escrow_bytes const *expected,
    escrow_bytes const *desired) ESCROW_NOEXCEPT;

/**
 * As escrow_map_add_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS and the record; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_add_bytes(uint64_t map, void const *key, uint64_t size,
                                              uint64_t delta, uint64_t *out_before) ESCROW_NOEXCEPT;

/**
 * As escrow_map_compare_and_erase_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_compare_and_erase_bytes(
    uint64_t map, void const *key, uint64_t size, escrow_bytes const *expected) ESCROW_NOEXCEPT;

/**
 * As escrow_map_erase_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_erase_bytes(uint64_t map, void const *key,
                                                uint64_t size) ESCROW_NOEXCEPT;

/**
 * As escrow_map_take_bytes.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_take_bytes(uint64_t map, void const *key, uint64_t size,
                                               escrow_buffer *out) ESCROW_NOEXCEPT;

/**
 * As escrow_map_borrow_handle.
 * @return its status | ESCROW_E_BUSY
 * Threads: any.  Finalizer-safe: yes.  Cost: as escrow1_leaf_borrow; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_borrow_handle(uint64_t map, void const *key, uint64_t size,
                                                  escrow_view *out_view) ESCROW_NOEXCEPT;

/**
 * As escrow_map_get_n, of at most ESCROW_LEAF_BATCH keys.
 * @param out_each  (out)  ESCROW_E_BUSY for keys that the ordinary function must be asked for
 * @return how many of those, with ESCROW_LEAF_GROW as above | a status below zero
 * Threads: any.  Finalizer-safe: yes.  Cost: a bucket a key, whose misses overlap; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_get_n(uint64_t map, uint64_t const *keys, uint64_t count,
                                          uint64_t *out_values,
                                          escrow_status *out_each) ESCROW_NOEXCEPT;

/**
 * As escrow_map_put_n, of at most ESCROW_LEAF_BATCH keys.
 * @param out_each  (out)  ESCROW_E_BUSY for keys that the ordinary function must be asked for
 * @return how many of those, with ESCROW_LEAF_GROW as above | a status below zero
 * Threads: any.  Finalizer-safe: yes.  Cost: a bucket a key, whose misses overlap; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_put_n(uint64_t map, uint64_t const *keys,
                                          uint64_t const *values, uint64_t count,
                                          escrow_status *out_each) ESCROW_NOEXCEPT;

/**
 * As escrow_map_erase_n, of at most ESCROW_LEAF_BATCH keys.
 * @param out_each  (out)  ESCROW_E_BUSY for keys that the ordinary function must be asked for
 * @return how many of those, with ESCROW_LEAF_GROW as above | a status below zero
 * Threads: any.  Finalizer-safe: yes.  Cost: a bucket a key, whose misses overlap; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_erase_n(uint64_t map, uint64_t const *keys, uint64_t count,
                                            escrow_status *out_each) ESCROW_NOEXCEPT;

/**
 * As escrow_map_get_n for byte keys and word values, of at most ESCROW_LEAF_BATCH keys. Those
 * beyond 4 KiB of keys in all are BUSY.
 * @param out_each  (out)  ESCROW_E_BUSY for keys that the ordinary function must be asked for
 * @return how many of those, with ESCROW_LEAF_GROW as above | a status below zero
 * Threads: any.  Finalizer-safe: yes.  Cost: a bucket a key, whose misses overlap; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_get_keyed_n(uint64_t map, escrow_bytes const *keys,
                                                uint64_t count, uint64_t *out_values,
                                                escrow_status *out_each) ESCROW_NOEXCEPT;

/**
 * As escrow_map_put_n for byte keys and word values, of at most ESCROW_LEAF_BATCH keys. Those
 * beyond 4 KiB of keys in all are BUSY.
 * @param out_each  (out)  ESCROW_E_BUSY for keys that the ordinary function must be asked for
 * @return how many of those, with ESCROW_LEAF_GROW as above | a status below zero
 * Threads: any.  Finalizer-safe: yes.  Cost: a bucket and a record a key; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_put_keyed_n(uint64_t map, escrow_bytes const *keys,
                                                uint64_t const *values, uint64_t count,
                                                escrow_status *out_each) ESCROW_NOEXCEPT;

/**
 * As escrow_map_erase_n for byte keys and word values, of at most ESCROW_LEAF_BATCH keys. Those
 * beyond 4 KiB of keys in all are BUSY.
 * @param out_each  (out)  ESCROW_E_BUSY for keys that the ordinary function must be asked for
 * @return how many of those, with ESCROW_LEAF_GROW as above | a status below zero
 * Threads: any.  Finalizer-safe: yes.  Cost: a bucket a key, whose misses overlap; leaf.
 */
ESCROW_API int64_t escrow1_leaf_map_erase_keyed_n(uint64_t map, escrow_bytes const *keys,
                                                  uint64_t count,
                                                  escrow_status *out_each) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
