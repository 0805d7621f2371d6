/* escrow/cell_types.h: the plain data of cells that crosses the facade, for C11 and C++20. */
#ifndef ESCROW_CELL_TYPES_H
#define ESCROW_CELL_TYPES_H

#include <stdint.h>

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t escrow_cell; /* a cell; calls after close and destroy get a code */

#define ESCROW_CELL_MOST_ETAG 255    /* bytes of an ETag */
#define ESCROW_CELL_ETAG 34          /* bytes of one that the cell computes */
#define ESCROW_CELL_MOST_COPY 256    /* bytes of a content that a copy reads without a lock */
#define ESCROW_CELL_MOST_HISTORY 63  /* versions kept beside the current one */
#define ESCROW_CELL_MOST_PROPOSALS 8 /* waiting at once */
#define ESCROW_FOREVER UINT64_MAX    /* as a timeout */

/* Why a content was refused. */
typedef struct escrow_cell_reason {
  int32_t code;   /* the validator's own; 0: none */
  char text[124]; /* zero terminated */
} escrow_cell_reason;

/* Looks at a content before it becomes a version. 0 accepts; anything else refuses, and is the code
 * of the reason, whose text it may write. It runs on the swapper's thread with no escrow lock held,
 * so on several threads at once; it may read the cell, and MUST NOT keep `content`, throw or
 * longjmp. */
typedef int32_t (*escrow_cell_validator)(void const *content, uint64_t size, void *context,
                                         escrow_cell_reason *out_reason);

enum escrow_cell_flag {
  /* Whether a content becomes a version is decided outside: what swaps would do, others propose.
   * The decider, a decoder in Go for example, takes proposals and publishes what it has prepared.
   * Excludes `validator`. */
  ESCROW_CELL_DECIDED = 1u
};

typedef struct escrow_cell_options {
  uint32_t struct_size;            /* sizeof(escrow_cell_options) of the caller; checked */
  uint32_t flags;                  /* of escrow_cell_flag; unknown bits are E_OPTION */
  char const *name;                /* (transfer none) (nullable) up to 31 bytes, copied */
  uint64_t limit_bytes;            /* bound on memory held, whole slots; 0 = none */
  uint64_t fixed_size;             /* 0 = any; else every content has this size */
  escrow_layout const *layout;     /* (transfer none) (nullable) of every content, copied; needs
                                      its size as fixed_size, and its alignment */
  uint32_t alignment;              /* of the content: 0 = 16; else a power of two up to 64 */
  uint32_t history;                /* versions kept beside the current one, at most 63 */
  escrow_cell_validator validator; /* (nullable) the one validator, for the life of the cell */
  void *validator_context;         /* (transfer none) passed to it; outlives the cell */
  escrow_destructor destructor;    /* (nullable) runs once for each content that is let go */
  void *destructor_context;        /* (transfer none) passed to it; outlives the cell */
} escrow_cell_options;

enum escrow_cell_if {
  ESCROW_CELL_ALWAYS = 0,
  ESCROW_CELL_IF_VERSION = 1, /* the current version is `version`; 0: the cell is empty */
  ESCROW_CELL_IF_ETAG = 2,    /* the current version has this ETag */
  ESCROW_CELL_IF_CHANGED = 3  /* the current version has another ETag than the new content */
};

/* What must hold when the new content takes the place of the current one. */
typedef struct escrow_cell_condition {
  uint32_t kind; /* of escrow_cell_if */
  uint32_t etag_size;
  uint64_t version;
  char const *etag; /* (transfer none) `etag_size` bytes, compared one by one */
} escrow_cell_condition;

/* What a holder sees. `loan` keeps it: end it with escrow_cell_release, on any thread. */
typedef struct escrow_cell_view {
  uint64_t loan;     /* 0 where nothing is held by this view */
  uint64_t snapshot; /* what the cell's word shows while this is the current version */
  void const *content;
  uint64_t size;
  char const *etag; /* not zero terminated */
  uint64_t etag_size;
  uint64_t version;   /* from 1; 0: not published */
  uint64_t published; /* when, in nanoseconds since 1970 */
} escrow_cell_view;

typedef struct escrow_cell_entry {
  uint64_t version;
  uint64_t snapshot;
  uint64_t published;
  uint64_t size;
} escrow_cell_entry;

typedef struct escrow_cell_stats {
  uint32_t struct_size; /* in: sizeof of the caller */
  uint32_t history;     /* versions that can be rolled back to */
  uint64_t version;     /* the current one; 0: none yet */
  uint64_t published;   /* versions of this cell, in all */
  uint64_t refused;     /* contents that the validator or the decider refused */
  uint64_t differed;    /* swaps whose condition did not hold */
  uint64_t rolled_back;
  uint64_t proposals;  /* waiting now, taken ones included */
  uint64_t snapshots;  /* in memory: current, history, prepared, proposed, and what readers hold */
  uint64_t loans;      /* held by readers and guards, on any snapshot */
  uint64_t bytes_held; /* from the system, whole slots */
  uint64_t pool;       /* where they lie, for escrow_pool_inspect; (transfer none) */
  uint64_t layout;     /* fingerprint of what the contents are; 0: not said */
  escrow_cell_reason why; /* of the last refusal */
} escrow_cell_stats;

#ifdef __cplusplus
}
#endif

#endif
