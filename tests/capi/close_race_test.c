// Close against acquire: whatever an acquire handed out is revoked once close has returned, and
// whoever comes later gets nothing. One thread takes objects as fast as it can while the other
// closes the pool under it, in many short rounds.
// Guarantee I of docs/trust.md.
#define _POSIX_C_SOURCE 200809L  // clock_gettime
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "expect.h"

enum { most = 256, batch = 8 };

static escrow_handle held[most];
static int count;                  // of held; written by the taker, read between rounds
static escrow_status last;         // what ended the taker's round
static _Atomic escrow_pool stage;  // the pool to take from; 0: the round is over
static atomic_int taken;           // objects taken so far in this round
static atomic_bool stop;

static void *take(void *unused) {
  int batches = 0;
  while (!atomic_load(&stop)) {
    escrow_pool const pool = atomic_load(&stage);
    if (pool == 0) {
      (void)sched_yield();
      continue;
    }
    count = 0;
    do {
      // One by one and in batches, which share the look after the claim.
      int const n = batches && count + batch <= most ? batch : 1;
      last = n == 1 ? escrow_acquire(pool, 16, &held[count], NULL)
                    : escrow_acquire_n(pool, 16, batch, &held[count], NULL);
      if (last == ESCROW_OK) {
        count += n;
        atomic_store_explicit(&taken, count, memory_order_relaxed);
      }
    } while (last == ESCROW_OK && count < most);
    batches = !batches;
    atomic_store(&stage, 0);
  }
  return unused;
}

static double seconds(void) {
  struct timespec t = {0, 0};
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/// One pool: closed after `wanted` objects are out. True: the taker met the close.
static int play(int wanted) {
  escrow_pool const pool = open_pool(default_options());
  atomic_store(&taken, 0);
  atomic_store(&stage, pool);
  // The taker's round may also be over by then.
  for (int i = 0;
       atomic_load_explicit(&taken, memory_order_relaxed) < wanted && atomic_load(&stage) != 0; ++i)
    if (i > 1000) (void)sched_yield();
  EXPECT_STATUS(escrow_pool_close(pool, 0, NULL), ESCROW_OK);
  while (atomic_load(&stage) != 0) (void)sched_yield();
  EXPECT(last == ESCROW_OK || last == ESCROW_E_CLOSED);
  for (int i = 0; i < count; ++i) {
    EXPECT_STATUS(escrow_validate(held[i], pool, 0), ESCROW_E_REVOKED);
    EXPECT_STATUS(escrow_release(held[i]), ESCROW_FREED);
  }
  EXPECT_STATUS(escrow_pool_destroy(pool), ESCROW_OK);
  return last == ESCROW_E_CLOSED;
}

/// Arguments: for how long, in seconds; 0.3 by default.
int main(int argc, char **argv) {
  double const until = seconds() + (argc > 1 ? strtod(argv[1], NULL) : 0.3);
  pthread_t taker;
  if (pthread_create(&taker, NULL, take, NULL) != 0) return 2;
  int rounds = 0, met = 0;
  do {
    met += play(1 + rounds % 100);
    ++rounds;
  } while (seconds() < until && expect_failures == 0);
  atomic_store(&stop, 1);
  (void)pthread_join(taker, NULL);
  printf("%d pools, %d closed while objects were taken\n", rounds, met);
  return expect_result();
}
