// expect: deleted
#include "escrow/escrow.hpp"

void take(escrow::pool &one) {
#ifdef OK
  (void)one;
#else
  escrow::pool two = one;  // two releases of one reference
#endif
}
