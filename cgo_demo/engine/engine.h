/* engine.h: the C interface of the search engine: files in by ticket, matches out by ticket.
 *
 * Life of an engine: open; put, remove and commit files, and search, all from any threads; close.
 * A file is named by its path. Changes are gathered in a batch and become visible by a commit, file
 * by file; searches go on meanwhile. What a search says of a file is true of one version of it that
 * was current while the search ran. Every search obeys one version of the settings, and ranks by
 * one version of the ranking, however often both are swapped meanwhile. Ownership vocabulary and
 * status codes are those of escrow/escrow.h. */
#ifndef CGO_DEMO_ENGINE_H
#define CGO_DEMO_ENGINE_H

#include <escrow/cell.h>
#include <escrow/code.h>
#include <escrow/escrow.h>
#include <stdint.h>

#include "settings.h"

#ifdef __cplusplus
extern "C" {
#define ENGINE_NOEXCEPT noexcept
#else
#define ENGINE_NOEXCEPT
#endif

typedef struct engine engine;
typedef struct engine_search engine_search;

typedef struct engine_options {
  escrow_pool results;  /* (transfer none) result buffers come from here; closed after the engine */
  escrow_cell settings; /* (transfer none) of engine_settings, with a version; outlives searches */
  escrow_code_slot ranking; /* (transfer none) of engine_ranking; outlives searches. The engine
                             * publishes its own function where there is no version yet */
  uint32_t workers;         /* 1 to 64 threads that index */
  uint32_t queue_capacity;  /* 1 to 65,536 files that may wait for a worker */
  uint32_t ledger_rate;     /* one document in so many is noted with who made it; 0 = none */
  uint32_t plant_leak;      /* not 0: searches leak results, see planted.hpp */
} engine_options;

/* A file as it lies on disk. */
typedef struct engine_file {
  char const *path;     /* (transfer none) */
  uint32_t path_length; /* 1 to 65,535 */
  uint32_t place;       /* answers come in this order; or ENGINE_PLACE_KEEP */
  uint64_t size;
  uint64_t stamp; /* changes when the file does; 0: nobody can say, so it is read again */
  uint64_t walk;  /* number of the walk that sees it; see engine_remove_unseen */
} engine_file;

/* Where it was, or after all others. */
#define ENGINE_PLACE_KEEP UINT32_MAX

/* What commits did to files. */
typedef struct engine_changes {
  uint64_t added;
  uint64_t replaced;
  uint64_t removed;
  uint64_t unchanged; /* read, and found to be as they were */
} engine_changes;

/* A file of a page. Its bytes must not be written. */
typedef struct engine_found {
  char const *text; /* (transfer none) on loan until engine_next or engine_end */
  uint64_t size;
  uint32_t path; /* where its path begins among those of the page */
  uint32_t path_length;
  uint32_t matches; /* how many of the page's are its, in the order of the files */
  uint32_t reserved;
} engine_found;

/* One matching line. Its bytes are [offset, offset + length) of the file; no line end in it. */
typedef struct engine_match {
  uint32_t line; /* from 1 */
  uint32_t offset;
  uint32_t length;
} engine_match;

typedef struct engine_page {
  /* (transfer full) `files` of engine_found, `matches` of engine_match, then paths; 0 when there
   * are none. End it with escrow_move_in or escrow_release. */
  escrow_ticket ticket;
  uint32_t files;
  uint32_t matches;
  uint32_t done; /* there is no other page */
  uint32_t reserved;
} engine_page;

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
  uint64_t files;          /* that can be found */
  uint64_t bytes;          /* of texts, those included that only a search or a batch still holds */
  uint64_t spans;          /* of 16,384 file numbers that were ever in use together */
  uint64_t documents;      /* versions of files, as above */
  uint64_t document_bytes; /* memory of the pool of documents, without texts */
  uint64_t path_bytes;     /* memory of the maps from path and from number to document */
  uint64_t lists;          /* of files by trigram, one for each 16,384 file numbers */
  uint64_t list_bytes;     /* in lists, as allocated */
  uint64_t index_bytes;    /* memory of the map of lists */
} engine_counts;

/**
 * Opens an engine and starts its workers.
 * @param options     (transfer none)
 * @param out_engine  (out) (transfer full)  end it with engine_close
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_OPTION | ESCROW_E_NOMEM memory or threads |
 *         ESCROW_E_LAYOUT the cell is of something else | what opening a pool or a map and what
 *         escrow_code_swap say
 * Threads: any.  Cost: starts `workers` threads.
 */
escrow_status engine_open(engine_options const *options, engine **out_engine) ENGINE_NOEXCEPT;

/**
 * Says whether a file is held as it is on disk, notes that a walk has seen it, and where it comes.
 * @param self  (transfer none)
 * @param file  (transfer none)
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS read it and put it | ESCROW_E_NULL |
 *         ESCROW_E_SIZE of the path
 * Threads: any, concurrently.  Cost: a look into a map.
 */
escrow_status engine_visit(engine *self, engine_file const *file) ENGINE_NOEXCEPT;

/**
 * Adds the bytes of a file, new or changed, to the batch. Waits while the queue is full. Commits by
 * itself when 128 MiB have gathered.
 * @param self    (transfer none)
 * @param ticket  (transfer full)  the file's bytes; on any error the caller keeps it
 * @param file    (transfer none)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE of the path | ESCROW_E_OPTION the batch has the
 *         path already | what escrow_validate says of something that is no ticket | as
 *         engine_commit
 * Threads: any, concurrently.  Cost: a mutex; may wait.
 */
