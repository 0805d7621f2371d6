// What the program and its libraries agree on. Whoever changes it changes PRICE_ABI.
#ifndef PRICE_H
#define PRICE_H

#include <stdint.h>

#define PRICE_ABI 1

struct prices {
  uint64_t (*total)(uint64_t cents, uint64_t pieces);
  char const *(*offer)(uint64_t pieces);  // its name, valid until the call leaves
};

#endif
