// expect: ESCROW_LAYOUT\(sample\): the type of field value has no layout
#include "escrow/layout_of.hpp"

struct sample {
#ifdef OK
  double value;
#else
  long double value;  // 80 bits that no other language has
#endif
};
ESCROW_LAYOUT(sample, value);
