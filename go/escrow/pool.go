package escrow

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Pool is a pool of C memory. It must be closed; a pool that becomes unreachable together with all
// its guards is closed by its cleanup. The zero Pool answers ErrNull.
type Pool struct {
	*core
	stripes *stripes
	name    string
	fixed   int
	shared  int64 // objects of at most this many bytes share the cleanup of a block; 0: none does
	of      any   // the reflect.Type of a PoolOf
	layout  *Layout
	label   uint32                 // of what is acquired through it; see Labeled
	whole   *Pool                  // of which this is Labeled; kept reachable
	bound   atomic.Pointer[Layout] // of the type of the last Bind
}

// Open opens a pool, to be ended with Close.
//
// Errors: ErrOption, ErrFull (Reserve above Limit), ErrExhausted (65,535 pools are open),
// ErrNoMemory, ErrVersion, ErrUnsupported, ErrNoCgo. Cost: some microseconds.
func Open(o Options) (*Pool, error) {
	const operation = "open pool"
	facade.Prepare()
	if s, why := cabi.Available(); s < 0 {
		return nil, fmt.Errorf("escrow: %s: %w: %s", operation, sentinel(s), why)
	}
	raw, ok := o.raw()
	if !ok {
		return nil, failed(operation, cabi.Option)
	}
	id, s := cabi.PoolOpen(&raw)
	if s < 0 {
		return nil, failed(operation, s)
	}
	c := &core{id: id, pressure: !o.NoPressure}
	p := poolOf(c, o.Layout)
	p.name, p.fixed = o.Name, o.FixedSize
	if o.PreciseGuards {
		p.shared = 0
	}
	return p, nil
}

// poolOf is the Pool of a core that is open.
func poolOf(c *core, carried *Layout) *Pool {
	c.watched, c.limits = limitsOf(c.id)
	register(c)
	p := &Pool{core: c, stripes: newStripes(), shared: ownCleanup - 1, layout: carried}
	runtime.AddCleanup(p, func(c *core) {
		if c.state.Load() == stateOpen {
			if !c.attached {
				process.forgottenPools.Add(1)
			}
			drain.wake(c, workClose)
		}
	}, p.core)
	return p
}

// UnsafeAttach is a Pool for one that C or C++ opened, for example by escrow::pool_of: Go acquires from
// it and adopts its handles. It stays its opener's, who closes it; the calls of this Pool then answer
// ErrClosed. Close of an attached Pool ends Go's use of it alone: guards that are out stay valid. A
// Pool that was attached and is forgotten does the same.
//
// Errors: ErrNull, ErrKind (not a pool's handle), ErrRange, ErrStale (destroyed), ErrVersion,
// ErrUnsupported, ErrNoCgo. Cost: one cgo call, and some for a layout's fields.
func UnsafeAttach(id uint64) (*Pool, error) {
	const operation = "attach pool"
	facade.Prepare()
	if s, why := cabi.Available(); s < 0 {
		return nil, fmt.Errorf("escrow: %s: %w: %s", operation, sentinel(s), why)
	}
	raw, s := cabi.PoolLayout(id)
	if s < 0 {
		return nil, failed(operation, s)
	}
	return poolOf(&core{id: id, pressure: true, attached: true}, layoutFrom(raw)), nil
}

// valid is false for nil and for the zero Pool.
func (p *Pool) valid() bool { return p != nil && p.core != nil }

// Acquire acquires a zeroed object of n bytes, at least 1.
//
// Errors: ErrSize, ErrFull, ErrClosed, ErrNoMemory, ErrExhausted, ErrNull. Cost: one leaf call and the
// zeroing, and no Go allocation as long as guards are closed; a guard that stays costs a 64th of a
// block (1.7 KB and a cleanup), one of 16 KiB and more, or in a pool of PreciseGuards, a cleanup. At
// the byte limit a garbage collection, for which Acquire waits at most 10 ms.
func (p *Pool) Acquire(n int) (Guard, error) {
	// The common case, in line: the stripe's block has an entry, the pool's lane has a slot.
	if p.valid() && uint64(n)-1 < uint64(p.shared) && facade.On() {
		if b := p.stripes.here().current.Load(); b != nil {
			l, id := b.ledger, p.id
			entries := l.entries // before the mask is swapped: loads after a locked instruction wait for it
			if i := l.take(); i >= 0 {
				e := &entries[i]
				e.size = uint32(n)
				s := facade.LeafAcquire(id, uint64(n), &e.handle)
				if s == cabi.OK && !l.retired.Load() {
					h := e.handle.Load()
					if watched := atomic.LoadUint64(p.watched); watched != 0 && mixture(h) <= watched {
						p.watch(h)
					}
					return Guard{ref{b, h, uint32(n), uint32(i)}}, nil
				}
				return p.filled(b, i, n, s)
			}
		}
	}
	return p.acquireSlowly(n)
}

