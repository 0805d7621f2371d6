// expect: the constructor of T must be noexcept
#include "escrow/escrow.hpp"

struct name {
  name(int) noexcept {}
  name(char const *) {}
};

void take(escrow::pool_of<name> &pool, escrow::owned<name> &out) {
#ifdef OK
  (void)pool.make(out, 1);
#else
  (void)pool.make(out, "a name");  // a throw would leave an object nobody owns
#endif
}
