// expect: ESCROW_LAYOUT\(frame\): no field covers the bytes before field size
#include "escrow/layout_of.hpp"

struct frame {
  frame() noexcept {}  // no aggregate: its members cannot be counted
  int kind = 0;
  long flags = 0;
  int size = 0;
};
#ifdef OK
ESCROW_LAYOUT(frame, kind, flags, size);
#else
ESCROW_LAYOUT(frame, kind, size);
#endif
