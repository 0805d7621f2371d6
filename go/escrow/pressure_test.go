//go:build cgo

package escrow

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"
)

// lowFloor makes the process collect above 1 MiB of guards, and leaves collections to it alone.
func lowFloor(t *testing.T) {
	t.Helper()
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(math.MaxInt64)
	reset(t, 1<<20)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
		reset(t, 0)
	})
}

// reset waits for the goroutine to end and sets what it starts from.
func reset(t *testing.T, floor int64) {
	t.Helper()
	collect.floor.Store(math.MaxInt64)
	idle := within(10*time.Second, func() bool {
		collect.mu.Lock()
		defer collect.mu.Unlock()
		return !collect.running
	})
	if !idle {
		t.Fatal("the collections do not end")
	}
	collect.mu.Lock()
	defer collect.mu.Unlock()
	collect.floor.Store(floor)
	collect.threshold.Store(0)
	collect.factor, collect.quiet, collect.brief = 0, time.Time{}, time.Time{}
}

func forget(t *testing.T, p *Pool, count, bytes int) {
	t.Helper()
	for range count {
		if _, err := p.Acquire(bytes); err != nil {
			t.Fatal(err)
		}
	}
}

// within waits without collecting.
func within(d time.Duration, f func() bool) bool {
	for deadline := time.Now().Add(d); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if f() {
			return true
		}
	}
	return f()
}

func TestForgottenBytesAreCollectedBehindAQuietGoHeap(t *testing.T) {
	lowFloor(t)
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	before := collect.read()
	forget(t, p, 128, 64<<10) // 8 MiB
	// What was acquired while a cycle ran survives it.
	if !within(5*time.Second, func() bool {
		after := collect.read()
		return p.bytes.Load() < 4<<20 && after.Cycles > before.Cycles && after.Freed > before.Freed && after.Time > before.Time
	}) {
		t.Fatalf("%d bytes forgotten, %+v, before %+v", p.bytes.Load(), collect.read(), before)
	}
}

