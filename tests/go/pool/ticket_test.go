// Guarantee D of docs/trust.md.

package pool_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/tests/go/pool"
)

func TestATicketHasOneTakerAmongGoroutinesAndThreads(t *testing.T) {
	const takers, tickets = 8, 2000
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	p := open(t)
	shared := 0
	// More where no two met: on a busy machine each taker may have the core to itself.
	start := time.Now()
	for round := 0; round < rounds || shared == 0 && time.Since(start) < 10*time.Second; round++ {
		handles, raw := make([]uint64, tickets), make([]uint64, tickets)
		if err := p.UnsafeAcquireN(16, handles); err != nil {
			t.Fatal(err)
		}
		for i, h := range handles {
			g, err := p.UnsafeAdopt(h)
			if err != nil {
				t.Fatal(err)
			}
			ticket, err := g.MoveOut()
			if err != nil {
				t.Fatal(err)
			}
			if raw[i], err = ticket.UnsafeDetach(); err != nil {
				t.Fatal(err)
			}
		}
		of := make([][]uint64, takers)
		var ready atomic.Int32
		var wait sync.WaitGroup
		for taker := range takers {
			of[taker] = make([]uint64, tickets)
			wait.Go(func() {
				for ready.Add(1); ready.Load() < takers; {
					runtime.Gosched()
				}
				if taker%2 == 1 {
					pool.Take(raw, of[taker])
					return
				}
				for i, h := range raw {
					ticket, err := p.UnsafeTicket(h)
					if err != nil {
						continue
					}
					if g, err := ticket.MoveIn(); err == nil {
						of[taker][i]++
						if err := g.Close(); err != nil {
							t.Error(err)
						}
					}
					_, _ = ticket.UnsafeDetach()
				}
			})
		}
		wait.Wait()
		won := 0
		for i := range tickets {
			n := uint64(0)
			for taker := range takers {
				n += of[taker][i]
			}
			if n != 1 {
				t.Fatalf("ticket %d had %d takers", i, n)
			}
		}
		for taker := range takers {
			n := uint64(0)
			for _, got := range of[taker] {
				n += got
			}
			if n > 0 {
				won++
			}
		}
		if won > 1 {
			shared++
		}
	}
	t.Logf("in %d rounds several took some", shared)
	if shared == 0 {
		t.Error("never did two race")
	}
}
