package escrow

import (
	"iter"
	"runtime"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// cores are those of the pools that Go opened or attached and that have not given their memory back: what
// Go knows of a pool beside C. A core reaches neither its pool nor a guard, so none is kept by this.
var cores struct {
	mu  sync.Mutex
	all map[*core]struct{}
}

func register(c *core) {
	cores.mu.Lock()
	defer cores.mu.Unlock()
	if cores.all == nil {
		cores.all = make(map[*core]struct{})
	}
	cores.all[c] = struct{}{}
}

func unregister(c *core) {
	cores.mu.Lock()
	defer cores.mu.Unlock()
	delete(cores.all, c)
}

// coresOf lists the cores of one pool, of all for 0.
func coresOf(id uint64) (all []*core) {
	cores.mu.Lock()
	defer cores.mu.Unlock()
	for c := range cores.all {
		if id == 0 || c.id == id {
			all = append(all, c)
		}
	}
	return all
}

// PoolIDs lists the pools that are open, or closed with references out, of any language, by their
// UnsafeIDs. Cost: one call for 64 pools.
func PoolIDs() []uint64 {
	var all []uint64
	var cursor uint64
	var page [64]uint64
	for {
		n, s := cabi.PoolList(&cursor, &page)
		if s < 0 {
			return all
		}
		all = append(all, page[:n]...)
		if cursor == 0 {
			return all
		}
	}
}

// StatsOf is Pool.Stats of the pool whose UnsafeID this is, of any language. What Go counts (Held, Leaked)
// is that of all Pools that are attached to it.
//
// Errors: ErrStale (destroyed), ErrNull, ErrKind, ErrRange, ErrNoCgo. Cost: as Pool.Stats.
func StatsOf(id uint64) (Stats, error) {
	var raw cabi.Stats
	s := cabi.PoolStats(id, &raw)
	out := statsFrom(&raw, coresOf(id))
	if s < 0 {
		return out, failed("read stats", s)
	}
	return out, nil
}

// LedgerOf is Pool.ReadLedger of the pool whose UnsafeID this is, of any language.
//
// Errors: as StatsOf.
func LedgerOf(id uint64) (Ledger, error) {
	l, s := cabi.ReadLedger(id)
	if s < 0 {
		return Ledger{}, failed("read ledger", s)
	}
	return Ledger{LedgerOptions{int(l.Rate), l.Frames}, l.Missed, l.Lost}, nil
}

// ReferencesOf is Pool.References of the pool whose UnsafeID this is, of any language.
func ReferencesOf(id uint64) iter.Seq[Reference] { return references(id) }

// Held is a reference that a guard or a ticket of Go holds.
type Held struct {
	ID          uint64 // names the slot, as in Note and Reference; not a handle that may be used
	Pool        uint64 // UnsafeID of its pool
	Collections int    // garbage collections that its block has seen
	// Reachable: the collector has not found the block of the guard unreachable. A block that it has
	// found so is released by its cleanup, soon after. A guard that was dropped stays in a reachable
	// block as long as another guard of the block is kept, or until a collection retires the block.
	Reachable bool
}

// HeldReferences lists what guards and tickets of Go hold, of all pools. It is safe while everything runs: a
// reference that is made or ended meanwhile may be missed.
//
// Cost: about 3 ns an entry of the blocks, 64 a block, and a lock of the pool for 1 ns a block. Asking for a block
// while the collector marks keeps it until the next collection.
func HeldReferences() iter.Seq[Held] { return heldBy(0) }

// HeldReferences lists what guards and tickets of the pool hold, as the function HeldReferences.
func (p *Pool) HeldReferences() iter.Seq[Held] {
	return func(yield func(Held) bool) {
		if p.valid() {
			p.core.heldReferences(yield)
			runtime.KeepAlive(p)
		}
	}
}

func heldBy(id uint64) iter.Seq[Held] {
	return func(yield func(Held) bool) {
		for _, c := range coresOf(id) {
			if !c.heldReferences(yield) {
				return
			}
		}
	}
}

// heldReferences copies the list of ledgers, so that yield runs without the lock. A ledger that leaves the
// list meanwhile has no live entry any more.
func (c *core) heldReferences(yield func(Held) bool) bool {
	now := rotation.collections.Load()
	var all []*ledger
	c.blocksMu.Lock()
	for l := c.blocks; l != nil; l = l.next {
		all = append(all, l)
	}
	c.blocksMu.Unlock()
	for _, l := range all {
		h := Held{Pool: c.id, Collections: int(now - min(now, l.born)), Reachable: l.block.Value() != nil}
		for i := range l.entries {
			if h.ID = l.entries[i].handle.Load(); isLive(h.ID) && !yield(h) {
				return false
			}
		}
	}
	return true
}
