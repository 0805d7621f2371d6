/* engine.h: the C interface of the search engine: files in by ticket, matches out by ticket.
 *
 * Life of an engine: open, add files from any threads, seal once, then search from any threads,
 * close. A function whose engine is `const` may run concurrently with every other such function.
 * Ownership vocabulary and status codes are those of escrow/escrow.h. */
#ifndef CGO_DEMO_ENGINE_H
#define CGO_DEMO_ENGINE_H

#include <escrow/escrow.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define ENGINE_NOEXCEPT noexcept
#else
#define ENGINE_NOEXCEPT
#endif

typedef struct engine engine;

typedef struct engine_options {
  escrow_pool results; /* (transfer none) result buffers come from here; closed after the engine */
  uint32_t workers;    /* 1 to 64 threads that index */
  uint32_t queue_capacity; /* 1 to 65,536 tickets that may wait for a worker */
} engine_options;

/* Where a search goes on. Zeroed for the first page; `done` is set with the last. */
typedef struct engine_cursor {
  uint32_t file;   /* file number */
  uint32_t line;   /* lines of that file before `offset` */
  uint32_t offset; /* byte at which a line begins */
  uint32_t done;
} engine_cursor;

/* One matching line. Its bytes are [offset, offset + length) of the file; no line end in it. */
typedef struct engine_match {
  uint32_t file;
  uint32_t line; /* from 1 */
  uint32_t offset;
  uint32_t length;
} engine_match;

/* A plan says which files can hold a match, as a tree in prefix order, one word a node:
 * a trigram is its three bytes, first byte highest. */
enum engine_plan_word {
  ENGINE_PLAN_ALL = 0x01000000, /* every file */
  ENGINE_PLAN_NONE = 0x02000000,
  ENGINE_PLAN_AND = 0x40000000, /* | how many nodes follow, 1 to 2^24 - 1 */
  ENGINE_PLAN_OR = 0x50000000
};
enum { ENGINE_PLAN_DEPTH = 64 };

typedef struct engine_counts {
  uint64_t files;         /* files held */
  uint64_t bytes;         /* bytes in them */
  uint64_t trigrams;      /* different trigrams */
  uint64_t posting_bytes; /* memory of the lists of files */
  uint64_t seal_ns;       /* from the call of engine_seal to the finished index */
} engine_counts;

/**
 * Opens an engine and starts its workers.
 * @param options     (transfer none)
 * @param out_engine  (out) (transfer full)  end it with engine_close
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_OPTION | ESCROW_E_NOMEM memory or threads
 * Threads: any.  Cost: starts `workers` threads.
 */
escrow_status engine_open(engine_options const *options, engine **out_engine) ENGINE_NOEXCEPT;

/**
 * Gives a file to the workers. Waits while the queue is full.
 * @param self    (transfer none)
 * @param ticket  (transfer full)  a file's bytes; on any error the caller keeps it
 * @param file    number of the file, each used once; searches answer in this order
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_CLOSED sealed before | ESCROW_E_SIZE above 2^32-2
 *         files | what escrow_validate says of something that is no ticket
 * Threads: any, concurrently.  Cost: a mutex; may wait.
 */
escrow_status engine_add(engine *self, escrow_ticket ticket, uint32_t file) ENGINE_NOEXCEPT;

/**
 * Waits until every file is indexed, builds the index and ends the workers.
 * @param self  (transfer none)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_CLOSED sealed before | ESCROW_E_NOMEM |
 *         ESCROW_E_OPTION a file number was used twice | what a ticket's move_in said.
 *         After an error only engine_close is left.
 * Threads: any; adds that come later are ESCROW_E_CLOSED.  Cost: the rest of the indexing.
 */
escrow_status engine_seal(engine *self) ENGINE_NOEXCEPT;

/**
 * Finds the lines that contain `text`, a page at a time, in order of file and line.
 * @param self        (transfer none)
 * @param text        (transfer none)        `length` bytes, without a line end
 * @param length      1 to 65,536; below 3 every file is scanned
 * @param limit       1 to 65,536 matches a page; a page may hold fewer, or none, and not be the
 * last
 * @param cursor      (in, out)
 * @param out_ticket  (out) (transfer full)  engine_match elements; 0 when there are none. End it
 *                                           with escrow_move_in or escrow_release
 * @param out_count   (out)                  how many
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_OPTION a line end in the text |
 *         ESCROW_E_CLOSED not sealed | ESCROW_E_NOMEM | what escrow_acquire says.
 *         On an error the cursor is as it was.
 * Threads: any, concurrently.  Cost: microseconds and a scan of the candidates, at most about
 * 16 MiB a page.
 */
escrow_status engine_search(engine const *self, char const *text, uint64_t length, uint32_t limit,
                            engine_cursor *cursor, escrow_ticket *out_ticket,
                            uint32_t *out_count) ENGINE_NOEXCEPT;

/**
 * Finds the files that a plan lets through, in order.
 * @param self        (transfer none)
 * @param plan        (transfer none)        of engine_plan_word
 * @param words       1 to 65,536
 * @param out_ticket  (out) (transfer full)  uint32_t elements; 0 when there are none. End it with
 *                                           escrow_move_in or escrow_release
 * @param out_count   (out)                  how many
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_OPTION not a well-formed tree |
 *         ESCROW_E_CLOSED not sealed | ESCROW_E_NOMEM | what escrow_acquire says
 * Threads: any, concurrently.  Cost: microseconds.
 */
escrow_status engine_candidates(engine const *self, uint32_t const *plan, uint64_t words,
                                escrow_ticket *out_ticket, uint32_t *out_count) ENGINE_NOEXCEPT;

/**
 * Lends a file's bytes. They must not be written.
 * @param self      (transfer none)        outlives the loan
 * @param file      number of the file
 * @param out_loan  (out) (transfer full)  end it with escrow_give_back
 * @param out_view  (out) (transfer none)  valid until give_back
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_RANGE no such file | ESCROW_E_CLOSED not sealed |
 *         what escrow_lend says
 * Threads: any, concurrently.  Cost: two CAS.
 */
escrow_status engine_lend_file(engine const *self, uint32_t file, escrow_loan *out_loan,
                               escrow_view *out_view) ENGINE_NOEXCEPT;

/**
 * Ends a loan made by engine_lend_file; escrow_give_back under the engine's name.
 * @param loan  (transfer full)  on any error the caller keeps it
 * @return as escrow_give_back
 * Threads: any, concurrently.  Cost: two CAS.
 */
escrow_status engine_give_back_file(escrow_loan loan) ENGINE_NOEXCEPT;

/**
 * Counts what the engine holds.
 * @param self        (transfer none)
 * @param out_counts  (out)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_CLOSED not sealed
 * Threads: any, concurrently.  Cost: none.
 */
escrow_status engine_stats(engine const *self, engine_counts *out_counts) ENGINE_NOEXCEPT;

/**
 * Ends the engine: joins its threads, releases every file it holds and every ticket that waits.
 * @param self         (transfer full) (nullable)  no other call may be inside or come later
 * @param out_refused  (out) (nullable)            references that could not be released; 0 unless
 *                                                 somebody else ended them
 * @return ESCROW_OK | ESCROW_E_NULL
 * Threads: any, once.  Cost: a release a file.
 */
escrow_status engine_close(engine *self, uint64_t *out_refused) ENGINE_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
