//go:build cgo

package escrow

import (
	"runtime"
	"testing"

	"example.com/escrow/go/leaf"
)

// The first object of a size needs memory from the system, which a leaf may not ask for; what follows
// finds it there.
func TestStatsCountTheLeafCallsThatWereRepeated(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	p := openPool(t, Options{})
	crossings := func() Crossings {
		s, err := p.Stats()
		if err != nil {
			t.Fatal(err)
		}
		return s.Crossings
	}
	before := crossings()
	mustAcquire(t, p, 64).Close()
	first := crossings()
	if !first.Leaves || first.Reason != "" || first.Slow == before.Slow {
		t.Fatalf("%+v after the first object, before %+v", first, before)
	}
	const n = 1000
	g := mustAcquire(t, p, 64)
	for range n {
		mustAcquire(t, p, 64).Close()
		if err := g.Use(func([]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if now := crossings(); now.Slow-first.Slow > n/10 {
		t.Fatalf("%d of %d crossings were repeated", now.Slow-first.Slow, 4*n)
	}
	leaf.Disable()
	defer leaf.Enable()
	off := crossings()
	mustAcquire(t, p, 64).Close()
	if now := crossings(); off.Leaves || off.Reason == "" || now.Slow != off.Slow {
		t.Fatalf("%+v, then %+v, with leaves off", off, now)
	}
	g.Close()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// 64 objects of 64 bytes, as many as one crossing is for: none of cgo with leaves, one without.
func TestManyObjectsAtOnceTakeOneCrossing(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	p := openPool(t, Options{})
	guards := make([]Guard, 64)
	const n = 100
	crossings := func() (cgo int64) {
		t.Helper()
		for range n {
			before := runtime.NumCgoCall()
			if err := p.AcquireN(64, guards); err != nil {
				t.Fatal(err)
			}
			cgo += runtime.NumCgoCall() - before
			for i := range guards {
				if err := guards[i].Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
		return cgo
	}
	crossings() // memory from the system
	slow := readCrossings().Slow
	if cgo := crossings(); cgo > n/10 {
		t.Errorf("%d batches by leaf calls took %d cgo calls", n, cgo)
	}
	if now := readCrossings().Slow; now-slow > n/10 {
		t.Errorf("%d crossings were repeated", now-slow)
	}
	leaf.Disable()
	defer leaf.Enable()
	if cgo := crossings(); cgo != n {
		t.Errorf("%d batches by cgo took %d calls", n, cgo)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}
