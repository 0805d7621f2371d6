// expect: bit-field
#include "escrow/layout_of.hpp"

struct flags {
#ifdef OK
  unsigned low;
#else
  unsigned low : 3;
#endif
};
ESCROW_LAYOUT(flags, low);
