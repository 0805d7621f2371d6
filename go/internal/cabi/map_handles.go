//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape go_map_get_handle
// #cgo nocallback go_map_get_handle
// #cgo noescape go_map_borrow_handle
// #cgo nocallback go_map_borrow_handle
// #cgo noescape go_map_take_handle
// #cgo nocallback go_map_take_handle
// #cgo noescape escrow1_map_purge_stale
// #cgo nocallback escrow1_map_purge_stale
// #include "escrow/map_handles.h"
//
// // Of chars: see map_bytes.go.
// static escrow_status go_map_get_handle(escrow_map m, char const *key, uint64_t size, uint64_t *out) {
//   return escrow_map_get_handle(m, key, size, out);
// }
// static escrow_status go_map_borrow_handle(escrow_map m, char const *key, uint64_t size, escrow_view *out) {
//   return escrow_map_borrow_handle(m, key, size, out);
// }
// static escrow_status go_map_put_handle(escrow_map m, char const *key, uint64_t size, uint64_t handle) {
//   return escrow_map_put_handle(m, key, size, handle);
// }
// static escrow_status go_map_put_handle_if_absent(escrow_map m, char const *key, uint64_t size, uint64_t handle,
//                                                  uint64_t *out) {
//   return escrow_map_put_handle_if_absent(m, key, size, handle, out);
// }
// static escrow_status go_map_take_handle(escrow_map m, char const *key, uint64_t size, uint64_t *out) {
//   return escrow_map_take_handle(m, key, size, out);
// }
// static escrow_status go_map_erase_handle(escrow_map m, char const *key, uint64_t size) {
//   return escrow_map_erase_handle(m, key, size);
// }
import "C"

import "runtime"

// What may end a reference, and so run a destructor, has no directive: see package cabi.

// MapGetHandle gives a new reference to the object of a key.
func MapGetHandle(m uint64, key Bytes, handle *uint64) (s Status) {
	for {
		s = Status(C.go_map_get_handle(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), (*C.uint64_t)(handle)))
		if s != Busy {
			return s
		}
		runtime.Gosched()
	}
}

// MapBorrowHandle lends the object of a key; end it with Return(view.Root).
func MapBorrowHandle(m uint64, key Bytes, view *View) (s Status) {
	var out C.escrow_view
	for {
		s = Status(C.go_map_borrow_handle(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), &out))
		if s != Busy {
			*view = View{out.payload, uint64(out.size), uint64(out.root)}
			return s
		}
		runtime.Gosched()
	}
}

// MapPutHandle gives a reference to the map. May run the destructor of what it replaces.
func MapPutHandle(m uint64, key Bytes, handle uint64) Status {
	return Status(C.go_map_put_handle(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), C.uint64_t(handle)))
}

// MapPutHandleIfAbsent gives a reference to the map unless the key has one, to which there is a new
// reference then.
func MapPutHandleIfAbsent(m uint64, key Bytes, handle uint64) (there uint64, s Status) {
	var out C.uint64_t
	for {
		s = Status(C.go_map_put_handle_if_absent(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), C.uint64_t(handle), &out))
		if s != Busy {
			return uint64(out), s
		}
		runtime.Gosched()
	}
}

// MapTakeHandle removes a key and hands the map's reference over.
func MapTakeHandle(m uint64, key Bytes, handle *uint64) Status {
	return Status(C.go_map_take_handle(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), (*C.uint64_t)(handle)))
}

// MapEraseHandle removes a key and ends the map's reference. May run its destructor.
func MapEraseHandle(m uint64, key Bytes) Status {
	return Status(C.go_map_erase_handle(C.escrow_map(m), key.chars(), C.uint64_t(key.Size)))
}

// MapPurgeStale removes the keys whose object cannot be had any more; what is owed is deferred.
func MapPurgeStale(m uint64) (count uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_map_purge_stale(C.escrow_map(m), &out))
	return uint64(out), s
}
