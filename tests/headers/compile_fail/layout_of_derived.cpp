// expect: T has no layout here: put ESCROW_LAYOUT
#include "escrow/layout_of.hpp"

struct head {
  int size;
};
ESCROW_LAYOUT(head, size);
struct frame : head {};  // the layout of its first part is not its own

#ifdef OK
static_assert(escrow::layout_of<head>().size == sizeof(int));
#else
static_assert(escrow::layout_of<frame>().size == sizeof(int));
#endif
