package escrow

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"example.com/escrow/go/internal/cabi"
)

// core is what a pool, its guards, its tickets and their cleanups share. It never reaches any of
// them, so a cleanup may hold it.
//
// Life: open -> closed (no new work) -> destroyed (memory given back). A closed pool with references
// out is a zombie; the end of its last Go reference destroys it, or, when C holds the last one, the
// first look after that, once a garbage collection.
type core struct {
	id       uint64
	pressure bool // its bytes count towards collections

	state  atomic.Int32
	refs   atomic.Int64 // Go references: guards, tickets and scope loans not yet ended
	bytes  atomic.Int64 // bytes of those that count as pressure
	leaked atomic.Uint64
	misuse [cabi.ErrorCount + 1]atomic.Uint64 // refused on the Go side, before C could count it

	todo   atomic.Uint32 // bits of work for the drainer
	queued atomic.Bool
	next   *core // in the drainer's list; owned by whoever set queued
}

const (
	stateOpen int32 = iota
	stateClosed
	stateDestroyed
)

// refuse counts a misuse that Go itself detected and makes its error.
func (c *core) refuse(operation string, s cabi.Status) error {
	c.misuse[-s].Add(1)
	return failed(operation, s)
}

// poolStatus is what a pool call's code means to the caller: C knows a destroyed pool as stale, but
// the caller closed it.
func (c *core) poolStatus(s cabi.Status) cabi.Status {
	if s == cabi.Stale && c.state.Load() != stateOpen {
		return cabi.Closed
	}
	return s
}

// close stops new work and destroys the pool if nothing is out; live is how many objects are.
// Exactly one caller gets a status other than Closed.
func (c *core) close(flags uint32) (live uint64, s cabi.Status) {
	if !c.state.CompareAndSwap(stateOpen, stateClosed) {
		return 0, cabi.Closed
	}
	live, s = cabi.PoolClose(c.id, flags)
	if s < 0 {
		// Only BUSY is possible here, from inside a destructor: nothing has happened.
		c.state.Store(stateOpen)
		return 0, s
	}
	if !c.destroy() {
		drain.bury(c)
	}
	return live, s
}

// destroy gives a closed pool's memory back if no reference is out; true when it is gone.
func (c *core) destroy() bool {
	if c.state.Load() == stateDestroyed {
		return true
	}
	// BUSY: a call of another thread is inside for some instructions more.
	for try := 0; try < 20; try++ {
		switch s := cabi.PoolDestroy(c.id); s {
		case cabi.OK, cabi.Stale:
			c.state.Store(stateDestroyed)
			return true
		case cabi.Busy:
			if try < 10 {
				runtime.Gosched()
			} else {
				time.Sleep(50 * time.Microsecond)
			}
		default:
			return false
		}
	}
	return false
}

// began counts a new Go reference of n bytes.
func (c *core) began(n int64) {
	c.refs.Add(1)
	if c.pressure && n != 0 {
		c.bytes.Add(n)
		collect.owned(n)
	}
}

// ended uncounts a Go reference and sees to what its end left behind. inline is true on an ordinary
// goroutine, false on a cleanup's, which must not wait.
func (c *core) ended(n int64, s cabi.Status, inline bool) {
	if c.pressure && n != 0 {
		c.bytes.Add(-n)
		collect.owned(-n)
		if !inline {
			collect.forgotten.Add(n)
		}
	}
	last := c.refs.Add(-1) == 0
	if s == cabi.Pending {
		drain.wake(c, workDrain)
	}
	if last {
		c.settle(inline)
	}
}

// settle destroys a zombie whose last Go reference has ended.
func (c *core) settle(inline bool) {
	if c.state.Load() != stateClosed || c.refs.Load() != 0 {
		return
	}
	if inline {
		c.destroy()
	} else {
		drain.wake(c, workDestroy)
	}
}

// leakError says how many objects are out.
func leakError(live uint64) error {
	noun := "objects"
	if live == 1 {
		noun = "object"
	}
	return fmt.Errorf("escrow: close pool: %d %s: %w", live, noun, ErrLeak)
}
