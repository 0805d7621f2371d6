package facade

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/leaf"
)

// Each function below is the operation of its name, by a leaf call where leaves are on. BUSY from a
// leaf means that nothing has happened: the operation needs memory from the system, would run a
// destructor, or lost 64 races in a row. It is then repeated by an ordinary cgo call, which may wait.

// slow counts those repetitions.
var slow atomic.Uint64

// Slow is how many leaf calls were repeated by cgo so far.
func Slow() uint64 { return slow.Load() }

func usesLeaves() bool { return trampolines && proved && leaf.On() }

// The hottest operations come in two parts, of which the compiler puts the first in line, where one call
// more would show: while On, the leaf call alone; and, where that answered BUSY or there was none, the cgo call.

// On says whether operations are leaf calls now.
func On() bool { return usesLeaves() }

// slowly counts a leaf call that is about to be repeated.
func slowly() {
	if usesLeaves() {
		slow.Add(1)
	}
}

// Acquire acquires a zeroed object and stores its handle, 0 on failure.
func Acquire(pool, bytes uint64, handle *atomic.Uint64) cabi.Status {
	if usesLeaves() {
		if s := LeafAcquire(pool, bytes, handle); s != cabi.Busy {
			return s
		}
	}
	return AcquireSlowly(pool, bytes, handle)
}

// LeafAcquire is Acquire by a leaf call; only while On.
func LeafAcquire(pool, bytes uint64, handle *atomic.Uint64) cabi.Status {
	return cabi.Status(leafAcquire(pool, bytes, unsafe.Pointer(handle)))
}

// AcquireSlowly is Acquire by cgo.
func AcquireSlowly(pool, bytes uint64, handle *atomic.Uint64) cabi.Status {
	slowly()
	h, s := cabi.Acquire(pool, bytes)
	handle.Store(h)
	return s
}

// LeafAcquireHandle is LeafAcquire for a place that nobody else looks at.
func LeafAcquireHandle(pool, bytes uint64, handle *uint64) cabi.Status {
	return cabi.Status(leafAcquire(pool, bytes, unsafe.Pointer(handle)))
}

// AcquireHandleSlowly is AcquireSlowly for such a place.
func AcquireHandleSlowly(pool, bytes uint64) (handle uint64, s cabi.Status) {
	slowly()
	return cabi.Acquire(pool, bytes)
}

// most handles, and bytes to zero, of one leaf call: what stopping the world may wait for.
const (
	batchHandles = 64
	batchBytes   = 4096
	zeroedAtOnce = 1024 // larger objects were zeroed when they were freed
)

// AcquireN fills handles with zeroed objects, all or none.
func AcquireN(pool, bytes uint64, handles []uint64) cabi.Status {
	rest := handles
	if usesLeaves() && len(handles) > 0 && len(handles) <= 65536 && bytes != 0 {
		most := uint64(batchHandles)
		if bytes <= zeroedAtOnce {
			most = min(most, batchBytes/bytes)
		}
		for len(rest) > 0 {
			n := min(uint64(len(rest)), most)
			done := leafAcquireN(pool, bytes, n, unsafe.Pointer(unsafe.SliceData(rest)))
			if done > 0 {
				rest = rest[done:]
			}
			if done != int64(n) {
				slow.Add(1)
				break // what refuses it says so in the call below
			}
		}
		if len(rest) == 0 {
			return cabi.OK
		}
	}
	s := cabi.AcquireN(pool, bytes, rest)
	if s < 0 {
		for _, h := range handles[:len(handles)-len(rest)] {
			cabi.Discard(h)
		}
		clear(handles)
	}
	return s
}

// LeafRelease ends a reference by a leaf call; only while On.
func LeafRelease(handle uint64) cabi.Status { return cabi.Status(leafRelease(handle)) }

// ReleaseSlowly ends a reference by cgo and may run its object's destructor.
func ReleaseSlowly(handle uint64) cabi.Status {
	slowly()
	return cabi.Release(handle)
}

