// Command objects has C++ of its own that makes objects and sends them to Go by ticket.
package main

/*
#cgo CXXFLAGS: -std=c++20 -O2 -fno-exceptions -fno-rtti -I${SRCDIR}/../vendor/example.com/escrow/include
#include "objects.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"

	"example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

func main() {
	pool, err := escrow.Open(escrow.Options{})
	if err != nil {
		panic(err)
	}
	ticket, err := pool.UnsafeTicket(uint64(C.objects_make(C.uint64_t(pool.UnsafeID()))))
	if err != nil {
		panic(err)
	}
	guard, err := ticket.MoveIn()
	if err != nil {
		panic(err)
	}
	guard.Use(func(b []byte) error {
		fmt.Println(len(b), binary.NativeEndian.Uint32(b[12:]))
		return nil
	})
	fmt.Println(guard.Close(), pool.Close())
}
