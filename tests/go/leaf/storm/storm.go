// Package storm calls leaves from everywhere while the runtime does everything to goroutines that it
// can do, and checks that neither notices the other.
package storm

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"example.com/escrow/go/leaf"
	"example.com/escrow/tests/go/leaf/specimen"
)

// Options of a storm. The zero value of a field leaves its part out.
type Options struct {
	Duration   time.Duration
	Goroutines int  // workers at a time; each lives for some hundred calls
	Traced     bool // runtime/trace, the flight recorder and the CPU profile, together
	OneTrace   bool // that lasts as long as the storm; else one after the other
	Signals    bool // SIGURG to all threads
	Dumps      bool // goroutine dumps and profiles, looked at for lost callers
	LeastDumps int  // so many goroutines must have been seen inside a trampoline
}

// Result of a storm.
type Result struct {
	Calls     uint64 // leaf calls that returned
	Sampled   uint64 // goroutines seen with a trampoline on top, in dumps and profiles
	Cleanup   uint64 // leaves called by cleanups and finalizers
	Callbacks uint64 // leaves called by Go that C had called
	Locked    uint64 // goroutines that called leaves on a thread of their own
	Signals   uint64
	Traces    int    // bytes of traces, flight recordings and CPU profiles
	Trace     []byte // the last trace, with what was going on in it
}

func (r Result) String() string {
	return fmt.Sprintf("%d calls, %d goroutines sampled in a trampoline, %d cleanups, %d callbacks, %d on locked threads, %d signals, %d bytes of trace",
		r.Calls, r.Sampled, r.Cleanup, r.Callbacks, r.Locked, r.Signals, r.Traces)
}

// A run is one storm.
type run struct {
	Options
	stop      atomic.Bool
	calls     atomic.Uint64
	sampled   atomic.Uint64
	cleanup   atomic.Uint64
	callbacks atomic.Uint64
	locked    atomic.Uint64
	signals   atomic.Uint64
	traces    atomic.Int64
	trace     []byte
	mutex     sync.Mutex // contended on purpose, for the mutex profile
	failed    chan error
	others    sync.WaitGroup
}

// Run is one storm; an error is something that must never happen.
func Run(o Options) (Result, error) {
	if ok, reason := leaf.Available(); !ok {
		return Result{}, fmt.Errorf("leaves are off: %s", reason)
	}
	if want := specimen.Mixture(3, 4); specimen.InInit != want {
		return Result{}, fmt.Errorf("the leaf in init returned %#x, not %#x", specimen.InInit, want)
	}
	r := &run{Options: o, failed: make(chan error, 1)}
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	defer runtime.SetBlockProfileRate(0)
	defer runtime.SetMutexProfileFraction(0)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))

	r.background(r.collect)
	r.background(r.flip)
	if o.Traced {
		r.background(r.record)
	}
	if o.Signals {
		r.background(r.interrupt)
	}
	if o.Dumps {
		for range mills {
			r.background(r.mill)
		}
		r.background(r.dump)
	}
	end := time.Now().Add(o.Duration)
	for seed := uint64(1); !r.stop.Load() && (time.Now().Before(end) || r.lacks() != ""); seed++ {
		if time.Now().After(end.Add(150 * time.Second)) {
			r.fail(fmt.Errorf("after %v still %s", time.Since(end), r.lacks()))
		}
		r.workers(seed)
	}
	r.stop.Store(true)
	r.others.Wait()
	result := Result{
		Calls: r.calls.Load(), Sampled: r.sampled.Load(), Cleanup: r.cleanup.Load(), Callbacks: r.callbacks.Load(),
		Locked: r.locked.Load(), Signals: r.signals.Load(), Traces: int(r.traces.Load()), Trace: r.trace,
	}
	select {
	case err := <-r.failed:
		return result, err
	default:
		return result, nil
	}
}

// lacks says what must still happen before the storm may end: it is over when everything it is made of has
// been there, however long that takes.
func (r *run) lacks() string {
	switch {
	case r.sampled.Load() < uint64(r.LeastDumps):
		return fmt.Sprintf("only %d goroutines were seen in a trampoline", r.sampled.Load())
	case r.cleanup.Load() == 0:
		return "no cleanup has called a leaf"
	case r.callbacks.Load() == 0:
		return "no callback has called a leaf"
	case r.locked.Load() == 0:
		return "no goroutine on a locked thread has called a leaf"
	case r.Signals && r.signals.Load() == 0:
		return "no signal was sent"
	case r.Traced && r.traces.Load() == 0 && !r.OneTrace: // which ends with the storm
		return "nothing was traced"
	}
	return ""
}

