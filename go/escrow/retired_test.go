//go:build cgo

package escrow

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/escrow/go/internal/cabi"
)

// TestEveryByteCountedIsUncounted closes, forgets and moves while blocks are retired all the time.
func TestEveryByteCountedIsUncounted(t *testing.T) {
	p := openPool(t, Options{})
	var stop atomic.Bool
	var churn, workers sync.WaitGroup
	churn.Go(func() {
		for !stop.Load() {
			p.stripes.retire()
			runtime.Gosched()
		}
	})
	for range 4 {
		workers.Go(func() {
			var kept []Guard
			for i := range 20_000 {
				g := mustAcquire(t, p, 1+i%300)
				switch i % 5 {
				case 0:
					kept = append(kept, g)
				case 1: // forgotten
				case 2:
					if ticket, err := g.MoveOut(); err == nil {
						ticket.Close()
					}
				default:
					g.Close()
				}
			}
			if err := ReleaseN(kept); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	stop.Store(true)
	churn.Wait()
	for i := 0; i < 200 && (live(t, p) > 0 || p.bytes.Load() != 0); i++ {
		cycle()
	}
	if n, bytes := live(t, p), p.bytes.Load(); n != 0 || bytes != 0 {
		t.Fatalf("%d objects live, %d bytes counted", n, bytes)
	}
	s, err := p.Stats()
	if err != nil || s.Leaked != 4*4000 || len(s.Misuse) != 0 {
		t.Fatalf("leaked %d, misuse %v, %v", s.Leaked, s.Misuse, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTheEndOfAGuardInARetiredBlockIsUncounted: whichever way it ends.
func TestTheEndOfAGuardInARetiredBlockIsUncounted(t *testing.T) {
	p := openPool(t, Options{})
	closed, moved, kept := mustAcquire(t, p, 64), mustAcquire(t, p, 32), mustAcquire(t, p, 16)
	for _, g := range []Guard{closed, moved, kept} {
		g.b.retire() // most often one block
	}
	if n := p.bytes.Load(); n != 64+32+16 {
		t.Fatalf("%d bytes counted", n)
	}
	if err := closed.Close(); err != nil || p.bytes.Load() != 32+16 {
		t.Fatalf("%d bytes counted after a close: %v", p.bytes.Load(), err)
	}
	ticket, err := moved.MoveOut()
	if err != nil || p.bytes.Load() != 16 {
		t.Fatalf("%d bytes counted after a move: %v", p.bytes.Load(), err)
	}
	if err := ReleaseN([]Guard{kept}); err != nil || p.bytes.Load() != 0 {
		t.Fatalf("%d bytes counted after a batch: %v", p.bytes.Load(), err)
	}
	if err := errors.Join(ticket.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestALateEndLeavesTheNextUseOfItsEntryCounted has an end stopped between its tombstone and what follows.
func TestALateEndLeavesTheNextUseOfItsEntryCounted(t *testing.T) {
	p := openPool(t, Options{})
	b := p.blockOf(t)
	slow := mustAcquire(t, p, 64)
	if slow.b != b || !slow.claim(tombReleased) {
		t.Fatal("another block")
	}
	for range blockEntries - 1 {
		mustAcquire(t, p, 64).Close()
	}
	var next []Guard
	for len(next) < blockEntries {
		next = append(next, mustAcquire(t, p, 32))
	}
	b.retire()
	if n := p.bytes.Load(); n != blockEntries*32 {
		t.Fatalf("%d bytes counted", n)
	}
	if s := slow.ended(cabi.Busy); s != cabi.Freed {
		t.Fatal(s)
	}
	if n := p.bytes.Load(); n != blockEntries*32 {
		t.Fatalf("%d bytes counted of guards that are there", n)
	}
	if err := errors.Join(ReleaseN(next), p.Close()); err != nil {
		t.Fatal(err)
	}
	if n := p.bytes.Load(); n != 0 {
		t.Fatalf("%d bytes counted of guards that are gone", n)
	}
}

// TestABlockOfAClosedPoolIsInNoStripe: who found it there might end a reference before the block is retired, take
// the pool for open, and leave its memory to the next collection.
func TestABlockOfAClosedPoolIsInNoStripe(t *testing.T) {
	p := openPool(t, Options{})
	p.stripes = &stripes{of: make([]stripe, 1)}
	p.state.Store(stateClosed)
	var stop atomic.Bool
	var looks, seen atomic.Uint64
	var watch sync.WaitGroup
	watch.Go(func() {
		for ; !stop.Load(); looks.Add(1) {
			if b := p.stripes.of[0].current.Load(); b != nil && !b.retired.Load() {
				seen.Add(1)
			}
		}
	})
	for n := 0; n < 20_000 || looks.Load() < 10_000; n++ {
		if b, i := p.seat(64); i != 0 || !b.retired.Load() {
			t.Fatalf("entry %d of a block that is not retired", i)
		}
		if seen.Load() > 0 {
			break
		}
	}
	stop.Store(true)
	watch.Wait()
	if seen.Load() > 0 {
		t.Error("a block that is not retired was found in a stripe")
	}
	p.state.Store(stateOpen)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}
