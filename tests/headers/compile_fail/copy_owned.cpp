// expect: deleted
#include "escrow/escrow.hpp"

void take(escrow::owned<> &one) {
#ifdef OK
  (void)one;
#else
  escrow::owned<> two = one;  // two releases of one reference
#endif
}
