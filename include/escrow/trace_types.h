/* escrow/trace_types.h: the plain data of traces, for C11 and C++20. */
#ifndef ESCROW_TRACE_TYPES_H
#define ESCROW_TRACE_TYPES_H

#include <stdint.h>

#include "operation.h"
#include "status.h"

/* Events that are kept; later ones take the places of the oldest. */
#define ESCROW_TRACE_EVENTS_MOST 8192

/* One operation on a traced object. */
typedef struct escrow_trace_event {
  uint64_t sequence;  /* from 1, in the order in which events were entered */
  uint64_t when;      /* CLOCK_MONOTONIC, nanoseconds */
  uint64_t handle;    /* what the operation was asked of; names it in reports, MUST NOT be used */
  uint64_t root;      /* the object: the handle under which it was acquired, also after moves */
  uint64_t peer;      /* the handle, ticket or loan that came of it; 0: none */
  uint64_t pool;      /* of the object */
  uint64_t goroutine; /* its number; 0 outside Go */
  escrow_status status;
  uint32_t operation; /* of escrow_operation */
  uint32_t thread;    /* the system's number of the thread */
  uint32_t site;      /* for escrow_ledger_read_site; 0: its stack found no place */
} escrow_trace_event;

#endif
