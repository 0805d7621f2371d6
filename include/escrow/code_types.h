/* escrow/code_types.h: what describes a code slot, for C11 and C++20. See code.h. */
#ifndef ESCROW_CODE_TYPES_H
#define ESCROW_CODE_TYPES_H

#include <stdint.h>

#include "status.h"

/* What `expected` says when any version may be current. */
#define ESCROW_CODE_ANY UINT64_MAX

enum {
  ESCROW_CODE_MOST_HISTORY = 63,
  ESCROW_CODE_MOST_TABLE = 1024 /* bytes */
};

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t escrow_code_slot; /* calls after close and destroy get a code */
typedef uint64_t escrow_code_hold; /* keeps a version; 0 is none */

/* Why something was refused, ended by 0; empty where there is nothing to say. */
typedef struct escrow_code_reason {
  char text[256];
} escrow_code_reason;

/* Looks at a table before it is published; another answer than ESCROW_OK refuses it. Runs on the
 * thread that swaps, with no lock held. `reason` is empty and may be written. */
typedef escrow_status (*escrow_code_check)(void const *table, void *context,
                                           escrow_code_reason *reason);

typedef struct escrow_code_options {
  uint32_t struct_size;    /* sizeof(escrow_code_options) of the caller; checked */
  uint32_t history;        /* versions kept beside the current one, at most 63 */
  uint64_t abi;            /* version of the table's meaning, that libraries must have */
  uint64_t table_bytes;    /* function pointers alone: a multiple of 8 up to 1024 */
  escrow_code_check check; /* (nullable) */
  void *context;           /* (transfer none) of check; outlives the slot */
} escrow_code_options;

typedef struct escrow_code_library_options {
  uint32_t struct_size; /* sizeof(escrow_code_library_options) of the caller; checked */
  uint32_t reserved;    /* 0 */
  char const *path;     /* of the file; as open() takes it, so no search for a name */
  char const *symbol;   /* (nullable) of the function that gives the descriptor */
} escrow_code_library_options;

/* A call that is inside. MUST NOT be copied and ended twice: one end too many would let code go
 * while others run it. */
typedef struct escrow_code_call {
  void const *table; /* functions of `version`, valid until the call leaves */
  uint64_t version;
  uint64_t place; /* where it is counted; 0: it has left */
} escrow_code_call;

typedef struct escrow_code_version_info {
  uint64_t version;
  uint64_t inside;  /* calls */
  uint64_t holds;   /* references without a call */
  uint64_t library; /* 1: from a shared library */
} escrow_code_version_info;

typedef struct escrow_code_stats {
  uint32_t struct_size; /* in: sizeof of the caller */
  uint32_t reserved;
  uint64_t current;     /* version; 0: none yet, or closed */
  uint64_t live;        /* versions: the current one, kept ones, and those that wait for calls */
  uint64_t waiting;     /* of these, those that wait for their last call or hold */
  uint64_t inside;      /* calls in all of them */
  uint64_t holds;       /* holds of all of them */
  uint64_t swapped;     /* versions published by a swap */
  uint64_t rolled_back; /* versions published by a roll back */
  uint64_t differed;    /* swaps that expected another version */
  uint64_t refused;     /* tables and libraries */
  uint64_t libraries;   /* loaded now and in use */
  uint64_t unloaded;    /* libraries that are gone from the process */
  uint64_t kept;        /* libraries that were let go and that the loader kept */
  uint64_t leaked;      /* versions that a call never returned from */
  escrow_code_reason reason; /* of the last refusal */
} escrow_code_stats;

#ifdef __cplusplus
}
#endif

#endif