// fill acquires n bytes into an entry that was taken.
func (p *Pool) fill(b *block, i, n int) (Guard, error) {
	e := &b.entries[i]
	e.size = uint32(n)
	return p.filled(b, i, n, facade.Acquire(p.id, uint64(n), &e.handle))
}

// filled goes on from what Acquire, or a leaf call for it, answered.
func (p *Pool) filled(b *block, i, n int, s cabi.Status) (Guard, error) {
	e := &b.entries[i]
	if s == cabi.Busy {
		s = facade.AcquireSlowly(p.id, uint64(n), &e.handle)
	}
	if s == cabi.Full && p.relieved() {
		s = facade.Acquire(p.id, uint64(n), &e.handle)
	}
	if s < 0 {
		b.putBack(i)
		return Guard{}, p.refusedBytes(n, p.poolStatus(s))
	}
	if b.retired.Load() {
		b.count(e)
	}
	h := e.handle.Load()
	p.acquired(h)
	return Guard{ref{b, h, e.size, uint32(i)}}, nil
}

// refusedBytes is the error of an acquisition of n bytes.
func (p *Pool) refusedBytes(n int, s cabi.Status) error {
	misused(p.UnsafeID(), 0, "acquire", s)
	return failedBytes("acquire", n, s)
}

func (p *Pool) acquireSlowly(n int) (Guard, error) {
	if !p.valid() {
		return Guard{}, p.refusedBytes(n, cabi.Null)
	}
	if p.attached && p.state.Load() != stateOpen {
		return Guard{}, p.refusedBytes(n, cabi.Closed) // C would not refuse
	}
	if (n <= 0 || int64(n) > math.MaxUint32) && p.state.Load() == stateOpen {
		p.misuse[-cabi.Size].Add(1)
		return Guard{}, p.refusedBytes(n, cabi.Size)
	}
	if p.pressure {
		collect.restrain()
	}
	b, i := p.seat(int64(n))
	return p.fill(b, i, n)
}

// AcquireN fills guards with zeroed objects of n bytes each, all of them or, on an error, none.
// At most 65,536 guards. What guards held before is overwritten, not closed.
//
// Errors: as Acquire; ErrSize also for no guards or too many. Cost: one leaf call for up to 64.
func (p *Pool) AcquireN(n int, guards []Guard) error {
	if !p.valid() {
		return p.refusedBytes(n, cabi.Null)
	}
	if len(guards) > 65536 {
		return p.refusedBytes(n, cabi.Size)
	}
	var few [batch]uint64
	for done := 0; done < len(guards) || done == 0; {
		if p.pressure {
			collect.restrain()
		}
		handles := few[:min(batch, len(guards)-done)]
		if s := p.acquireN(n, handles); s < 0 {
			ReleaseN(guards[:done])
			clear(guards[:done])
			return p.refusedBytes(n, s)
		}
		for _, h := range handles {
			p.acquired(h)
			guards[done] = Guard{p.enter(h, int64(n))}
			done++
		}
	}
	return nil
}

// batch is how many references one leaf call acquires or ends.
const batch = 64

func (p *Pool) acquireN(n int, handles []uint64) cabi.Status {
	if p.attached && p.state.Load() != stateOpen {
		return cabi.Closed
	}
	s := facade.AcquireN(p.id, uint64(n), handles)
	if s == cabi.Full && p.relieved() {
		s = facade.AcquireN(p.id, uint64(n), handles)
	}
	return p.poolStatus(s)
}

// ReleaseN closes all guards, as Close does with each, in one crossing for up to 64. Guards may be of
// different pools; closed ones and zero values are passed over.
//
// Errors: those of Close, joined; all guards are closed in any case.
func ReleaseN(guards []Guard) error {
	var handles [batch]uint64
	var from [batch]ref
	var errs []error
	for len(guards) > 0 {
		n := 0
		for len(guards) > 0 && n < batch {
			r := guards[0].ref
			guards = guards[1:]
			if r.b == nil {
				continue
			}
			if r.claim(tombReleased) {
				handles[n], from[n] = r.handle, r
				n++
			}
		}
		s := releaseN(handles[:n])
		for i, r := range from[:n] {
			e := r.entry()
			if handles[i] == 0 {
				if s != cabi.OK || r.b.retired.Load() {
					r.b.ended(e, s, true)
				}
				continue
			}
			one := facade.Validate(handles[i], 0, 0) // refused: why
			r.b.ended(e, one, true)
			if !((one == cabi.Stale || one == cabi.Moved) && e.moving.Load()) {
				errs = append(errs, r.b.core.refusal("release", one))
			}
		}
		runtime.KeepAlive(&from)
	}
	return errors.Join(errs...)
}

// relieved waits at the byte limit for one garbage collection, where forgotten guards may hold the
// bytes; true when trying again may help.
func (p *Pool) relieved() bool {
	if !p.pressure {
		return false
	}
	held, _ := p.held()
	return held.total() > 0 && collect.wait()
}

