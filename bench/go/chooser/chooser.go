// Package chooser holds three ways to find the block that a new guard takes its entry from: by a hash of the
// stack's address, as go/escrow does, by sync.Pool, and by the number of the processor. Blocks, entries and
// refills are the same in all of them and as in go/escrow, so what differs is the choice.
package chooser

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Entry is one reference: Vacant, then a handle, then Closed.
type Entry struct{ Handle atomic.Uint64 }

// What an entry holds besides a handle.
const (
	Vacant uint64 = 0
	Closed uint64 = 1
)

// Chooser gives vacant entries, each to one caller.
type Chooser interface{ Next() *Entry }

const all = ^uint64(0)

type block struct {
	free    atomic.Uint64 // bit i: entry i is vacant and nobody's
	filling sync.Mutex    // refill, where callers share the block
	entries [64]Entry
}

func newBlock() *block {
	b := new(block)
	b.free.Store(all)
	return b
}

// take takes an entry of a block that callers share; nil when there is none.
func (b *block) take() *Entry {
	for {
		free := b.free.Load()
		if free == 0 {
			return nil
		}
		if b.free.CompareAndSwap(free, free&(free-1)) {
			return &b.entries[bits.TrailingZeros64(free)]
		}
	}
}

// refill makes closed entries vacant, unless there are too few to be worth it.
func (b *block) refill() bool {
	b.filling.Lock()
	defer b.filling.Unlock()
	if b.free.Load() != 0 {
		return true
	}
	closed := b.vacate()
	b.free.Or(closed)
	return closed != 0
}

// vacate is the mask of the entries that were closed and now are vacant.
func (b *block) vacate() (closed uint64) {
	for i := range b.entries {
		if b.entries[i].Handle.Load() == Closed {
			closed |= 1 << i
		}
	}
	if bits.OnesCount64(closed) < 16 {
		return 0
	}
	for rest := closed; rest != 0; rest &= rest - 1 {
		// As in go/escrow, not an atomic store, which costs ten times as much: nobody else writes a closed
		// entry, and the mask publishes it.
		*(*uint64)(unsafe.Pointer(&b.entries[bits.TrailingZeros64(rest)].Handle)) = Vacant
	}
	return closed
}

// owned is a block that only one caller looks at, so its mask is an ordinary word.
type owned struct {
	*block
	mask uint64
	_    [48]byte // a cache line
}

func (o *owned) next() *Entry {
	if o.block == nil {
		o.block, o.mask = newBlock(), all
	}
	if o.mask == 0 {
		if o.mask = o.vacate(); o.mask == 0 {
			o.block, o.mask = newBlock(), all
		}
	}
	i := bits.TrailingZeros64(o.mask)
	o.mask &= o.mask - 1
	return &o.entries[i]
}

// Stripes chooses by a hash of the caller's stack address.
type Stripes struct{ of []stripe }

type stripe struct {
	current atomic.Pointer[block]
	_       [56]byte // a cache line
}

// NewStripes makes four stripes a processor, a power of two.
func NewStripes() *Stripes {
	n := 4
	for n < 4*runtime.GOMAXPROCS(0) {
		n *= 2
	}
	return &Stripes{make([]stripe, n)}
}

// Next gives an entry.
func (s *Stripes) Next() *Entry {
	var stack byte
	hash := uint64(uintptr(unsafe.Pointer(&stack))>>11) * 0x9E3779B97F4A7C15
	at := &s.of[int(hash>>32)&(len(s.of)-1)].current
	for {
		b := at.Load()
		if b != nil {
			if e := b.take(); e != nil {
				return e
			}
			if b.refill() {
				continue
			}
		}
		at.CompareAndSwap(b, newBlock())
	}
}

// Pooled keeps the blocks in a sync.Pool.
type Pooled struct{ pool sync.Pool }

// NewPooled makes one.
func NewPooled() *Pooled { return &Pooled{sync.Pool{New: func() any { return new(owned) }}} }

// Next gives an entry.
func (p *Pooled) Next() *Entry {
	o := p.pool.Get().(*owned)
	e := o.next()
	p.pool.Put(o)
	return e
}

// Processors has a block for each of the runtime's processors, which it finds by a function that the runtime
// keeps for itself.
type Processors struct{ of []owned }

// NewProcessors makes one for as many processors as there are now.
func NewProcessors() *Processors { return &Processors{make([]owned, runtime.GOMAXPROCS(0))} }

// Next gives an entry.
func (p *Processors) Next() *Entry {
	e := p.of[procPin()].next()
	procUnpin()
	return e
}

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()
