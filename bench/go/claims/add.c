#include <stdint.h>

// What the leaf call and the cgo call reach.
uint64_t claims_add(uint64_t *counter) {
  return __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}