func (r *run) background(f func()) {
	r.others.Add(1)
	go func() {
		defer r.others.Done()
		f()
	}()
}

func (r *run) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
	r.stop.Store(true)
}

// workers is one generation of goroutines, new ones, so that stacks grow from their smallest again.
func (r *run) workers(seed uint64) {
	var all sync.WaitGroup
	for i := range r.Goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			r.worker(seed*uint64(r.Goroutines) + uint64(i))
		}()
	}
	all.Wait()
}

// mills is how many goroutines do nothing but call leaves. When the world stops, one that runs stops in
// the next trampoline and waits there for its turn: that is where dumps find it.
const mills = 24

//go:noinline
func (r *run) mill() {
	for i := uint64(0); !r.stop.Load(); i++ {
		if got := leaf.W3(specimen.Trash, i, 9, 2000); got != specimen.Mixture(i, 9) {
			r.fail(fmt.Errorf("the leaf returned %#x", got))
		}
		r.calls.Add(1)
		if i%1024 == 1023 {
			runtime.Gosched()
		}
	}
}

// worker calls leaves at a depth of its own.
func (r *run) worker(seed uint64) {
	if seed%64 == 1 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer r.locked.Add(1)
	}
	for i := uint64(0); i < 40 && !r.stop.Load(); i++ {
		mixed := (seed*40 + i) * 0x9e3779b97f4a7c15
		r.descend(int(mixed>>57), mixed)
	}
	if seed%16 == 2 {
		r.forget(seed)
	}
	if seed%32 == 3 {
		if got := specimen.ThroughGo(seed, 5); got != specimen.Mixture(seed, 5) {
			r.fail(fmt.Errorf("through C and Go the leaf returned %#x", got))
		}
		r.callbacks.Add(1)
	}
}

// descend goes down by frames of several sizes and calls at the bottom.
func (r *run) descend(depth int, mixed uint64) uint64 {
	var local [3]uint64
	if depth == 0 {
		return r.call(mixed)
	}
	local[mixed%3] = mixed
	if mixed>>uint(depth%50)&1 == 0 {
		return r.narrow(depth-1, mixed) + local[0]
	}
	return r.descend(depth-1, mixed) + local[1]
}

//go:noinline
func (r *run) narrow(depth int, mixed uint64) uint64 { return r.descend(depth, mixed) + 1 }

// call is what every goroutine in a trampoline must have above it.
//
//go:noinline
func (r *run) call(mixed uint64) uint64 {
	var p, q, zero uint64
	a, b := mixed, mixed>>3|1
	f := float64(a>>12) + 0.5
	leaf.P2W2Void(specimen.Store, unsafe.Pointer(&p), unsafe.Pointer(&q), a, b)
	trash := specimen.Trash
	if mixed>>9&3 == 0 {
		trash = specimen.TrashRoom
	}
	got := leaf.W3(trash, a, b, mixed>>20&127)
	var after [16]uint64 // zeroed by a register that C had filled
	switch {
	case p != a || q != b:
		r.fail(fmt.Errorf("the leaf stored %#x and %#x on this stack, Go reads %#x and %#x", a, b, p, q))
	case got != specimen.Mixture(a, b):
		r.fail(fmt.Errorf("the leaf returned %#x, not %#x", got, specimen.Mixture(a, b)))
	case f != float64(a>>12)+0.5 || zero != 0 || after != [16]uint64{}:
		r.fail(fmt.Errorf("a variable changed over a leaf call: %v %v %v", f, zero, after))
	}
	r.calls.Add(2)
	if mixed&63 == 0 {
		r.mutex.Lock()
		leaf.W3(specimen.Trash, a, b, 200)
		runtime.Gosched()
		r.mutex.Unlock()
	}
	return got
}

// forget leaves an object behind whose cleanup calls a leaf, and one whose finalizer does.
func (r *run) forget(seed uint64) {
	cleaned, finalized := new([4]*uint64), new([4]*uint64)
	check := func(seed uint64) {
		if got := leaf.W3(specimen.TrashRoom, seed, 6, 30); got != specimen.Mixture(seed, 6) {
			r.fail(fmt.Errorf("the leaf in a cleanup returned %#x", got))
		}
		r.cleanup.Add(1)
	}
	runtime.AddCleanup(cleaned, check, seed)
	runtime.SetFinalizer(finalized, func(*[4]*uint64) { check(seed + 1) })
}
