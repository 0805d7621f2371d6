/* What the tests of layouts do in C++. Statuses are escrow_status. */
#ifndef ORDERS_H
#define ORDERS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A pool of orders, opened by C++. */
int32_t orders_open(uint64_t *out_pool);
int32_t orders_close(void);
/* An order in a pool that anybody opened. */
int32_t orders_make(uint64_t pool, uint64_t number, double price, uint64_t *out_handle);
/* Binds the object as an order, adds to its price and says its number. */
int32_t orders_raise(uint64_t handle, double by, uint64_t *out_number);
/* Binds it as another type; why it does not bind is written into 128 chars. */
int32_t orders_bind_wrong(uint64_t handle, char *out_why);
/* Binds a map of numbers to orders and reads from it. */
int32_t orders_in_map(uint64_t map, int32_t key, double *out_price);
int32_t orders_in_wrong_map(uint64_t map, char *out_why);
/* Puts an order into such a map. */
int32_t orders_into_map(uint64_t map, int32_t key, double price);

#ifdef __cplusplus
}
#endif

#endif
