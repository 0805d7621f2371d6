package escrow

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// core is what a pool, its guards, its tickets and their cleanups share. It never reaches any of
// them, so a cleanup may hold it.
//
// Life: open -> closed (no new work) -> destroyed (memory given back). A closed pool with references
// out is a zombie; the end of its last Go reference destroys it, or, when C holds the last one, the
// first look after that, once a garbage collection.
type core struct {
	id       uint64
	watched  *uint64 // in C: up to which mixture its handles are noted or traced; 0 none
	limits   *uint64 // in C: how many are noted and how many traced; see watch
	pressure bool    // its bytes count towards collections
	attached bool    // C opened the pool, and closes it

	state  atomic.Int32
	bytes  atomic.Int64 // of references that count as pressure: those in retired blocks
	leaked atomic.Uint64
	misuse [cabi.ErrorCount + 1]atomic.Uint64 // refused on the Go side, before C could count it

	blocksMu sync.Mutex
	blocks   *ledger                // all whose cleanup has not run
	dead     atomic.Pointer[ledger] // those whose has, until the drainer takes them off the list

	// How many Go references a closed pool has, roughly: it says when to look whether the pool can be
	// destroyed. Negative while close is counting.
	outstanding atomic.Int64

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
	return c.refusal(operation, s)
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
	c.retireAll()
	if c.attached {
		c.state.Store(stateDestroyed) // nothing of it is Go's to give back
		unregister(c)
		return 0, cabi.OK
	}
	live, s = cabi.PoolClose(c.id, flags)
	if s < 0 {
		// Only BUSY is possible here, from inside a destructor: nothing has happened.
		c.state.Store(stateOpen)
		return 0, s
	}
	if flags&cabi.ReclaimTickets != 0 {
		c.endReclaimed()
	}
	if !c.destroy() {
		held, _ := c.held()
		if c.outstanding.Add(held.total()) <= 0 {
			c.settle(true)
		}
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
			unregister(c)
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

// owned adds n bytes to the pressure, or takes them off.
func (c *core) owned(n int64) {
	c.bytes.Add(n)
	collect.owned(n)
}

// settle destroys a zombie whose last Go reference has ended.
func (c *core) settle(inline bool) {
	if c.state.Load() != stateClosed {
		return
	}
	if inline {
		c.destroy()
	} else {
		drain.wake(c, workDestroy)
	}
}

// list adds a block's ledger to the pool's.
func (c *core) list(l *ledger) {
	rotation.listed(1)
	c.blocksMu.Lock()
	defer c.blocksMu.Unlock()
	l.next = c.blocks
	if l.next != nil {
		l.next.last = l
	}
	c.blocks = l
}

// bury asks the drainer to take a ledger off the list. Safe in a cleanup.
func (c *core) bury(l *ledger) {
	for {
		head := c.dead.Load()
		l.nextDead = head
		if c.dead.CompareAndSwap(head, l) {
			break
		}
	}
	drain.wake(c, workForget)
}

// forgetDead takes the buried ledgers off the list.
func (c *core) forgetDead() {
	c.blocksMu.Lock()
	defer c.blocksMu.Unlock()
	for l := c.dead.Swap(nil); l != nil; l = l.nextDead {
		rotation.listed(-1)
		if l.last != nil {
			l.last.next = l.next
		} else {
			c.blocks = l.next
		}
		if l.next != nil {
			l.next.last = l.last
		}
	}
}

// retireAll retires the pool's blocks, and those of a forgotten pool, which nothing else reaches.
func (c *core) retireAll() {
	c.blocksMu.Lock()
	defer c.blocksMu.Unlock()
	for l := c.blocks; l != nil; l = l.next {
		if !l.retired.Load() {
			l.retire()
		}
	}
}

// endReclaimed ends the entries of tickets whose references C has reclaimed: nothing is held by them, and
// the pool must not wait for their end.
func (c *core) endReclaimed() {
	c.blocksMu.Lock()
	defer c.blocksMu.Unlock()
	for l := c.blocks; l != nil; l = l.next {
		for i := range l.entries {
			e := &l.entries[i]
			h := e.handle.Load()
			if isLive(h) && e.ticket.Load() && facade.Validate(h, c.id, 0) == cabi.Stale && e.claim(h, tombReleased) {
				l.uncount(e)
			}
		}
	}
}

// held counts the references in the pool's blocks, by the blocks' age, and the blocks.
func (c *core) held() (held HeldByAge, blocks uint64) {
	now := rotation.collections.Load()
	c.blocksMu.Lock()
	defer c.blocksMu.Unlock()
	for l := c.blocks; l != nil; l = l.next {
		blocks++
		for i := range l.entries {
			if isLive(l.entries[i].handle.Load()) {
				held[ageOf(now-min(now, l.born))]++
			}
		}
	}
	return held, blocks
}

// leakError says how many objects are out.
func leakError(live uint64) error {
	noun := "objects"
	if live == 1 {
		noun = "object"
	}
	return fmt.Errorf("escrow: close pool: %d %s: %w", live, noun, ErrLeak)
}
