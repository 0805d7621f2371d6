// expect: ESCROW_LAYOUT\(variant\): field real overlaps the field before it
#include "escrow/layout_of.hpp"

struct variant {
  int kind;
  union {
    int whole;
    float real;
  };
};
#ifdef OK
ESCROW_LAYOUT(variant, kind, whole);
#else
ESCROW_LAYOUT(variant, kind, whole, real);
#endif
