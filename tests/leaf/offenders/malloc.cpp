// refused: calls malloc, which is not in this unit
#include <cstdlib>
extern "C" void *offender(unsigned long size) {
  return std::malloc(size);
}
