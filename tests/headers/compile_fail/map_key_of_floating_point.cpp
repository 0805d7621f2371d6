// expect: equal keys must have equal bytes|a key with padding or floating point
#include "escrow/sharded_map.hpp"

#ifdef OK
using key = long;
#else
using key = double;  // 0.0 equals -0.0, and NaN nothing
#endif

void use(escrow::sharded_map<key, int> &map) {
  (void)map.put(key{1}, 1);
}
