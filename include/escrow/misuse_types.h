/* escrow/misuse_types.h: the plain data of refused calls, for C11 and C++20. */
#ifndef ESCROW_MISUSE_TYPES_H
#define ESCROW_MISUSE_TYPES_H

#include <stdint.h>

#include "operation.h"
#include "status.h"

/* Places for refusals that differ in site, pool, operation or code. */
#define ESCROW_MISUSE_SITES_MOST 1024

/* Calls that were refused alike. */
typedef struct escrow_misuse_site {
  uint32_t site;      /* for escrow_ledger_read_site; 0: its stack found no place */
  uint32_t operation; /* of escrow_operation, or as escrow_misuse_note had it */
  escrow_status status;
  uint32_t reserved;
  uint64_t pool;  /* whose objects or which pool it was about; 0: of none that is known */
  uint64_t count; /* how often */
  uint64_t last;  /* CLOCK_MONOTONIC, nanoseconds, to some milliseconds; of calls at once, of one */
} escrow_misuse_site;

#endif
