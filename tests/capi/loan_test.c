// Loans and borrows: the object outlives its owner for as long as somebody looks at it.
// Guarantee C of docs/trust.md.
#include <string.h>

#include "calls.h"

static void a_loan_is_given_back_exactly_once(escrow_pool pool) {
  char *payload = NULL;
  escrow_handle const h = acquire(pool, 30, (void **)&payload);
  escrow_loan loan = 0;
  escrow_view view = {0};
  EXPECT_STATUS(escrow_lend(h, &loan, &view), ESCROW_OK);
  EXPECT(loan != 0 && loan != h);
  EXPECT(view.payload == payload && view.size == 30 && view.root == h);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_OK);
  EXPECT_REFERENCE_CALLS(loan, ESCROW_E_STALE);
  EXPECT_STATUS(escrow_return(h), ESCROW_E_STALE);  // nothing of it is lent
  EXPECT_STATUS(escrow_give_back(h), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
}

static void a_loan_is_good_for_reading_only(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL);
  escrow_loan loan = 0;
  EXPECT_STATUS(escrow_lend(h, &loan, NULL), ESCROW_OK);
  EXPECT_STATUS(call_dup(loan), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_release(loan), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_release_deferred(loan), ESCROW_E_KIND);
  EXPECT_STATUS(call_lend(loan), ESCROW_E_KIND);
  EXPECT_STATUS(call_borrow(loan), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_return(loan), ESCROW_E_KIND);
  EXPECT_STATUS(call_move_out(loan), ESCROW_E_KIND);
  EXPECT_STATUS(call_move_in(loan), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_revoke(loan), ESCROW_E_KIND);
  EXPECT_STATUS(call_validate(loan), ESCROW_OK);
  EXPECT_STATUS(call_read(loan), ESCROW_OK);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
}

static void the_last_borrower_frees_what_its_owner_left(escrow_pool pool) {
  char *payload = NULL;
  escrow_handle const h = acquire(pool, 30, (void **)&payload);
  escrow_loan loan = 0;
  escrow_view view = {0};
  EXPECT_STATUS(escrow_lend(h, &loan, NULL), ESCROW_OK);
  EXPECT_STATUS(escrow_borrow(h, &view), ESCROW_OK);
  memset(payload, 'b', 30);
  EXPECT_STATUS(escrow_release(h), ESCROW_DEFERRED);
  EXPECT_STATUS(escrow_release(h), ESCROW_E_STALE);
  EXPECT_STATUS(call_borrow(h), ESCROW_E_STALE);
  EXPECT_STATUS(call_lend(h), ESCROW_E_STALE);
  EXPECT(stats_of(pool).live == 1);
  EXPECT(((char *)view.payload)[29] == 'b');
  EXPECT_STATUS(escrow_read(loan, &view), ESCROW_OK);
  EXPECT(view.payload == payload && view.root == h);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_OK);
  EXPECT_STATUS(escrow_give_back(loan), ESCROW_FREED);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_E_STALE);
  EXPECT(stats_of(pool).live == 0);
}

static void a_borrow_through_a_duplicate_is_of_the_object(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL);
  escrow_handle d = 0;
  escrow_view view = {0};
  EXPECT_STATUS(escrow_dup(h, &d), ESCROW_OK);
  EXPECT_STATUS(escrow_borrow(d, &view), ESCROW_OK);
  EXPECT(view.root == h);
  EXPECT_STATUS(escrow_return(d), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_release(d), ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_DEFERRED);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_FREED);
}

static void what_is_lent_does_not_move(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL);
  escrow_view view = {0};
  EXPECT_STATUS(escrow_borrow(h, &view), ESCROW_OK);
  EXPECT_STATUS(call_move_out(h), ESCROW_E_LENT);
  EXPECT_STATUS(escrow_return(view.root), ESCROW_OK);
  escrow_ticket t = 0;
  EXPECT_STATUS(escrow_move_out(h, &t), ESCROW_OK);
  EXPECT_STATUS(escrow_release(t), ESCROW_FREED);
}

#if defined(ESCROW_SMALL_COUNTS)
enum { most_loans = 3 };
#else
enum { most_loans = 65535 };
#endif

static void borrows_stop_at_their_limit(escrow_pool pool) {
  escrow_handle const h = acquire(pool, 30, NULL);
  escrow_view view = {0};
  unsigned taken = 0;
  escrow_status s = ESCROW_OK;
  while (taken < 70000 && (s = escrow_borrow(h, &view)) == ESCROW_OK) ++taken;
  EXPECT_STATUS(s, ESCROW_E_LIMIT);
  EXPECT(taken == most_loans);
  EXPECT(view.payload == NULL && view.root == 0);
  EXPECT_STATUS(call_lend(h), ESCROW_E_LIMIT);
  EXPECT(stats_of(pool).loans == 0);
  while (taken-- > 1) s = escrow_return(h);
  EXPECT_STATUS(s, ESCROW_OK);
  EXPECT_STATUS(escrow_release(h), ESCROW_DEFERRED);
  EXPECT_STATUS(escrow_return(h), ESCROW_FREED);
}

int main(void) {
  escrow_pool const pool = open_pool(default_options());
  a_loan_is_given_back_exactly_once(pool);
  a_loan_is_good_for_reading_only(pool);
  the_last_borrower_frees_what_its_owner_left(pool);
  a_borrow_through_a_duplicate_is_of_the_object(pool);
  what_is_lent_does_not_move(pool);
  borrows_stop_at_their_limit(pool);
  end_pool(pool);
  return expect_result();
}
