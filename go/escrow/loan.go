package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
)

// loan is the right to an object's memory for a while. An anonymous borrow, or, where those are at
// their limit, a duplicate of its own. Must not be copied between take and giveBack.
type loan struct {
	e     *entry
	bytes []byte
	view  cabi.View
	dup   uint64 // released instead of returned, when not 0
	exposure
}

// take borrows the object of e.
func (l *loan) take(e *entry, operation string) error {
	err := e.call(operation, func(h uint64) (s cabi.Status) {
		l.view, s = cabi.Borrow(h)
		if s != cabi.Limit {
			return s
		}
		if l.dup, s = cabi.Dup(h); s < 0 {
			return s
		}
		l.view, s = cabi.Read(l.dup)
		return s
	})
	if err != nil {
		return err
	}
	l.e = e
	l.bytes = l.expose(l.view)
	return nil
}

// giveBack ends the loan and frees the object if all its owners left meanwhile. It runs no destructor
// and waits for nothing, so that a scope's cleanup may call it: that is the drainer's.
func (l *loan) giveBack() {
	l.conceal()
	l.bytes = nil
	var s cabi.Status
	if l.dup != 0 {
		s = cabi.ReleaseDeferred(l.dup)
	} else {
		s = cabi.Return(l.view.Root)
	}
	if s == cabi.Pending {
		drain.wake(l.e.core, workDrain)
	}
	if s > 0 {
		l.e.core.settle(false)
	}
	runtime.KeepAlive(l.e)
}
