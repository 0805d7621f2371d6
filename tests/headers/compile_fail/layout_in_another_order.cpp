// expect: ESCROW_LAYOUT\(frame\): field kind overlaps the field before it, or they stand in another
// order
#include "escrow/layout_of.hpp"

struct frame {
  int kind;
  int size;
};
#ifdef OK
ESCROW_LAYOUT(frame, kind, size);
#else
ESCROW_LAYOUT(frame, size, kind);
#endif
