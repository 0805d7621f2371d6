package escrow

import (
	"runtime"
	"sync"
	"sync/atomic"

	"example.com/escrow/go/internal/cabi"
)

// drainer does what a cleanup must not: run destructors that are owed, close forgotten pools, destroy
// zombies, take dead blocks off their pool's list. One goroutine per process, started when there is work and gone when there is
// none.
//
// Protocol. wake sets the core's work bits, puts the core on the list unless it is there, and starts
// the goroutine unless it runs: atomics alone, no lock, so that a cleanup may call it. run takes the
// whole list at once, so a core is on the list or with run, never lost: run clears `queued` before
// it takes the work bits, and a wake in between queues the core again. Before it ends run clears
// `running` and looks once more; a wake that saw `running` set is seen by that look.
type drainer struct {
	head    atomic.Pointer[core]
	running atomic.Bool

	mu      sync.Mutex
	zombies map[*core]struct{}
}

const (
	workDrain uint32 = 1 << iota
	workDestroy
	workClose
	workForget
)

var drain drainer

// wake asks for work on a core. Safe in a cleanup.
func (d *drainer) wake(c *core, work uint32) {
	c.todo.Or(work)
	if c.queued.CompareAndSwap(false, true) {
		for {
			head := d.head.Load()
			c.next = head
			if d.head.CompareAndSwap(head, c) {
				break
			}
		}
	}
	if d.running.CompareAndSwap(false, true) {
		go d.run()
	}
}

// run works the list off.
func (d *drainer) run() {
	for {
		c := d.head.Swap(nil)
		if c == nil {
			d.running.Store(false)
			if d.head.Load() == nil || !d.running.CompareAndSwap(false, true) {
				return
			}
			continue
		}
		for c != nil {
			next := c.next
			c.next = nil
			c.queued.Store(false)
			d.work(c, c.todo.Swap(0))
			c = next
		}
	}
}

// work does what was asked for on one core.
func (d *drainer) work(c *core, todo uint32) {
	if todo&workForget != 0 {
		c.forgetDead()
	}
	if todo&workDrain != 0 {
		cabi.PoolDrain(c.id)
	}
	if todo&workClose != 0 {
		c.close(0)
	}
	if c.state.Load() == stateClosed && c.destroy() {
		d.mu.Lock()
		delete(d.zombies, c)
		d.mu.Unlock()
	}
}

// bury remembers a closed pool whose memory could not be given back yet.
func (d *drainer) bury(c *core) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.zombies == nil {
		d.zombies = make(map[*core]struct{})
	}
	d.zombies[c] = struct{}{}
	if len(d.zombies) == 1 {
		d.watch()
	}
}

// watch looks at the zombies after the next garbage collection: C may have ended the last reference,
// and nothing on the Go side would notice. The watch re-arms itself while there are zombies.
func (d *drainer) watch() {
	// Pointers, and more than 16 bytes of them: such an object is never batched with others.
	runtime.AddCleanup(new([3]*byte), func(d *drainer) { go d.visit() }, d)
}

// visit wakes every zombie.
func (d *drainer) visit() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.zombies {
		if c.state.Load() == stateDestroyed {
			delete(d.zombies, c)
		} else {
			d.wake(c, workDestroy)
		}
	}
	if len(d.zombies) > 0 {
		d.watch()
	}
}
