//go:build cgo

package escrow_test

import (
	"errors"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestSetGuardedGuardsAsManyAsTheRateSays(t *testing.T) {
	pool, err := escrow.Open(escrow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, rate := range []int{1, 10, 200} {
		if err := pool.SetGuarded(rate); err != nil {
			t.Fatal(err)
		}
		before, err := pool.ReadGuarded()
		if err != nil || before.Rate != rate {
			t.Fatalf("rate %d: read %+v, %v", rate, before, err)
		}
		const n = 20_000
		for range n {
			g, err := pool.Acquire(40)
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
		}
		after, err := pool.ReadGuarded()
		if err != nil {
			t.Fatal(err)
		}
		got, want := int(after.Guarded-before.Guarded), n/rate
		if got < want*7/10-10 || got > want*13/10+10 {
			t.Errorf("rate %d: %d of %d objects were guarded, want about %d", rate, got, n, want)
		}
	}
	if err := pool.SetGuarded(-1); !errors.Is(err, escrow.ErrOption) {
		t.Errorf("rate -1: %v", err)
	}
}

func TestGuardedObjectsReadAndWriteLikeOthers(t *testing.T) {
	pool, err := escrow.Open(escrow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.SetGuarded(1); err != nil {
		t.Fatal(err)
	}
	g, err := pool.Acquire(100)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Use(func(b []byte) error { b[99] = 7; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := g.Use(func(b []byte) error {
		if len(b) != 100 || b[0] != 0 || b[99] != 7 {
			t.Errorf("%d bytes, %v", len(b), b)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
