/* escrow/map.h: concurrent maps in C memory, for C11 and C++20. Part of the facade; see escrow.h
 * for the words its comments use.
 *
 * A key is a 64-bit word or a string of bytes, a value a word, bytes, or a handle. What the map
 * keeps of bytes are copies of its own. Keys and values are at most 64 KiB. Any thread may call
 * anything at any time, save escrow_map_destroy. Reads store nothing that is shared and wait for
 * nobody. */
#ifndef ESCROW_MAP_H
#define ESCROW_MAP_H

#include <stdint.h>

#include "escrow.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t escrow_map; /* a map; calls after close and destroy get a code */

enum escrow_map_kind {
  ESCROW_MAP_WORD = 1,  /* 64 bits beside the key */
  ESCROW_MAP_BYTES = 2, /* 0 to 64 KiB, copied */
  ESCROW_MAP_HANDLE = 3 /* values: a reference that the map owns */
};

enum escrow_map_condition {
  ESCROW_IF_EQUAL = 0,      /* the value is the operand */
  ESCROW_IF_LESS = 1,       /* the value is below the operand: a time that has passed */
  ESCROW_IF_LESS_SIGNED = 2 /* the same for signed numbers */
};

typedef struct escrow_map_options {
  uint32_t struct_size;              /* sizeof(escrow_map_options) of the caller; checked */
  uint32_t keys;                     /* ESCROW_MAP_WORD or ESCROW_MAP_BYTES */
  uint32_t values;                   /* of escrow_map_kind */
  uint32_t reserved;                 /* 0 */
  uint64_t expected;                 /* entries to set memory up for */
  uint64_t limit_bytes;              /* bound on memory held; 0 = none */
  uint64_t seed;                     /* of the hash; 0: one that nobody can guess */
  escrow_layout const *key_layout;   /* (transfer none) (nullable) copied; see layout.h */
  escrow_layout const *value_layout; /* the same; of a map of handles NULL: its objects' pools */
} escrow_map_options;

/* Bytes that the callee reads. `data` may be NULL where `size` is 0. */
typedef struct escrow_bytes {
  void const *data;
  uint64_t size;
} escrow_bytes;

/* Room for a value. `size` is how long the value is, also where that is more than the room. */
typedef struct escrow_buffer {
  void *data;
  uint64_t capacity;
  uint64_t size;
} escrow_buffer;

typedef struct escrow_map_entry {
  uint64_t key;
  uint64_t value;
} escrow_map_entry;

typedef struct escrow_map_stats {
  uint32_t struct_size; /* in: sizeof of the caller */
  uint32_t reserved;
  uint64_t entries;
  uint64_t buckets;
  uint64_t nodes;     /* overflow nodes in use */
  uint64_t probes[8]; /* entries found in their bucket, in its first node, ..; the last: or later */
  uint64_t retries;   /* reads that began anew */
  uint64_t bytes_index;
  uint64_t bytes_records_live;
  uint64_t bytes_records_held;
} escrow_map_stats;

/* The cursor of a scan that is over; a scan begins at 0. */
#define ESCROW_MAP_END UINT64_MAX

#define escrow_map_open escrow1_map_open
#define escrow_map_close escrow1_map_close
#define escrow_map_destroy escrow1_map_destroy
#define escrow_map_purge escrow1_map_purge
#define escrow_map_clear escrow1_map_clear
#define escrow_map_sweep escrow1_map_sweep
#define escrow_map_length escrow1_map_length
#define escrow_map_reserve escrow1_map_reserve
#define escrow_map_grow escrow1_map_grow
#define escrow_map_shrink escrow1_map_shrink
#define escrow_map_read_stats escrow1_map_read_stats

/* ---- Opening and closing
 * -------------------------------------------------------------------------------- */

/**
 * Opens a map.
 * @param options  (transfer none)
 * @param out_map  (out) (transfer full)  end it with escrow_map_close and escrow_map_destroy
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_VERSION | ESCROW_E_OPTION | ESCROW_E_NOMEM |
 *         ESCROW_E_FULL expected entries need more than the limit | ESCROW_E_SIZE too many
 *         expected | ESCROW_E_EXHAUSTED 65,535 maps are open
 * Threads: any.  Finalizer-safe: no.  Cost: some microseconds, and the memory of what is expected.
 */
