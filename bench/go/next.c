#include <stdint.h>

// What calls of both kinds reach; a leaf may be entered only by its address, so it has one.
uint64_t bench_next(uint64_t i) {
  return i + 1;
}
