// expect: equal keys must have equal bytes|a key with padding or floating point
#include "escrow/sharded_map.hpp"

struct key {
#ifdef OK
  int number;
  int letter;
#else
  int number;
  char letter;  // three bytes behind it that nobody set
#endif
};

void use(escrow::sharded_map<key, int> &map) {
  (void)map.put(key{1, 'a'}, 1);
}
