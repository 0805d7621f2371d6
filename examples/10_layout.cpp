// Memory that says what lies in it: a handle is bound as a type only where the layout is that of
// its pool. Here one part of a program was compiled with an older struct than the other.
//
// It prints:
//     fingerprint c42e23d57bd49895: 3 fields in 24 bytes
//     unsigned 8 x 1 at 0
//     unsigned 1 x 8 at 8
//     float 8 x 1 at 16
//     bound as order: IBM at 91.5
//     bound as order_2019: ESCROW_E_LAYOUT, field 1: kind unsigned in the pool, float in this type
#include <cstdio>

#include "escrow/escrow.h"
#include "escrow/escrow.hpp"

namespace {

struct order {
  std::uint64_t number;
  char symbol[8];
  double price;
};
ESCROW_LAYOUT(order, number, symbol, price);

struct order_2019 {
  std::uint64_t number;
  double price;
};
ESCROW_LAYOUT(order_2019, number, price);

// Known to the compiler: list, numbers and fingerprint are constants.
constexpr auto order_layout = escrow::layout_of<order>();
static_assert(order_layout.size == sizeof(order));

// What a library that was handed a handle does with it.
template <class T>
escrow_status price_of(escrow_handle handle, double &out) {
  escrow::borrowed<T> seen;
  if (auto const s = escrow::bind(handle, seen); s != ESCROW_OK) return s;
  out = seen->price;
  return ESCROW_OK;
}

}  // namespace

int main() {
  std::printf("fingerprint %016llx: %u fields in %u bytes\n",
              static_cast<unsigned long long>(order_layout.fingerprint),
              decltype(order_layout)::count(), order_layout.size);
  for (auto const &f : order_layout.fields)
    std::printf("%s %u x %u at %u\n", escrow::layout_difference::kind(f.kind), f.width, f.count,
                f.offset);

  escrow::pool_of<order> orders;
  escrow::owned<order> one;
  if (escrow::pool_of<order>::open("orders", orders) != ESCROW_OK) return 1;
  if (orders.make(one, order{7, "IBM", 91.5}) != ESCROW_OK) return 1;

  double price = 0;
  if (price_of<order>(one.handle(), price) != ESCROW_OK) return 1;
  std::printf("bound as order: %s at %g\n", one->symbol, price);

  char why[128];
  escrow_status const s = price_of<order_2019>(one.handle(), price);
  escrow::difference_to<order_2019>(one.handle(), why, sizeof why);
  std::printf("bound as order_2019: %s, %s\n", escrow_status_name(s), why);
  return 0;
}
