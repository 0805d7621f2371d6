/* held.h: the library of item.h on handles: C borrows what Go owns, and is told what is gone. */
#ifndef ESCROW_LEAKS_HELD_H
#define ESCROW_LEAKS_HELD_H

#include <stdint.h>

#include "escrow/escrow.h"

/* Each returns what the object's first int holds, or a code below zero. */
int held_read(uint64_t handle);
int held_read_slowly(uint64_t handle);
int held_take(uint64_t handle);

/* A loan that C hands out, in place of a pointer into its own object; 0 on an error. */
uint64_t held_lend(uint64_t handle);
int held_give_back(uint64_t loan);

void held_remember(uint64_t handle);
int held_recall(void);

/* Writes 24 bytes where there is room for them. */
int held_describe(uint64_t handle);

/* What a finalizer calls: the destructor is owed afterwards. */
int held_end_deferred(uint64_t handle);
void *held_destructor(void); /* an escrow_destructor, for item_free_by_owner's thread alone */

/* held_read_slowly is done when this was called ten times more, or after three seconds. */
void held_collection_passed(void);

#endif
