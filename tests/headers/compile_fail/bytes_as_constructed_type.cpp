// expect: zeroed bytes are no T
#include "escrow/escrow.hpp"

struct connection {
  connection() noexcept : socket(-1) {}
  int socket;
};

void take(escrow::pool &pool) {
#ifdef OK
  escrow::owned<int> out;
  (void)pool.acquire(sizeof(int), out);
#else
  escrow::owned<connection> out;  // nobody would have run its constructor
  (void)pool.acquire(sizeof(connection), out);
#endif
}
