// flags: -fplt
// refused: offender calls memcmp through the procedure linkage table
#include <cstring>
extern "C" long offender(void const *a, void const *b, unsigned long size) {
  return std::memcmp(a, b, size) + 1;
}
