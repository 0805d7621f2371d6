// Guarantee D of docs/trust.md.

package pool_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/pool"
)

// taker is who tries each ticket: C++ on a thread, or a goroutine. It ends what it took when all have tried
// and no earlier, so that whoever could take a ticket a second time does, in whichever order they come.
type taker struct {
	native bool
	took   []uint64 // by ticket; 0: somebody else did
	guards []escrow.Guard
}

func (r *taker) take(p *escrow.Pool, tickets []uint64) {
	if r.native {
		pool.Take(tickets, r.took)
		return
	}
	for i, h := range tickets {
		ticket, err := p.UnsafeTicket(h)
		if err != nil {
			continue
		}
		if g, err := ticket.MoveIn(); err == nil {
			r.took[i] = 1
			r.guards = append(r.guards, g)
		}
		_, _ = ticket.UnsafeDetach()
	}
}

// end releases what was taken, and says whether that was anything.
func (r *taker) end(t *testing.T) bool {
	some := false
	for _, h := range r.took {
		some = some || h != 0
		if h != 0 && r.native {
			pool.End(h)
		}
	}
	for _, g := range r.guards {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
	return some
}

func detached(t *testing.T, p *escrow.Pool, tickets int) []uint64 {
	raw := make([]uint64, tickets)
	if err := p.UnsafeAcquireN(16, raw); err != nil {
		t.Fatal(err)
	}
	for i, h := range raw {
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
	return raw
}

func TestATicketHasOneTakerAmongGoroutinesAndThreads(t *testing.T) {
	const tickets = 2000
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	p := open(t)
	shared := 0
	// More where no two met: on a busy machine each taker may have the core to itself.
	start := time.Now()
	for round := 0; round < rounds || shared == 0 && time.Since(start) < 10*time.Second; round++ {
		raw := detached(t, p, tickets)
		takers := make([]taker, 8)
		var ready atomic.Int32
		var wait sync.WaitGroup
		for i := range takers {
			r := &takers[i]
			r.native, r.took = i%2 == 1, make([]uint64, tickets)
			wait.Go(func() {
				for ready.Add(1); int(ready.Load()) < len(takers); {
					runtime.Gosched()
				}
				r.take(p, raw)
			})
		}
		wait.Wait()
		for i := range raw {
			n := 0
			for _, r := range takers {
				if r.took[i] != 0 {
					n++
				}
			}
			if n != 1 {
				t.Fatalf("ticket %d had %d takers", i, n)
			}
		}
		won := 0
		for i := range takers {
			if takers[i].end(t) {
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
