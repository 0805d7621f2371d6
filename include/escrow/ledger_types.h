/* escrow/ledger_types.h: the plain data of ledgers, for C11 and C++20. */
#ifndef ESCROW_LEDGER_TYPES_H
#define ESCROW_LEDGER_TYPES_H

#include <stdint.h>

#define ESCROW_LEDGER_FRAMES_MOST 29

enum escrow_ledger_level {
  ESCROW_LEDGER_OFF = 0,
  ESCROW_LEDGER_SAMPLED = 1, /* one acquisition in `rate`, by a mixture of its handle */
  ESCROW_LEDGER_FULL = 2,    /* all of them */

  /* Added to SAMPLED or FULL: the frames of the callers of C and C++ functions, too, by frame
   * pointers. Only where all code of the process is compiled with -fno-omit-frame-pointer, else
   * frames may be wrong ones, and runs on stacks of its threads, no fibers. Without it one frame,
   * which is always right. Linux with glibc; elsewhere it adds nothing. */
  ESCROW_LEDGER_FRAMES = 16
};

enum escrow_holder { ESCROW_HOLDER_OWNER = 0, ESCROW_HOLDER_MAP = 1, ESCROW_HOLDER_CELL = 2 };

/* What a pool's ledger does. */
typedef struct escrow_ledger_state {
  uint32_t level;  /* of escrow_ledger_level, ESCROW_LEDGER_FRAMES included */
  uint32_t rate;   /* one in so many; 0 = off, 1 = all */
  uint64_t missed; /* acquisitions that should have been noted and were not: no memory */
  uint64_t lost;   /* of the whole process: notes whose stack found no place */
} escrow_ledger_state;

/* A live reference and how it came to be. */
typedef struct escrow_ledger_entry {
  uint64_t handle; /* names the slot in reports; MUST NOT be used as a reference */
  uint64_t root;   /* the object it refers to; its own name for an object */
  uint64_t pool;
  uint64_t size;    /* of the object, bytes; 0 for duplicates and loans */
  uint64_t when;    /* CLOCK_MONOTONIC, nanoseconds, to some milliseconds */
  uint32_t kind;    /* of escrow_reference_kind */
  uint32_t holder;  /* of escrow_holder */
  uint32_t type_id; /* of the object; 0 for duplicates and loans */
  uint32_t site;    /* for escrow_ledger_read_site; 0: its stack found no place */
  uint32_t label;   /* as escrow_ledger_note had it; 0 = none */
  uint32_t weight;  /* acquisitions that it stands for: the rate of that time */
} escrow_ledger_entry;

/* A place in the program where references were acquired. */
typedef struct escrow_ledger_site {
  uint32_t site;   /* its number, the same as long as the process lives */
  uint32_t count;  /* of frames */
  uint32_t native; /* how many of them, the first, are return addresses of C and C++; the others are
                      what escrow_ledger_note was given */
  uint32_t reserved;
  uint64_t noted;         /* acquisitions noted here so far, in all pools */
  uint64_t live;          /* noted references that are live */
  uint64_t bytes;         /* of the objects among them, as asked for */
  uint64_t live_estimate; /* the same for all acquisitions, from each note's weight */
  uint64_t bytes_estimate;
  uint64_t oldest;                            /* `when` of the oldest live one; 0 = none is live */
  uint64_t frames[ESCROW_LEDGER_FRAMES_MOST]; /* innermost first */
} escrow_ledger_site;

#endif
