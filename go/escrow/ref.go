package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// ref is what guards and tickets are: one use of an entry of a block, and the size of its object. The
// zero value refers to nothing.
type ref struct {
	b  *block
	at uint64 // size | entry | use, of 32, 6 and 26 bits
}

func refTo(b *block, i int, use uint32, size uint32) ref {
	return ref{b, uint64(size)<<32 | uint64(i)<<(32-entryBits) | uint64(use)}
}

func (r ref) size() int64   { return int64(r.at >> 32) }
func (r ref) use() uint32   { return uint32(r.at) & lastUse }
func (r ref) entry() *entry { return &r.b.entries[uint32(r.at)>>(32-entryBits)] }

// live returns the handle, or the status that its tombstone stands for.
func (r ref) live() (uint64, cabi.Status) {
	e := r.entry()
	h := e.handle.Load()
	switch {
	case e.use.Load() != r.use():
		return 0, cabi.Stale
	case h >= tombTop:
		return h, cabi.OK
	case h == tombMoved:
		return 0, cabi.Moved
	}
	return 0, cabi.Stale
}

// call runs f on the live handle and keeps the block alive meanwhile: without that the cleanup could
// end the reference in the middle of the call.
func (r ref) call(operation string, f func(h uint64) cabi.Status) error {
	if r.b == nil {
		return failed(operation, cabi.Null)
	}
	h, s := r.live()
	if s < 0 {
		return r.b.core.refuse(operation, s)
	}
	s = f(h)
	runtime.KeepAlive(r.b)
	if s < 0 {
		return failed(operation, s)
	}
	return nil
}

// close ends the reference; nil when it was ended before.
func (r ref) close(operation string) error {
	if r.b == nil {
		return nil
	}
	e := r.entry()
	h := e.claim(r.use(), tombReleased)
	if h == 0 {
		return nil
	}
	s := facade.Release(h)
	if s == cabi.Freed && !r.b.retired.Load() {
		return nil // as ended says, without the call
	}
	r.b.ended(e, s, true)
	runtime.KeepAlive(r.b)
	if s >= 0 || (s == cabi.Stale || s == cabi.Moved) && e.moving.Load() {
		return nil
	}
	return failed(operation, s)
}

// detach gives the reference up to whoever gets the handle.
func (r ref) detach(operation string) (uint64, error) {
	if r.b == nil {
		return 0, failed(operation, cabi.Null)
	}
	e := r.entry()
	h := e.claim(r.use(), tombMoved)
	if h == 0 {
		_, s := r.live()
		return 0, r.b.core.refuse(operation, s)
	}
	r.b.ended(e, cabi.OK, true)
	runtime.KeepAlive(r.b)
	return h, nil
}
