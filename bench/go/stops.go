package main

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/escrow/bench/go/rows"
	"example.com/escrow/go/escrow"
)

const stopContest = "Go/StopTheWorld"

var stopUnits = []string{"stopping_p50_us", "stopping_p999_us", "stop_p50_us", "stop_p999_us", "collection_us"}

// stopsACollection is how many stops are measured for one whole collection, which takes much longer.
const stopsACollection = 2000

// work is what goroutines on all of the runtime's threads do while the world is stopped again and
// again: once does a piece of it and says whether it came out right.
type work struct {
	subject string
	once    func() bool
}

func stopWorks(pool *escrow.Pool) []work {
	return []work{
		{"empty leaf calls", func() bool { return leafNext(7) == 8 }},
		{"leaf calls", func() bool {
			handle, err := pool.UnsafeAcquire(objectBytes)
			return err == nil && escrow.UnsafeRelease(handle) == nil
		}},
		{"leaf calls of 64 objects", func() bool { // as long as a leaf may take: 4 KiB zeroed
			var handles [64]uint64
			return pool.UnsafeAcquireN(objectBytes, handles[:]) == nil && escrow.UnsafeReleaseN(handles[:]) == nil
		}},
		{"cgo calls", func() bool { return cgoNext(7) == 8 }},
		{"Go calls", func() bool { return goNext(7) == 8 }},
	}
}

//go:noinline
func goNext(i uint64) uint64 { return i + 1 }

// stopTheWorld measures how long stopping the world takes while all threads make leaf calls, and while
// they make Go calls, in turns: "stopping" from the runtime's own histogram, until the last goroutine
// has halted; "stop" the whole of runtime.ReadMemStats, which stops the world, reads and starts it;
// "collection" the whole of runtime.GC, which stops the world twice and marks beside the work.
func stopTheWorld(o *options, out *rows.Writer) error {
	pool := openPool("stopped")
	defer closePool(pool)()
	stops := 20_000
	if o.quick {
		stops = 4000
	}
	if o.seconds > 0 {
		stops = max(100, min(stops, int(o.seconds*1e6/float64(40*o.rounds))))
	}
	works := stopWorks(pool)
	seen := make([][][]float64, len(works)) // by work, by unit, by round
	for i := range seen {
		seen[i] = make([][]float64, len(stopUnits))
	}
	for round := range o.rounds {
		for k := range works {
			i := (k + round) % len(works)
			values, err := stopsBeside(works[i], stops)
			if err != nil {
				return err
			}
			for u, v := range values {
				seen[i][u] = append(seen[i][u], v)
				out.Add(stopContest, works[i].subject, round, stopUnits[u], v)
			}
		}
	}
	fmt.Println(stopContest)
	for i, w := range works {
		for u := range stopUnits {
			slices.Sort(seen[i][u])
		}
		middle := func(u int) float64 { return seen[i][u][len(seen[i][u])/2] }
		fmt.Printf("  %-26s stopping %8.2f us P50 %8.2f us P99.9   whole stop %8.2f us P50 %8.2f us P99.9   collection %8.2f us\n",
			w.subject, middle(0), middle(1), middle(2), middle(3), middle(4))
	}
	return nil
}

// stopsBeside stops the world so often while the work is done and returns a value for each unit.
func stopsBeside(w work, stops int) ([]float64, error) {
	settle()
	var stop, wrong atomic.Bool
	var running, done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Add(1)
		done.Go(func() {
			running.Done()
			for !stop.Load() {
				for range 64 {
					if !w.once() {
						wrong.Store(true)
					}
				}
			}
		})
	}
	running.Wait()
	var memory runtime.MemStats
	whole := make([]float64, stops)
	before := stoppingTimes()
	for i := range whole {
		for begin := time.Now(); time.Since(begin) < 5*time.Microsecond; { // let them get back to work
			continue
		}
		begin := time.Now()
		runtime.ReadMemStats(&memory)
		whole[i] = float64(time.Since(begin).Nanoseconds()) / 1e3
	}
	after := stoppingTimes()
	collections := max(1, stops/stopsACollection)
	begin := time.Now()
	for range collections {
		runtime.GC()
	}
	collection := float64(time.Since(begin).Nanoseconds()) / 1e3 / float64(collections)
	stop.Store(true)
	done.Wait()
	if wrong.Load() {
		return nil, fmt.Errorf("%s %s: a call went wrong", stopContest, w.subject)
	}
	slices.Sort(whole)
	at := func(q float64) float64 { return whole[min(stops-1, int(q*float64(stops)))] }
	return []float64{between(before, after, 0.5), between(before, after, 0.999), at(0.5), at(0.999), collection}, nil
}

// stoppingTimes is the runtime's histogram of the time from the order to stop, other than for a
// collection, until the last goroutine has halted.
func stoppingTimes() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/sched/pauses/stopping/other:seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

// between is a quantile of what came into a histogram between two readings, in microseconds; within a
// bucket it is interpolated.
func between(before, after *metrics.Float64Histogram, q float64) float64 {
	total := uint64(0)
	for i := range after.Counts {
		total += after.Counts[i] - before.Counts[i]
	}
	rank, below := q*float64(total), 0.0
	for i := range after.Counts {
		in := float64(after.Counts[i] - before.Counts[i])
		if in == 0 || below+in < rank {
			below += in
			continue
		}
		low, high := max(0, after.Buckets[i]), after.Buckets[i+1]
		if math.IsInf(high, 1) {
			high = low
		}
		return (low + (high-low)*(rank-below)/in) * 1e6
	}
	return 0
}
