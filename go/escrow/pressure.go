package escrow

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// Pressure tells how the bytes that Go guards own have driven garbage collections. The collector
// sees a guard of some bytes, not the C memory behind it, and would let forgotten guards pile up
// behind a quiet Go heap. So, when those bytes exceed Threshold, one background goroutine runs a
// collection: one at a time, at most 5 % of the time. The next threshold is twice what survived, at
// least 64 MiB, and doubles again for each cycle in a row that frees less than a tenth.
//
// Above four times Threshold guards are forgotten faster than 5 % of the time can find them, or other
// programs keep the collector from a processor. Then it has up to half of the time, and an Acquire that
// would add to the bytes first waits for a collection, at most 10 ms. GOGC and the memory limit are
// never touched.
type Pressure struct {
	Owned     int64         // bytes owned by guards and tickets that have not ended; current blocks not counted
	Threshold int64         // a collection runs above this
	Cycles    uint64        // collections run
	Freed     uint64        // bytes that they freed
	Waits     uint64        // times an Acquire waited for one: at its byte limit, or above 4 Threshold
	Time      time.Duration // spent in them
}

// SetPressure switches those collections on or off for the whole process, and returns what was set
// before. They are on at first. Bytes are counted either way.
func SetPressure(on bool) (was bool) { return !collect.off.Swap(!on) }

const (
	pressureFloor  = 64 << 20
	settleTime     = 100 * time.Millisecond // without a sign of cleanups that are queued: they are stuck
	silence        = 10 * time.Millisecond  // the same where nobody says whether some are queued
	waitTime       = 10 * time.Millisecond  // of an Acquire
	pauseFactor    = 19                     // pause after a cycle, in cycles: 5 % of the time
	pressingPause  = 1                      // the same while it presses: half of the time
	pressingFactor = 4                      // it presses above so many times the limit
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
	brief   time.Time     // the same while it presses
	factor  int64         // of survivors; 2, doubled by cycles in vain
	seen    Pressure

	hurry chan struct{} // of one: it presses, so the goroutine looks again at its pause
}

var collect = collector{hurry: make(chan struct{}, 1)}

// limit is the bytes above which a cycle runs.
func (c *collector) limit() int64 { return max(c.threshold.Load(), c.least()) }

func (c *collector) least() int64 {
	if floor := c.floor.Load(); floor != 0 {
		return floor
	}
	return pressureFloor
}

// pressing says that the bytes are far above the limit.
func (c *collector) pressing() bool { return c.bytes.Load()/pressingFactor > c.limit() }

// restrain waits for a cycle, for a bounded time, while it presses: who is about to add bytes leaves
// the processor to those who take them off.
func (c *collector) restrain() {
	if c.pressing() {
		c.wait()
	}
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
		if c.pause() > 0 && !c.pressing() {
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
	select {
	case c.hurry <- struct{}{}:
	default:
	}
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
		if pause := c.pause(); pause > 0 {
			c.mu.Unlock()
			select {
			case <-c.hurry:
			case <-time.After(min(pause, 100*time.Millisecond)):
			}
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

// pause is how long no cycle may start; the caller holds mu.
func (c *collector) pause() time.Duration {
	if c.pressing() {
		return time.Until(c.brief)
	}
	return time.Until(c.quiet)
}

// collect is one cycle.
func (c *collector) collect() {
	start := time.Now()
	before, forgotten := c.bytes.Load(), c.forgotten.Load()
	rotation.rotate()         // forgotten guards of current blocks are found, too
	runtime.GC()              // the cleanups are queued when it returns
	took := time.Since(start) // settling is sleep
	c.settle()
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
	now := time.Now()
	c.quiet, c.brief = now.Add(pauseFactor*took), now.Add(pressingPause*took)
	c.seen.Cycles++
	c.seen.Freed += uint64(freed)
	c.seen.Time += took
	close(c.cycle)
	c.cycle = nil
}

// settle waits until the cleanups of a collection have run. On a busy machine that may take any time,
// and what is counted before would pass for survivors.
func (c *collector) settle() {
	wanted, _, known := cleanups()
	patience := settleTime
	if !known {
		patience = silence
	}
	last, sign := c.forgotten.Load(), time.Now()
	for time.Since(sign) < patience {
		if _, executed, known := cleanups(); known && executed >= wanted {
			return
		}
		time.Sleep(200 * time.Microsecond)
		if now := c.forgotten.Load(); now != last {
			last, sign = now, time.Now()
		}
	}
}

// cleanups is how many cleanups the runtime has queued and executed, those of others included. Go 1.25
// does not tell.
func cleanups() (queued, executed uint64, known bool) {
	samples := [2]metrics.Sample{{Name: "/gc/cleanups/queued:cleanups"}, {Name: "/gc/cleanups/executed:cleanups"}}
	metrics.Read(samples[:])
	if samples[0].Value.Kind() != metrics.KindUint64 || samples[1].Value.Kind() != metrics.KindUint64 {
		return 0, 0, false
	}
	return samples[0].Value.Uint64(), samples[1].Value.Uint64(), true
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
