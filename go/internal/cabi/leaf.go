//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #include "escrow/leaf.h"
import "C"

import "unsafe"

// Leaves lists the leaf entries of the linked facade, in the order of its list.
func Leaves() []Leaf {
	var count C.uint64_t
	first := C.escrow1_leaves(&count)
	leaves := make([]Leaf, count)
	for i, l := range unsafe.Slice(first, count) {
		leaves[i] = Leaf{C.GoString(l.name), l.address}
	}
	return leaves
}

// SlotDirectory says where the words of slots lie: slot i is at Segments[i/slots] + i%slots *
// HeaderBytes. A nil place is a segment not yet there.
func SlotDirectory() (segments []unsafe.Pointer, slots uint64) {
	var d C.escrow_slot_directory
	C.escrow1_read_slot_directory(&d)
	return unsafe.Slice((*unsafe.Pointer)(d.segments), d.segment_count), uint64(d.slots)
}

// Discard ends an object that nobody has used, without its destructor.
func Discard(handle uint64) { ReleaseDeferred(handle) }
