// Package cells offers the tests of cells clients in C++.
package cells

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

// Number mirrors the struct number of native.h.
type Number struct {
	Value uint64
	Same  [7]uint64
}

// What a client does.
const (
	Swap uint64 = iota
	Propose
	Reader
	Copy
	Load
)

// Event mirrors native_event.
type Event struct {
	Operation uint64
	Value     uint64
	Version   uint64
	Call, End int64
	Status    int32
	Torn      int32
}

var _ = [1]struct{}{}[unsafe.Sizeof(Event{})-unsafe.Sizeof(C.native_event{})]

// Clock is what events are timed by.
func Clock() int64 { return int64(C.native_clock()) }

// Client has C++ do the operations on one thread.
func Client(cell uint64, events []Event) {
	C.native_client(C.uint64_t(cell), (*C.native_event)(unsafe.Pointer(&events[0])), C.uint64_t(len(events)))
}

// ProposeText proposes a text from C++ and waits for the answer.
func ProposeText(cell uint64, text string, timeout int64) (version uint64, status int32, why string) {
	var out C.uint64_t
	var reason [124]C.char
	s := C.native_propose_text(C.uint64_t(cell), (*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.uint64_t(len(text)),
		C.uint64_t(timeout), &out, &reason[0])
	return uint64(out), int32(s), C.GoString(&reason[0])
}
