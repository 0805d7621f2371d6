package escrow

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// stripe holds one current block of a pool. A goroutine takes entries from the stripe its stack's
// address hashes to: goroutines that run at once rarely meet, and nothing of the runtime is needed to
// know where one runs. A stripe is a place to look first, not an owner.
type stripe struct {
	current atomic.Pointer[block]
	_       [64 - unsafe.Sizeof(uintptr(0))]byte // a cache line
}

// stripes are a pool's. The pool and the rotation reach them, its core does not: cleanups hold the
// core, and blocks reach their pool.
type stripes struct {
	of       []stripe
	rotating atomic.Bool // the rotation knows that there are current blocks
}

// newStripes makes four stripes a processor, a power of two.
func newStripes() *stripes {
	n := 4
	for n < 4*runtime.GOMAXPROCS(0) && n < 1024 {
		n *= 2
	}
	return &stripes{of: make([]stripe, n)}
}

// here is the stripe for the calling goroutine. Stacks are at least 2 KiB apart; Fibonacci hashing.
func (t *stripes) here() *stripe {
	var stack byte
	hash := uint64(uintptr(unsafe.Pointer(&stack))>>11) * 0x9E3779B97F4A7C15
	return &t.of[int(hash>>32)&(len(t.of)-1)]
}

// seat takes an entry for an object of `size` bytes: of the stripe's current block, of a new one where
// that is used up, or, for large objects and in pools of precise guards, of a block of its own.
func (p *Pool) seat(size int64) (*block, int) {
	if size > p.shared || p.shared == 0 {
		return newBlock(p, 1), 0
	}
	s := p.stripes.here()
	for {
		b := s.current.Load()
		if b == nil {
			b = newBlock(p, blockEntries)
			// Close retires the pool's blocks after it has set the state: it saw this one, or we see it. We look
			// before others find the block here, for whoever ends a reference takes its pool for open where
			// the block is not retired.
			if p.state.Load() != stateOpen || !s.current.CompareAndSwap(nil, b) {
				b.retire() // closed, or another goroutine was faster; this one serves once
				return b, 0
			}
			rotation.add(p.stripes)
			return b, 0
		}
		if i := b.take(); i >= 0 {
			return b, i
		}
		if i := b.refill(); i >= 0 {
			return b, i
		}
		if s.current.CompareAndSwap(b, nil) {
			b.retire()
		}
	}
}

// enter takes over one reference that exists.
func (p *Pool) enter(handle uint64, size int64) ref {
	b, i := p.seat(size)
	return b.enter(i, handle, size)
}

// enterTicket is enter for one that is in flight.
func (p *Pool) enterTicket(handle uint64, size int64) ref {
	b, i := p.seat(size)
	b.entries[i].ticket.Store(true)
	return b.enter(i, handle, size)
}

func (b *block) enter(i int, handle uint64, size int64) ref {
	e := &b.entries[i]
	e.size = uint32(size)
	e.handle.Store(handle)
	if b.retired.Load() {
		b.count(e)
	}
	return ref{b, handle, e.size, uint32(i)}
}

// retire takes the blocks out of all stripes.
func (t *stripes) retire() {
	for i := range t.of {
		if b := t.of[i].current.Swap(nil); b != nil {
			b.retire()
		}
	}
}
