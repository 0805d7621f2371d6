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

// take borrows the object of r. s is what a leaf call to borrow it answered, BUSY where there was none.
func (l *loan) take(r ref, operation string, s cabi.Status) error {
	if r.b == nil {
		return refusal(operation, 0, cabi.Null)
	}
	if s == cabi.Busy {
		if _, ended := r.live(); ended < 0 {
			return r.b.core.refuse(operation, ended)
		}
		t := trace(OperationBorrow, r.handle)
		s = facade.Borrow(r.handle, &l.view)
		t.done(s, 0)
	}
	if s == cabi.Limit {
		s = l.takeDuplicate(r.handle)
	}
	runtime.KeepAlive(r.b)
	if s < 0 {
		return r.b.core.refusal(operation, s)
	}
	l.b, l.core = r.b, r.b.core
	l.bytes = l.expose(l.view)
	return nil
}

func (l *loan) takeDuplicate(h uint64) cabi.Status {
	t := trace(OperationDup, h)
	s := facade.Dup(h, &l.dup)
	t.done(s, l.dup)
	if s < 0 {
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
	if l.dup == 0 {
		l.core.giveBack(l.view.Root)
	} else {
		t := trace(OperationRelease, l.dup)
		s := facade.ReleaseDeferred(l.dup)
		t.done(s, 0)
		if s > 0 {
			l.core.freed(s)
		}
	}
	runtime.KeepAlive(l.b)
}

// giveBack ends an anonymous borrow of an object that a guard of block b led to.
func giveBack(b *block, root uint64) {
	b.core.giveBack(root)
	runtime.KeepAlive(b)
}

// giveBack ends an anonymous borrow of one of the pool's objects.
func (c *core) giveBack(root uint64) {
	t := trace(OperationReturn, root)
	s := cabi.Busy
	if facade.On() {
		s = facade.LeafReturn(root)
	}
	if s == cabi.Busy {
		s = facade.ReturnSlowly(root)
	}
	t.done(s, 0)
	if s > 0 {
		c.freed(s)
	}
}

// freed sees to what the end of a loan with status s left behind.
func (c *core) freed(s cabi.Status) {
	if s == cabi.Pending {
		drain.wake(c, workDrain)
	}
	c.settle(false)
}
