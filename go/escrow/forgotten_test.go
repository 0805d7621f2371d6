//go:build cgo

// Guarantee O of docs/trust.md.

package escrow_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

func TestAForgottenGuardIsReleasedAndCounted(t *testing.T) {
	p := open(t, escrow.Options{})
	func() {
		for range 10 {
			acquire(t, p, 64)
		}
		dup(t, acquire(t, p, 64)) // both of them
		moveOut(t, acquire(t, p, 64))
		is(t, acquire(t, p, 64).Close(), nil) // not a leak
	}()
	if !eventually(func() bool { return stats(t, p).Live == 0 }) {
		t.Fatalf("%+v", stats(t, p))
	}
	if !eventually(func() bool { return stats(t, p).Leaked == 13 }) {
		t.Fatalf("leaked %d of 13", stats(t, p).Leaked)
	}
	if s := stats(t, p); s.Held != 0 || len(s.Misuse) != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestCloseWinsOverTheLateCleanup(t *testing.T) {
	p := open(t, escrow.Options{})
	for range 2000 {
		g := acquire(t, p, 16)
		is(t, g.Close(), nil)
	}
	guard := acquire(t, p, 16) // reuses a slot: a late cleanup must not hit it
	for range 5 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	is(t, guard.Use(nothing), nil)
	is(t, guard.Close(), nil)
	if s := stats(t, p); s.Leaked != 0 || len(s.Misuse) != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestAGuardIsKeptAliveInsideItsCalls(t *testing.T) {
	p := open(t, escrow.Options{PreciseGuards: true}) // else the stripe keeps the block for a while
	for range 50 {
		g := acquire(t, p, 64)
		h := g.UnsafeHandle()
		is(t, g.Use(func(b []byte) error { // the last use of g
			runtime.GC()
			for i := range b {
				b[i] = 1
			}
			time.Sleep(time.Millisecond) // the cleanup's turn
			runtime.GC()
			if !escrow.UnsafeValid(h) {
				t.Error("released in use")
			}
			return nil
		}), nil)
	}
	eventually(func() bool { return stats(t, p).Live == 0 })
	if s := stats(t, p); s.Live != 0 || len(s.Misuse) != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestAForgottenPoolIsClosed(t *testing.T) {
	before := escrow.ReadTotals()
	var ids []uint64
	func() {
		p := openLoose(t, escrow.Options{})
		acquire(t, p, 64) // forgotten together with its pool
		q := openLoose(t, escrow.Options{})
		acquire(t, q, 64)
		is(t, q.Close(), escrow.ErrLeak) // closed, and its last guard forgotten
		ids = append(ids, p.UnsafeID(), q.UnsafeID(), openLoose(t, escrow.Options{}).UnsafeID())
	}()
	if !eventually(func() bool {
		now := escrow.ReadTotals()
		return now.ForgottenPools-before.ForgottenPools == 2 && now.Leaked-before.Leaked == 2 && now.Zombies == before.Zombies
	}) {
		t.Fatalf("%+v, before %+v", escrow.ReadTotals(), before)
	}
	for _, id := range ids {
		if !eventually(func() bool { return escrow.Destroyed(id) }) {
			t.Fatal("a forgotten pool still holds its memory")
		}
	}
}

func TestAGuardKeepsItsPoolOpen(t *testing.T) {
	before := escrow.ReadTotals().ForgottenPools
	g := func() escrow.Guard { return acquire(t, openLoose(t, escrow.Options{}), 64) }()
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	is(t, dup(t, g).Close(), nil) // would be revoked
	is(t, g.Close(), nil)         // the last use of g
	if !eventually(func() bool { return escrow.ReadTotals().ForgottenPools > before }) {
		t.Fatal("the pool was never closed")
	}
}

func TestAZombieWhoseLastReferenceCHeldIsFoundByTheCollector(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	before := escrow.ReadTotals().Zombies
	raw, err := acquire(t, p, 64).UnsafeDetach()
	is(t, err, nil)
	is(t, p.Close(), escrow.ErrLeak)
	runtime.GC()
	time.Sleep(5 * time.Millisecond)
	if gone(p) || escrow.ReadTotals().Zombies != before+1 {
		t.Fatal("destroyed under C's reference")
	}
	releaseBehindGo(t, raw)
	if !eventually(func() bool { return gone(p) && escrow.ReadTotals().Zombies == before }) {
		t.Fatal("nobody looked at the zombie")
	}
}

func TestReleaseFromAFinalizerAfterDestroy(t *testing.T) {
	type holder struct{ g escrow.Guard }
	p := openLoose(t, escrow.Options{})
	var done atomic.Int32
	func() {
		for range 10 {
			h := &holder{acquire(t, p, 64)}
			runtime.SetFinalizer(h, func(h *holder) {
				if h.g.Close() != nil || h.g.Use(nothing) == nil {
					done.Add(1000)
				}
				done.Add(1)
			})
			is(t, h.g.Close(), nil)
		}
		is(t, p.Close(), nil)
	}()
	if !eventually(func() bool { return done.Load() >= 10 }) || done.Load() != 10 {
		t.Fatalf("%d finalizers", done.Load())
	}
}

// TestTorture forgets and closes guards, tickets and pools in every order while the collector runs
// without a pause, so that pools are closed and destroyed with cleanups queued.
func TestTorture(t *testing.T) {
	before := escrow.ReadTotals()
	stop := make(chan struct{})
	var gc sync.WaitGroup
	gc.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	var workers sync.WaitGroup
	var forgotten atomic.Uint64
	for w := range 4 {
		workers.Go(func() {
			for i := range 300 {
				p, err := escrow.Open(escrow.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				for j := range 40 {
					g, err := p.Acquire(1 + (i*j)%3000)
					if err != nil {
						t.Error(err)
						return
					}
					switch (w + j) % 4 {
					case 0:
						g.Close()
					case 1:
						forgotten.Add(1)
					case 2:
						if _, err := g.MoveOut(); err != nil {
							t.Error(err)
						}
						forgotten.Add(1)
					case 3:
						if d, err := g.Dup(); err == nil {
							d.Close()
						} else {
							t.Error(err)
						}
						forgotten.Add(1)
					}
				}
				switch i % 3 {
				case 0:
					p.Close()
				case 1:
					p.CloseReclaimTickets()
				}
			}
		})
	}
	workers.Wait()
	close(stop)
	gc.Wait()
	if !eventually(func() bool { return escrow.ReadTotals().Zombies == before.Zombies }) {
		t.Fatalf("%+v", escrow.ReadTotals())
	}
	leaked := escrow.ReadTotals().Leaked - before.Leaked
	// Tickets that a closing pool reclaimed are not leaks.
	if leaked > forgotten.Load() || leaked < forgotten.Load()/2 {
		t.Fatalf("%d of %d forgotten references counted", leaked, forgotten.Load())
	}
}
