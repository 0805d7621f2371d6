//go:build cgo

package escrow_test

import (
	"bytes"
	"errors"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestAcquiredMemoryIsZeroedAndHoldsWhatIsWritten(t *testing.T) {
	p := open(t, escrow.Options{Name: "unit", TypeID: 7})
	for _, n := range []int{1, 16, 17, 100, 1024, 1025, 4096, 65536, 65537, 1 << 20} {
		for round := 0; round < 3; round++ { // reused slots are zeroed too
			g := acquire(t, p, n)
			if g.Len() != n {
				t.Fatalf("Len %d of %d", g.Len(), n)
			}
			is(t, g.Use(func(b []byte) error {
				if len(b) != n || cap(b) != n {
					t.Fatalf("%d bytes, capacity %d, of %d", len(b), cap(b), n)
				}
				if i := bytes.IndexFunc(b, func(r rune) bool { return r != 0 }); i >= 0 {
					t.Fatalf("byte %d of %d is not zero", i, n)
				}
				for i := range b {
					b[i] = byte(i*7 + 1)
				}
				return nil
			}), nil)
			is(t, g.Use(func(b []byte) error {
				for i := range b {
					if b[i] != byte(i*7+1) {
						t.Fatalf("byte %d of %d was lost", i, n)
					}
				}
				return nil
			}), nil)
			is(t, g.Close(), nil)
		}
	}
	if s := stats(t, p); s.Live != 0 || s.Name != "unit" || s.TypeID != 7 || s.Held != 0 || len(s.Misuse) != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestCloseIsIdempotentOnEveryCopyAndOnTheZeroValue(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 64)
	other := g
	for _, c := range []escrow.Guard{g, other, g, {}} {
		is(t, c.Close(), nil)
	}
	is(t, escrow.Ticket{}.Close(), nil)
	if s := stats(t, p); s.Live != 0 || len(s.Misuse) != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestUseAfterCloseIsStaleAndCounted(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 64)
	is(t, g.Close(), nil)
	is(t, g.Use(nothing), escrow.ErrStale)
	_, err := g.Dup()
	is(t, err, escrow.ErrStale)
	_, err = g.MoveOut()
	is(t, err, escrow.ErrStale)
	_, err = g.UnsafeBytes()
	is(t, err, escrow.ErrStale)
	_, err = g.UnsafeDetach()
	is(t, err, escrow.ErrStale)
	is(t, g.Revoke(), escrow.ErrStale)
	if g.UnsafeHandle() != 0 || g.Len() != 64 {
		t.Fatal("a closed guard keeps its size and has no handle")
	}
	if s := stats(t, p); s.Misuse[escrow.ErrStale] != 6 || len(s.Misuse) != 1 {
		t.Fatalf("%v", s.Misuse)
	}
}

func TestTheZeroGuardAnswersNull(t *testing.T) {
	var g escrow.Guard
	is(t, g.Use(nothing), escrow.ErrNull)
	_, err := g.Dup()
	is(t, err, escrow.ErrNull)
	_, err = g.MoveOut()
	is(t, err, escrow.ErrNull)
	_, err = g.UnsafeBytes()
	is(t, err, escrow.ErrNull)
	_, err = g.UnsafeDetach()
	is(t, err, escrow.ErrNull)
	is(t, g.Revoke(), escrow.ErrNull)
	if g.UnsafeHandle() != 0 || g.Len() != 0 {
		t.Fatal("the zero guard has a handle or a size")
	}
}

func TestUseReturnsTheErrorOfItsFunctionAndGivesBackAfterAPanic(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 8)
	mine := errors.New("mine")
	is(t, g.Use(func([]byte) error { return mine }), mine)
	func() {
		defer func() { recover() }()
		g.Use(func(b []byte) error { b[0] = 9; panic("in use") })
	}()
	if s := stats(t, p); s.Borrows != 0 {
		t.Fatalf("%d loans are out", s.Borrows)
	}
	is(t, g.Use(func(b []byte) error {
		if b[0] != 9 {
			t.Fatal("what was written before the panic is lost")
		}
		return nil
	}), nil)
	is(t, moveOut(t, g).Close(), nil) // would be lent
}

