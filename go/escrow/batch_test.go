//go:build cgo

package escrow

import (
	"errors"
	"testing"
)

func TestReleaseN(t *testing.T) {
	p, q := openPool(t, Options{}), openPool(t, Options{})
	guards := make([]Guard, 300)
	if err := p.AcquireN(64, guards[:200]); err != nil {
		t.Fatal(err)
	}
	if err := q.AcquireN(2000, guards[200:]); err != nil {
		t.Fatal(err)
	}
	guards[7].Close()
	guards[70] = Guard{}
	kept := guards[10]
	ticket, err := guards[11].MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	dup, err := guards[12].Dup()
	if err != nil {
		t.Fatal(err)
	}
	if err := ReleaseN(guards); err != nil {
		t.Fatal(err)
	}
	if kept.Valid() || !dup.Valid() || live(t, p) != 3 || live(t, q) != 0 { // the zeroed one, the ticket's, the duplicate's
		t.Fatalf("%d and %d live", live(t, p), live(t, q))
	}
	if err := ReleaseN(guards); err != nil {
		t.Fatal("the second time", err)
	}
	behind := mustAcquire(t, p, 64)
	ReleaseBehindGo(behind.UnsafeHandle())
	if err := ReleaseN([]Guard{dup, behind}); !errors.Is(err, ErrStale) {
		t.Fatal(err)
	}
	if err := ticket.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); !errors.Is(err, ErrLeak) { // the one that was overwritten
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestScopeClosesItsGuardsTogether(t *testing.T) {
	p := openPool(t, Options{})
	s := NewScope()
	var moved Guard
	for i := range 100 {
		g, err := s.Acquire(p, 64)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			moved = g
		}
	}
	ticket, err := moved.MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	own := mustAcquire(t, p, 64)
	if err := s.Own(own); err != nil {
		t.Fatal(err)
	}
	if n := live(t, p); n != 101 {
		t.Fatal(n)
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	if n := live(t, p); n != 1 || own.Valid() {
		t.Fatalf("%d live", n)
	}
	if _, err := s.Acquire(p, 64); !errors.Is(err, ErrScope) {
		t.Fatal(err)
	}
	if err := s.Own(own); !errors.Is(err, ErrScope) {
		t.Fatal(err)
	}
	if err := errors.Join(ticket.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
}
