// expect: ESCROW_LAYOUT\(packet\): it has more fields, or fewer, than are listed
#include "escrow/layout_of.hpp"

struct packet {
  unsigned short kind;
#ifndef OK
  unsigned char urgent : 1;  // no offset, so it cannot be listed either
#endif
  int size;
};
ESCROW_LAYOUT(packet, kind, size);
