//go:build cgo

package escrow_test

import (
	"runtime"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestScopeHoldsUntilItsEnd(t *testing.T) {
	p := open(t, escrow.Options{})
	a, b := acquire(t, p, 16), acquire(t, p, 32)
	s := escrow.NewScope()
	x, err := s.Lend(a)
	is(t, err, nil)
	y, err := s.Lend(b)
	is(t, err, nil)
	is(t, a.Close(), nil)
	x[0], y[31] = 1, 2 // a is closed and still lent
	_, err = b.MoveOut()
	is(t, err, escrow.ErrLent)
	_, err = s.Lend(a)
	is(t, err, escrow.ErrStale)
	if st := stats(t, p); st.Live != 2 || st.Borrows != 2 {
		t.Fatalf("%+v", st)
	}
	is(t, s.End(), nil)
	is(t, s.End(), escrow.ErrScope)
	_, err = s.Lend(b)
	is(t, err, escrow.ErrScope)
	if st := stats(t, p); st.Live != 1 || st.Borrows != 0 {
		t.Fatalf("%+v", st)
	}
	is(t, b.Use(func(b []byte) error {
		if b[31] != 2 {
			t.Fatal("lost")
		}
		return nil
	}), nil)
	is(t, b.Close(), nil)
	var none *escrow.Scope
	is(t, none.End(), escrow.ErrNull)
	_, err = none.Lend(b)
	is(t, err, escrow.ErrNull)
}

func TestAForgottenScopeGivesBack(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 16)
	func() {
		s := escrow.NewScope()
		if _, err := s.Lend(g); err != nil {
			t.Fatal(err)
		}
	}()
	if !eventually(func() bool { return stats(t, p).Borrows == 0 }) {
		t.Fatal("still lent")
	}
	if s := stats(t, p); s.Leaked != 1 {
		t.Fatalf("leaked %d", s.Leaked)
	}
	is(t, moveOut(t, g).Close(), nil)
	runtime.KeepAlive(g)
}

func TestAHundredThousandLoansOfOneObject(t *testing.T) {
	// Beyond the 65,535 loans of the word: the rest goes through duplicates.
	p := open(t, escrow.Options{})
	g := acquire(t, p, 16)
	s := escrow.NewScope()
	for i := range 100_000 {
		if _, err := s.Lend(g); err != nil {
			t.Fatalf("loan %d: %v", i, err)
		}
	}
	for range 65_535 - 1 - 34_465 {
		if _, err := s.Lend(g); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Lend(g) // both are at their limit
	is(t, err, escrow.ErrLimit)
	is(t, s.End(), nil)
	if st := stats(t, p); st.Borrows != 0 || st.Duplicates != 0 {
		t.Fatalf("%+v", st)
	}
	is(t, g.Close(), nil)
}
