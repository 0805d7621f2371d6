package escrow

import (
	"runtime"
	"sync/atomic"

	"example.com/escrow/go/internal/cabi"
)

// record is one reference as its cleanup sees it. It does not reach the entry that the guards point
// to, so the entry can become unreachable while the cleanup holds the record.
//
// handle goes from a live handle to a tombstone exactly once, by CAS; whoever does that ends the
// reference: an explicit Close wins over a late cleanup, and a second Close finds a tombstone.
type record struct {
	handle atomic.Uint64
	moving atomic.Bool // a move out was tried: a stale handle may be its doing
	size   int64
	core   *core
}

// Tombstones; live handles are at least 2^56.
const (
	tombReleased uint64 = 1 + iota
	tombMoved
	tombTop
)

// entry is what all copies of a guard or ticket point to; its cleanup ends the reference. It keeps
// the pool reachable, so a pool is not forgotten before its guards are.
type entry struct {
	*record
	pool *Pool
}

// newEntry takes over one reference.
func newEntry(p *Pool, handle uint64, size int64) *entry {
	r := &record{size: size, core: p.core}
	r.handle.Store(handle)
	e := &entry{r, p}
	r.core.began(size)
	runtime.AddCleanup(e, forgotten, r)
	return e
}

// forgotten ends a reference whose entry became unreachable. It runs on a cleanup goroutine: no
// lock, no wait, no destructor.
func forgotten(r *record) {
	h := r.claim(tombReleased)
	if h == 0 {
		return
	}
	s := cabi.ReleaseDeferred(h)
	if s >= 0 {
		r.core.leaked.Add(1)
		process.leaked.Add(1)
	}
	r.core.ended(r.size, s, false)
}

// claim replaces the live handle by a tombstone and returns it; 0 when it was ended before.
func (r *record) claim(tomb uint64) uint64 {
	for {
		h := r.handle.Load()
		if h < tombTop {
			return 0
		}
		if r.handle.CompareAndSwap(h, tomb) {
			return h
		}
	}
}

// close ends the reference; nil when it was ended before.
func (r *record) close(operation string) error {
	h := r.claim(tombReleased)
	if h == 0 {
		return nil
	}
	s := cabi.Release(h)
	r.core.ended(r.size, s, true)
	if s >= 0 || (s == cabi.Stale || s == cabi.Moved) && r.moving.Load() {
		return nil
	}
	return failed(operation, s)
}

// live returns the handle, or the status that its tombstone stands for.
func (r *record) live() (uint64, cabi.Status) {
	switch h := r.handle.Load(); h {
	case tombReleased:
		return 0, cabi.Stale
	case tombMoved:
		return 0, cabi.Moved
	default:
		return h, cabi.OK
	}
}

// call runs f on the live handle and keeps the entry alive meanwhile: without that the cleanup could
// end the reference in the middle of the call. The one place for KeepAlive outside of loans.
func (e *entry) call(operation string, f func(h uint64) cabi.Status) error {
	if e == nil {
		return failed(operation, cabi.Null)
	}
	h, s := e.live()
	if s < 0 {
		return e.core.refuse(operation, s)
	}
	s = f(h)
	runtime.KeepAlive(e)
	if s < 0 {
		return failed(operation, s)
	}
	return nil
}

// detach gives the reference up to whoever gets the handle.
func (e *entry) detach(operation string) (uint64, error) {
	if e == nil {
		return 0, failed(operation, cabi.Null)
	}
	h := e.claim(tombMoved)
	if h == 0 {
		_, s := e.live()
		return 0, e.core.refuse(operation, s)
	}
	e.core.ended(e.size, cabi.OK, true)
	runtime.KeepAlive(e)
	return h, nil
}
