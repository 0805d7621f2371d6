/* escrow/layout.h: memory that says what lies in it, for C11 and C++20. Part of the facade; see
 * escrow.h for the words its comments use, and field.h for what a layout is.
 *
 * A pool that was opened with a layout carries it: each of its objects begins with a value of that
 * layout. A map carries one for its keys and one for its values. Nothing is carried where none was
 * given. What is carried is the library's own copy, which lives as long as the process; it costs
 * memory once for each different layout, of which there may be 4,096. */
#ifndef ESCROW_LAYOUT_H
#define ESCROW_LAYOUT_H

#include <stdint.h>

#include "escrow.h"
#include "field.h"
#include "map.h"

#ifdef __cplusplus
extern "C" {
#endif

#define escrow_layout_fingerprint escrow1_layout_fingerprint
#define escrow_layout_difference escrow1_layout_difference
#define escrow_pool_read_layout escrow1_pool_read_layout
#define escrow_map_read_layouts escrow1_map_read_layouts
#define escrow_read_as escrow1_read_as

/**
 * Computes the fingerprint of a list of fields, as field.h defines it.
 * @param layout  (transfer none)  `fingerprint` is 0, or what it was computed to be before
 * @return the fingerprint, never 0; 0: NULL, or a list that is not as field.h asks for.
 * Threads: any.  Finalizer-safe: yes.  Cost: 16 steps a field.
 */
ESCROW_API uint64_t escrow_layout_fingerprint(escrow_layout const *layout) ESCROW_NOEXCEPT;

/**
 * Writes the first thing in which two layouts differ: "field 3: offset 16 in C++, 12 in Go". Fields
 * count from 0.
 * @param a         (transfer none)
 * @param a_name    (transfer none)  what people call the place it is from: "C++"
 * @param b         (transfer none)
 * @param b_name    (transfer none)
 * @param out_text  (out) (nullable)  zero terminated, cut where it is longer than `capacity`
 * @return ESCROW_OK they do not differ, the text is empty | ESCROW_E_LAYOUT they differ |
 *         ESCROW_E_NULL | ESCROW_E_OPTION one of them is no layout. The text is empty unless they
 *         differ.
 * Threads: any.  Finalizer-safe: yes.  Cost: a look at each field.
 */
ESCROW_API escrow_status escrow_layout_difference(escrow_layout const *a, char const *a_name,
                                                  escrow_layout const *b, char const *b_name,
                                                  char *out_text,
                                                  uint64_t capacity) ESCROW_NOEXCEPT;

/**
 * Says what a pool carries. Works on a closed pool.
 * @param pool        (transfer none)
 * @param out_layout  (out) (transfer none)  lives as long as the process; NULL: none is carried
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_STALE destroyed
 * Threads: any.  Finalizer-safe: no.  Cost: a lock and some loads.
 */
ESCROW_API escrow_status escrow_pool_read_layout(escrow_pool pool,
                                                 escrow_layout const **out_layout) ESCROW_NOEXCEPT;

/**
 * Says what a map carries.
 * @param map        an open map
 * @param out_key    (out) (transfer none)  as in escrow_pool_read_layout
 * @param out_value  (out) (transfer none)  the same
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE | ESCROW_E_CLOSED |
 *         ESCROW_E_STALE destroyed
 * Threads: any.  Finalizer-safe: no.  Cost: a lock and some loads.
 */
ESCROW_API escrow_status escrow_map_read_layouts(escrow_map map, escrow_layout const **out_key,
                                                 escrow_layout const **out_value) ESCROW_NOEXCEPT;

/**
 * escrow_read for callers who mean to see a certain type: compares the layout that the object's
 * pool carries with theirs.
 * @param handle    (transfer none)  object, duplicate or loan
 * @param layout    (transfer none)  of the caller's type
 * @param out_view  (out) (transfer none)
 * @return as escrow_read | ESCROW_E_LAYOUT the pool carries another, or none | ESCROW_E_SIZE of a
 *         pool of any sizes, and smaller than the type | ESCROW_E_OPTION not a layout
 * Threads: any.  Finalizer-safe: yes.  Cost: a few loads and one compare; a fingerprint of 0 is
 * computed, which costs 16 steps a field.
 */
ESCROW_API escrow_status escrow_read_as(escrow_handle handle, escrow_layout const *layout,
                                        escrow_view *out_view) ESCROW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
