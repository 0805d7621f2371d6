/* Mistakes with what somebody keeps: caches, callbacks, raw views of a pool's memory. */
#include <stdlib.h>
#include <string.h>

#include "programs.h"
#include "verdict.h"

static int volatile sum;

enum { pages = 64, page_bytes = 4096 };

static char *cache[pages];

LEAKS_SITE static void cache_page(int i) {
  cache[i] = calloc(1, page_bytes);
}

void naive_static_cache(void) {
  for (int i = 0; i < pages; ++i) cache_page(i);
  sum += cache[0][0];
}

/* The cache has a pool of its own and the pool a limit, so that growth ends in a code. */
char const *escrow_static_cache(void) {
  escrow_pool const pool = leaks_pool(0, 8 * page_bytes);
  escrow_handle held[pages];
  int n = 0;
  escrow_status s = ESCROW_OK;
  while (n < pages && (s = escrow_acquire(pool, page_bytes, &held[n], NULL)) == ESCROW_OK) ++n;
  demand(n > 0, "there is room for some pages");
  while (n > 0) demand(escrow_release(held[--n]) == ESCROW_FREED, "a page goes");
  demand(leaks_pool_ended(pool), "nothing is out");
  return verdict_code(s);
}

typedef void (*callback)(void *userdata);

static callback registered;
static void *registered_data;

LEAKS_SITE static void on_event(void *userdata) {
  sum += *(int *)userdata;
}

void naive_userdata_freed(void) {
  int *const userdata = malloc(sizeof *userdata);
  *userdata = 1;
  registered = on_event;
  registered_data = userdata;
  free(userdata); /* and the callback is still there */
  registered(registered_data);
}

static int seen;

static void on_event_held(void *userdata) {
  seen = leaks_read((uintptr_t)userdata);
}

char const *escrow_userdata_freed(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const userdata = leaks_number(pool, 1);
  registered = on_event_held;
  registered_data = (void *)(uintptr_t)userdata; /* a number of 64 bits, never followed */
  registered(registered_data);
  demand(seen == 1 && escrow_release(userdata) == ESCROW_FREED,
         "the callback saw it while it lived");
  registered(registered_data);
  demand(leaks_pool_ended(pool), "nothing is out");
  return verdict_code(seen);
}

struct rectangle {
  int width, height;
};
struct circle {
  float radius;
  int colour;
};

LEAKS_SITE static int area(void *userdata) {
  struct rectangle const *const r = userdata;
  return r->width * r->height;
}

void naive_userdata_of_wrong_type(void) {
  struct circle *const c = malloc(sizeof *c);
  c->radius = 1.5F;
  c->colour = 3;
  sum += area(c);
  free(c);
}

char const *escrow_userdata_of_wrong_type(void) {
  enum { rectangles = 1, circles = 2 };
  escrow_pool const pool = leaks_pool(circles, 0);
  escrow_handle const userdata = leaks_number(pool, 1);
  escrow_status const s = escrow_validate(userdata, 0, rectangles);
  demand(escrow_validate(userdata, 0, circles) == ESCROW_OK, "it is a circle");
  demand(escrow_release(userdata) == ESCROW_FREED && leaks_pool_ended(pool), "nothing is out");
  return verdict_code(s);
}

/* Not a mistake that a handle prevents: the address is kept and the handle is not asked. */
LEAKS_SITE static int read_released(int const *payload) {
  return *payload;
}

void naive_raw_view_kept(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  escrow_view view;
  demand(escrow_read(handle, &view) == ESCROW_OK, "it is there");
  escrow_release(handle);
  sum += read_released(view.payload);
  leaks_pool_ended(pool);
}

char const *escrow_raw_view_kept(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  escrow_view view;
  demand(escrow_borrow(handle, &view) == ESCROW_OK, "it is lent");
  demand(escrow_release(handle) == ESCROW_DEFERRED, "and stays while it is");
  int value;
  memcpy(&value, view.payload, sizeof value);
  demand(escrow_return(view.root) == ESCROW_FREED, "the borrower frees");
  return verdict_cannot(value == 1 && leaks_pool_ended(pool));
}

LEAKS_SITE static void write_past(char *payload, int bytes) {
  for (int i = 0; i < bytes; ++i) payload[i] = 'x';
}

void naive_overrun_in_pool(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle handle = 0;
  void *payload = NULL;
  demand(escrow_acquire(pool, 20, &handle, &payload) == ESCROW_OK, "twenty bytes");
  write_past(payload, 24);
  escrow_release(handle);
  leaks_pool_ended(pool);
}

char const *escrow_overrun_in_pool(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle handle = 0;
  demand(escrow_acquire(pool, 20, &handle, NULL) == ESCROW_OK, "twenty bytes");
  escrow_view view;
  demand(escrow_read(handle, &view) == ESCROW_OK, "it is there");
  int const fits = view.size < 24 ? (int)view.size : 24; /* the size goes with the address */
  write_past(view.payload, fits);
  demand(escrow_release(handle) == ESCROW_FREED, "it goes");
  return verdict_cannot(fits == 20 && leaks_pool_ended(pool));
}

struct order {
  int number;
  int due; /* nobody sets it */
};

LEAKS_SITE static int is_due(struct order const *o) {
  if (o->due == 0) return 0;
  sum++; /* volatile: the branch is one in machine code, too */
  return 1;
}

void naive_uninitialised_branch(void) {
  struct order *volatile o = malloc(sizeof *o);
  o->number = 1;
  sum += is_due(o);
  free(o);
}

char const *escrow_uninitialised_branch(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  int right = 1;
  for (int i = 0; i < 100; ++i) { /* slots are used again, and zero again */
    escrow_handle handle = 0;
    void *payload = NULL;
    demand(escrow_acquire(pool, sizeof(struct order), &handle, &payload) == ESCROW_OK, "an order");
    right = right && is_due(payload) == 0;
    memset(payload, 0xFF, sizeof(struct order));
    escrow_release(handle);
  }
  return verdict_cannot(right && leaks_pool_ended(pool));
}
