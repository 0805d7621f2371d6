package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// loan is the right to an object's memory for a while. An anonymous borrow, or, where those are at
// their limit, a duplicate of its own. Must not be copied between take and giveBack.
type loan struct {
	b     *block // kept reachable; nil for an object in a map
	core  *core
	bytes []byte
	view  cabi.View
	dup   uint64 // released instead of returned, when not 0
	exposure
}

// take borrows the object of r.
func (l *loan) take(r ref, operation string) error {
	if r.b == nil {
		return failed(operation, cabi.Null)
	}
	h, s := r.live()
	if s < 0 {
		return r.b.core.refuse(operation, s)
	}
	if s = facade.Borrow(h, &l.view); s == cabi.Limit {
		s = l.takeDuplicate(h)
	}
	runtime.KeepAlive(r.b)
	if s < 0 {
		return failed(operation, s)
	}
	l.b, l.core = r.b, r.b.core
	l.bytes = l.expose(l.view)
	return nil
}

func (l *loan) takeDuplicate(h uint64) cabi.Status {
	if s := facade.Dup(h, &l.dup); s < 0 {
		l.dup = 0
		return s
	}
	return facade.Read(l.dup, &l.view)
}

// giveBack ends the loan and frees the object if all its owners left meanwhile. It runs no destructor
// and waits for nothing, so that a scope's cleanup may call it: that is the drainer's.
func (l *loan) giveBack() {
	l.conceal()
	l.bytes = nil
	var s cabi.Status
	if l.dup != 0 {
		s = facade.ReleaseDeferred(l.dup)
	} else {
		s = facade.Return(l.view.Root)
	}
	if s > 0 {
		l.freed(s)
	}
	runtime.KeepAlive(l.b)
}

func (l *loan) freed(s cabi.Status) {
	if s == cabi.Pending {
		drain.wake(l.core, workDrain)
	}
	l.core.settle(false)
}
