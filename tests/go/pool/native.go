// Package pool offers the tests of pools clients in C++.
package pool

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#cgo CXXFLAGS: -I${SRCDIR}/../../../include -std=c++20 -O2 -fno-exceptions -fno-rtti -fvisibility=hidden
#include "native.h"
*/
import "C"

import (
	"unsafe"

	_ "example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

// What a client does.
const (
	Dup uint64 = iota
	Release
	Lend
	GiveBack
	Borrow
	Return
	MoveOut
	MoveIn
	Revoke
	Validate
	Read
)

// Event mirrors native_event.
type Event struct {
	Operation uint64
	From, To  uint64
	Handle    uint64
	Made      uint64
	Call, End int64
	Status    int64
}

var _ = [1]struct{}{}[unsafe.Sizeof(Event{})-unsafe.Sizeof(C.native_event{})]

func numbers(n []uint64) *C.uint64_t { return (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(n))) }

// Clock is what events are timed by.
func Clock() int64 { return int64(C.native_clock()) }

// Client has C++ do the operations on one thread, as soon as all clients have come to ready.
func Client(places []uint64, ready *uint64, clients int, events []Event) {
	C.native_client(numbers(places), (*C.uint64_t)(unsafe.Pointer(ready)), C.uint64_t(clients),
		(*C.native_event)(unsafe.Pointer(&events[0])), C.uint64_t(len(events)))
}

// Take has C++ try to take each ticket in, and put the references that it got, for the caller to end, into taken.
func Take(tickets, taken []uint64) {
	C.native_take(numbers(tickets), C.uint64_t(len(tickets)), numbers(taken))
}

// End ends a reference of any kind, if it still is one.
func End(handle uint64) { C.native_end(C.uint64_t(handle)) }
