//go:build cgo

package escrow

import (
	"errors"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
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
