// expect: (no match for|no viable|conversion from|could not convert|deleted)
#include "escrow/escrow.hpp"

#include <utility>

void take(escrow::owned<int> &one) {
#ifdef OK
  escrow::owned<int> two = std::move(one);
#else
  escrow::owned<double> two = std::move(one);
#endif
}
