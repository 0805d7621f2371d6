// Guarantee O of docs/trust.md.

package keepalive_test

import (
	"runtime"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/keepalive"
)

const tries, sleep = 20, 60 // milliseconds of one C call

// collecting runs f while the collector runs without a pause.
func collecting(f func()) {
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	f()
	close(stop)
	group.Wait()
}

func TestANaiveWrapperReadsFreedMemory(t *testing.T) {
	freed := 0
	collecting(func() {
		for range tries {
			n := keepalive.NewNaive()
			if n.ReadSlowly(sleep) != keepalive.Alive { // the last use of n
				freed++
			}
		}
	})
	if freed < 15 {
		t.Fatalf("freed memory in %d of %d tries: the demonstration shows nothing", freed, tries)
	}
	t.Logf("freed memory in %d of %d tries", freed, tries)
}

func TestTheSameWrapperOnEscrowNeverDoes(t *testing.T) {
	p, err := escrow.Open(escrow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	freed, released := 0, 0
	collecting(func() {
		for range tries {
			s, err := keepalive.NewSafe(p)
			if err != nil {
				t.Error(err)
				return
			}
			before := leaked(t, p)
			switch s.ReadSlowly(sleep) { // the last use of s
			case keepalive.Alive, -1:
			default:
				freed++
			}
			if leaked(t, p) > before {
				released++
			}
			// Reuses the slot, so that a late read would see something else.
			if g, err := p.Acquire(16); err == nil {
				g.Close()
			}
		}
	})
	if freed != 0 {
		t.Fatalf("freed memory in %d of %d tries", freed, tries)
	}
	if released < 15 {
		t.Fatalf("the cleanup ran during %d of %d calls: the test shows nothing", released, tries)
	}
	t.Logf("the cleanup ran during %d of %d calls, freed memory in none", released, tries)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func leaked(t *testing.T, p *escrow.Pool) uint64 {
	s, err := p.Stats()
	if err != nil {
		t.Error(err)
	}
	return s.Leaked
}
