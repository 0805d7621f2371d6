// expect: ESCROW_LAYOUT\(alias\): field of is a reference
#include "escrow/layout_of.hpp"

struct alias {
#ifdef OK
  int of;
#else
  int &of;
#endif
};
ESCROW_LAYOUT(alias, of);
