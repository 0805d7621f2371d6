// expect: pool_of<T>: T must have a standard layout
#include "escrow/escrow.hpp"

struct plain {
  int number;
};
struct shape {
  virtual int corners() const { return 0; }
  int number;
};

#ifdef OK
escrow::pool_of<plain> shapes;
#else
escrow::pool_of<shape> shapes;  // a vtable address means nothing to the other language
#endif
