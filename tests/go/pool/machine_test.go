package pool_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"example.com/escrow/go/escrow"
)

// machine does operations that rapid chooses to a pool by its Go API, and to a plain model of it; both
// must answer alike, and Stats must count what the model holds.
type machine struct {
	pool    *escrow.Pool
	limit   int // objects of which the pool has room; 0: any number
	closed  bool
	objects []*thing
	refs    []*reference
	loans   []*lending
	scopes  []*scope
}

// thing is an object of the model.
type thing struct {
	first   *reference
	refs    int // guards and tickets
	lends   int
	revoked bool
	content byte
}

// reference is a guard or a ticket of the model; ended ones stay, to be used again by mistake.
type reference struct {
	of     *thing
	guard  escrow.Guard
	ticket escrow.Ticket
	sent   bool  // it is a ticket
	ended  error // what using it again answers
}

// lending is a loan of its own, in a scope of its own.
type lending struct {
	of   *thing
	stop func()
}

type scope struct {
	*escrow.Scope
	lent  []*thing
	owned []*reference
	ended bool
}

const bytesEach = 4096

func (m *machine) answers(t *rapid.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%v, not %v", err, want)
	}
}

func (m *machine) one(t *rapid.T, sent bool) *reference {
	some := slices.DeleteFunc(slices.Clone(m.refs), func(r *reference) bool { return r.sent != sent })
	if len(some) == 0 {
		t.Skip("none")
	}
	return rapid.SampledFrom(some).Draw(t, "reference")
}

func (m *machine) scope(t *rapid.T) *scope {
	if len(m.scopes) == 0 {
		t.Skip("no scope")
	}
	return rapid.SampledFrom(m.scopes).Draw(t, "scope")
}

// held counts the objects in memory.
func (m *machine) held() (n int) {
	for _, o := range m.objects {
		if o.refs+o.lends > 0 {
			n++
		}
	}
	return n
}

// openToNew is what a guard answers to Dup and Use.
func (r *reference) openToNew() error {
	switch {
	case r.ended != nil:
		return r.ended
	case r.of.revoked:
		return escrow.ErrRevoked
	}
	return nil
}

func (r *reference) end(how error) {
	r.ended = how
	r.of.refs--
}

// becomes has the reference go on as another guard or ticket.
func (m *machine) becomes(r, next *reference, ended error) {
	if r == r.of.first {
		r.of.first = next
	}
	r.ended = ended
	m.refs = append(m.refs, next)
}

// mayAcquire is what an acquisition answers.
func (m *machine) mayAcquire() error {
	switch {
	case m.closed:
		return escrow.ErrClosed
	case m.limit > 0 && m.held() >= m.limit:
		return escrow.ErrFull
	}
	return nil
}

func (m *machine) add(g escrow.Guard) *reference {
	o := &thing{refs: 1}
	r := &reference{of: o, guard: g}
	o.first = r
	m.objects, m.refs = append(m.objects, o), append(m.refs, r)
	return r
}

// Check compares the counts, and says that a closed pool is gone as soon as nothing is out.
func (m *machine) Check(t *rapid.T) {
	got, err := m.pool.Stats()
	if m.closed && m.held() == 0 {
		for range 10000 { // the drainer destroys what a loan kept
			if got, err = m.pool.Stats(); err != nil {
				break
			}
			runtime.Gosched()
		}
		m.answers(t, err, escrow.ErrClosed)
		return
	}
	m.answers(t, err, nil)
	want := escrow.Stats{Live: uint64(m.held())}
	for _, o := range m.objects {
		want.Borrows += uint64(o.lends)
	}
	for _, r := range m.refs {
		if r.ended != nil {
			continue
		}
		want.Held++
		if r.sent {
			want.Tickets++
		}
		if r != r.of.first {
			want.Duplicates++
		}
	}
	if got.Live != want.Live || got.Borrows != want.Borrows || got.Tickets != want.Tickets ||
		got.Held != want.Held || got.BytesLive != want.Live*bytesEach || got.Loans != 0 || got.Pending != 0 {
		t.Fatalf("%+v\nwanted %+v", got, want)
	}
	for _, r := range m.refs {
		if r.sent {
			continue
		}
		if r.guard.Valid() != (r.ended == nil) {
			t.Fatalf("Valid says %v of a guard with %v", r.guard.Valid(), r.ended)
		}
		b, err := r.guard.UnsafeBytes()
		m.answers(t, err, r.ended)
		if err == nil && b[0] != r.of.content {
			t.Fatalf("%d for %d", b[0], r.of.content)
		}
	}
}

func (m *machine) finish(t *rapid.T) {
	for len(m.loans) > 0 {
		m.loans[0].stop()
		m.loans[0].of.lends--
		m.loans = m.loans[1:]
	}
	for _, s := range m.scopes {
		if !s.ended {
			m.answers(t, s.End(), nil)
		}
	}
	for _, r := range m.refs {
		m.answers(t, errors.Join(r.guard.Close(), r.ticket.Close()), nil)
	}
	if !m.closed {
		m.answers(t, m.pool.Close(), nil)
	}
}

func TestPoolsAnswerAsAPlainModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{limit: rapid.SampledFrom([]int{0, 64}).Draw(t, "limit")}
		var err error
		m.pool, err = escrow.Open(escrow.Options{FixedSize: bytesEach, Limit: int64(m.limit * bytesEach),
			PreciseGuards: rapid.Bool().Draw(t, "precise"), NoPressure: true})
		if err != nil {
			t.Fatal(err)
		}
		defer m.finish(t)
		t.Repeat(rapid.StateMachineActions(m))
	})
}