ESCROW_API escrow_status escrow_map_open(escrow_map_options const *options,
                                         escrow_map *out_map) ESCROW_NOEXCEPT;

/**
 * Refuses every later call; those under way end as they would.
 * @param map  an open map
 * @return ESCROW_OK | ESCROW_E_CLOSED before | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE destroyed
 * Threads: any.  Finalizer-safe: yes.  Cost: one CAS.
 */
ESCROW_API escrow_status escrow_map_close(escrow_map map) ESCROW_NOEXCEPT;

/**
 * Gives a closed map's memory back, and releases the handles it holds. No call on the map may be
 * under way: such a call would read memory of another map.
 * @param map  (transfer full)
 * @return ESCROW_OK | ESCROW_E_BUSY not closed | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
 *         ESCROW_E_STALE destroyed before
 * Threads: one, see above.  Finalizer-safe: no.  Cost: system calls; with handles each entry.
 */
ESCROW_API escrow_status escrow_map_destroy(escrow_map map) ESCROW_NOEXCEPT;

/* ---- Any map
 * -------------------------------------------------------------------------------- */

/**
 * Removes every key whose value, or its first 8 bytes, meets a condition. Entries that come
 * meanwhile may stay.
 * @param map        an open map
 * @param condition  of escrow_map_condition
 * @param operand    what the value is compared with
 * @param out_count  (out)  how many
 * @return ESCROW_OK | ESCROW_E_OPTION
 * Threads: any.  Finalizer-safe: no.  Cost: every entry, a bucket at a time.
 */
ESCROW_API escrow_status escrow_map_purge(escrow_map map, uint32_t condition, uint64_t operand,
                                          uint64_t *out_count) ESCROW_NOEXCEPT;

/**
 * Empties the map at one moment. What entries held is given up by later writers, or by
 * escrow_map_sweep; handles are released in this call.
 * @param map  an open map
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: one store; with handles each entry.
 */
ESCROW_API escrow_status escrow_map_clear(escrow_map map) ESCROW_NOEXCEPT;

/**
 * Gives up what cleared entries held.
 * @param map  an open map
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: a look at every bucket.
 */
ESCROW_API escrow_status escrow_map_sweep(escrow_map map) ESCROW_NOEXCEPT;

/**
 * Counts the entries; exact when nobody writes.
 * @param map         an open map
 * @param out_length  (out)
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: yes.  Cost: 16 loads.
 */
ESCROW_API escrow_status escrow_map_length(escrow_map map, uint64_t *out_length) ESCROW_NOEXCEPT;

/**
 * Sets memory up for `entries` in all.
 * @param map      an open map
 * @param entries  how many in all
 * @return ESCROW_OK | ESCROW_E_SIZE too many | ESCROW_E_NOMEM | ESCROW_E_FULL | ESCROW_E_EXHAUSTED
 * Threads: any.  Finalizer-safe: no.  Cost: 36 bytes an entry, touched.
 */
ESCROW_API escrow_status escrow_map_reserve(escrow_map map, uint64_t entries) ESCROW_NOEXCEPT;

/**
 * Does what a leaf that answered ESCROW_LEAF_GROW could not.
 * @param map  an open map
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: at most 32 buckets split, and up to 2 MiB of page
 * faults.
 */
ESCROW_API escrow_status escrow_map_grow(escrow_map map) ESCROW_NOEXCEPT;

/**
 * Gives memory back that the entries do not need.
 * @param map        an open map
 * @param out_bytes  (out) (nullable)
 * @return ESCROW_OK
 * Threads: any.  Finalizer-safe: no.  Cost: a look at every bucket; others go on meanwhile.
 */
ESCROW_API escrow_status escrow_map_shrink(escrow_map map, uint64_t *out_bytes) ESCROW_NOEXCEPT;

/**
 * Says what the map holds; exact when nobody writes.
 * @param map        an open map
 * @param out_stats  (out)  struct_size is set by the caller
 * @return ESCROW_OK | ESCROW_E_VERSION
 * Threads: any.  Finalizer-safe: no.  Cost: a look at every bucket.
 */
ESCROW_API escrow_status escrow_map_read_stats(escrow_map map,
                                               escrow_map_stats *out_stats) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
