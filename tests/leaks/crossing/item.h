/* item.h: a C library as bindings meet it. Whoever made an item frees it, once, and nothing checks.
 */
#ifndef ESCROW_LEAKS_ITEM_H
#define ESCROW_LEAKS_ITEM_H

#include <stdint.h>

enum { ITEM_TEXT = 24 };

typedef struct item {
  int value;
  int references;
  int due;              /* item_raw() leaves it unset */
  int child;            /* what item_child() points to */
  char text[ITEM_TEXT]; /* what item_text() points to */
} item;

item *item_new(int value);
item *item_raw(int value);
void item_free(item *i);
int item_read(item const *i);
int *item_child(item *i);
int item_read_child(int const *child);
char *item_text(item *i);
int item_is_due(item const *i);
void item_take(item *i);   /* the library's from here on */
void item_retain(item *i); /* one item_drop more is owed */
void item_drop(item *i);
int item_live(void);

/* A call that takes long: it reads when the item was freed meanwhile, or after three seconds. */
int item_read_slowly(item const *i);

/* What the library keeps between two calls. */
void item_remember(item *i);
int item_recall(void);
void item_remember_bytes(char const *bytes);
int item_recall_bytes(void);

/* Writes 24 bytes, whatever room there is. */
void describe_into(char *out);
/* Takes a message for its queue, whose callback would say when it was sent: 0, it is full. */
int item_offer(int message);

int hello(char const *name);

/* Belongs to one thread, the one that calls owner_is_here; wrong_threads counts the others. */
void owner_is_here(void);
int wrong_threads(void);
void item_free_by_owner(item *i);

/* A large block, and how many bytes of such are out at most. */
void *block_new(uint64_t bytes);
void block_free(void *block, uint64_t bytes);
uint64_t block_peak(void);

#endif
