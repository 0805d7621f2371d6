// expect: use of deleted function|call to deleted
#include <utility>

#include "escrow/cell.hpp"

void take(escrow::cell<int> &cell) {
#ifdef OK
  auto other = std::move(cell);
#else
  auto other = cell;  // two owners of one cell
#endif
  (void)other.version();
}
