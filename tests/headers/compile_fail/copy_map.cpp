// expect: use of deleted function|call to deleted
#include <utility>

#include "escrow/sharded_map.hpp"

void take(escrow::sharded_map<int, int> &map) {
#ifdef OK
  auto other = std::move(map);
#else
  auto other = map;  // two owners of one map
#endif
  (void)other.length();
}
