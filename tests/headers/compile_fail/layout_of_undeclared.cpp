// expect: T has no layout here: put ESCROW_LAYOUT
#include "escrow/layout_of.hpp"

struct frame {
  int size;
};
#ifdef OK
ESCROW_LAYOUT(frame, size);
#endif
static_assert(escrow::layout_of<frame>().size == sizeof(int));
