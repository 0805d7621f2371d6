/* The C half: gives a buffer with a greeting away by ticket. */
#include <escrow/escrow.h>
#include <string.h>

escrow_status send_greeting(escrow_pool pool, escrow_ticket *out_ticket);

escrow_status send_greeting(escrow_pool pool, escrow_ticket *out_ticket) {
  escrow_handle handle;
  void *payload;
  escrow_status const status = escrow_acquire(pool, 6, &handle, &payload);
  if (status != ESCROW_OK) return status;
  memcpy(payload, "hello", 6);
  return escrow_move_out(handle, out_ticket);
}
