package escrow

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"weak"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// block is what guards and tickets point to: up to 64 entries that share one cleanup. It keeps its
// pool reachable, so a pool is not forgotten before its guards are. When no copy of any of its guards
// is left it becomes unreachable, and the cleanup ends what was forgotten in its ledger.
type block struct {
	*ledger
	pool *Pool
}

// ledger is a block as its cleanup and the pool's statistics see it: it does not reach the block.
//
// Life: current in one stripe -> retired (no entry is used anew) -> forgotten (its block is
// unreachable; it leaves the pool's list). A block of one entry is retired from the start.
//
// An entry that was closed while its block is current may be used again, by refill; so a program that
// acquires and closes makes no garbage. A retired block never is: an old guard would then keep ever
// new ones from being released.
type ledger struct {
	free    atomic.Uint64 // bit i: entry i may be taken; by CAS
	retired atomic.Bool
	entries []entry
	core    *core
	born    uint64              // collections seen when it was made
	block   weak.Pointer[block] // of a block made while its pool was noted or traced; see reachable

	mu sync.Mutex // refill and retirement

	next, last *ledger // in the pool's list; under core.blocksMu
	nextDead   *ledger // in core.dead
}

// entry is one reference. Its handle is 0 before the first use and while it is being filled, then live,
// then a tombstone. The step from live to tombstone is one CAS; whoever makes it ends the reference: an
// explicit Close wins over a late cleanup, and a second Close finds a tombstone.
//
// A guard holds its handle, too, and speaks for an entry only while that holds the same: handles never
// repeat, so a copy of a guard that has ended never touches the entry's next use.
type entry struct {
	handle  atomic.Uint64
	counted atomic.Uint32 // bytes that count as pressure; whoever takes them out subtracts them
	size    uint32        // written before the handle
	moving  atomic.Bool   // a move was tried: a stale handle may be its doing
	ticket  atomic.Bool   // the reference came as a ticket, which a closing pool may end; set before the handle
}

// Tombstones. Live handles are at least 2^56 and below 2^63.
const (
	vacant       uint64 = 0
	tombReleased uint64 = 1
	tombMoved    uint64 = 1 << 63 // with the handle that was moved
)

func isLive(h uint64) bool { return int64(h) > int64(tombReleased) }

func isTombstone(h uint64) bool { return h != vacant && !isLive(h) }

const (
	blockEntries  = 64
	leastRefill   = 16       // entries worth a refill; a block with fewer is left to its guards
	ownCleanup    = 16 << 10 // bytes from which on an object has a block of its own
	blockIsUnused = ^uint64(0)
)

// newBlock makes a block and arms its cleanup. Entry 0 is the caller's: once the block is listed Close may
// retire it, and then nobody takes an entry any more.
func newBlock(p *Pool, entries int) *block {
	l := &ledger{core: p.core, entries: make([]entry, entries), born: rotation.collections.Load()}
	l.free.Store(blockIsUnused >> (blockEntries - entries) &^ 1)
	l.retired.Store(entries == 1)
	b := &block{l, p}
	if atomic.LoadUint64(p.watched) != 0 {
		l.block = weak.Make(b) // costs as much as all else here, so only where somebody may ask
	}
	p.core.list(l)
	runtime.AddCleanup(b, forgotten, l)
	return b
}

// reachable says whether the collector has not found the block unreachable, as far as that is known.
func (l *ledger) reachable() bool {
	return l.block == weak.Pointer[block]{} || l.block.Value() != nil
}

// take takes an entry that nobody uses; -1 when there is none.
func (l *ledger) take() int {
	for {
		free := l.free.Load()
		if free == 0 {
			return -1
		}
		if l.free.CompareAndSwap(free, free&(free-1)) {
			return bits.TrailingZeros64(free)
		}
	}
}

// putBack undoes a take whose entry was not used.
func (l *ledger) putBack(i int) { l.free.Or(1 << i) }

// refill makes closed entries usable again and takes one; -1 when too few are closed, or when the
// block is retired. Entries whose reference was moved stay what they are: their guards answer
// ErrMoved. So do those of tickets.
func (l *ledger) refill() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired.Load() {
		return -1
	}
	if i := l.take(); i >= 0 {
		return i // somebody else refilled
	}
	var closed uint64
	for i := range l.entries {
		e := &l.entries[i]
		if e.handle.Load() == tombReleased && !e.moving.Load() && !e.ticket.Load() {
			closed |= 1 << i
		}
	}
	if bits.OnesCount64(closed) < leastRefill {
		return -1
	}
	for rest := closed; rest != 0; rest &= rest - 1 {
		l.entries[bits.TrailingZeros64(rest)].vacate()
	}
	l.free.Or(closed & (closed - 1)) // not a store: an entry may just have been put back
	return bits.TrailingZeros64(closed)
}

// retire ends the refills and counts what is held. The caller has taken the block out of its stripe.
//
// Counted once, uncounted once: retire sets `retired`, counts an entry, looks at its handle again; an
// end makes the tombstone, looks at `retired`, uncounts. Either the end sees `retired` and takes out
// what was counted, or its tombstone was there before `retired` and the second look sees it. Whoever
// fills an entry looks at `retired` afterwards, too. An end that comes so late that its entry is in use
// again leaves it alone: that was refilled before `retired`, when nothing was counted.
func (l *ledger) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free.Store(0)
	l.retired.Store(true)
	for i := range l.entries {
		l.count(&l.entries[i])
	}
}

// count adds an entry of a retired block to the pressure.
func (l *ledger) count(e *entry) {
	h := e.handle.Load()
	if !isLive(h) || !l.core.pressure || e.size == 0 {
		return
	}
	n := e.size
	if !e.counted.CompareAndSwap(0, n) {
		return
	}
	l.core.owned(int64(n))
	if e.handle.Load() != h {
		l.uncount(e)
	}
}

// uncount takes an entry off the pressure and says by how many bytes.
func (l *ledger) uncount(e *entry) int64 {
	n := int64(e.counted.Swap(0))
	if n != 0 {
		l.core.owned(-n)
	}
	return n
}

// claim replaces the handle, unless it has ended, by a tombstone; true for exactly one caller.
func (e *entry) claim(h, tomb uint64) bool { return e.handle.CompareAndSwap(h, tomb) }

// ended sees to what the end of a reference with status s left behind. inline is true on an ordinary
// goroutine, false on a cleanup's, which must not wait.
func (l *ledger) ended(e *entry, s cabi.Status, inline bool) {
	if s == cabi.Freed && !l.retired.Load() {
		return // blocks of a closed pool are retired
	}
	if isTombstone(e.handle.Load()) { // no entry of a retired block is used anew, so it stays one
		if n := l.uncount(e); !inline {
			collect.forgotten.Add(n)
		}
	}
	if s == cabi.Pending {
		drain.wake(l.core, workDrain)
	}
	if l.core.state.Load() == stateClosed && l.core.outstanding.Add(-1) <= 0 {
		l.core.settle(inline)
	}
}

// forgotten ends the references of a block that became unreachable. It runs on a cleanup goroutine: no
// lock, no wait, no destructor.
func forgotten(l *ledger) {
	for i := range l.entries {
		e := &l.entries[i]
		h := e.handle.Load()
		if !isLive(h) || !e.claim(h, tombReleased) {
			continue
		}
		t := trace(OperationRelease, h)
		s := facade.ReleaseDeferred(h)
		t.done(s, 0)
		if s >= 0 {
			l.core.leaked.Add(1)
			process.leaked.Add(1)
		}
		l.ended(e, s, false)
	}
	l.core.bury(l)
}