// ReleaseN ends references; each is replaced by 0 when it was ended and kept when it was refused.
// The first refusal is returned, and the worst of what is owed else: PENDING, or OK.
func ReleaseN(handles []uint64) (first cabi.Status) {
	for i := 0; i < len(handles); {
		if usesLeaves() {
			n := min(len(handles)-i, batchHandles)
			done := int(leafReleaseN(unsafe.Pointer(&handles[i]), uint64(n)))
			clear(handles[i : i+done])
			if i += done; done == n {
				continue
			}
			slow.Add(1)
		}
		switch s := cabi.Release(handles[i]); {
		case s >= 0:
			handles[i] = 0
			if s == cabi.Pending && first == cabi.OK {
				first = s
			}
		case first >= 0:
			first = s
		}
		i++
	}
	runtime.KeepAlive(handles)
	return first
}

// ReleaseDeferred ends a reference and runs nothing: what a cleanup calls.
func ReleaseDeferred(handle uint64) cabi.Status {
	if usesLeaves() {
		if s := leafReleaseDeferred(handle); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.ReleaseDeferred(handle)
}

// Dup makes a second reference.
func Dup(handle uint64, dup *uint64) (s cabi.Status) {
	if usesLeaves() {
		if s := leafDup(handle, unsafe.Pointer(dup)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	*dup, s = cabi.Dup(handle)
	return s
}

// Borrow lends the object without a handle; end it with LeafReturn or ReturnSlowly of view.Root.
func Borrow(handle uint64, view *cabi.View) (s cabi.Status) {
	if usesLeaves() {
		if s := LeafBorrow(handle, view); s != cabi.Busy {
			return s
		}
	}
	slowly()
	*view, s = cabi.Borrow(handle)
	return s
}

// LeafBorrow is Borrow by a leaf call; only while On.
func LeafBorrow(handle uint64, view *cabi.View) cabi.Status {
	return cabi.Status(leafBorrow(handle, unsafe.Pointer(view)))
}

// LeafReturn ends one Borrow by a leaf call; only while On.
func LeafReturn(root uint64) cabi.Status { return cabi.Status(leafReturn(root)) }

// ReturnSlowly ends one Borrow by cgo.
func ReturnSlowly(root uint64) cabi.Status {
	slowly()
	return cabi.Return(root)
}

// MoveOut moves a reference into a ticket.
func MoveOut(handle uint64, ticket *uint64) (s cabi.Status) {
	if usesLeaves() {
		if s := leafMoveOut(handle, unsafe.Pointer(ticket)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	*ticket, s = cabi.MoveOut(handle)
	return s
}

// MoveIn takes a reference out of its ticket.
func MoveIn(ticket uint64, handle *uint64) (s cabi.Status) {
	if usesLeaves() {
		if s := leafMoveIn(ticket, unsafe.Pointer(handle)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	*handle, s = cabi.MoveIn(ticket)
	return s
}

// Revoke stops new dup, lend and move of the object.
func Revoke(handle uint64) cabi.Status {
	if usesLeaves() {
		if s := leafRevoke(handle); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.Revoke(handle)
}

// Validate says whether the handle names a live reference of the pool and type; 0 = any.
func Validate(handle, pool uint64, typeID uint32) cabi.Status {
	if usesLeaves() {
		if s := leafValidate(handle, pool, uint64(typeID)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.Validate(handle, pool, typeID)
}

// Read reads memory and size without counting anything.
func Read(handle uint64, view *cabi.View) (s cabi.Status) {
	if usesLeaves() {
		if s := leafRead(handle, unsafe.Pointer(view)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	*view, s = cabi.Read(handle)
	return s
}

// SequenceNext gives the next number of a generator.
func SequenceNext(sequence unsafe.Pointer, number *uint64) (s cabi.Status) {
	if usesLeaves() {
		if s := leafSequenceNext(sequence, unsafe.Pointer(number)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	*number, s = cabi.SequenceNext(sequence)
	return s
}
