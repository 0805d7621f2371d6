// expect: ignoring return value
#include "escrow/escrow.hpp"

void take(escrow::pool &pool, escrow::owned<> &out) {
#ifdef OK
  (void)pool.acquire(64, out);
#else
  pool.acquire(64, out);
#endif
}
