package escrow

import (
	"iter"
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Guard is one reference to an object in a pool. It is a small value: copies are the same reference,
// and the zero value is valid, refers to nothing and need not be closed.
//
// A guard that becomes unreachable without Close is released by its cleanup some time after a
// garbage collection and counted in Stats.Leaked.
//
// Guards are entries of blocks of up to 64 that share one cleanup. A forgotten guard is released once
// every guard of its block is closed or forgotten, except for objects of 16 KiB and more and in pools
// with Options.PreciseGuards, where each guard has a cleanup of its own.
type Guard struct{ ref }

// Use lends the object's memory to f, gives it back when f has returned or panicked, and returns
// f's error. The slice is valid inside f only. While it runs the object cannot be moved, and Close
// of the guard takes effect when f is done. Any number of goroutines may be in Use of one guard;
// what they do to the bytes is theirs to synchronise.
//
// Beyond 65,535 simultaneous loans Use works through a duplicate, until those are at their limit
// too. Under -race f gets a copy in Go memory, so that the race detector, which knows nothing of C
// memory, sees the accesses; what f changed is written back when f is done, and a C function that f
// calls sees it by the slice, not yet by the handle.
//
// Errors: f's; ErrNull, ErrStale, ErrMoved, ErrRevoked, ErrLimit. Cost: two calls, no allocation.
func (g Guard) Use(f func(b []byte) error) error {
	// The common case, in line: a leaf call finds an object that may be lent. Never so under -race.
	if g.b != nil && facade.On() && !tracing() {
		var view cabi.View
		if g.entry().handle.Load() == g.handle {
			s := facade.LeafBorrow(g.handle, &view)
			if s == cabi.OK {
				defer giveBack(g.b, view.Root)
				return f(view.Bytes())
			}
			return g.useSlowly(f, s)
		}
	}
	return g.useSlowly(f, cabi.Busy)
}

// useSlowly goes on from what a leaf call to borrow answered; BUSY where there was none.
func (g Guard) useSlowly(f func(b []byte) error, s cabi.Status) error {
	var l loan
	if err := l.take(g.ref, "use", s); err != nil {
		return err
	}
	defer l.giveBack()
	return f(l.bytes)
}

// Lent is Use as a loop that runs exactly once: with the memory and nil, or with nil and an error.
//
//	for b, err := range guard.Lent() {
//		if err != nil {
//			return err
//		}
//		copy(b, data)
//	}
func (g Guard) Lent() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if g.b != nil && facade.On() && !tracing() { // as in Use
			var view cabi.View
			if g.entry().handle.Load() == g.handle {
				s := facade.LeafBorrow(g.handle, &view)
				if s == cabi.OK {
					defer giveBack(g.b, view.Root)
					yield(view.Bytes(), nil)
				} else {
					g.lendSlowly(yield, s)
				}
				return
			}
		}
		g.lendSlowly(yield, cabi.Busy)
	}
}

func (g Guard) lendSlowly(yield func([]byte, error) bool, s cabi.Status) {
	var l loan
	if err := l.take(g.ref, "lend", s); err != nil {
		yield(nil, err)
		return
	}
	defer l.giveBack()
	yield(l.bytes, nil)
}

// UnsafeBytes returns the object's memory without lending it. The slice is valid until the reference
// is closed, moved or detached, or until the last copy of the guard is unreachable, whichever is
// first: the garbage collector does not see that the slice belongs to the guard. Being wrong reads
// or writes memory that now holds somebody else's object. Defer Close, or put runtime.KeepAlive of
// the guard after the last access. Prefer Use.
//
// Errors: ErrNull, ErrStale, ErrMoved. No call, but for duplicates.
func (g Guard) UnsafeBytes() ([]byte, error) {
	var view cabi.View
	err := g.call("read", func(h uint64) cabi.Status { return facade.View(h, &view) })
	if err != nil {
		return nil, err
	}
	return view.Bytes(), nil
}

// Len is the object's size in bytes; 0 for the zero Guard. It stays the same after Close. No call.
func (g Guard) Len() int { return int(g.size()) }

// Valid says whether the reference is there: not closed, moved or detached, and not released by C
// behind Go's back. Advice only, where another goroutine or C may end it. No call: the slot's word is
// read where it lies.
func (g Guard) Valid() bool {
	if g.b == nil {
		return false
	}
	h, s := g.live()
	ok := s == cabi.OK && facade.Valid(h)
	runtime.KeepAlive(g.b)
	return ok
}

// Dup makes a second reference to the same object; each is closed on its own, and the object is
// freed with the last. While duplicates are out the first guard cannot be moved; a duplicate can.
//
// Errors: ErrNull, ErrStale, ErrMoved, ErrRevoked, ErrLimit, ErrNoMemory, ErrExhausted.
func (g Guard) Dup() (Guard, error) {
	var dup uint64
	err := g.call("dup", func(h uint64) cabi.Status {
		t := trace(OperationDup, h)
		s := facade.Dup(h, &dup)
		t.done(s, dup)
		return s
	})
	if err != nil {
		return Guard{}, err
	}
	g.b.pool.noted(dup)
	return Guard{g.b.pool.enter(dup, g.size())}, nil
}

// MoveOut moves the reference into a ticket, which any goroutine takes in, or which UnsafeDetach
// hands to C. On success the guard and all its copies have given the reference up: they answer
// ErrMoved, and Close does nothing. On an error the guard keeps it.
//
// Errors: ErrNull, ErrStale, ErrMoved, ErrLent, ErrShared, ErrRevoked, ErrExhausted.
func (g Guard) MoveOut() (Ticket, error) {
	var raw uint64
	err := g.call("move out", func(h uint64) cabi.Status {
		// Before the move: a Close that finds the handle stale must see that a move was under way.
		g.entry().moving.Store(true)
		t := trace(OperationMoveOut, h)
		s := facade.MoveOut(h, &raw)
		t.done(s, raw)
		return s
	})
	if err != nil {
		return Ticket{}, err
	}
	t := Ticket{g.b.pool.enterTicket(raw, g.size())}
	if g.claim(g.handle | tombMoved) {
		g.b.ended(g.entry(), cabi.OK, true)
	}
	return t, nil
}

// Revoke stops new loans, duplicates and moves of the object, through every reference to it; those
// under way finish as usual. Revoking twice is no error.
//
// Errors: ErrNull, ErrStale, ErrMoved.
func (g Guard) Revoke() error {
	return g.call("revoke", func(h uint64) cabi.Status {
		t := trace(OperationRevoke, h)
		s := facade.Revoke(h)
		t.done(s, 0)
		return s
	})
}

// Close ends the reference and frees the object if it was the last and nothing is lent; where the
// pool has a destructor it runs before Close returns. Close of a guard that was closed, moved or
// detached, through any copy, and of the zero Guard, does nothing and returns nil.
//
// Errors: ErrStale when C released the reference behind Go's back; ErrKind when the adopted handle
// was a loan.
func (g Guard) Close() error { return g.close("close guard") }

// UnsafeHandle returns the handle for C code that borrows the object during the call it is passed
// to. The guard keeps the reference and must stay reachable meanwhile; 0 once it has ended.
func (g Guard) UnsafeHandle() uint64 {
	if g.b == nil {
		return 0
	}
	h, _ := g.live()
	return h
}

// UnsafeDetach gives the reference to C: the caller must see that the handle is released there, or
// adopted again (Pool.UnsafeAdopt). All copies of the guard then answer ErrMoved.
//
// Errors: ErrNull, ErrStale, ErrMoved. No call.
func (g Guard) UnsafeDetach() (uint64, error) { return g.detach("detach guard") }
