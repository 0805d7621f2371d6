//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_pool_read_ledger
// #cgo nocallback escrow1_pool_read_ledger
// #cgo noescape escrow1_ledger_note
// #cgo nocallback escrow1_ledger_note
// #cgo noescape escrow1_ledger_list
// #cgo nocallback escrow1_ledger_list
// #cgo nocallback escrow1_ledger_now
// #cgo noescape escrow1_pool_list
// #cgo nocallback escrow1_pool_list
// #cgo noescape escrow1_ledger_read_site
// #cgo nocallback escrow1_ledger_read_site
// #cgo noescape escrow1_ledger_find
// #cgo nocallback escrow1_ledger_find
// #cgo noescape escrow1_ledger_name_site
// #cgo nocallback escrow1_ledger_name_site
// #include "escrow/ledger.h"
import "C"

import "unsafe"

// LedgerMostFrames is how many frames a site keeps.
const LedgerMostFrames = C.ESCROW_LEDGER_FRAMES_MOST

// SetLedger has the pool note one in rate acquisitions, 0 none; frames: with native frames.
func SetLedger(pool uint64, rate uint32, frames bool) Status {
	level := C.uint32_t(C.ESCROW_LEDGER_SAMPLED)
	if rate == 0 {
		level = C.ESCROW_LEDGER_OFF
	}
	if frames {
		level |= C.ESCROW_LEDGER_FRAMES
	}
	return Status(C.escrow1_pool_set_ledger(C.escrow_pool(pool), level, C.uint32_t(rate)))
}

// ReadLedger reads what a pool's ledger does.
func ReadLedger(pool uint64) (l LedgerState, s Status) {
	var out C.escrow_ledger_state
	s = Status(C.escrow1_pool_read_ledger(C.escrow_pool(pool), &out))
	return LedgerState{
		Rate:   uint32(out.rate),
		Frames: out.level&C.ESCROW_LEDGER_FRAMES != 0,
		Missed: uint64(out.missed),
		Lost:   uint64(out.lost),
	}, s
}

// LedgerNote notes a reference with a stack of the caller's.
func LedgerNote(handle uint64, pcs []uint64, label uint32) Status {
	return Status(C.escrow1_ledger_note(C.escrow_handle(handle),
		(*C.uint64_t)(unsafe.SliceData(pcs)), C.uint32_t(len(pcs)), C.uint32_t(label)))
}

// LedgerFind is the site of a reference's note.
func LedgerFind(handle uint64) (site uint32, s Status) {
	var out C.uint32_t
	s = Status(C.escrow1_ledger_find(C.escrow_handle(handle), &out))
	return uint32(out), s
}

// LedgerNameSite gives a site's managed frames names, a line each, that C shows when Go no longer can;
// what is above 4,096 bytes is cut.
func LedgerNameSite(site uint32, text string) Status {
	b := make([]byte, min(len(text), 4096)+1) // ends with 0
	copy(b[:len(b)-1], text)
	return Status(C.escrow1_ledger_name_site(C.uint32_t(site), (*C.char)(unsafe.Pointer(&b[0]))))
}

// LedgerList lists live references that were noted, of all pools for 0, from cursor on, 0 at first;
// cursor is 0 again after the last.
func LedgerList(pool uint64, cursor *uint64, out *[256]LedgerEntry) (count int, s Status) {
	var n C.uint32_t
	at := C.uint64_t(*cursor)
	s = Status(C.escrow1_ledger_list(C.escrow_pool(pool), &at,
		(*C.escrow_ledger_entry)(unsafe.Pointer(out)), C.uint32_t(len(out)), &n))
	*cursor = uint64(at)
	return int(n), s
}

// The two types are one to the compiler of either language.
var _ = [1]struct{}{}[unsafe.Sizeof(LedgerEntry{})-C.sizeof_escrow_ledger_entry]

// PoolList lists the pools of the image, from cursor on, 0 at first; cursor is 0 again after the last.
func PoolList(cursor *uint64, out *[64]uint64) (count int, s Status) {
	var n C.uint32_t
	at := C.uint64_t(*cursor)
	s = Status(C.escrow1_pool_list(&at, (*C.escrow_pool)(unsafe.Pointer(out)), C.uint32_t(len(out)), &n))
	*cursor = uint64(at)
	return int(n), s
}

// LedgerNow is the time of notes, in nanoseconds.
func LedgerNow() uint64 { return uint64(C.escrow1_ledger_now()) }

// LedgerSite reads the stack of a site; native says how many frames, the first, are of C and C++.
func LedgerSite(site uint32) (frames []uint64, native int, s Status) {
	var out C.escrow_ledger_site
	s = Status(C.escrow1_ledger_read_site(C.uint32_t(site), &out))
	frames = make([]uint64, out.count)
	for i := range frames {
		frames[i] = uint64(out.frames[i])
	}
	return frames, int(out.native), s
}
