#include "orders.h"

#include "escrow/escrow.h"
#include "escrow/escrow.hpp"

namespace {

enum class side : std::uint8_t { buy, sell };
struct money {
  std::int64_t units;
  std::int32_t nanos;
};
ESCROW_LAYOUT(money, units, nanos);
struct order {
  std::uint64_t number;
  side which;
  bool urgent;
  char symbol[6];
  money limits[2];
  double price;
};
ESCROW_LAYOUT(order, number, which, urgent, symbol, limits, price);
struct order_of_last_year {
  std::uint64_t number;
  side which;
  bool urgent;
  money limits[2];
  double price;
};
ESCROW_LAYOUT(order_of_last_year, number, which, urgent, limits, price);

escrow::pool_of<order> *opened;

}  // namespace

int32_t orders_open(uint64_t *out_pool) {
  opened = static_cast<escrow::pool_of<order> *>(__builtin_malloc(sizeof *opened));
  ::new (static_cast<void *>(opened)) escrow::pool_of<order>();
  auto const s = escrow::pool_of<order>::open("orders", *opened);
  *out_pool = opened->untyped().id();
  return s;
}

int32_t orders_close(void) {
  opened->~pool_of();
  __builtin_free(opened);
  return ESCROW_OK;
}

int32_t orders_make(uint64_t pool, uint64_t number, double price, uint64_t *out_handle) {
  escrow::bound_pool<order> bound;
  if (auto const s = escrow::bind(pool, bound); s != ESCROW_OK) return s;
  escrow::owned<order> made;
  order const value{number, side::sell, true, {'A', 'B'}, {{1, 2}, {3, 4}}, price};
  if (auto const s = bound.make(made, value); s != ESCROW_OK) return s;
  *out_handle = made.detach();
  return ESCROW_OK;
}

int32_t orders_raise(uint64_t handle, double by, uint64_t *out_number) {
  escrow::borrowed<order> one;
  if (auto const s = escrow::bind(handle, one); s != ESCROW_OK) return s;
  one->price += by;
  *out_number = one->number;
  return ESCROW_OK;
}

int32_t orders_bind_wrong(uint64_t handle, char *out_why) {
  escrow::borrowed<order_of_last_year> one;
  (void)escrow::difference_to<order_of_last_year>(handle, out_why, 128);
  return escrow::bind(handle, one);
}

int32_t orders_in_map(uint64_t map, int32_t key, double *out_price) {
  escrow::sharded_map<std::int32_t, order> orders;
  if (auto const s = escrow::bind(map, orders); s != ESCROW_OK) return s;
  order found{};
  auto const s = orders.get(key, found);
  *out_price = found.price;
  return s;
}

int32_t orders_in_wrong_map(uint64_t map, char *out_why) {
  escrow::sharded_map<std::int32_t, order_of_last_year> orders;
  (void)escrow::map_difference_to<std::int32_t, order_of_last_year>(map, out_why, 128);
  return escrow::bind(map, orders);
}

int32_t orders_into_map(uint64_t map, int32_t key, double price) {
  escrow::sharded_map<std::int32_t, order> orders;
  if (auto const s = escrow::bind(map, orders); s != ESCROW_OK) return s;
  order value{};
  value.price = price;
  return orders.put(key, value);
}
