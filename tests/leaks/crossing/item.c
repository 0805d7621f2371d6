#include "item.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static atomic_int made;
static atomic_int freed;

static void set_up(item *i, int value) {
  i->value = value;
  i->references = 1;
  i->child = value + 1;
  memset(i->text, 't', sizeof i->text);
  atomic_fetch_add(&made, 1);
}

item *item_new(int value) {
  item *const i = malloc(sizeof *i);
  set_up(i, value);
  i->due = 0;
  return i;
}

item *item_raw(int value) {
  item *const i = malloc(sizeof *i);
  set_up(i, value);
  return i;
}

void item_free(item *i) {
  atomic_fetch_add(&freed, 1);
  free(i);
}

int item_read(item const *i) {
  return i->value;
}

int *item_child(item *i) {
  return &i->child;
}

int item_read_child(int const *child) {
  return *child;
}

char *item_text(item *i) {
  return i->text;
}

static int volatile due_items;

int item_is_due(item const *i) {
  if (i->due == 0) return 0;
  due_items++; /* volatile: the branch is one in machine code, too */
  return 1;
}

void item_take(item *i) {
  item_free(i);
}

void item_retain(item *i) {
  i->references++;
}

void item_drop(item *i) {
  if (--i->references == 0) item_free(i);
}

int item_live(void) {
  return atomic_load(&made) - atomic_load(&freed);
}

int item_read_slowly(item const *i) {
  int const before = atomic_load(&freed);
  struct timespec const step = {0, 1000000};
  for (int k = 0; k < 3000 && atomic_load(&freed) == before; ++k) nanosleep(&step, NULL);
  return i->value;
}

static item *remembered;
static char const *remembered_bytes;

void item_remember(item *i) {
  remembered = i;
}

int item_recall(void) {
  return remembered->value;
}

void item_remember_bytes(char const *bytes) {
  remembered_bytes = bytes;
}

int item_recall_bytes(void) {
  int const sum = remembered_bytes[0] + remembered_bytes[1];
  remembered_bytes = NULL;
  return sum;
}

void describe_into(char *out) {
  for (int k = 0; k < ITEM_TEXT; ++k) out[k] = 'd';
}

int item_offer(int message) {
  (void)message;
  return 0;
}

int hello(char const *name) {
  return (int)strlen(name);
}

static pthread_t owner;
static atomic_int strangers;

void owner_is_here(void) {
  owner = pthread_self();
}

int wrong_threads(void) {
  return atomic_load(&strangers);
}

void item_free_by_owner(item *i) {
  if (!pthread_equal(owner, pthread_self())) atomic_fetch_add(&strangers, 1);
  item_free(i);
}

static atomic_ullong out_now;
static atomic_ullong out_most;

void *block_new(uint64_t bytes) {
  unsigned long long const now = atomic_fetch_add(&out_now, bytes) + bytes;
  unsigned long long most = atomic_load(&out_most);
  while (most < now && !atomic_compare_exchange_weak(&out_most, &most, now)) {
  }
  return malloc(bytes);
}

void block_free(void *block, uint64_t bytes) {
  atomic_fetch_sub(&out_now, bytes);
  free(block);
}

uint64_t block_peak(void) {
  return atomic_load(&out_most);
}
