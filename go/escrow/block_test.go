//go:build cgo

package escrow

import (
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/internal/cabi"
)

func openPool(t testing.TB, o Options) *Pool {
	t.Helper()
	p, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustAcquire(t testing.TB, p *Pool, n int) Guard {
	t.Helper()
	g, err := p.Acquire(n)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// cycle is one garbage collection with what it sets going: cleanups, and the rotation of the blocks.
func cycle() {
	rotation.mu.Lock()
	armed, seen := rotation.armed, rotation.collections.Load()
	rotation.mu.Unlock()
	runtime.GC()
	collect.settle()
	if armed {
		within(5*time.Second, func() bool { return rotation.collections.Load() > seen })
	}
	time.Sleep(5 * time.Millisecond)
}

func live(t testing.TB, p *Pool) uint64 {
	t.Helper()
	s, err := p.Stats()
	if err != nil {
		t.Fatal(err)
	}
	return s.Live
}

func TestTenForgottenGuardsOfAnIdleProcessAreReleasedWithinThreeCycles(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no cycle but ours
	p := openPool(t, Options{})
	func() {
		for range 10 {
			mustAcquire(t, p, 64)
		}
	}()
	if n := live(t, p); n != 10 {
		t.Fatalf("%d of 10 forgotten guards before any collection", n)
	}
	released := func() bool { return live(t, p) == 0 }
	rotated := func() bool {
		for i := range p.stripes.of {
			if p.stripes.of[i].current.Load() != nil {
				return false
			}
		}
		return true
	}
	for _, done := range []func() bool{rotated, released, released} {
		runtime.GC()
		within(5*time.Second, done) // however long the goroutines wait for a processor
	}
	if n := live(t, p); n != 0 {
		t.Fatalf("%d of 10 forgotten guards are left after three collections", n)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAcquireAndCloseMakeNoGarbage(t *testing.T) {
	if testing.CoverMode() != "" || instrumented {
		t.Skip("instrumented")
	}
	p := openPool(t, Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const n = 1_000_000
	for range n {
		if err := mustAcquire(t, p, 64).Close(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if objects := after.Mallocs - before.Mallocs; objects > n/1000 {
		t.Fatalf("%d Go objects for %d guards", objects, n)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnOldCopyNeverTouchesTheNextUseOfItsEntry(t *testing.T) {
	p := openPool(t, Options{})
	b := p.blockOf(t)
	old := map[ref]Guard{}
	for len(old) < blockEntries {
		g := mustAcquire(t, p, 64)
		if g.b != b {
			t.Fatal("another block")
		}
		old[g.ref] = g
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var now []Guard
	for range blockEntries {
		g := mustAcquire(t, p, 32)
		if g.b != b {
			t.Fatal("closed entries of a current block are used again")
		}
		now = append(now, g)
	}
	for _, g := range old {
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := g.MoveOut(); !errors.Is(err, ErrStale) {
			t.Fatal(err)
		}
		if g.Valid() || g.UnsafeHandle() != 0 || g.Len() != 64 {
			t.Fatal("an ended guard speaks for the entry's next use")
		}
	}
	for _, g := range now {
		if !g.Valid() || g.Len() != 32 {
			t.Fatal("the next use was ended by an old copy")
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// blockOf is the current block that the calling goroutine acquires from.
func (p *Pool) blockOf(t *testing.T) *block {
	t.Helper()
	g := mustAcquire(t, p, 1)
	g.Close()
	b := newBlock(p, blockEntries)
	b.putBack(0)
	p.stripes.retire()
	for i := range p.stripes.of { // wherever the stack is
		p.stripes.of[i].current.Store(b)
	}
	rotation.add(p.stripes)
	return b
}

// Close may retire a block as soon as it is listed: its maker has an entry already, and nobody else that one.
func TestTheFirstEntryOfANewBlockIsItsMakers(t *testing.T) {
	p := openPool(t, Options{})
	b := newBlock(p, blockEntries)
	for range blockEntries - 1 {
		if i := b.take(); i <= 0 {
			t.Fatalf("entry %d", i)
		}
	}
	if i := b.take(); i >= 0 {
		t.Fatalf("entry %d", i)
	}
	retired := newBlock(p, blockEntries)
	p.retireAll()
	if i := retired.take(); i >= 0 || !retired.retired.Load() {
		t.Fatalf("entry %d of a retired block", i)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAMovedGuardStaysMoved(t *testing.T) {
	p := openPool(t, Options{})
	moved := mustAcquire(t, p, 64)
	ticket, err := moved.MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 * blockEntries {
		mustAcquire(t, p, 64).Close()
	}
	if _, err := moved.Dup(); !errors.Is(err, ErrMoved) {
		t.Fatal(err)
	}
	if err := errors.Join(ticket.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestARetiredBlockIsNotUsedAgain(t *testing.T) {
	p := openPool(t, Options{})
	g := mustAcquire(t, p, 64)
	cycle()
	for range 10 * blockEntries {
		h := mustAcquire(t, p, 64)
		if h.b == g.b {
			t.Fatal("an entry of a block older than the last collection")
		}
		h.Close()
	}
	if !g.Valid() {
		t.Fatal("ended")
	}
	if err := errors.Join(g.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestLargeAndPreciseGuardsAreReleasedOneByOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     Options
		bytes int
		share bool
	}{
		{"small", Options{}, 64, true},
		{"just below", Options{}, ownCleanup - 1, true},
		{"large", Options{}, ownCleanup, false},
		{"precise", Options{PreciseGuards: true}, 64, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openPool(t, c.o)
			kept := func() Guard { // one kept, the others of its block forgotten
				b := p.blockOf(t)
				g := mustAcquire(t, p, c.bytes)
				for range blockEntries - 1 {
					if h := mustAcquire(t, p, c.bytes); c.share && h.b != b {
						t.Fatal("another block")
					}
				}
				return g
			}()
			for range 6 {
				cycle()
			}
			want := uint64(1)
			if c.share {
				want = blockEntries
			}
			if n := live(t, p); n != want {
				t.Fatalf("%d objects live, want %d", n, want)
			}
			s, _ := p.Stats()
			if s.Held != want || s.HeldByAge[2]+s.HeldByAge[3] != want {
				t.Fatalf("%+v", s)
			}
			kept.Close()
			for i := 0; i < 50 && live(t, p) > 0; i++ {
				cycle()
			}
			if n := live(t, p); n != 0 {
				t.Fatalf("%d objects live after the last guard of the block was closed", n)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

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
