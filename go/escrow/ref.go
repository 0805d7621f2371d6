package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// ref is what guards and tickets are: an entry of a block, the handle it holds as long as the
// reference lives, and the size of the object. The zero value refers to nothing.
type ref struct {
	b      *block
	handle uint64
	bytes  uint32
	index  uint32
}

func (r ref) size() int64   { return int64(r.bytes) }
func (r ref) entry() *entry { return &r.b.entries[r.index] }

// live returns the handle, or the status that its tombstone stands for.
func (r ref) live() (uint64, cabi.Status) {
	switch r.entry().handle.Load() {
	case r.handle:
		return r.handle, cabi.OK
	case r.handle | tombMoved:
		return 0, cabi.Moved
	}
	return 0, cabi.Stale
}

// claim ends the reference here, for exactly one caller.
func (r ref) claim(tomb uint64) bool { return r.entry().claim(r.handle, tomb) }

// call runs f on the live handle and keeps the block alive meanwhile: without that the cleanup could
// end the reference in the middle of the call.
func (r ref) call(operation string, f func(h uint64) cabi.Status) error {
	if r.b == nil {
		return refusal(operation, 0, cabi.Null)
	}
	h, s := r.live()
	if s < 0 {
		return r.b.core.refuse(operation, s)
	}
	s = f(h)
	runtime.KeepAlive(r.b)
	if s < 0 {
		return r.b.core.refusal(operation, s)
	}
	return nil
}

// close ends the reference; nil when it was ended before.
func (r ref) close(operation string) error {
	if s := r.end(); s < 0 {
		return r.b.core.refusal(operation, s)
	}
	return nil
}

// end ends the reference; below zero only where C refused and that is no doing of Go's.
func (r ref) end() cabi.Status {
	if r.b == nil {
		return cabi.OK
	}
	l := r.b.ledger
	e := &l.entries[r.index]
	if tracing() {
		return r.endTraced()
	}
	if !e.claim(r.handle, tombReleased) {
		return cabi.OK
	}
	s := cabi.Busy
	if facade.On() {
		s = facade.LeafRelease(r.handle)
	}
	if s == cabi.Freed && !l.retired.Load() {
		return s // as ended says, without the call
	}
	return r.ended(s)
}

// endTraced is end while any pool is traced.
//
//go:noinline
func (r ref) endTraced() cabi.Status {
	if !r.claim(tombReleased) {
		return cabi.OK
	}
	t := trace(OperationRelease, r.handle)
	s := cabi.Busy
	if facade.On() {
		s = facade.LeafRelease(r.handle)
	}
	if s == cabi.Busy {
		s = facade.ReleaseSlowly(r.handle)
	}
	t.done(s, 0)
	return r.ended(s)
}

// ended goes on from what a leaf call to release the claimed reference answered; BUSY where there was none.
func (r ref) ended(s cabi.Status) cabi.Status {
	e := r.entry()
	if s == cabi.Busy {
		s = facade.ReleaseSlowly(r.handle)
	}
	r.b.ended(e, s, true)
	runtime.KeepAlive(r.b)
	if (s == cabi.Stale || s == cabi.Moved) && e.moving.Load() {
		return cabi.OK
	}
	return s
}

// detach gives the reference up to whoever gets the handle.
func (r ref) detach(operation string) (uint64, error) {
	if r.b == nil {
		return 0, refusal(operation, 0, cabi.Null)
	}
	if !r.claim(r.handle | tombMoved) {
		_, s := r.live()
		return 0, r.b.core.refuse(operation, s)
	}
	r.b.ended(r.entry(), cabi.OK, true)
	runtime.KeepAlive(r.b)
	return r.handle, nil
}
