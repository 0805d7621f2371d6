/* Mistakes with one block of memory. */
#include <stdlib.h>
#include <string.h>

#include "programs.h"
#include "verdict.h"

/* Volatile: nothing may remember the address, and nothing may be left out. */
static int volatile sum;

void naive_clean_native(void) {
  int *const block = malloc(sizeof *block);
  *block = 1;
  sum += *block;
  free(block);
}

char const *escrow_clean_native(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  int const right = leaks_read(handle) == 1 && escrow_release(handle) == ESCROW_FREED;
  return verdict_cannot(right && leaks_pool_ended(pool));
}

LEAKS_SITE static void lose_block(void) {
  char *volatile block = malloc(100);
  block[0] = 1;
  block = NULL;
  sum += block == NULL;
}

void naive_lost_block(void) {
  for (int i = 0; i < 32; ++i) lose_block();
}

char const *escrow_lost_block(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  (void)leaks_number(pool, 1);
  return verdict_still(pool);
}

LEAKS_SITE static int parse(char const *text) {
  char *const copy = malloc(64);
  strncpy(copy, text, 63);
  if (copy[0] == '\0') return -1; /* without the copy's free */
  sum += copy[0];
  free(copy);
  return 0;
}

void naive_early_return(void) {
  for (int i = 0; i < 32; ++i) demand(parse("") == -1 && parse("a: 1") == 0, "one of two is empty");
}

static int parse_held(escrow_pool pool, char const *text) {
  escrow_handle const copy = leaks_number(pool, text[0]);
  if (text[0] == '\0') return -1;
  return escrow_release(copy);
}

char const *escrow_early_return(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  demand(parse_held(pool, "") == -1 && parse_held(pool, "a: 1") == ESCROW_FREED, "one is empty");
  return verdict_still(pool);
}

LEAKS_SITE static void free_again(char *block) {
  free(block);
}

void naive_freed_twice(void) {
  char *volatile block = malloc(100);
  free(block);
  free_again(block);
}

char const *escrow_freed_twice(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  demand(escrow_release(handle) == ESCROW_FREED, "the first release frees");
  escrow_status const again = escrow_release(handle);
  demand(leaks_pool_ended(pool), "nothing is out");
  return verdict_code(again);
}

LEAKS_SITE static int read_freed(int const *block) {
  return *block;
}

void naive_used_after_free(void) {
  int *volatile block = malloc(sizeof *block);
  *block = 1;
  free(block);
  sum += read_freed(block);
}

char const *escrow_used_after_free(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  demand(escrow_release(handle) == ESCROW_FREED, "a release frees");
  escrow_handle const next = leaks_number(pool, 2); /* the same slot */
  int const got = leaks_read(handle);
  demand(escrow_release(next) == ESCROW_FREED && leaks_pool_ended(pool), "nothing is out");
  return verdict_code(got);
}

LEAKS_SITE static int read_before_growth(int const *first) {
  return *first;
}

void naive_stale_after_realloc(void) {
  int *volatile numbers = calloc(4, sizeof *numbers);
  int *volatile first = numbers;
  numbers = realloc(numbers, 1 << 20);
  sum += read_before_growth(first);
  free(numbers);
}

/* Growth is a second object; who holds the first one's handle is told, or keeps it by a reference.
 */
char const *escrow_stale_after_realloc(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const few = leaks_number(pool, 1);
  escrow_handle const many = leaks_number(pool, leaks_read(few));
  demand(escrow_release(few) == ESCROW_FREED, "the small one goes");
  int const got = leaks_read(few);
  demand(escrow_release(many) == ESCROW_FREED && leaks_pool_ended(pool), "nothing is out");
  return verdict_code(got);
}

LEAKS_SITE static void free_interior(char *at) {
  free(at);
}

void naive_interior_freed(void) {
  char *volatile block = malloc(100);
  free_interior(block + 16);
}

char const *escrow_interior_freed(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  escrow_status const wrong = escrow_release(handle + 16); /* no generation that was handed out */
  demand(escrow_release(handle) == ESCROW_FREED && leaks_pool_ended(pool), "nothing is out");
  return verdict_code(wrong);
}
