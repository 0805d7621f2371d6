// Package layout has orders in C++, for the tests of what Go and C++ may bind of each other's memory.
package layout

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#cgo CXXFLAGS: -I${SRCDIR}/../../../include -std=c++20 -O2 -fno-exceptions -fno-rtti -Wall -Wextra -Werror
#include "orders.h"
*/
import "C"

import (
	_ "example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

// Open opens C++'s pool of orders; Close ends it.
func Open() (pool uint64, status int) {
	var out C.uint64_t
	s := C.orders_open(&out)
	return uint64(out), int(s)
}

func Close() { C.orders_close() }

// Make makes an order in a pool that anybody opened.
func Make(pool, number uint64, price float64) (handle uint64, status int) {
	var out C.uint64_t
	s := C.orders_make(C.uint64_t(pool), C.uint64_t(number), C.double(price), &out)
	return uint64(out), int(s)
}

// Raise adds to an order's price.
func Raise(handle uint64, by float64) (number uint64, status int) {
	var out C.uint64_t
	s := C.orders_raise(C.uint64_t(handle), C.double(by), &out)
	return uint64(out), int(s)
}

// BindWrong binds an object as one of another type.
func BindWrong(handle uint64) (why string, status int) {
	var out [128]C.char
	s := C.orders_bind_wrong(C.uint64_t(handle), &out[0])
	return C.GoString(&out[0]), int(s)
}

// InMap reads a price from a map of orders, IntoMap puts an order there.
func InMap(m uint64, key int32) (price float64, status int) {
	var out C.double
	s := C.orders_in_map(C.uint64_t(m), C.int32_t(key), &out)
	return float64(out), int(s)
}

func IntoMap(m uint64, key int32, price float64) int {
	return int(C.orders_into_map(C.uint64_t(m), C.int32_t(key), C.double(price)))
}

// InWrongMap binds a map as one of another type.
func InWrongMap(m uint64) (why string, status int) {
	var out [128]C.char
	s := C.orders_in_wrong_map(C.uint64_t(m), &out[0])
	return C.GoString(&out[0]), int(s)
}
