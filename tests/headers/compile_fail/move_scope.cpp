// expect: deleted
#include "escrow/escrow.hpp"

#include <utility>

void take(escrow::scope &one) {
#ifdef OK
  (void)one;
#else
  escrow::scope two = std::move(one);  // a scope ends where it began
#endif
}
