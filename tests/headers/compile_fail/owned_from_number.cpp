// expect: (conversion from|no viable conversion)
#include "escrow/escrow.hpp"

void take(escrow_handle handle) {
#ifdef OK
  auto one = escrow::owned<>::adopt(handle);
#else
  escrow::owned<> one = handle;  // taking over a reference is said aloud: adopt
#endif
}
