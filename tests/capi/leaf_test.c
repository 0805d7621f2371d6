// Leaf entries: what they do at once, what they leave to the ordinary functions, and what they
// refuse.
#include "escrow/leaf.h"

#include <string.h>

#include "calls.h"

static void the_list_names_every_leaf(void) {
  uint64_t count = 0;
  escrow_leaf const *leaves = escrow1_leaves(&count);
  EXPECT(count == 39);
  for (uint64_t i = 0; i < count; ++i) EXPECT(leaves[i].name[0] != 0 && leaves[i].address != NULL);
  EXPECT(strcmp(leaves[0].name, "acquire") == 0);
}

#if !defined(ESCROW_DEBUG_SLOTS) && !defined(ESCROW_MALLOC_OBJECTS)
static uint64_t misuse_of(escrow_pool pool, escrow_status code) {
  return stats_of(pool).misuse[-code];
}

static void acquire_takes_what_is_there(void) {
  escrow_pool const pool = open_pool(default_options());
  uint64_t handles[256];
  memset(handles, 0xD1, sizeof handles);
  EXPECT_STATUS(escrow1_leaf_acquire(pool, 64, &handles[0]), ESCROW_E_BUSY);  // no slab yet
  EXPECT(handles[0] == 0);
  EXPECT_STATUS(escrow_acquire(pool, 64, &handles[0], NULL), ESCROW_OK);
  int taken = 1;
  int64_t s;
  while ((s = escrow1_leaf_acquire(pool, 64, &handles[taken])) == ESCROW_OK) ++taken;
  EXPECT_STATUS(s, ESCROW_E_BUSY);
  EXPECT(taken == 64 && stats_of(pool).live == 64);
  EXPECT(misuse_of(pool, ESCROW_E_BUSY) == 0);
  EXPECT_STATUS(escrow1_leaf_acquire(pool, 0, &handles[taken]), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow1_leaf_acquire(pool, 64, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_acquire(0, 64, &handles[taken]), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_acquire(handles[0], 64, &handles[taken]), ESCROW_E_KIND);
  EXPECT(misuse_of(pool, ESCROW_E_SIZE) == 1);

  for (int i = 0; i < taken; ++i) {
    escrow_view view;
    EXPECT_STATUS(escrow1_leaf_read(handles[i], &view), ESCROW_OK);
    for (int k = 0; k < 64; ++k) EXPECT(((char *)view.payload)[k] == 0);
    memset(view.payload, 0xFF, 64);
    EXPECT_STATUS(escrow1_leaf_release(handles[i]), ESCROW_FREED);
  }
  EXPECT_STATUS(escrow1_leaf_release(handles[0]), ESCROW_E_STALE);
  EXPECT(misuse_of(pool, ESCROW_E_STALE) == 1);

  // What was freed is taken again without the ordinary function.
  uint64_t const refills = stats_of(pool).refills;
  for (int i = 0; i < 64; ++i)
    EXPECT_STATUS(escrow1_leaf_acquire(pool, 64, &handles[i]), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_acquire(pool, 64, &handles[64]), ESCROW_E_BUSY);
  EXPECT(escrow1_leaf_release_n(handles, 64) == 64);
  EXPECT(escrow1_leaf_acquire_n(pool, 64, 64, handles) == 64);
  EXPECT(escrow1_leaf_release_n(handles, 64) == 64);
  EXPECT(stats_of(pool).refills == refills);
  end_pool(pool);
  EXPECT_STATUS(escrow1_leaf_acquire(pool, 64, &handles[0]), ESCROW_E_STALE);
}

static void a_batch_tells_how_far_it_came(void) {
  escrow_pool const pool = open_pool(default_options());
  uint64_t handles[ESCROW_LEAF_BATCH];
  EXPECT(escrow1_leaf_acquire_n(pool, 64, 8, handles) == 0);
  EXPECT_STATUS(escrow_acquire(pool, 64, &handles[0], NULL), ESCROW_OK);
  EXPECT(escrow1_leaf_acquire_n(pool, 64, 60, &handles[1]) == 60);
  uint64_t rest[8];
  EXPECT(escrow1_leaf_acquire_n(pool, 64, 8, rest) == 3);  // of a slab of 64
  EXPECT_STATUS(escrow1_leaf_acquire_n(pool, 64, 65, rest), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow1_leaf_acquire_n(pool, 1024, 5, rest), ESCROW_E_SIZE);  // above 4 KiB
  EXPECT_STATUS(escrow1_leaf_acquire_n(pool, 64, 0, rest), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow1_leaf_acquire_n(pool, 0, 2, rest), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow1_leaf_acquire_n(pool, 64, 1, NULL), ESCROW_E_NULL);
  EXPECT(escrow1_leaf_release_n(rest, 3) == 3);
  EXPECT(escrow1_leaf_release_n(rest, 3) == 0);
  uint64_t const kept = handles[30];
  handles[30] = rest[0];
  EXPECT(escrow1_leaf_release_n(handles, 61) == 30);
  EXPECT(escrow1_leaf_release_n(&handles[31], 30) == 30);
  EXPECT_STATUS(escrow1_leaf_release_n(NULL, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_release_n(handles, 65), ESCROW_E_SIZE);
  EXPECT_STATUS(escrow1_leaf_release(kept), ESCROW_FREED);
  end_pool(pool);
}

static int destroyed;
static void count_destroyed(void *payload, uint64_t bytes, void *context) {
  (void)payload, (void)bytes, (void)context;
  ++destroyed;
}

static void ends_that_take_time_are_left_to_the_ordinary_function(void) {
  escrow_pool_options o = default_options();
  o.destructor = count_destroyed;
  escrow_pool const pool = open_pool(o);
  escrow_handle h, d;
  EXPECT_STATUS(escrow_acquire(pool, 64, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release(h), ESCROW_E_BUSY);
  EXPECT(destroyed == 0 && escrow1_leaf_validate(h, pool, 0) == ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release_deferred(h), ESCROW_PENDING);
  EXPECT(destroyed == 0);
  uint64_t ran = 0;
  EXPECT_STATUS(escrow_pool_drain(pool, 0, &ran), ESCROW_OK);
  EXPECT(ran == 1 && destroyed == 1);
  EXPECT_STATUS(escrow_acquire(pool, 64, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_dup(h, &d), ESCROW_E_BUSY);  // no slab for references yet
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  uint64_t e;
  EXPECT_STATUS(escrow1_leaf_dup(d, &e), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release(d), ESCROW_E_BUSY);  // its end has two steps
  EXPECT_STATUS(escrow_release(d), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release(d), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(h), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release(h), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(e), ESCROW_FREED);
  end_pool(pool);

  escrow_pool const blocks = open_pool(default_options());
  EXPECT_STATUS(escrow_acquire(blocks, 1 << 20, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release(h), ESCROW_E_BUSY);  // its memory goes back to the system
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_STATUS(escrow_acquire(blocks, 8000, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_release(h), ESCROW_FREED);  // zeroed by whoever sweeps
  end_pool(blocks);
}

static void the_rest_is_as_in_the_ordinary_functions(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle h, moved;
  escrow_view view;
  EXPECT_STATUS(escrow_acquire(pool, 64, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_borrow(h, &view), ESCROW_OK);
  EXPECT(view.root == h && view.size == 64 && view.payload != NULL);
  uint64_t ticket = 1;
  EXPECT_STATUS(escrow1_leaf_move_out(h, &ticket), ESCROW_E_LENT);
  EXPECT(ticket == 0);
  EXPECT_STATUS(escrow1_leaf_return(view.root), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_return(h), ESCROW_E_STALE);
  EXPECT_STATUS(escrow1_leaf_move_out(h, &ticket), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_validate(h, pool, 0), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow1_leaf_move_in(ticket, &moved), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_revoke(moved), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_revoke(moved), ESCROW_ALREADY);
  EXPECT_STATUS(escrow1_leaf_borrow(moved, &view), ESCROW_E_REVOKED);
  EXPECT(view.payload == NULL);
  EXPECT_STATUS(escrow1_leaf_borrow(moved, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_dup(moved, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_read(moved, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_move_out(moved, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_move_in(ticket, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow1_leaf_release(moved), ESCROW_FREED);
  end_pool(pool);
}

#endif

static void a_word_is_found_without_a_call(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle h;
  EXPECT_STATUS(escrow_acquire(pool, 64, &h, NULL), ESCROW_OK);
  escrow_slot_directory d;
  escrow1_read_slot_directory(&d);
  escrow_abi_info const *abi = escrow_abi();
  uint64_t const index =
      (h >> abi->index_shift) & ((1ull << (abi->tag_shift - abi->index_shift)) - 1);
  char const *const segment = ((char *const *)d.segments)[index / d.slots];
  uint64_t word;
  memcpy(&word, segment + index % d.slots * abi->header_bytes + abi->word_offset, sizeof word);
  EXPECT(word >> abi->generation_shift == (h & ((1ull << abi->index_shift) - 1)));
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  memcpy(&word, segment + index % d.slots * abi->header_bytes + abi->word_offset, sizeof word);
  EXPECT(word >> abi->generation_shift != (h & ((1ull << abi->index_shift) - 1)));
  end_pool(pool);
}

#if defined(ESCROW_DEBUG_SLOTS) || defined(ESCROW_MALLOC_OBJECTS)
/* Where each acquisition and each end has to look at memory, they are the ordinary functions'. */
static void checked_slots_are_left_to_the_ordinary_functions(void) {
  escrow_pool const pool = open_pool(default_options());
  escrow_handle h, other, many[4];
  EXPECT_STATUS(escrow_acquire(pool, 64, &h, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow1_leaf_acquire(pool, 64, &other), ESCROW_E_BUSY);
  EXPECT(escrow1_leaf_acquire_n(pool, 64, 4, many) == 0);
  EXPECT_STATUS(escrow1_leaf_release(h), ESCROW_E_BUSY);
  EXPECT_STATUS(escrow1_leaf_release_deferred(h), ESCROW_E_BUSY);
  EXPECT(escrow1_leaf_release_n(&h, 1) == 0);
  EXPECT_STATUS(escrow_release_deferred(h), ESCROW_FREED);
  end_pool(pool);
}

int main(void) {
  the_list_names_every_leaf();
  checked_slots_are_left_to_the_ordinary_functions();
  a_word_is_found_without_a_call();
  return expect_result();
}
#else
int main(void) {
  the_list_names_every_leaf();
  acquire_takes_what_is_there();
  a_batch_tells_how_far_it_came();
  ends_that_take_time_are_left_to_the_ordinary_function();
  the_rest_is_as_in_the_ordinary_functions();
  a_word_is_found_without_a_call();
  return expect_result();
}
#endif
