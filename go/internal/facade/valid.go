package facade

import (
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// The protocol word and the handle. cabi compares the shifts with the linked facade, locate the rest.
const (
	generationShift = 36
	occupied        = 1 << 35
	transit         = 1 << 33
	owner           = 1 << 32
	indexShift      = 28
	below           = 1<<28 - 1 // a generation, or an index
	headerBytes     = 32
	segmentSlots    = 1 << 14
)

// directory is where the slots' words lie. Set by Prepare; a segment once there stays for ever.
var directory *[(below + 1) / segmentSlots]unsafe.Pointer

// locate reads where the words lie and says what is wrong with it; empty: nothing.
func locate() string {
	segments, slots := cabi.SlotDirectory()
	if slots != segmentSlots || len(segments) != len(directory) {
		return "the slot directory differs from what Go was compiled with; rebuild with go build -a"
	}
	directory = (*[(below + 1) / segmentSlots]unsafe.Pointer)(segments)
	return ""
}

// Valid says whether a handle that the facade gave names a live reference that is no ticket. No call:
// the word is read where it lies, but for duplicates, whose kind is not in it.
func Valid(handle uint64) bool {
	index := handle >> indexShift & below
	segment := atomic.LoadPointer(&directory[index/segmentSlots])
	word := atomic.LoadUint64((*uint64)(unsafe.Add(segment, index%segmentSlots*headerBytes)))
	if word>>generationShift != handle&below || word&(occupied|transit) != occupied {
		return false
	}
	return word&owner != 0 || Read(handle, new(cabi.View)) == cabi.OK
}
