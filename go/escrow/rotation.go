package escrow

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// rotator retires the current blocks of all pools once a collection, so that guards forgotten in an
// idle process are released, too: a current block is reachable from its stripe. A cleanup that
// re-arms itself while there are blocks notices the collections.
type rotator struct {
	collections atomic.Uint64 // seen while there were blocks, whose age is counted in them
	blocks      atomic.Int64  // on the lists of all pools

	mu    sync.Mutex
	pools map[*stripes]struct{} // of the pools that may have current blocks
	armed bool
}

var rotation rotator

// add remembers a pool that has a current block.
//
// Protocol: a block is put into its stripe before `rotating` is looked at; rotate clears `rotating`
// before it looks at the stripes. So rotate finds the block, or the pool is added again.
func (r *rotator) add(t *stripes) {
	if t.rotating.Swap(true) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pools == nil {
		r.pools = make(map[*stripes]struct{})
	}
	r.pools[t] = struct{}{}
	r.arm()
}

// listed counts blocks that come, or go.
func (r *rotator) listed(n int64) {
	if r.blocks.Add(n) == n && n > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.arm()
	}
}

// arm sees to it that collections are noticed; the caller holds mu.
func (r *rotator) arm() {
	if !r.armed {
		r.armed = true
		r.watch()
	}
}

// watch asks to be called after the next collection.
func (r *rotator) watch() {
	// Pointers, and more than 16 bytes of them: such an object is never batched with others.
	runtime.AddCleanup(new([3]*byte), func(r *rotator) { go r.collected() }, r)
}

// collected is called once a collection.
func (r *rotator) collected() {
	r.collections.Add(1)
	r.rotate()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.armed = len(r.pools) > 0 || r.blocks.Load() > 0; r.armed {
		r.watch()
	}
}

// rotate retires all current blocks.
func (r *rotator) rotate() {
	r.mu.Lock()
	pools := r.pools
	r.pools = nil
	r.mu.Unlock()
	for t := range pools {
		t.rotating.Store(false)
		t.retire()
	}
}
