// expect: ESCROW_LAYOUT\(entry\): field next is a pointer
#include "escrow/layout_of.hpp"

struct entry {
  int value;
#ifdef OK
  unsigned long next;
#else
  entry *next;  // an address of this process
#endif
};
ESCROW_LAYOUT(entry, value, next);
