// Package lost loses objects on purpose, those that Go acquired and those that C++ did: what a build with
// -asan and one block of malloc for each object says of them is the test, see run.
package lost

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#cgo CXXFLAGS: -I${SRCDIR}/../../../include -std=c++20 -g -fno-omit-frame-pointer -fno-exceptions -fno-rtti
#include "engine.h"
*/
import "C"

import (
	"example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

// acquireInGo acquires n objects of 100 bytes; who holds them is up to the caller.
//
//go:noinline
func acquireInGo(pool *escrow.Pool, n int) ([]escrow.Guard, error) {
	held := make([]escrow.Guard, n)
	for i := range held {
		g, err := pool.Acquire(100)
		if err != nil {
			return nil, err
		}
		held[i] = g
	}
	return held, nil
}

// loseInEngine has C++ acquire n objects of 200 bytes of the pool and forget them.
func loseInEngine(pool *escrow.Pool, n int) bool {
	return C.engine_lose(C.uint64_t(pool.UnsafeID()), C.int(n)) == 0
}
