// Package limits_test reaches by the Go API every limit that a pool has, where the facade was compiled with
// small counts: 31 generations, 7 references, 3 loans, 262,144 slots, 8 layouts.
// Guarantee B of docs/trust.md.
package limits_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"testing"

	"example.com/escrow/go/escrow"
)

const (
	generations = 31
	references  = 7
	loans       = 3
	slots       = 1 << 18
	layouts     = 8

	usedByPrepare = 64 // slots at most, for measuring leaf calls

	generationBits = 1<<28 - 1 // of a handle
)

var small = flag.Bool("small", false, "the facade has small counts, as the leg `small` of tests/go/run compiles it")

func TestMain(m *testing.M) {
	flag.Parse()
	if !*small {
		fmt.Println("not run: the facade has its ordinary limits; tests/go/run small")
		return
	}
	os.Exit(m.Run())
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%v, not %v", err, want)
	}
}

func open(t *testing.T, o escrow.Options) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(o)
	is(t, err, nil)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func stats(t *testing.T, p *escrow.Pool) escrow.Stats {
	t.Helper()
	s, err := p.Stats()
	is(t, err, nil)
	return s
}

// acquire acquires an object in a slot that is hardly worn.
func acquire(t *testing.T, p *escrow.Pool) escrow.Guard {
	t.Helper()
	var worn []escrow.Guard
	g, err := p.Acquire(64)
	for is(t, err, nil); g.UnsafeHandle()&generationBits > 10; is(t, err, nil) {
		worn = append(worn, g)
		g, err = p.Acquire(64)
	}
	is(t, escrow.ReleaseN(worn), nil)
	return g
}

func nothing([]byte) error { return nil }

// A slot that was worn out before is missing below, so this comes first.
func TestTheLastSlotIsHandedOutAndThenAnErrorSaysSo(t *testing.T) {
	p := open(t, escrow.Options{FixedSize: 64})
	held := make([]uint64, 0, slots)
	for {
		h, err := p.UnsafeAcquire(64)
		if err != nil {
			is(t, err, escrow.ErrExhausted)
			break
		}
		held = append(held, h)
	}
	all := uint64(len(held))
	if s := stats(t, p); slots-all >= usedByPrepare || s.Live != all || s.Retired != 0 {
		t.Fatalf("%d of %d slots: %+v", all, slots, s)
	}
	_, err := p.Acquire(64)
	is(t, err, escrow.ErrExhausted)
	is(t, p.UnsafeAcquireN(64, make([]uint64, 2)), escrow.ErrExhausted)
	some := make([]escrow.Guard, 100)
	is(t, p.AcquireN(64, some), escrow.ErrExhausted)
	for _, g := range some {
		if g != (escrow.Guard{}) {
			t.Fatal("a guard of a batch that was refused")
		}
	}
	g, err := p.UnsafeAdopt(held[0])
	is(t, err, nil)
	_, err = g.Dup() // references are slots, too
	is(t, err, escrow.ErrExhausted)
	if s := stats(t, p); s.Held != 1 || s.Live != all || s.Duplicates != 0 {
		t.Fatalf("%+v", s)
	}
	// What takes no slot still works.
	is(t, g.Use(nothing), nil)
	ticket, err := g.MoveOut()
	is(t, err, nil)
	is(t, ticket.Close(), nil)
	g, err = p.Acquire(64) // the one that came back
	is(t, err, nil)
	_, err = p.Acquire(64)
	is(t, err, escrow.ErrExhausted)
	is(t, g.Close(), nil)
	is(t, escrow.UnsafeReleaseN(held[1:]), nil)
	for _, h := range held[1:] {
		if h != 0 {
			t.Fatal("a reference that could not be ended")
		}
	}
}

func TestReferencesEndAndNothingChanges(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p)
	var dups []escrow.Guard
	for range references - 1 {
		d, err := g.Dup()
		is(t, err, nil)
		dups = append(dups, d)
	}
	for _, of := range []escrow.Guard{g, dups[0]} {
		_, err := of.Dup()
		is(t, err, escrow.ErrLimit)
	}
	if s := stats(t, p); s.Duplicates != references-1 || s.Held != references || s.Misuse[escrow.ErrLimit] != 2 {
		t.Fatalf("%+v", s)
	}
	is(t, dups[0].Close(), nil)
	d, err := g.Dup()
	is(t, err, nil)
	is(t, errors.Join(g.Close(), d.Close(), escrow.ReleaseN(dups)), nil)
}

