//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_pool_open
// #cgo nocallback escrow1_pool_open
// #cgo noescape escrow1_managed_pool_trim
// #cgo nocallback escrow1_managed_pool_trim
// #cgo noescape escrow1_pool_read_stats
// #cgo nocallback escrow1_pool_read_stats
// #cgo noescape escrow1_pool_read_classes
// #cgo nocallback escrow1_pool_read_classes
// #cgo noescape escrow1_pool_inspect
// #cgo nocallback escrow1_pool_inspect
// #include <stdlib.h>
// #include "escrow/escrow.h"
// #include "escrow/managed.h"
import "C"

import (
	"bytes"
	"unsafe"

	_ "example.com/escrow/include/escrow"
)

// PoolOpen opens a pool.
func PoolOpen(o *Options) (pool uint64, s Status) {
	options := C.escrow_pool_options{
		struct_size:   C.uint32_t(unsafe.Sizeof(C.escrow_pool_options{})),
		limit_bytes:   C.uint64_t(o.Limit),
		fixed_size:    C.uint64_t(o.FixedSize),
		alignment:     C.uint32_t(o.Alignment),
		type_id:       C.uint32_t(o.TypeID),
		destructor:    C.escrow_destructor(o.Destructor),
		context:       o.Context,
		reserve_bytes: C.uint64_t(o.Reserve),
	}
	if o.HugePages {
		options.flags = C.ESCROW_POOL_HUGE_PAGES
	}
	if o.Name != "" {
		options.name = C.CString(o.Name)
		defer C.free(unsafe.Pointer(options.name))
	}
	if o.Layout != nil {
		options.layout = o.Layout.inC()
		defer freeLayout(options.layout)
	}
	var out C.escrow_pool
	s = Status(C.escrow1_pool_open(&options, &out))
	return uint64(out), s
}

// PoolClose closes a pool and says how many objects are live. May run destructors.
func PoolClose(pool uint64, flags uint32) (live uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_managed_pool_close(C.escrow_pool(pool), C.uint32_t(flags), &out))
	return uint64(out), s
}

// PoolDestroy gives a closed pool's memory back.
func PoolDestroy(pool uint64) Status {
	return Status(C.escrow1_managed_pool_destroy(C.escrow_pool(pool)))
}

// PoolDrain runs the destructors that are owed.
func PoolDrain(pool uint64) (ran uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_managed_pool_drain(C.escrow_pool(pool), 0, &out))
	return uint64(out), s
}

// PoolTrim gives free memory back to the system.
func PoolTrim(pool uint64) (bytes uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_managed_pool_trim(C.escrow_pool(pool), &out))
	return uint64(out), s
}

// PoolStats counts what the pool holds.
func PoolStats(pool uint64, out *Stats) Status {
	stats := C.escrow_pool_stats{struct_size: C.uint32_t(unsafe.Sizeof(C.escrow_pool_stats{}))}
	s := Status(C.escrow1_pool_read_stats(C.escrow_pool(pool), &stats))
	if s < 0 {
		*out = Stats{}
		return s
	}
	text := (*[unsafe.Sizeof(stats.name)]byte)(unsafe.Pointer(&stats.name)) // C.GoString's escapes
	name, _, _ := bytes.Cut(text[:], []byte{0})
	*out = Stats{
		Name:           string(name),
		TypeID:         uint32(stats.type_id),
		Live:           uint64(stats.live),
		Duplicates:     uint64(stats.duplicates),
		Loans:          uint64(stats.loans),
		Borrows:        uint64(stats.borrows),
		Tickets:        uint64(stats.tickets),
		Pending:        uint64(stats.pending),
		Retired:        uint64(stats.retired),
		BytesLive:      uint64(stats.bytes_live),
		BytesCommitted: uint64(stats.bytes_committed),
		BytesPeak:      uint64(stats.bytes_peak),
		BytesLimit:     uint64(stats.bytes_limit),
		Refills:        uint64(stats.refills),
	}
	for i := range out.Misuse {
		out.Misuse[i] = uint64(stats.misuse[i])
	}
	return s
}

// PoolClasses reads the counts by size class into out and says how many classes there are.
func PoolClasses(pool uint64, out []Class) (count int, s Status) {
	if len(out) == 0 {
		return 0, Size
	}
	raw := make([]C.escrow_class_stats, len(out))
	var n C.uint32_t
	s = Status(C.escrow1_pool_read_classes(C.escrow_pool(pool), &raw[0], C.uint32_t(len(raw)), &n))
	for i := range raw[:min(len(raw), int(n))] {
		out[i] = Class{
			SlotBytes: uint64(raw[i].slot_bytes),
			Slots:     uint64(raw[i].slots),
			Live:      uint64(raw[i].live),
			BytesLive: uint64(raw[i].bytes_live),
		}
	}
	return int(n), s
}

// PoolInspect lists live references from cursor on, 0 at first; cursor is 0 again after the last.
func PoolInspect(pool uint64, cursor *uint64, out *[64]Reference) (count int, s Status) {
	var raw [64]C.escrow_reference_info
	var n C.uint32_t
	at := C.uint64_t(*cursor)
	s = Status(C.escrow1_pool_inspect(C.escrow_pool(pool), &at, &raw[0], C.uint32_t(len(raw)), &n))
	*cursor = uint64(at)
	for i := range raw[:n] {
		out[i] = Reference{
			Handle:     uint64(raw[i].handle),
			Root:       uint64(raw[i].root),
			Payload:    uint64(raw[i].payload),
			Size:       uint64(raw[i].size),
			Kind:       uint32(raw[i].kind),
			TypeID:     uint32(raw[i].type_id),
			References: uint32(raw[i].references),
			Loans:      uint32(raw[i].loans),
		}
	}
	return int(n), s
}
