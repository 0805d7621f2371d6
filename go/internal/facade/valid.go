package facade

import (
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// The protocol word and the handle. cabi compares the shifts with the linked facade, locate the rest.
const (
	generationShift = 36
	generation      = below << generationShift
	occupied        = 1 << 35
	transit         = 1 << 33
	owner           = 1 << 32
	indexShift      = 28
	tagOfSlot       = 56
	slotTags        = 123       // 1 and up; others name no slot
	below           = 1<<28 - 1 // a generation, or an index
	headerBytes     = 32
	payloadOffset   = 8
	aboutOffset     = 16
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

// header is where the slot's word, payload address and size lie.
func header(handle uint64) unsafe.Pointer {
	index := handle >> indexShift & below
	return unsafe.Add(atomic.LoadPointer(&directory[index/segmentSlots]), index%segmentSlots*headerBytes)
}

// namesSlot says whether a number is shaped like the handle of a slot, and a word lies where it leads.
// One that the facade never gave may lead beyond the last segment, and header then into nothing.
func namesSlot(n uint64) bool {
	return n>>tagOfSlot-1 < slotTags && directory != nil &&
		atomic.LoadPointer(&directory[n>>indexShift&below/segmentSlots]) != nil
}

// isObject says whether the word is that of an object whose first handle this is, and not in transit.
func isObject(word, handle uint64) bool {
	return word&(generation|occupied|transit|owner) == handle<<generationShift|occupied|owner
}

// Valid says whether a handle that the facade gave names a live reference that is no ticket. No call
// for an object's first handle: the word is read where it lies.
func Valid(handle uint64) bool {
	return isObject(atomic.LoadUint64((*uint64)(header(handle))), handle) || validSlowly(handle)
}

// ValidAny is Valid for any number.
func ValidAny(handle uint64) bool { return namesSlot(handle) && Valid(handle) }

// validSlowly knows duplicates, too, whose kind is not in the word.
//
//go:noinline
func validSlowly(handle uint64) bool {
	var view cabi.View
	return Read(handle, &view) == cabi.OK
}

// View is Read for a handle that the facade gave. No call for an object's first handle: its fields are
// read where they lie, and believed because the word was the same before and after. C++ stores those of
// the slot's next object with release, after its claim [S2].
func View(handle uint64, view *cabi.View) cabi.Status {
	h := header(handle)
	word := atomic.LoadUint64((*uint64)(h))
	if !isObject(word, handle) {
		return Read(handle, view)
	}
	payload := atomic.LoadPointer((*unsafe.Pointer)(unsafe.Add(h, payloadOffset)))
	about := atomic.LoadUint64((*uint64)(unsafe.Add(h, aboutOffset)))
	if again := atomic.LoadUint64((*uint64)(h)); again>>generationShift != word>>generationShift {
		return Read(handle, view)
	}
	*view = cabi.View{Payload: payload, Size: about & (1<<32 - 1), Root: handle}
	return cabi.OK
}

// ViewAny is View for any number.
func ViewAny(handle uint64, view *cabi.View) cabi.Status {
	if !namesSlot(handle) {
		return Read(handle, view)
	}
	return View(handle, view)
}
