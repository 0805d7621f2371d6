// expect: must be trivially copyable
#include "escrow/cell.hpp"

struct owner {
  ~owner() { *at = 1; }
  int *at;
};
struct plain {
  int *at;
};

void take() {
#ifdef OK
  escrow::cell<plain> cell;
#else
  escrow::cell<owner> cell;  // its bytes are copied, and its destructor never runs
#endif
  (void)cell.version();
}