// Close closes the pool to new work and gives its memory back. Where references are out it returns
// an error that wraps ErrLeak and says how many objects they hold; those references stay valid until
// they are closed, but nothing can be lent, duplicated or moved any more, and the memory is given
// back when the last one ends. A second Close returns ErrClosed and changes nothing.
//
// Errors: ErrLeak, ErrClosed, ErrNull, ErrBusy (from inside a destructor). Cost: about 1 ns a slot,
// and the destructors that are owed.
func (p *Pool) Close() error { return p.closeWith(0) }

// CloseReclaimTickets is Close, and also frees the references in tickets that nobody took in, such
// as those lost in a channel or in a C++ queue. They count as closed: a MoveIn that comes later gets
// ErrStale, and the pool does not wait for them. Cost: a leaf call more for every ticket of Go.
func (p *Pool) CloseReclaimTickets() error { return p.closeWith(cabi.ReclaimTickets) }

func (p *Pool) closeWith(flags uint32) error {
	if !p.valid() {
		return refusal("close pool", 0, cabi.Null)
	}
	live, s := p.close(flags)
	p.stripes.retire() // the Pool may stay, its blocks need not
	runtime.KeepAlive(p)
	if s < 0 {
		return p.refusal("close pool", s)
	}
	if live > 0 && p.state.Load() != stateDestroyed {
		return leakError(live)
	}
	return nil
}

// Drain runs the destructors that are owed and says how many it ran. There is no need to call it:
// the drainer's goroutine does so by itself. Calling it says when.
//
// Errors: ErrClosed (all memory is given back), ErrBusy (from inside a destructor), ErrNull.
func (p *Pool) Drain() (int, error) {
	if !p.valid() {
		return 0, refusal("drain pool", 0, cabi.Null)
	}
	ran, s := cabi.PoolDrain(p.id)
	if s = p.poolStatus(s); s < 0 {
		return 0, p.refusal("drain pool", s)
	}
	runtime.KeepAlive(p)
	return int(ran), nil
}

// Trim gives the memory of free slots back to the system and says how many bytes.
//
// Errors: ErrClosed, ErrNull. Cost: about 1 ns a slot, and a system call a free range.
func (p *Pool) Trim() (int64, error) {
	if !p.valid() {
		return 0, refusal("trim pool", 0, cabi.Null)
	}
	bytes, s := cabi.PoolTrim(p.id)
	if s = p.poolStatus(s); s < 0 {
		return 0, p.refusal("trim pool", s)
	}
	runtime.KeepAlive(p)
	return int64(bytes), nil
}

// UnsafeID is the pool's handle for C and C++ code that acquires from it. The Pool must stay
// reachable, and open, while they do; afterwards they get a code.
func (p *Pool) UnsafeID() uint64 {
	if !p.valid() {
		return 0
	}
	return p.id
}

// UnsafeAdopt takes over an owned handle (an object or a duplicate of this pool) from C, which has
// given it up. On an error it still belongs to C.
//
// Errors: ErrNull, ErrRange, ErrForeign (of another pool), ErrStale, ErrMoved, ErrTransit (a ticket:
// UnsafeTicket), ErrClosed. A loan is not told apart here; its guard answers ErrKind.
func (p *Pool) UnsafeAdopt(handle uint64) (Guard, error) {
	const operation = "adopt handle"
	if !p.valid() {
		return Guard{}, refusal(operation, 0, cabi.Null)
	}
	// A revoked object is adopted too: somebody has to release it.
	if s := facade.Validate(handle, p.id, 0); s < 0 && s != cabi.Revoked {
		return Guard{}, p.refuse(operation, s)
	}
	var view cabi.View
	if s := facade.Read(handle, &view); s < 0 {
		return Guard{}, p.refusal(operation, s)
	}
	return Guard{p.enter(handle, int64(view.Size))}, nil
}

// UnsafeTicket takes over a ticket from C, which has given it up. On an error it still belongs to C.
//
// Errors: ErrNull, ErrRange, ErrForeign (of another pool), ErrStale, ErrMoved, ErrKind (not a ticket).
func (p *Pool) UnsafeTicket(raw uint64) (Ticket, error) {
	const operation = "adopt ticket"
	if !p.valid() {
		return Ticket{}, refusal(operation, 0, cabi.Null)
	}
	switch s := facade.Validate(raw, p.id, 0); s {
	case cabi.Transit: // of a closed pool, too; somebody has to release it
		return Ticket{p.enterTicket(raw, 0)}, nil
	case cabi.OK, cabi.Revoked: // a reference that is held, revoked or not
		return Ticket{}, p.refuse(operation, cabi.Kind)
	default:
		return Ticket{}, p.refuse(operation, s)
	}
}

// UnsafeTable is the address of the facade's function table, an escrow_api, for C code that is not
// linked with it: hand it over and let the code call through it (see docs/go.md). nil without cgo.
func UnsafeTable() unsafe.Pointer { return cabi.Table() }
