//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_trace_list
// #cgo nocallback escrow1_trace_list
// #cgo noescape escrow1_trace_root
// #cgo nocallback escrow1_trace_root
// #cgo noescape escrow1_trace_begin
// #cgo nocallback escrow1_trace_begin
// #cgo noescape escrow1_trace_append
// #cgo nocallback escrow1_trace_append
// #cgo noescape escrow1_pool_watch_limits
// #cgo nocallback escrow1_pool_watch_limits
// #cgo noescape escrow1_misuse_list
// #cgo nocallback escrow1_misuse_list
// #cgo noescape escrow1_misuse_note
// #cgo nocallback escrow1_misuse_note
// #include "escrow/misuse.h"
// #include "escrow/trace.h"
import "C"

import "unsafe"

// OthersFrom is the first number of an operation that is the caller's own.
const OthersFrom = C.ESCROW_OPERATION_OTHERS

// SetTrace traces one in rate objects that are acquired from a pool, 0 none.
func SetTrace(pool uint64, rate uint32) Status {
	return Status(C.escrow1_pool_set_trace(C.escrow_pool(pool), C.uint32_t(rate)))
}

// WatchLimits is two words, for ever readable: up to which mixture of its handle an acquisition of a pool is
// watched at all, and how many of 2^31 the caller is to note (lower half) and to trace (upper half) by itself.
func WatchLimits(pool uint64) (watched, limits *uint64, s Status) {
	var most, both *C.uint64_t
	s = Status(C.escrow1_pool_watch_limits(C.escrow_pool(pool), &most, &both))
	return (*uint64)(most), (*uint64)(both), s
}

// TraceSwitch is the word that is not 0 while objects of some pool are traced, for ever readable.
func TraceSwitch() *uint32 { return (*uint32)(C.escrow1_trace_switch()) }

// TraceRoot is the traced object that a handle leads to, and its pool; 0: it is not traced.
func TraceRoot(handle uint64) (root, pool uint64) {
	var r, p C.uint64_t
	C.escrow1_trace_root(C.uint64_t(handle), &r, &p)
	return uint64(r), uint64(p)
}

// TraceBegin chooses an object that was just acquired, and enters its acquisition.
func TraceBegin(handle, goroutine uint64, pcs []uint64) Status {
	return Status(C.escrow1_trace_begin(C.escrow_handle(handle), C.uint64_t(goroutine),
		(*C.uint64_t)(unsafe.SliceData(pcs)), C.uint32_t(len(pcs))))
}

// TraceAppend enters an event, with a stack of the caller's.
func TraceAppend(e *TraceEvent, pcs []uint64) Status {
	return Status(C.escrow1_trace_append((*C.escrow_trace_event)(unsafe.Pointer(e)),
		(*C.uint64_t)(unsafe.SliceData(pcs)), C.uint32_t(len(pcs))))
}

// TraceList lists events that are kept, of one object, or of all for root 0, from cursor on, 0 at first.
func TraceList(root uint64, cursor *uint64, out *[64]TraceEvent) int {
	var n C.uint32_t
	at := C.uint64_t(*cursor)
	C.escrow1_trace_list(C.uint64_t(root), &at,
		(*C.escrow_trace_event)(unsafe.Pointer(out)), C.uint32_t(len(out)), &n)
	*cursor = uint64(at)
	return int(n)
}

// MisuseSwitch is the word that is not 0 once refused calls are recorded, for ever readable.
func MisuseSwitch() *uint64 { return (*uint64)(C.escrow1_misuse_switch()) }

// MisuseNote records a refused call: of a pool, or, where that is 0, of the one that owns a handle's slot.
func MisuseNote(pool, handle uint64, operation uint32, s Status, pcs []uint64) Status {
	return Status(C.escrow1_misuse_note(C.uint64_t(pool), C.uint64_t(handle), C.uint32_t(operation),
		C.escrow_status(s), (*C.uint64_t)(unsafe.SliceData(pcs)), C.uint32_t(len(pcs))))
}

// MisuseList lists the refused calls, those alike as one, and says how many found no place.
func MisuseList(out *[MisuseMostSites]MisuseSite) (n int, lost uint64) {
	var count C.uint32_t
	var missed C.uint64_t
	C.escrow1_misuse_list((*C.escrow_misuse_site)(unsafe.Pointer(out)), C.uint32_t(len(out)), &count, &missed)
	return int(count), uint64(missed)
}

// MisuseMostSites is how many there may be.
const MisuseMostSites = C.ESCROW_MISUSE_SITES_MOST

// OperationText is the name of an operation of C; "" of another number.
func OperationText(operation uint32) string {
	return C.GoString(C.escrow1_operation_text(C.uint32_t(operation)))
}

// The types are one to the compiler of either language.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(TraceEvent{})-C.sizeof_escrow_trace_event]
	_ = [1]struct{}{}[unsafe.Sizeof(MisuseSite{})-C.sizeof_escrow_misuse_site]
)
