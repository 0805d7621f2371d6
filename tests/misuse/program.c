/* usage: program CASE
 * Makes one mistake with a pool. What the library or the process makes of it is compared with
 * programs.tsv by `check`; a program that lives to its end says on its last line what it saw
 * itself: a code, `harmless` when everything that followed was right, or `unseen`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escrow/escrow.h"
#include "escrow/guarded.h"
#include "escrow/ledger.h"
#include "tamper.h"

#define SITE __attribute__((noinline, noclone))

static escrow_pool pool;

static void demand(int right, char const *what) {
  if (right) return;
  fprintf(stderr, "misuse: %s\n", what);
  exit(99);
}

static escrow_pool open_pool(char const *name) {
  escrow_pool_options o = {.struct_size = sizeof o, .name = name};
  escrow_pool p = 0;
  demand(escrow_pool_open(&o, &p) == ESCROW_OK, "a pool opens");
  if (getenv("MISUSE_GUARDED") != NULL)
    demand(escrow_pool_set_guarded(p, 1) == ESCROW_OK, "a pool guards");
  return p;
}

static escrow_handle acquire(uint64_t bytes, char **out) {
  escrow_handle h = 0;
  void *memory = NULL;
  demand(escrow_acquire(pool, bytes, &h, &memory) == ESCROW_OK, "an object is acquired");
  *out = memory;
  return h;
}

static void release(escrow_handle h) {
  demand(escrow_release(h) == ESCROW_FREED, "a release frees");
}

static char const *code(escrow_status s) {
  return s < 0 ? escrow_status_name(s) : "unseen";
}

/* What is checked at the next use of a slot, or when the memory goes back. */
static char const *end_quietly(char const *verdict) {
  uint64_t live = 0;
  demand(escrow_pool_close(pool, 0, &live) == ESCROW_OK && live == 0, "nothing is out");
  demand(escrow_pool_destroy(pool) == ESCROW_OK, "the pool goes");
  return verdict;
}

static char volatile sink;
SITE static void write_at(char *at) {
  *(char volatile *)at = 'x';
}
SITE static void read_at(char const *at) {
  sink = *(char const volatile *)at;
}

static char const *released_twice(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  release(h);
  return code(escrow_release(h));
}

/* As a double free that comes when the block has its next holder. */
static char const *released_again_later(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  release(h);
  escrow_handle const next = acquire(64, &m);
  escrow_status const s = escrow_release(h);
  release(next);
  return code(s);
}

static char const *released_deferred_twice(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  demand(escrow_release_deferred(h) == ESCROW_FREED, "a release frees");
  return code(escrow_release_deferred(h));
}

static char const *address_released(void) {
  char *m;
  (void)acquire(64, &m);
  return code(escrow_release((escrow_handle)(uintptr_t)m));
}

static char const *interior_released(void) {
  char *m;
  (void)acquire(64, &m);
  return code(escrow_release((escrow_handle)(uintptr_t)(m + 16)));
}

static char const *foreign_released(void) {
  char *const foreign = malloc(64);
  escrow_status const s = escrow_release((escrow_handle)(uintptr_t)foreign);
  free(foreign);
  return code(s);
}

SITE static void free_payload(void *m) {
  free(m);
}

static char const *payload_freed(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  free_payload(m);
  release(h);
  return end_quietly("unseen");
}

static char const *interior_freed(void) {
  char *m;
  (void)acquire(64, &m);
  free_payload(m + 16);
  return "unseen";
}

static char const *forged_neighbour(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  return code(escrow_release(h + ((escrow_handle)1 << 28)));
}

static char const *forged_generation(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  return code(escrow_release(h + 1));
}

static char const *forged_bits(void) {
  escrow_status worst = ESCROW_E_RANGE;
  uint64_t bits = 88172645463325252u;
  char *m;
  for (int i = 0; i < 200; ++i) (void)acquire(64, &m);
  for (int i = 0; i < 1000000; ++i) {
    bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
    escrow_status const s = escrow_release(bits);
    if (s >= 0) worst = s;
  }
  return worst < 0 ? "refused" : "unseen";
}

static char const *other_pool(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  return code(escrow_validate(h, open_pool("other"), 0));
}

static char const *released_after_destroy(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  release(h);
  (void)end_quietly("");
  return code(escrow_release(h));
}

static char const *destroyed_while_held(void) {
  char *m;
  uint64_t live = 0;
  (void)acquire(64, &m);
  demand(escrow_pool_close(pool, 0, &live) == ESCROW_OK && live == 1, "one is out");
  return code(escrow_pool_destroy(pool));
}

static char const *acquired_after_destroy(void) {
  escrow_handle h = 0;
  (void)end_quietly("");
  return code(escrow_acquire(pool, 64, &h, NULL));
}

static char const *given_back_twice(void) {
  char *m;
  escrow_loan loan = 0;
  escrow_view view;
  escrow_handle const h = acquire(64, &m);
  demand(escrow_lend(h, &loan, &view) == ESCROW_OK, "it is lent");
  demand(escrow_give_back(loan) == ESCROW_OK, "and given back");
  return code(escrow_give_back(loan));
}

static char const *returned_unborrowed(void) {
  char *m;
  return code(escrow_return(acquire(64, &m)));
}

static char const *borrowed_after_release(void) {
  char *m;
  escrow_view view;
  escrow_handle const h = acquire(64, &m);
  release(h);
  return code(escrow_borrow(h, &view));
}

