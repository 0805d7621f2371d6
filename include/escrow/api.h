/* escrow/api.h: the layout an image was compiled with and its table of functions, for C11 and
 * C++20.
 *
 * An extension compiled elsewhere uses the facade through an escrow_api it is handed, without
 * linking to it. Handles are valid only in the image whose table made them. */
#ifndef ESCROW_API_H
#define ESCROW_API_H

#include <stdint.h>

#include "types.h"

#define ESCROW_ABI_MAJOR 1
#define ESCROW_ABI_MINOR 0

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes, offsets and bit positions of this image; equal `hash` means equal layout. */
typedef struct escrow_abi_info {
  uint32_t struct_size;
  uint32_t major;
  uint32_t minor;
  uint32_t header_bytes; /* slot header */
  uint32_t word_offset;  /* of the protocol word in the header */
  uint32_t payload_offset;
  uint32_t about_offset;
  uint32_t generation_shift; /* in the word */
  uint32_t index_shift;      /* in a handle */
  uint32_t tag_shift;        /* in a handle */
  uint32_t options_bytes;
  uint32_t stats_bytes;
  uint32_t api_bytes;
  uint32_t optimized; /* 1 when the facade was compiled with optimisation */
  uint32_t sanitizer; /* 0 none, 1 address, 2 thread, 3 memory */
  uint32_t reserved;
  uint64_t hash;
} escrow_abi_info;

/* Grows only at its end within one ABI major. A caller MUST check
 * `major`, and that struct_size reaches the last function it uses, before the first call. */
typedef struct escrow_api {
  uint32_t struct_size;
  uint32_t major;
  escrow_abi_info const *abi;
  char const *(*status_text)(escrow_status);
  char const *(*status_name)(escrow_status);
  escrow_status (*pool_open)(escrow_pool_options const *, escrow_pool *);
  escrow_status (*pool_close)(escrow_pool, uint32_t, uint64_t *);
  escrow_status (*pool_destroy)(escrow_pool);
  escrow_status (*pool_drain)(escrow_pool, uint64_t, uint64_t *);
  escrow_status (*pool_trim)(escrow_pool, uint64_t *);
  escrow_status (*pool_read_stats)(escrow_pool, escrow_pool_stats *);
  escrow_status (*pool_read_classes)(escrow_pool, escrow_class_stats *, uint32_t, uint32_t *);
  escrow_status (*pool_inspect)(escrow_pool, uint64_t *, escrow_reference_info *, uint32_t,
                                uint32_t *);
  escrow_status (*acquire)(escrow_pool, uint64_t, escrow_handle *, void **);
  escrow_status (*acquire_n)(escrow_pool, uint64_t, uint64_t, escrow_handle *, void **);
  escrow_status (*dup)(escrow_handle, escrow_handle *);
  escrow_status (*release)(escrow_handle);
  escrow_status (*release_deferred)(escrow_handle);
  escrow_status (*release_n)(escrow_handle const *, uint64_t, escrow_status *);
  escrow_status (*lend)(escrow_handle, escrow_loan *, escrow_view *);
  escrow_status (*give_back)(escrow_loan);
  escrow_status (*borrow)(escrow_handle, escrow_view *);
  escrow_status (*return_borrow)(uint64_t);
  escrow_status (*move_out)(escrow_handle, escrow_ticket *);
  escrow_status (*move_in)(escrow_ticket, escrow_handle *);
  escrow_status (*revoke)(escrow_handle);
  escrow_status (*validate)(escrow_handle, escrow_pool, uint32_t);
  escrow_status (*read)(escrow_handle, escrow_view *);
} escrow_api;

#ifdef __cplusplus
}
#endif

#endif
