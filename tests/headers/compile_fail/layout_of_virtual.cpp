// expect: ESCROW_LAYOUT\(shape\): it has virtual functions
#include "escrow/layout_of.hpp"

struct shape {
#ifndef OK
  virtual int sides() const {
    return 4;
  }
#endif
  int width;
};
ESCROW_LAYOUT(shape, width);
