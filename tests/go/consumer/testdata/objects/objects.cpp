// C++ of a consumer: the guards of escrow.hpp over a pool that Go opened.
#include "objects.h"

#include "escrow/escrow.hpp"

uint64_t objects_make(uint64_t pool) {
  escrow_handle raw = 0;
  if (escrow_acquire(pool, 4 * sizeof(int), &raw, nullptr) != ESCROW_OK) return 0;
  auto numbers = escrow::owned<int>::adopt(raw);
  for (int i = 0; i < 4; ++i) numbers.get()[i] = i * i;
  escrow::ticket out;
  if (numbers.move_out(out) != ESCROW_OK) return 0;
  return out.detach();
}
