#include "held.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "item.h"

static atomic_int collections;

void held_collection_passed(void) {
  atomic_fetch_add(&collections, 1);
}

int held_read(uint64_t handle) {
  escrow_view view;
  escrow_status const s = escrow_borrow(handle, &view);
  if (s < 0) return s;
  int value;
  memcpy(&value, view.payload, sizeof value);
  escrow_return(view.root);
  return value;
}

int held_read_slowly(uint64_t handle) {
  escrow_view view;
  escrow_status const s = escrow_borrow(handle, &view);
  if (s < 0) return s;
  int const before = atomic_load(&collections);
  struct timespec const step = {0, 1000000};
  for (int k = 0; k < 3000 && atomic_load(&collections) < before + 10; ++k) nanosleep(&step, NULL);
  int value;
  memcpy(&value, view.payload, sizeof value);
  escrow_return(view.root);
  return value;
}

int held_take(uint64_t handle) {
  return escrow_release(handle);
}

uint64_t held_lend(uint64_t handle) {
  escrow_loan loan = 0;
  return escrow_lend(handle, &loan, NULL) == ESCROW_OK ? loan : 0;
}

int held_give_back(uint64_t loan) {
  return escrow_give_back(loan);
}

static uint64_t remembered;

void held_remember(uint64_t handle) {
  remembered = handle;
}

int held_recall(void) {
  return held_read(remembered);
}

int held_describe(uint64_t handle) {
  escrow_view view;
  escrow_status const s = escrow_borrow(handle, &view);
  if (s < 0) return s;
  int const fits = view.size >= ITEM_TEXT;
  if (fits) memset(view.payload, 'd', ITEM_TEXT);
  escrow_return(view.root);
  return fits ? ESCROW_OK : ESCROW_E_SIZE;
}

int held_end_deferred(uint64_t handle) {
  return escrow_release_deferred(handle);
}

static void destroy(void *payload, uint64_t size, void *context) {
  (void)payload;
  (void)size;
  (void)context;
  item_free_by_owner(item_new(0));
}

void *held_destructor(void) {
  return (void *)destroy;
}
