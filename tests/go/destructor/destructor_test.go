package destructor_test

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/destructor"
)

func open(t *testing.T, o escrow.Options) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func acquire(t *testing.T, p *escrow.Pool, first byte) escrow.Guard {
	t.Helper()
	g, err := p.Acquire(100)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Use(func(b []byte) error { b[0] = first; return nil }); err != nil {
		t.Fatal(err)
	}
	return g
}

func eventually(f func() bool, collect bool) bool {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if f() {
			return true
		}
		if collect {
			runtime.GC()
		}
		time.Sleep(time.Millisecond)
	}
	return f()
}

// ran is how many destructors f caused, and what they saw.
func ran(f func()) (runs, sum uint64) {
	runs, sum = destructor.Runs(), destructor.Sum()
	f()
	return destructor.Runs() - runs, destructor.Sum() - sum
}

func TestCloseRunsTheDestructorBeforeItReturns(t *testing.T) {
	p := open(t, escrow.Options{UnsafeDestructor: destructor.Counting()})
	g := acquire(t, p, 7)
	if runs, sum := ran(func() { g.Close(); g.Close() }); runs != 1 || sum != 7 {
		t.Fatalf("%d runs, sum %d", runs, sum)
	}
	g = acquire(t, p, 1)
	d, err := g.Dup()
	if err != nil {
		t.Fatal(err)
	}
	if runs, _ := ran(func() { g.Close() }); runs != 0 {
		t.Fatal("destroyed under a duplicate")
	}
	if runs, _ := ran(func() { d.Close() }); runs != 1 {
		t.Fatal("the last duplicate does not destroy")
	}
	ticket, err := acquire(t, p, 1).MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	if runs, _ := ran(func() { p.CloseReclaimTickets() }); runs != 1 {
		t.Fatal("the reclaimed ticket's object was not destroyed")
	}
	if runs, _ := ran(func() { ticket.Close() }); runs != 0 {
		t.Fatal("destroyed twice")
	}
}

func TestAForgottenGuardIsDestroyedByTheDrainer(t *testing.T) {
	p := open(t, escrow.Options{UnsafeDestructor: destructor.Counting()})
	runs, sum := ran(func() {
		before := destructor.Runs()
		for i := range 10 {
			acquire(t, p, byte(i))
		}
		eventually(func() bool { return destructor.Runs()-before == 10 }, true)
	})
	if runs != 10 || sum != 45 {
		t.Fatalf("%d runs, sum %d", runs, sum)
	}
	if !eventually(func() bool { s, err := p.Stats(); return err == nil && s.Pending == 0 && s.Live == 0 }, false) {
		t.Fatal("still pending")
	}
	if s, _ := p.Stats(); s.Leaked != 10 {
		t.Fatalf("leaked %d", s.Leaked)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheLastLoanLeavesTheDestructorToTheDrainer(t *testing.T) {
	p := open(t, escrow.Options{UnsafeDestructor: destructor.Counting()})
	g := acquire(t, p, 3)
	runs, sum := ran(func() {
		before := destructor.Runs()
		err := g.Use(func(b []byte) error {
			g.Close()
			if destructor.Runs() != before {
				t.Error("destroyed while lent")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		eventually(func() bool { return destructor.Runs() != before }, false)
	})
	if runs != 1 || sum != 3 {
		t.Fatalf("%d runs, sum %d", runs, sum)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheDrainerEndsWhenThereIsNothingToDo(t *testing.T) {
	p := open(t, escrow.Options{UnsafeDestructor: destructor.Counting()})
	for range 20 {
		func() { acquire(t, p, 1) }()
		runtime.GC()
	}
	if !eventually(func() bool { s, _ := p.Stats(); return s.Live == 0 }, true) {
		t.Fatal("not destroyed")
	}
	running := func() bool {
		stacks := make([]byte, 1<<20)
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "(*drainer).run")
	}
	if !eventually(func() bool { return !running() }, false) {
		t.Fatal("the drainer still runs")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDestructorsCallBackIntoGo: none of the calls that run destructors is marked nocallback.
func TestDestructorsCallBackIntoGo(t *testing.T) {
	var calls atomic.Int64
	inside := func() {}
	destructor.OnDestroy(func(payload []byte) {
		calls.Add(int64(payload[0]))
		inside()
	})
	o := escrow.Options{UnsafeDestructor: destructor.Calling()}

	p := open(t, o)
	acquire(t, p, 1).Close()
	if calls.Load() != 1 {
		t.Fatal("close did not call")
	}
	other := open(t, o)
	spare := acquire(t, other, 10)
	inside = func() { // what a destructor may not do is refused, and a release in it is put off
		inside = func() {}
		if _, err := p.Drain(); !errors.Is(err, escrow.ErrBusy) {
			t.Errorf("drain in a destructor: %v", err)
		}
		if err := other.Close(); !errors.Is(err, escrow.ErrBusy) {
			t.Errorf("close in a destructor: %v", err)
		}
		if err := spare.Close(); err != nil {
			t.Errorf("release in a destructor: %v", err)
		}
		if calls.Load() != 2 {
			t.Error("a destructor inside a destructor")
		}
	}
	acquire(t, p, 1).Close()
	if !eventually(func() bool { return calls.Load() == 12 }, false) {
		t.Fatalf("the object released in a destructor was not destroyed: %d", calls.Load())
	}
	if err := other.Close(); err != nil {
		t.Fatalf("refused once, closed never: %v", err)
	}
	ticket, err := acquire(t, p, 100).MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CloseReclaimTickets(); err != nil || calls.Load() != 112 {
		t.Fatalf("close: %v, %d", err, calls.Load())
	}
	if err := ticket.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestADestructorTakesALockThatItsUserHoldsAroundAcquire(t *testing.T) {
	// Acquire never runs a destructor, so this cannot lock up.
	lock := make(chan struct{}, 1)
	var done atomic.Int64
	destructor.OnDestroy(func([]byte) { lock <- struct{}{}; <-lock; done.Add(1) })
	p := open(t, escrow.Options{UnsafeDestructor: destructor.Calling(), Limit: 1 << 20})
	for range 2000 {
		lock <- struct{}{}
		g, err := p.Acquire(4096)
		<-lock
		if errors.Is(err, escrow.ErrFull) {
			runtime.GC()
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = g // forgotten
	}
	if !eventually(func() bool { s, _ := p.Stats(); return s.Live == 0 }, true) {
		t.Fatal("objects left")
	}
	if err := p.Close(); err != nil || done.Load() == 0 {
		t.Fatal(err, done.Load())
	}
}

func TestACleanupNeverRunsADestructor(t *testing.T) {
	const guards = 64
	entered, leave := make(chan struct{}, guards), make(chan struct{})
	destructor.OnDestroy(func([]byte) { entered <- struct{}{}; <-leave })
	p := open(t, escrow.Options{UnsafeDestructor: destructor.Calling()})
	for range guards {
		acquire(t, p, 1)
	}
	// All cleanups are done while the first destructor, on the drainer's goroutine, is not.
	if !eventually(func() bool { s, _ := p.Stats(); return s.Leaked == guards && len(entered) == 1 }, true) {
		s, _ := p.Stats()
		t.Errorf("a destructor holds up the cleanups: %d done, %d destructors", s.Leaked, len(entered))
	}
	close(leave)
	if !eventually(func() bool { s, _ := p.Stats(); return s.Live == 0 }, false) {
		t.Fatal("objects left")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}
