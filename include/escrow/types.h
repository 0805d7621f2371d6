/* escrow/types.h: the plain data that crosses the facade, for C11 and C++20. */
#ifndef ESCROW_TYPES_H
#define ESCROW_TYPES_H

#include <stdint.h>

#include "field.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t escrow_handle; /* one reference; 0 is null; bit 63 is always 0 */
typedef uint64_t escrow_ticket; /* one reference in flight between two holders */
typedef uint64_t escrow_loan;   /* one named loan of an object */
typedef uint64_t escrow_pool;   /* a pool; calls after close and destroy get a code */

/* Runs once for each freed object, on an ordinary thread that holds no escrow lock: in
 * escrow_release (of the very object), escrow_pool_drain, or escrow_pool_close. It may call escrow;
 * a release it makes of an object that has a destructor too is PENDING, and a drain BUSY.
 * It MUST NOT throw, longjmp or call into Go through a function marked nocallback. */
typedef void (*escrow_destructor)(void *payload, uint64_t size, void *context);

enum escrow_pool_flag {
  ESCROW_POOL_HUGE_PAGES = 1u /* back the pool with transparent huge pages where offered */
};

typedef struct escrow_pool_options {
  uint32_t struct_size;         /* sizeof(escrow_pool_options) of the caller; checked */
  uint32_t flags;               /* of escrow_pool_flag; unknown bits are E_OPTION */
  char const *name;             /* (transfer none) (nullable) up to 31 bytes, copied */
  uint64_t limit_bytes;         /* bound on memory held, whole slots; 0 = none; full is E_FULL */
  uint64_t fixed_size;          /* 0 = size classes from 16 B up; else every object has this size */
  uint32_t alignment;           /* 0 = that of the class; else a power of two up to 4096 */
  uint32_t type_id;             /* stamped on every object; see escrow_validate; 0 = untyped */
  escrow_destructor destructor; /* (nullable) see above */
  void *context;                /* (transfer none) passed to the destructor; outlives the pool */
  uint64_t reserve_bytes; /* memory set up at open; needs fixed_size; from 2 MiB on huge pages */
  escrow_layout const
      *layout; /* (transfer none) (nullable) of every object, copied; see layout.h */
} escrow_pool_options;

enum escrow_close_flag {
  /* Tickets that nobody took in are freed by close; a move_in that comes later is STALE. */
  ESCROW_CLOSE_RECLAIM_TICKETS = 1u
};

/* What a borrower sees. `root` names the object for escrow_return. */
typedef struct escrow_view {
  void *payload;
  uint64_t size;
  uint64_t root;
} escrow_view;

typedef struct escrow_pool_stats {
  uint32_t struct_size; /* in: sizeof of the caller */
  uint32_t type_id;
  char name[32];                           /* zero terminated */
  uint64_t live;                           /* objects not yet freed, those below included */
  uint64_t duplicates;                     /* live handles made by escrow_dup */
  uint64_t loans;                          /* live loan handles */
  uint64_t borrows;                        /* anonymous and named loans counted on the objects */
  uint64_t tickets;                        /* references in flight */
  uint64_t pending;                        /* freed objects whose destructor is owed or running */
  uint64_t retired;                        /* slots whose generations are used up */
  uint64_t bytes_live;                     /* as asked for */
  uint64_t bytes_committed;                /* held from the system, whole slots */
  uint64_t bytes_peak;                     /* the highest bytes_committed so far */
  uint64_t bytes_limit;                    /* 0 = none */
  uint64_t refills;                        /* times the slow path looked for free slots */
  uint64_t misuse[ESCROW_ERROR_COUNT + 1]; /* [-code]: calls on this pool's objects refused so */
} escrow_pool_stats;

typedef struct escrow_class_stats {
  uint64_t slot_bytes; /* size of the class */
  uint64_t slots;      /* slots set up */
  uint64_t live;       /* slots in use */
  uint64_t bytes_live; /* as asked for */
} escrow_class_stats;

enum escrow_reference_kind {
  ESCROW_KIND_OBJECT = 1, /* the handle that acquire or move_in gave */
  ESCROW_KIND_DUPLICATE = 2,
  ESCROW_KIND_LOAN = 3,
  ESCROW_KIND_TICKET = 4, /* in flight */
  ESCROW_KIND_ORPHAN = 5, /* no owner left, kept by loans or duplicates */
  ESCROW_KIND_PENDING = 6 /* freed, destructor owed */
};

typedef struct escrow_reference_info {
  uint64_t handle;  /* names the slot in reports; MUST NOT be used as a reference */
  uint64_t root;    /* the object it refers to; its own name for an object */
  uint64_t payload; /* address, for reports only */
  uint64_t size;
  uint32_t kind; /* of escrow_reference_kind */
  uint32_t type_id;
  uint32_t references;
  uint32_t loans;
} escrow_reference_info;

#ifdef __cplusplus
}
#endif

#endif
