//go:build cgo && !race

package escrow_test

import (
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

// The race detector allows 8,128 goroutines; there the scope test alone reaches the limit.
func TestAHundredThousandGoroutinesUseOneGuard(t *testing.T) {
	const n = 100_000
	p := open(t, escrow.Options{})
	g := acquire(t, p, 16)
	inside, leave := sync.WaitGroup{}, make(chan struct{})
	var all sync.WaitGroup
	inside.Add(n)
	for range n {
		all.Go(func() {
			err := g.Use(func(b []byte) error {
				inside.Done()
				<-leave
				return nil
			})
			if err != nil {
				t.Error(err)
				inside.Done()
			}
		})
	}
	inside.Wait()
	if s := stats(t, p); s.Borrows+s.Duplicates < n {
		t.Errorf("%d loans and %d duplicates", s.Borrows, s.Duplicates)
	}
	close(leave)
	all.Wait()
	if s := stats(t, p); s.Borrows != 0 || s.Duplicates != 0 {
		t.Fatalf("%+v", s)
	}
	is(t, g.Close(), nil)
}

func TestUseDoesNotAllocate(t *testing.T) {
	if escrow.Instrumented {
		t.Skip("the sanitizers move variables to the heap")
	}
	p := open(t, escrow.Options{})
	g := acquire(t, p, 64)
	for name, f := range map[string]func(){
		"use": func() { g.Use(nothing) },
		"lent": func() {
			for b := range g.Lent() {
				b[0]++
			}
		},
		"raw":   func() { g.UnsafeBytes() },
		"write": func() { g.WriteAt([]byte("x"), 1) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	is(t, g.Close(), nil)
}
