// Numbers that are no reference: every call answers with a code and changes nothing.
#include <string.h>

#include "calls.h"

struct scene {
  escrow_pool pool;
  escrow_handle object, duplicate;
  escrow_loan loan;
  escrow_ticket ticket;
};

static struct scene set_scene(void) {
  struct scene s = {0};
  s.pool = open_pool(default_options());
  s.object = acquire(s.pool, 64, NULL);
  EXPECT_STATUS(escrow_dup(s.object, &s.duplicate), ESCROW_OK);
  EXPECT_STATUS(escrow_lend(s.object, &s.loan, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(acquire(s.pool, 64, NULL), &s.ticket), ESCROW_OK);
  return s;
}

/// Nothing that was called meanwhile has changed anything.
static void end_scene(struct scene s) {
  escrow_pool_stats const n = stats_of(s.pool);
  EXPECT(n.live == 2 && n.duplicates == 1 && n.loans == 1 && n.borrows == 1 && n.tickets == 1);
  EXPECT_STATUS(escrow_validate(s.object, s.pool, 0), ESCROW_OK);
  EXPECT_STATUS(escrow_validate(s.duplicate, s.pool, 0), ESCROW_OK);
  EXPECT_STATUS(escrow_validate(s.loan, s.pool, 0), ESCROW_OK);
  EXPECT_STATUS(escrow_give_back(s.loan), ESCROW_OK);
  EXPECT_STATUS(escrow_release(s.duplicate), ESCROW_OK);
  EXPECT_STATUS(escrow_release(s.object), ESCROW_FREED);
  EXPECT_STATUS(escrow_release(s.ticket), ESCROW_FREED);
  end_pool(s.pool);
}

static void numbers_of_the_wrong_shape(struct scene s) {
  uint32_t const index_shift = escrow_abi()->index_shift, tag_shift = escrow_abi()->tag_shift;
  uint64_t const tag = s.object >> tag_shift << tag_shift;
  uint64_t const generations = (1ull << index_shift) - 1;
  EXPECT_REFERENCE_CALLS(0, ESCROW_E_NULL);
  EXPECT_POOL_CALLS(0, ESCROW_E_NULL);
  // Bit 63 is never set.
  uint64_t const live[] = {s.object, s.duplicate, s.loan, s.ticket, s.pool};
  for (int i = 0; i < 5; ++i) {
    EXPECT_REFERENCE_CALLS(live[i] | 1ull << 63, ESCROW_E_RANGE);
    EXPECT_POOL_CALLS(live[i] | 1ull << 63, ESCROW_E_RANGE);
  }
  EXPECT_REFERENCE_CALLS(~0ull, ESCROW_E_RANGE);
  EXPECT_POOL_CALLS(~0ull, ESCROW_E_RANGE);
  // Tag 0 is nobody's.
  EXPECT_REFERENCE_CALLS(1, ESCROW_E_RANGE);
  EXPECT_REFERENCE_CALLS(s.object & ~tag, ESCROW_E_RANGE);
  // A pool is no reference, and a reference no pool.
  EXPECT_REFERENCE_CALLS(s.pool, ESCROW_E_KIND);
  for (int i = 0; i < 4; ++i) EXPECT_POOL_CALLS(live[i], ESCROW_E_KIND);
  // Slots that were never handed out: the last index, and the last of the first segment.
  uint64_t const last_index = (1ull << tag_shift) - (1ull << index_shift);
  EXPECT_REFERENCE_CALLS(tag | last_index | 1, ESCROW_E_RANGE);
  EXPECT_REFERENCE_CALLS(tag | ((1ull << 14) - 1) << index_shift | 1, ESCROW_E_RANGE);
  EXPECT_POOL_CALLS((s.pool >> tag_shift << tag_shift) | last_index | 1, ESCROW_E_RANGE);
  // Pools that were never opened: in the same segment of control blocks, and in another.
  EXPECT_POOL_CALLS(s.pool + (40ull << index_shift), ESCROW_E_STALE);
  EXPECT_POOL_CALLS(s.pool + (4000ull << index_shift), ESCROW_E_RANGE);
  // Right slot, wrong generation.
  for (int i = 0; i < 4; ++i) {
    EXPECT_REFERENCE_CALLS(live[i] | generations, ESCROW_E_STALE);
    // Below generation 0 lies another slot; only the build with small counts begins so near to it.
    if ((live[i] & generations) >= 5) EXPECT_REFERENCE_CALLS(live[i] - 5, ESCROW_E_STALE);
    EXPECT_REFERENCE_CALLS(live[i] + 5, ESCROW_E_STALE);
  }
  EXPECT_POOL_CALLS(s.pool + 1, ESCROW_E_STALE);
  EXPECT_POOL_CALLS(s.pool | generations, ESCROW_E_STALE);
}

static uint64_t random_number(void) {
  static uint64_t state = 0x9E3779B97F4A7C15ull;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/// Random in all bits, in the slot, in the generation: none names anything.
static void random_numbers(struct scene s) {
  uint32_t const index_shift = escrow_abi()->index_shift, tag_shift = escrow_abi()->tag_shift;
  uint64_t const slots = ((1ull << tag_shift) - 1) >> index_shift << index_shift;
  uint64_t const generations = (1ull << index_shift) - 1;
  for (int i = 0; i < 20000; ++i) {
    uint64_t const r = random_number();
    uint64_t const near = s.object ^ (r & generations);
    uint64_t const numbers[] = {r, r >> 1, (s.object & ~slots) | (r & slots), near,
                                s.pool ^ (r & (generations | slots))};
    struct call const *const c = &on_references[i % reference_calls];
    struct call const *const p = &on_pools[i % pool_calls];
    for (int k = 0; k < 5; ++k) {
      // Chance hits of the scene's own names would be no forgery.
      if ((numbers[k] >> index_shift == s.object >> index_shift && near - s.object + 4 < 8) ||
          numbers[k] == s.pool)
        continue;
      escrow_status const on_reference = c->make(numbers[k]), on_pool = p->make(numbers[k]);
      EXPECT(on_reference == ESCROW_E_RANGE || on_reference == ESCROW_E_STALE ||
             on_reference == ESCROW_E_KIND);
      EXPECT(on_pool == ESCROW_E_RANGE || on_pool == ESCROW_E_STALE || on_pool == ESCROW_E_KIND);
    }
  }
}

/// More pools than tags: where the tag cannot tell, the slab's owner does.
static void handles_of_other_pools(struct scene s) {
  enum { pools = 130 };
  escrow_pool all[pools];
  for (int i = 0; i < pools; ++i) {
    all[i] = open_pool(default_options());
    EXPECT_STATUS(escrow_validate(s.object, all[i], 0), ESCROW_E_FOREIGN);
    EXPECT_STATUS(escrow_validate(s.duplicate, all[i], 0), ESCROW_E_FOREIGN);
    EXPECT_STATUS(escrow_validate(s.loan, all[i], 0), ESCROW_E_FOREIGN);
    EXPECT_STATUS(escrow_validate(s.ticket, all[i], 0), ESCROW_E_FOREIGN);
  }
  for (int i = 0; i < pools; ++i) end_pool(all[i]);
}

int main(void) {
  struct scene const s = set_scene();
  numbers_of_the_wrong_shape(s);
  random_numbers(s);
  handles_of_other_pools(s);
  end_scene(s);
  return expect_result();
}