func TestLoansGoOnThroughDuplicatesUntilThoseEnd(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p)
	s := escrow.NewScope()
	for range loans + references - 1 {
		_, err := s.Lend(g)
		is(t, err, nil)
	}
	if n := stats(t, p); n.Borrows != loans || n.Duplicates != references-1 {
		t.Fatalf("%+v", n)
	}
	_, err := s.Lend(g)
	is(t, err, escrow.ErrLimit)
	is(t, g.Use(nothing), escrow.ErrLimit)
	for _, err := range g.Lent() {
		is(t, err, escrow.ErrLimit)
	}
	_, err = g.MoveOut()
	is(t, err, escrow.ErrShared)
	is(t, s.End(), nil)
	is(t, g.Use(nothing), nil)
	if n := stats(t, p); n.Borrows != 0 || n.Duplicates != 0 {
		t.Fatalf("%+v", n)
	}
	is(t, g.Close(), nil)
}

func TestAGuardThatWasMovedTooOftenSaysSoAndStays(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p)
	moves := 0
	for ; ; moves++ {
		ticket, err := g.MoveOut()
		if err != nil {
			is(t, err, escrow.ErrExhausted)
			break
		}
		g, err = ticket.MoveIn()
		is(t, err, nil)
	}
	if moves < 5 || moves > generations/2 {
		t.Fatalf("%d moves", moves)
	}
	is(t, g.Use(nothing), nil)
	d, err := g.Dup()
	is(t, err, nil)
	is(t, errors.Join(g.Close(), d.Close()), nil)
	if s := stats(t, p); s.Held != 0 || s.Live != 0 {
		t.Fatalf("%+v", s)
	}
}

// end is a reference that has ended: by a guard, and by its handle.
type end struct {
	guard  escrow.Guard
	handle uint64
}

func TestSlotsRetireAndNoHandleComesAgain(t *testing.T) {
	const uses = 20_000
	p := open(t, escrow.Options{})
	root := acquire(t, p)
	for name, next := range map[string]func() (escrow.Guard, error){
		"objects":    func() (escrow.Guard, error) { return p.Acquire(64) },
		"duplicates": root.Dup,
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[uint64]bool{}
			var ended []end
			for i := range uses {
				g, err := next()
				is(t, err, nil)
				h := g.UnsafeHandle()
				if seen[h] || h&generationBits > generations {
					t.Fatalf("%#x: given before, or of a generation that there is not", h)
				}
				seen[h] = true
				if i%17 == 0 {
					ended = append(ended, end{g, h})
				}
				is(t, g.Close(), nil)
			}
			for _, e := range ended {
				is(t, escrow.UnsafeRelease(e.handle), escrow.ErrStale)
				if is(t, e.guard.Close(), nil); e.guard.Valid() || escrow.UnsafeValid(e.handle) {
					t.Fatal("valid after its end")
				}
			}
		})
	}
	if s := stats(t, p); s.Retired < 2*uses/generations-128 {
		t.Fatalf("%+v", s)
	}
	is(t, root.Close(), nil)
}

func TestAPoolAtItsLimitIsNotFullOfRetiredSlots(t *testing.T) {
	p := open(t, escrow.Options{Limit: 4 << 16, NoPressure: true})
	for range 1000 {
		g, err := p.Acquire(1 << 16)
		is(t, err, nil)
		is(t, g.Close(), nil)
	}
}

func TestLayoutsEndWithAnError(t *testing.T) {
	refused := 0
	for n := range 2 * layouts {
		l, err := escrow.LayoutOfType(reflect.ArrayOf(n+1, reflect.TypeFor[uint64]()))
		is(t, err, nil)
		p, err := escrow.Open(escrow.Options{Layout: l})
		if err != nil {
			is(t, err, escrow.ErrExhausted)
			refused++
			continue
		}
		is(t, p.Close(), nil)
	}
	if refused != layouts {
		t.Fatalf("%d of %d refused", refused, 2*layouts)
	}
}