static char const *read_after_release(void) {
  char *m;
  release(acquire(64, &m));
  read_at(m + 8);
  return end_quietly("unseen");
}

static char const *write_after_release(void) {
  char *m;
  release(acquire(64, &m));
  write_at(m + 8);
  return end_quietly("unseen");
}

/* What smashes the list of free blocks elsewhere. */
static char const *free_block_smashed(void) {
  char *m, *seen[64];
  escrow_handle held[64];
  release(acquire(64, &m));
  for (int i = 0; i < 64; ++i) write_at(m + i);
  for (int i = 0; i < 64; ++i) {
    held[i] = acquire(64, &seen[i]);
    for (int k = 0; k < 64; ++k) demand(seen[i][k] == 0, "what is acquired is zero");
    for (int k = 0; k < i; ++k) demand(seen[i] != seen[k], "no object is given twice");
  }
  for (int i = 0; i < 64; ++i) release(held[i]);
  return end_quietly("harmless");
}

static char const *overrun(uint64_t bytes, uint64_t by) {
  char *m;
  escrow_handle const h = acquire(bytes, &m);
  for (uint64_t i = 0; i < by; ++i) write_at(m + bytes + i);
  release(h);
  return end_quietly("unseen");
}
static char const *overrun_1(void) {
  return overrun(64, 1);
}
static char const *overrun_1_of_slack(void) {
  return overrun(60, 1);
}
static char const *overrun_8(void) {
  return overrun(64, 8);
}
static char const *overrun_1_of_large(void) {
  return overrun(8192, 1);
}
static char const *overrun_1_of_block(void) {
  return overrun(100000, 1);
}

static char const *overrun_read_1(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  read_at(m + 64);
  release(h);
  return end_quietly("unseen");
}

/* Past everything between them, into the next object: what is overwritten may be written. */
static char const *overrun_into_next(void) {
  char *one, *two;
  escrow_handle const a = acquire(64, &one);
  escrow_handle const b = acquire(64, &two);
  write_at(one + (two - one));
  int const changed = *two == 'x';
  release(a);
  release(b);
  demand(changed, "it was overwritten");
  return end_quietly("unseen");
}

static char const *underrun_1(void) {
  char *one, *two;
  escrow_handle const a = acquire(64, &one);
  escrow_handle const b = acquire(64, &two);
  write_at(two - 1);
  release(a);
  release(b);
  return end_quietly("unseen");
}

static char const *word_tampered(void) {
  char *m;
  escrow_handle const h = acquire(64, &m);
  tamper_word(h, 0);
  return code(escrow_release(h));
}

/* The mask of free slots is a hint: no slot that is held is given a second time. */
static char const *mask_tampered(void) {
  char *seen[100];
  for (int i = 0; i < 100; ++i) {
    tamper_mask(acquire(64, &seen[i]));
    for (int k = 0; k < i; ++k) demand(seen[i] != seen[k], "no object is given twice");
  }
  return "harmless";
}

/* A handle leads where its header says; whoever can write there can write anywhere. */
static char const *payload_tampered(void) {
  static char elsewhere[64];
  char *m;
  escrow_view view;
  escrow_handle const h = acquire(64, &m);
  tamper_payload(h, elsewhere);
  demand(escrow_borrow(h, &view) == ESCROW_OK && view.payload == elsewhere, "it leads there");
  demand(escrow_return(h) == ESCROW_OK, "a borrow ends");
  return "unseen";
}

SITE static void lose(void) {
  char *m;
  for (int i = 0; i < 3; ++i) {
    (void)acquire(64, &m);
    m[0] = 1;
  }
  m = NULL;
}

static char const *leaked(void) {
  lose();
  return "unseen";
}

static struct {
  char const *name;
  char const *(*run)(void);
} const cases[] = {
#define CASE(name) \
  { #name, name }
    CASE(released_twice),
    CASE(released_again_later),
    CASE(released_deferred_twice),
    CASE(address_released),
    CASE(interior_released),
    CASE(foreign_released),
    CASE(payload_freed),
    CASE(interior_freed),
    CASE(forged_neighbour),
    CASE(forged_generation),
    CASE(forged_bits),
    CASE(other_pool),
    CASE(released_after_destroy),
    CASE(destroyed_while_held),
    CASE(acquired_after_destroy),
    CASE(given_back_twice),
    CASE(returned_unborrowed),
    CASE(borrowed_after_release),
    CASE(read_after_release),
    CASE(write_after_release),
    CASE(free_block_smashed),
    CASE(overrun_1),
    CASE(overrun_1_of_slack),
    CASE(overrun_8),
    CASE(overrun_1_of_large),
    CASE(overrun_1_of_block),
    CASE(overrun_read_1),
    CASE(overrun_into_next),
    CASE(underrun_1),
    CASE(word_tampered),
    CASE(mask_tampered),
    CASE(payload_tampered),
    CASE(leaked),
};

int main(int argc, char **argv) {
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; ++i) {
    if (argc == 1) puts(cases[i].name);
    if (argc != 2 || strcmp(argv[1], cases[i].name) != 0) continue;
    pool = open_pool("mine");
    char const *const verdict = cases[i].run();
    printf("%s\n", verdict);
    return 0;
  }
  return argc == 1 ? 0 : 2;
}
