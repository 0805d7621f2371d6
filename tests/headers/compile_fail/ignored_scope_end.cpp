// expect: ignoring return value
#include "escrow/escrow.hpp"

void take(escrow::scope &scope) {
#ifdef OK
  (void)scope.end();
#else
  scope.end();  // E_SCOPE says that a borrow is still alive
#endif
}
