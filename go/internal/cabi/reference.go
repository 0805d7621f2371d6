//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_managed_acquire
// #cgo nocallback escrow1_managed_acquire
// #cgo noescape escrow1_managed_acquire_n
// #cgo nocallback escrow1_managed_acquire_n
// #cgo noescape escrow1_managed_dup
// #cgo nocallback escrow1_managed_dup
// #cgo noescape escrow1_managed_borrow
// #cgo nocallback escrow1_managed_borrow
// #cgo noescape escrow1_managed_move_out
// #cgo nocallback escrow1_managed_move_out
// #cgo noescape escrow1_managed_move_in
// #cgo nocallback escrow1_managed_move_in
// #cgo noescape escrow1_managed_read
// #cgo nocallback escrow1_managed_read
// #include "escrow/escrow.h"
// #include "escrow/managed.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// BUSY from a function of one CAS means that another thread won every one of its tries: nothing
// happened and the process as a whole advanced. The functions below repeat until the answer is
// another one, and yield in between; a destructor's BUSY (drain, close) is passed on.

// Acquire acquires a zeroed object.
func Acquire(pool, bytes uint64) (handle uint64, s Status) {
	var out C.escrow_handle
	for {
		s = Status(C.escrow1_managed_acquire(C.escrow_pool(pool), C.uint64_t(bytes), &out))
		if s != Busy {
			return uint64(out), s
		}
		runtime.Gosched()
	}
}

// AcquireN fills handles with zeroed objects, all or none.
func AcquireN(pool, bytes uint64, handles []uint64) (s Status) {
	if len(handles) == 0 {
		return Size
	}
	out := (*C.escrow_handle)(unsafe.Pointer(unsafe.SliceData(handles)))
	for {
		s = Status(C.escrow1_managed_acquire_n(C.escrow_pool(pool), C.uint64_t(bytes), C.uint64_t(len(handles)), out))
		if s != Busy {
			return s
		}
		runtime.Gosched()
	}
}

// Dup makes a second reference.
func Dup(handle uint64) (dup uint64, s Status) {
	var out C.escrow_handle
	for {
		s = Status(C.escrow1_managed_dup(C.escrow_handle(handle), &out))
		if s != Busy {
			return uint64(out), s
		}
		runtime.Gosched()
	}
}

// Release ends a reference and may run its object's destructor.
func Release(handle uint64) (s Status) {
	for {
		s = Status(C.escrow1_managed_release(C.escrow_handle(handle)))
		if s != Busy {
			return s
		}
		runtime.Gosched()
	}
}

// ReleaseDeferred ends a reference and runs nothing: what a cleanup calls.
func ReleaseDeferred(handle uint64) (s Status) {
	for {
		s = Status(C.escrow1_managed_release_deferred(C.escrow_handle(handle)))
		if s != Busy {
			return s
		}
		runtime.Gosched()
	}
}

// Borrow lends the object without a handle; end it with Return(view.Root).
func Borrow(handle uint64) (view View, s Status) {
	var out C.escrow_view
	for {
		s = Status(C.escrow1_managed_borrow(C.escrow_handle(handle), &out))
		if s != Busy {
			return View{out.payload, uint64(out.size), uint64(out.root)}, s
		}
		runtime.Gosched()
	}
}

// Return ends one Borrow.
func Return(root uint64) (s Status) {
	for {
		s = Status(C.escrow1_managed_return(C.uint64_t(root)))
		if s != Busy {
			return s
		}
		runtime.Gosched()
	}
}

// MoveOut moves a reference into a ticket.
func MoveOut(handle uint64) (ticket uint64, s Status) {
	var out C.escrow_ticket
	for {
		s = Status(C.escrow1_managed_move_out(C.escrow_handle(handle), &out))
		if s != Busy {
			return uint64(out), s
		}
		runtime.Gosched()
	}
}

// MoveIn takes a reference out of its ticket.
func MoveIn(ticket uint64) (handle uint64, s Status) {
	var out C.escrow_handle
	for {
		s = Status(C.escrow1_managed_move_in(C.escrow_ticket(ticket), &out))
		if s != Busy {
			return uint64(out), s
		}
		runtime.Gosched()
	}
}

// Revoke stops new dup, lend and move of the object.
func Revoke(handle uint64) (s Status) {
	for {
		s = Status(C.escrow1_managed_revoke(C.escrow_handle(handle)))
		if s != Busy {
			return s
		}
		runtime.Gosched()
	}
}

// Validate says whether the handle names a live reference of the pool and type; 0 = any.
func Validate(handle, pool uint64, typeID uint32) Status {
	return Status(C.escrow1_validate(C.escrow_handle(handle), C.escrow_pool(pool), C.uint32_t(typeID)))
}

// Read reads memory and size without counting anything.
func Read(handle uint64) (view View, s Status) {
	var out C.escrow_view
	s = Status(C.escrow1_managed_read(C.escrow_handle(handle), &out))
	return View{out.payload, uint64(out.size), uint64(out.root)}, s
}

// Table is the address of this image's escrow_api, for C code that was not linked with it.
func Table() unsafe.Pointer { return unsafe.Pointer(C.escrow1_api_get(C.ESCROW_ABI_MAJOR)) }