func TestLentRunsExactlyOnce(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 8)
	runs := 0
	for b, err := range g.Lent() {
		is(t, err, nil)
		b[3] = 5
		runs++
		if s := stats(t, p); s.Borrows != 1 {
			t.Fatalf("%d loans inside the loop", s.Borrows)
		}
	}
	for b := range g.Lent() {
		runs++
		if b[3] != 5 {
			t.Fatal("lost")
		}
		break
	}
	if s := stats(t, p); runs != 2 || s.Borrows != 0 {
		t.Fatalf("%d runs, %d loans after the loop", runs, s.Borrows)
	}
	is(t, g.Close(), nil)
	runs = 0
	for b, err := range g.Lent() {
		runs++
		is(t, err, escrow.ErrStale)
		if b != nil {
			t.Fatal("memory of a closed guard")
		}
	}
	if runs != 1 {
		t.Fatalf("%d runs on an error", runs)
	}
}

func TestCloseInsideUseTakesEffectAfterwards(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 4096)
	is(t, g.Use(func(b []byte) error {
		is(t, g.Close(), nil)
		for i := range b {
			b[i] = 1 // still ours
		}
		if s := stats(t, p); s.Live != 1 {
			t.Fatalf("live %d while lent", s.Live)
		}
		is(t, g.Use(nothing), escrow.ErrStale)
		return nil
	}), nil)
	if s := stats(t, p); s.Live != 0 {
		t.Fatalf("live %d", s.Live)
	}
}

func TestDuplicatesAreReferencesOfTheirOwn(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 32)
	d := dup(t, g)
	dd := dup(t, d)
	is(t, g.Use(func(b []byte) error { b[0] = 42; return nil }), nil)
	_, err := g.MoveOut()
	is(t, err, escrow.ErrShared)
	moved := moveIn(t, moveOut(t, d)) // a duplicate moves although the object is shared
	is(t, d.Use(nothing), escrow.ErrMoved)
	is(t, g.Close(), nil)
	is(t, g.Close(), nil) // must not take a duplicate's reference
	is(t, dd.Close(), nil)
	if s := stats(t, p); s.Live != 1 {
		t.Fatalf("live %d with one duplicate left", s.Live)
	}
	is(t, moved.Use(func(b []byte) error {
		if b[0] != 42 || moved.Len() != 32 {
			t.Fatal("another object")
		}
		return nil
	}), nil)
	is(t, moved.Close(), nil)
	if s := stats(t, p); s.Live != 0 || s.Duplicates != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestRevokedObjectsAreOnlyReleased(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 32)
	is(t, g.Use(func([]byte) error {
		is(t, g.Revoke(), nil)
		return g.Revoke() // twice is no error
	}), nil)
	is(t, g.Use(nothing), escrow.ErrRevoked)
	_, err := g.Dup()
	is(t, err, escrow.ErrRevoked)
	_, err = g.MoveOut()
	is(t, err, escrow.ErrRevoked)
	is(t, g.Close(), nil)
}

func TestUnsafeBytesIsTheMemoryItself(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 16)
	defer g.Close()
	b, err := g.UnsafeBytes()
	is(t, err, nil)
	b[15] = 3
	is(t, g.Use(func(lent []byte) error {
		if lent[15] != 3 || len(b) != 16 {
			t.Fatal("not the same memory")
		}
		return nil
	}), nil)
}

func TestAdoptAndDetachAreInverse(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 48)
	is(t, g.Use(func(b []byte) error { b[7] = 7; return nil }), nil)
	raw, err := g.UnsafeDetach()
	is(t, err, nil)
	is(t, g.Close(), nil) // does nothing: C has it
	is(t, g.Use(nothing), escrow.ErrMoved)
	_, err = g.UnsafeDetach()
	is(t, err, escrow.ErrMoved)
	if s := stats(t, p); s.Live != 1 || s.Held != 0 {
		t.Fatalf("%+v", s)
	}
	a, err := p.UnsafeAdopt(raw)
	is(t, err, nil)
	if a.Len() != 48 || a.UnsafeHandle() != raw {
		t.Fatal("another object")
	}
	is(t, a.Close(), nil)
	_, err = p.UnsafeAdopt(raw)
	is(t, err, escrow.ErrStale)
}

func TestAReferenceThatCReleasedBehindGoIsReported(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 48)
	releaseBehindGo(t, g.UnsafeHandle())
	is(t, g.Use(nothing), escrow.ErrStale)
	is(t, g.Close(), escrow.ErrStale)
	is(t, g.Close(), nil) // said once
	if s := stats(t, p); s.Misuse[escrow.ErrStale] != 2 || s.Live != 0 || s.Held != 0 {
		t.Fatalf("%+v", s)
	}
}
