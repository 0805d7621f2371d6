// expect: (cannot convert|could not convert|invalid init|cannot bind|no matching function)
#include "escrow/escrow.hpp"

void *use(escrow::owned<> &one);

void *take(escrow::ticket &ticket, escrow::owned<> &owned) {
#ifdef OK
  (void)ticket;
  return use(owned);
#else
  (void)owned;
  return use(ticket);  // has to be moved in first
#endif
}
