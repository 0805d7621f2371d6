// expect: deleted
#include "escrow/escrow.hpp"

void take(escrow::borrowed<> &one) {
#ifdef OK
  (void)one;
#else
  escrow::borrowed<> two = one;  // two releases of one reference
#endif
}