func TestPressureCanBeSwitchedOff(t *testing.T) {
	lowFloor(t)
	quiet, err := Open(Options{NoPressure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	before := collect.read()
	forget(t, quiet, 128, 64<<10)
	if now := collect.read(); now.Owned-before.Owned > 1<<20 || quiet.bytes.Load() != 0 {
		t.Fatalf("%+v, before %+v", now, before)
	}

	if !SetPressure(false) {
		t.Fatal("was off before")
	}
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	forget(t, p, 128, 64<<10)
	time.Sleep(50 * time.Millisecond)
	if now := collect.read(); now.Cycles > before.Cycles+1 || p.bytes.Load() != 8<<20 {
		t.Fatalf("%+v, before %+v", now, before)
	}
	if SetPressure(true) {
		t.Fatal("was on")
	}
	forget(t, p, 1, 64<<10) // the next byte sees it
	if !within(5*time.Second, func() bool { return p.bytes.Load() < 4<<20 }) {
		t.Fatalf("%d bytes forgotten", p.bytes.Load())
	}
}

func TestBytesHeldOnPurposeDoNotKeepTheCollectorBusy(t *testing.T) {
	lowFloor(t)
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := collect.read()
	start := time.Now()
	var held []Guard
	// 5 %, and the cycles that were due as soon as the bytes were there; they take long on a busy machine.
	busy := func() bool { return collect.read().Time-before.Time > time.Since(start)/10 }
	for time.Since(start) < 300*time.Millisecond || busy() && time.Since(start) < 20*time.Second {
		if len(held) < 256 {
			g, err := p.Acquire(64 << 10)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, g) // 16 MiB
		}
		forget(t, p, 1, 16)
		time.Sleep(100 * time.Microsecond)
	}
	after := collect.read()
	if cycles := after.Cycles - before.Cycles; cycles == 0 || cycles > 8 {
		t.Fatalf("%d cycles", cycles)
	}
	if time.Since(start) > 20*time.Second {
		t.Fatalf("%v of %v", after.Time-before.Time, time.Since(start))
	}
	for _, g := range held {
		g.Close()
	}
	if err := p.Close(); err != nil && !errors.Is(err, ErrLeak) {
		t.Fatal(err)
	}
}

func TestNoCycleRunsInThePauseUnlessItPresses(t *testing.T) {
	lowFloor(t)
	collect.mu.Lock()
	collect.quiet = time.Now().Add(time.Hour)
	collect.mu.Unlock()
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	before := collect.read()
	forget(t, p, 3<<20/(64<<10), 64<<10) // three thresholds
	time.Sleep(50 * time.Millisecond)
	if now := collect.read(); now.Cycles != before.Cycles || now.Waits != before.Waits {
		t.Fatalf("%+v, before %+v", now, before)
	}
	most := int64(0)
	for range 64 << 20 / (64 << 10) {
		forget(t, p, 1, 64<<10)
		most = max(most, p.bytes.Load())
	}
	if after := collect.read(); most > 16<<20 || after.Waits == before.Waits || after.Cycles == before.Cycles {
		t.Fatalf("%d bytes at most, %+v, before %+v", most, after, before)
	}
}

// A batch waits, too; whoever acquires from a pool without pressure does not.
func TestWhoAddsNoBytesIsNotHeldUp(t *testing.T) {
	lowFloor(t)
	quiet, err := Open(Options{NoPressure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	collect.mu.Lock()
	collect.running = true // nobody collects, so whoever waits waits in vain
	before := collect.seen.Waits
	collect.mu.Unlock()
	defer func() {
		collect.mu.Lock()
		defer collect.mu.Unlock()
		collect.running, collect.asked, collect.cycle = false, false, nil
	}()
	held := make([]Guard, 64)
	if err := p.AcquireN(1<<20, held); err != nil { // 64 thresholds, before anybody looks
		t.Fatal(err)
	}
	waits := func() uint64 { return collect.read().Waits - before }
	if !collect.pressing() {
		t.Fatalf("%+v", collect.read())
	}
	forget(t, quiet, 10, 64<<10)
	if n := waits(); n != 0 {
		t.Fatalf("a pool without pressure waited %d times", n)
	}
	forget(t, p, 1, 64<<10)
	if n := waits(); n != 1 {
		t.Fatalf("Acquire waited %d times", n)
	}
	more := make([]Guard, 2)
	if err := p.AcquireN(64<<10, more); err != nil {
		t.Fatal(err)
	}
	if n := waits(); n != 2 {
		t.Fatalf("AcquireN waited %d times", n-1)
	}
	if err := errors.Join(ReleaseN(held), ReleaseN(more)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil && !errors.Is(err, ErrLeak) {
		t.Fatal(err)
	}
}

// A cleanup goroutine that gets no processor, or runs somebody's slow cleanup, must not make forgotten
// guards look like survivors.
func TestACycleWaitsForCleanupsThatAreQueued(t *testing.T) {
	if _, _, known := cleanups(); !known {
		t.Skip("this version of Go does not count cleanups")
	}
	var done atomic.Bool
	runtime.AddCleanup(new([3]*byte), func(done *atomic.Bool) {
		time.Sleep(50 * time.Millisecond)
		done.Store(true)
	}, &done)
	var c collector
	for range 2 {
		runtime.GC()
		c.settle()
	}
	if !done.Load() {
		t.Fatal("settled before a cleanup had run")
	}
}

func TestACycleDoesNotWaitForACleanupThatIsStuck(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	runtime.AddCleanup(new([3]*byte), func(release chan struct{}) { <-release }, release)
	runtime.GC()
	var c collector
	start := time.Now()
	c.settle()
	if took := time.Since(start); took > 50*settleTime {
		t.Fatalf("settling took %v", took)
	}
}

func TestAcquireAtTheLimitWaitsForForgottenGuards(t *testing.T) {
	lowFloor(t)
	p, err := Open(Options{FixedSize: 16 << 10, Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	before := collect.read()
	for range 4 * 64 { // four times over, all forgotten
		ok := within(5*time.Second, func() bool {
			_, err := p.Acquire(16 << 10)
			if err != nil && !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			return err == nil
		})
		if !ok {
			t.Fatalf("full of forgotten guards: %+v", collect.read())
		}
	}
	after := collect.read()
	if after.Waits == before.Waits || after.Cycles == before.Cycles {
		t.Fatalf("%+v, before %+v", after, before)
	}
}

func TestAPoolFullOnPurposeSaysSoAtOnce(t *testing.T) {
	p, err := Open(Options{FixedSize: 16 << 10, Limit: 1 << 20, NoPressure: true})
	if err != nil {
		t.Fatal(err)
	}
	var held []Guard
	for {
		g, err := p.Acquire(16 << 10)
		if err != nil {
			break
		}
		held = append(held, g)
	}
	before := collect.read()
	for range 100 {
		if _, err := p.Acquire(16 << 10); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	if after := collect.read(); after.Cycles != before.Cycles || after.Waits != before.Waits {
		t.Fatalf("%+v, before %+v", after, before)
	}
	for _, g := range held {
		g.Close()
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCyclesInVainRaiseTheThreshold(t *testing.T) {
	var c collector
	c.bytes.Store(100 << 20)
	for i, want := range []int64{200 << 20, 400 << 20, 800 << 20} {
		c.cycle = make(chan struct{})
		start := time.Now()
		c.collect()
		if got := c.limit(); got != want {
			t.Fatalf("cycle %d: threshold %d, want %d", i, got, want)
		}
		if took := c.seen.Time; time.Until(c.quiet) < 10*took/time.Duration(i+1) && i == 0 {
			t.Fatalf("a pause of %v after a cycle of %v, begun %v ago", time.Until(c.quiet), took, time.Since(start))
		}
	}
	c.bytes.Store(1 << 62)
	c.cycle = make(chan struct{})
	c.collect()
	if got := c.limit(); got != thresholdLimit {
		t.Fatalf("threshold %d", got)
	}
	c.bytes.Store(0)
	c.cycle = make(chan struct{})
	c.collect()
	if got := c.limit(); got != pressureFloor {
		t.Fatalf("threshold %d with nothing owned", got)
	}
}

func TestAWaitIsBounded(t *testing.T) {
	c := collector{running: true} // and never does anything
	start := time.Now()
	if !c.wait() || time.Since(start) < waitTime || time.Since(start) > time.Second {
		t.Fatalf("waited %v", time.Since(start))
	}
	c.cycle, c.quiet = nil, time.Now().Add(time.Hour)
	if c.wait() {
		t.Fatal("waited in the pause")
	}
}
