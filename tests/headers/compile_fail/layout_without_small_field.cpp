// expect: ESCROW_LAYOUT\(frame\): it has more fields, or fewer, than are listed
#include "escrow/layout_of.hpp"

struct frame {
  unsigned char kind;
  unsigned char flags;  // lies where the compiler would pad anyway
  int size;
};
#ifdef OK
ESCROW_LAYOUT(frame, kind, flags, size);
#else
ESCROW_LAYOUT(frame, kind, size);
#endif
