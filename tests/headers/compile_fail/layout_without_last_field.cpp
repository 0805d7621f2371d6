// expect: ESCROW_LAYOUT\(frame\): no field covers its last bytes
#include "escrow/layout_of.hpp"

struct frame {
  frame() noexcept {}
  int kind = 0;
  long flags = 0;
};
#ifdef OK
ESCROW_LAYOUT(frame, kind, flags);
#else
ESCROW_LAYOUT(frame, kind);
#endif
