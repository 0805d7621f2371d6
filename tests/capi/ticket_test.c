// Moves: a reference in flight belongs to its ticket and to nothing else.
// Guarantee D of docs/trust.md.
#include "calls.h"

/// What a ticket answers: it is taken in or released, nothing else.
static void expect_only_a_ticket(escrow_ticket t) {
  EXPECT_STATUS(call_dup(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(call_lend(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(call_borrow(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(call_move_out(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(escrow_revoke(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(call_validate(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(call_read(t), ESCROW_E_TRANSIT);
  EXPECT_STATUS(escrow_give_back(t), ESCROW_E_KIND);
}

/// What the handle answers while its ticket is out.
static void expect_moved(escrow_handle h) {
  EXPECT_STATUS(call_dup(h), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow_release(h), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow_release_deferred(h), ESCROW_E_MOVED);
  EXPECT_STATUS(call_lend(h), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow_give_back(h), ESCROW_E_MOVED);
  EXPECT_STATUS(call_borrow(h), ESCROW_E_MOVED);
  EXPECT_STATUS(call_move_out(h), ESCROW_E_MOVED);
  EXPECT_STATUS(escrow_revoke(h), ESCROW_E_MOVED);
  EXPECT_STATUS(call_validate(h), ESCROW_E_MOVED);
  EXPECT_STATUS(call_read(h), ESCROW_E_MOVED);
  EXPECT_STATUS(call_move_in(h), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_return(h), ESCROW_E_STALE);
}

/// Moves `h` back and forth; returns the handle that holds the reference in the end.
static escrow_handle move_there_and_back(escrow_handle h) {
  for (int i = 0; i < 3; ++i) {
    escrow_ticket t = 0;
    escrow_handle taken = 0;
    EXPECT_STATUS(call_move_in(h), ESCROW_E_KIND);  // not a ticket
    EXPECT_STATUS(escrow_move_out(h, &t), ESCROW_OK);
    expect_moved(h);
    expect_only_a_ticket(t);
    EXPECT_STATUS(escrow_move_in(t, &taken), ESCROW_OK);
    EXPECT(taken != h && taken != t);
    EXPECT_REFERENCE_CALLS(t, ESCROW_E_STALE);
    EXPECT_REFERENCE_CALLS(h, ESCROW_E_STALE);
    h = taken;
  }
  return h;
}

static void an_object_moves_with_its_content(escrow_pool pool) {
  int *payload = NULL;
  escrow_handle h = acquire(pool, sizeof *payload, (void **)&payload);
  *payload = 42;
  h = move_there_and_back(h);
  escrow_view view = {0};
  EXPECT_STATUS(escrow_read(h, &view), ESCROW_OK);
  EXPECT(view.payload == payload && *payload == 42 && view.root == h);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
}

static void a_duplicate_moves_while_the_object_stays(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL);
  escrow_handle d = 0;
  escrow_view view = {0};
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(call_move_out(h), ESCROW_E_SHARED);
  EXPECT_STATUS(escrow_borrow(h, &view), ESCROW_OK);
  d = move_there_and_back(d);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_OK);
  d = move_there_and_back(d);
  EXPECT_STATUS(escrow_release(d), ESCROW_FREED);
}

static void a_ticket_that_is_dropped_frees(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL), shared = acquire(pool, 30, NULL);
  escrow_handle d = 0;
  escrow_ticket t = 0, u = 0;
  EXPECT_STATUS(escrow_move_out(h, &t), ESCROW_OK);
  EXPECT_STATUS(escrow_release(t), ESCROW_FREED);
  EXPECT_REFERENCE_CALLS(t, ESCROW_E_STALE);
  EXPECT_REFERENCE_CALLS(h, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_dup(shared, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(d, &u), ESCROW_OK);
  EXPECT_STATUS(escrow_release_deferred(u), ESCROW_OK);
  EXPECT_REFERENCE_CALLS(u, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(shared), ESCROW_FREED);
}

static void a_revoked_object_stops_the_tickets_of_its_duplicates(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL);
  escrow_handle d = 0;
  escrow_ticket t = 0;
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_move_out(d, &t), ESCROW_OK);
  EXPECT_STATUS(escrow_revoke(h), ESCROW_OK);
  EXPECT_STATUS(call_move_in(t), ESCROW_E_REVOKED);
  EXPECT_STATUS(escrow_release(t), ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
}

int main(void) {
  escrow_pool const pool = open_pool(default_options());
  an_object_moves_with_its_content(pool);
  a_duplicate_moves_while_the_object_stays(pool);
  a_ticket_that_is_dropped_frees(pool);
  a_revoked_object_stops_the_tickets_of_its_duplicates(pool);
  end_pool(pool);
  return expect_result();
}
