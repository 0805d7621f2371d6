package escrow

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Pressure tells how the bytes that Go guards own have driven garbage collections. The collector
// sees a guard of some bytes, not the C memory behind it, and would let forgotten guards pile up
// behind a quiet Go heap. So, when those bytes exceed Threshold, one background goroutine runs a
// collection: one at a time, at most 5 % of the time. The next threshold is twice what survived, at
// least 64 MiB, and doubles again for each cycle in a row that frees less than a tenth. GOGC and the
// memory limit are never touched.
type Pressure struct {
	Owned     int64         // bytes owned by guards and tickets that have not ended; current blocks not counted
	Threshold int64         // a collection runs above this
	Cycles    uint64        // collections run
	Freed     uint64        // bytes that they freed
	Waits     uint64        // times an Acquire at its byte limit waited for one
	Time      time.Duration // spent in them
}

// SetPressure switches those collections on or off for the whole process, and returns what was set
// before. They are on at first. Bytes are counted either way.
func SetPressure(on bool) (was bool) { return !collect.off.Swap(!on) }

const (
	pressureFloor  = 64 << 20
	settleTime     = 10 * time.Millisecond // for cleanups, after the collection
	waitTime       = 10 * time.Millisecond // of an Acquire
	pauseFactor    = 19                    // pause after a cycle, in cycles: 5 % of the time
	thresholdLimit = 1 << 62
)

// collector runs the collections. Adding bytes is one atomic addition and a compare; the lock is
// taken by those who start, wait for, or run a cycle.
//
// Protocol. The goroutine runs while `running` is set; it clears it under mu, after it has seen
// under mu that there is nothing to do. A waiter under mu either joins the cycle (the channel is
// closed at its end) or asks for one, so it never waits for a cycle that nobody runs.
type collector struct {
	bytes     atomic.Int64
	forgotten atomic.Int64 // bytes that cleanups have freed, ever
	threshold atomic.Int64 // 0 stands for the floor
	floor     atomic.Int64 // 0 stands for pressureFloor; tests lower it
	off       atomic.Bool

	mu      sync.Mutex
	running bool
	asked   bool          // a waiter wants a cycle whatever the threshold says
	cycle   chan struct{} // closed when the cycle under way or asked for has ended; nil without
	quiet   time.Time     // no cycle starts before
	factor  int64         // of survivors; 2, doubled by cycles in vain
	seen    Pressure
}

var collect collector

// limit is the bytes above which a cycle runs.
func (c *collector) limit() int64 { return max(c.threshold.Load(), c.least()) }

func (c *collector) least() int64 {
	if floor := c.floor.Load(); floor != 0 {
		return floor
	}
	return pressureFloor
}

// owned adds n bytes, or takes them off. Never waits for a cycle; safe in a cleanup for n < 0.
func (c *collector) owned(n int64) {
	if c.bytes.Add(n) > c.limit() && n > 0 && !c.off.Load() {
		c.mu.Lock()
		c.start()
		c.mu.Unlock()
	}
}

// start runs the goroutine unless it runs; the caller holds mu.
func (c *collector) start() {
	if !c.running {
		c.running = true
		go c.run()
	}
}

// wait joins or asks for one cycle and waits for it, for a bounded time; false when there will be
// none now.
func (c *collector) wait() bool {
	if c.off.Load() {
		return false
	}
	c.mu.Lock()
	if c.cycle == nil {
		if time.Now().Before(c.quiet) {
			c.mu.Unlock()
			return false
		}
		c.cycle = make(chan struct{})
		c.asked = true
		c.start()
	}
	ended := c.cycle
	c.seen.Waits++
	c.mu.Unlock()
	timeout := time.NewTimer(waitTime)
	defer timeout.Stop()
	select {
	case <-ended:
	case <-timeout.C:
	}
	return true
}

// run is the goroutine.
func (c *collector) run() {
	for {
		c.mu.Lock()
		over := c.bytes.Load() > c.limit() && !c.off.Load()
		if !over && !c.asked {
			c.running = false
			c.mu.Unlock()
			return
		}
		// An asked cycle was asked outside the pause.
		if pause := time.Until(c.quiet); pause > 0 && !c.asked {
			c.mu.Unlock()
			time.Sleep(min(pause, 100*time.Millisecond))
			continue
		}
		if c.cycle == nil {
			c.cycle = make(chan struct{})
		}
		c.asked = false
		c.mu.Unlock()
		c.collect()
	}
}

// collect is one cycle.
func (c *collector) collect() {
	start := time.Now()
	before, forgotten := c.bytes.Load(), c.forgotten.Load()
	rotation.rotate() // forgotten guards of current blocks are found, too
	begun := make(chan struct{})
	// Pointers, and more than 16 bytes of them: such an object is never batched with others.
	runtime.AddCleanup(new([3]*byte), func(begun chan struct{}) { close(begun) }, begun)
	runtime.GC()              // the cleanups are queued when it returns
	took := time.Since(start) // settling is sleep
	c.settle(begun)
	freed := min(before, c.forgotten.Load()-forgotten)
	// What was acquired meanwhile survives too, but says nothing of what the next cycle will find.
	survivors := min(c.bytes.Load(), before-freed)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.factor == 0 || freed >= before/10 {
		c.factor = 2
	} else {
		c.factor = min(2*c.factor, 1<<20)
	}
	next := int64(thresholdLimit)
	if survivors < thresholdLimit/c.factor {
		next = max(c.least(), c.factor*survivors)
	}
	c.threshold.Store(next)
	c.quiet = time.Now().Add(pauseFactor * took)
	c.seen.Cycles++
	c.seen.Freed += uint64(freed)
	c.seen.Time += took
	close(c.cycle)
	c.cycle = nil
}

// settle waits until the cleanups of a collection have begun and then seem to be done: three looks in
// a row see the same count, or the time is over.
func (c *collector) settle(begun <-chan struct{}) {
	deadline := time.Now().Add(settleTime)
	select {
	case <-begun:
	case <-time.After(settleTime):
	}
	last, same := c.forgotten.Load(), 0
	for same < 2 && time.Now().Before(deadline) {
		time.Sleep(200 * time.Microsecond)
		if now := c.forgotten.Load(); now == last {
			same++
		} else {
			last, same = now, 0
		}
	}
}

// read is the counts.
func (c *collector) read() Pressure {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.seen
	p.Owned = c.bytes.Load()
	p.Threshold = c.limit()
	return p
}
