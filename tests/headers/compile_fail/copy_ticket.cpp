// expect: deleted
#include "escrow/escrow.hpp"

void take(escrow::ticket &one) {
#ifdef OK
  (void)one;
#else
  escrow::ticket two = one;  // two releases of one reference
#endif
}
