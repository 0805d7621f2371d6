/* escrow/guarded_types.h: the plain data of guarded objects and of addresses, C11 and C++20. */
#ifndef ESCROW_GUARDED_TYPES_H
#define ESCROW_GUARDED_TYPES_H

#include <stdint.h>

/* What a pool guards. */
typedef struct escrow_guarded_state {
  uint32_t rate; /* one object in so many; 0 = none */
  uint32_t reserved;
  uint64_t guarded; /* objects that were guarded since the pool was opened */
  uint64_t missed;  /* that should have been: all places were taken, or no memory */
} escrow_guarded_state;

enum escrow_address_state {
  ESCROW_ADDRESS_NEVER = 0, /* of a slot that was not handed out yet */
  ESCROW_ADDRESS_HELD = 1,
  ESCROW_ADDRESS_RELEASED = 2 /* the slot's last object has ended */
};

/* The object that an address belongs, or belonged, to. */
typedef struct escrow_address_info {
  uint32_t state;   /* of escrow_address_state */
  uint32_t guarded; /* 1 = between inaccessible pages */
  uint64_t handle;  /* for reports; MUST NOT be used as a reference; 0 = there was none */
  uint64_t pool;
  uint64_t payload; /* where the object begins */
  uint64_t size;    /* bytes, as asked for */
  int64_t offset;   /* of the address from there; below 0 or from `size` on: outside of it */
  uint64_t ended;   /* when a guarded object was released, CLOCK_MONOTONIC ns; 0 = held, unknown */
  uint32_t site;    /* where it was acquired, for escrow_ledger_read_site; 0 = not noted */
  uint32_t reserved;
} escrow_address_info;

#endif
