// expect: deleted
#include "escrow/escrow.hpp"

void take(escrow::scope &one) {
#ifdef OK
  (void)one;
#else
  escrow::scope two = one;  // two releases of one reference
#endif
}