escrow_status engine_put(engine *self, escrow_ticket ticket,
                         engine_file const *file) ENGINE_NOEXCEPT;

/**
 * Adds the removal of a file to the batch.
 * @param self    (transfer none)
 * @param path    (transfer none)
 * @param length  of the path
 * @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_OPTION the batch
 *         has the path already | ESCROW_E_NOMEM
 * Threads: any, concurrently.  Cost: a mutex; may wait.
 */
escrow_status engine_remove(engine *self, char const *path, uint32_t length) ENGINE_NOEXCEPT;

/**
 * Adds the removal of the files that a walk has not seen to the batch.
 * @param self    (transfer none)
 * @param below   (transfer none) (nullable)  a file, or the directory that was walked, without a
 *                                            separator at its end
 * @param length  of `below`; 0: the walk was of everything
 * @param walk    its number
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_NOMEM
 * Threads: any, concurrently.  Cost: a look at every file.
 */
escrow_status engine_remove_unseen(engine *self, char const *below, uint32_t length,
                                   uint64_t walk) ENGINE_NOEXCEPT;

/**
 * Makes the changes of the batch: searches that begin later see them all.
 * @param self         (transfer none)
 * @param out_changes  (out)  what was done since the last call, also on an error
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED above 4,194,304 files |
 *         what a ticket's move_in, a pool or a map said. After an error some changes were made and
 *         the others are forgotten.
 * Threads: any; puts wait meanwhile, searches do not.  Cost: the rest of the indexing.
 */
escrow_status engine_commit(engine *self, engine_changes *out_changes) ENGINE_NOEXCEPT;

/**
 * Begins a search for the lines that contain `text`.
 * @param self        (transfer none)
 * @param text        (transfer none)        `length` bytes, without a line end
 * @param length      1 to 65,536; below 3 every file is scanned
 * @param out_search  (out) (transfer full)  end it with engine_end
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_OPTION a line end in the text |
 *         ESCROW_E_NOMEM | what escrow_cell_load says
 * Threads: any, concurrently.  Cost: microseconds.
 */
escrow_status engine_find_text(engine const *self, char const *text, uint64_t length,
                               engine_search **out_search) ENGINE_NOEXCEPT;

/**
 * Begins a search for the files that a plan lets through.
 * @param self        (transfer none)
 * @param plan        (transfer none)        of engine_plan_word
 * @param words       1 to 65,536
 * @param out_search  (out) (transfer full)  end it with engine_end
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_OPTION not a well-formed tree |
 *         ESCROW_E_NOMEM | what escrow_cell_load says
 * Threads: any, concurrently.  Cost: microseconds.
 */
escrow_status engine_find_files(engine const *self, uint32_t const *plan, uint64_t words,
                                engine_search **out_search) ENGINE_NOEXCEPT;

/**
 * Says which settings a search obeys.
 * @param self         (transfer none)
 * @param out_version  (out)
 * @return (transfer none) valid until engine_end; NULL: an argument is
 * Threads: any.  Cost: none.
 */
engine_settings const *engine_read_settings(engine_search const *self,
                                            uint64_t *out_version) ENGINE_NOEXCEPT;

/**
 * Makes the next page, in order of place and line. Takes back what the page before it lent. Files
 * that the settings skip are not in it.
 * @param self      (transfer none)
 * @param limit     1 to 65,536 matches a page, or files where no text is searched for; a page may
 *                  hold fewer, or none, and not be the last
 * @param out_page  (out)
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_SIZE | ESCROW_E_NOMEM | what escrow_acquire and
 *         escrow_lend say. After an error only engine_end is left.
 * Threads: one at a time; the engine is not closed.  Cost: a scan of the candidates, at most about
 * the settings' page_bytes a page.
 */
escrow_status engine_next(engine_search *self, uint32_t limit,
                          engine_page *out_page) ENGINE_NOEXCEPT;

/**
 * Scores a file of the page: by the ranking that was current when the search was first asked for a
 * score, and by the weights of its settings.
 * @param self         (transfer none)
 * @param file         of the page, from 0
 * @param matches      that it has, those of earlier pages included
 * @param out_score    (out)
 * @param out_version  (out)  of the ranking
 * @return ESCROW_OK | ESCROW_E_NULL | ESCROW_E_OPTION there is no such file | ESCROW_E_REFUSED the
 *         ranking gave NaN | what escrow_code_enter says
 * Threads: as engine_next.  Cost: the ranking's, and a locked increment the first time.
 */
escrow_status engine_score(engine_search *self, uint32_t file, uint64_t matches, double *out_score,
                           uint64_t *out_version) ENGINE_NOEXCEPT;

/**
 * Ends a search and takes back what its last page lent.
 * @param self  (transfer full) (nullable)
 * Threads: any, once; also after the engine was closed.  Cost: a CAS or two a file of the page.
 */
void engine_end(engine_search *self) ENGINE_NOEXCEPT;

/**
 * Counts what the engine holds.
 * @param self        (transfer none)
 * @param out_counts  (out)
 * @return ESCROW_OK | ESCROW_E_NULL
 * Threads: any, concurrently.  Cost: a look at every list and file.
 */
escrow_status engine_stats(engine const *self, engine_counts *out_counts) ENGINE_NOEXCEPT;

/**
 * Ends the engine: joins its threads, releases every file it holds and every ticket that waits.
 * @param self         (transfer full) (nullable)  no other call may be inside or come later, but
 *                                                 engine_end
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
