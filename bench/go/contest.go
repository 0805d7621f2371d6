package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"example.com/escrow/bench/go/rows"
)

// grain is what the operations of a slice are a multiple of, so that batches come out even.
const grain = 1024

// entry is one subject of a contest; run does n operations and returns the sum of what it read.
type entry struct {
	subject string
	run     func(n int) uint64
}

// contest has its entries do the same work in turns: every entry once a round, and the next round
// begins with another one. Ratios are taken within a round.
type contest struct {
	name     string
	expected func(n int) uint64
	entries  []entry
	close    func()
}

// sumOfMarks is the checksum of operations that each write their number and read it back.
func sumOfMarks(n int) uint64 { return uint64(n) * uint64(n-1) / 2 }

// one for each operation is the checksum where there is nothing to read.
func oneEach(n int) uint64 { return uint64(n) }

// cost is what one operation took.
type cost struct {
	wall    float64 // nanoseconds by the clock
	cpu     float64 // nanoseconds of the goroutine's thread
	process float64 // nanoseconds of all threads, the collector's and the cleanups' included
	allocs  float64 // Go objects
	bytes   float64 // of them
}

var units = []string{"wall_ns", "cpu_ns", "process_ns", "allocs", "alloc_bytes"}

func (c cost) values() []float64 { return []float64{c.wall, c.cpu, c.process, c.allocs, c.bytes} }

// slice runs n operations of an entry. The goroutine must be locked to its thread.
func (c *contest) slice(e *entry, n int) (cost, error) {
	settle()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin, cpu, process := time.Now(), threadTime(), processTime()
	sum := e.run(n)
	wall := time.Since(begin)
	cpu, process = threadTime()-cpu, processTime()-process
	runtime.ReadMemStats(&after)
	if want := c.expected(n); sum != want {
		return cost{}, fmt.Errorf("wrong checksum: %s %s: expected %d, got %d", c.name, e.subject, want, sum)
	}
	per := float64(n)
	return cost{
		wall:    float64(wall.Nanoseconds()) / per,
		cpu:     cpu / per,
		process: process / per,
		allocs:  float64(after.Mallocs-before.Mallocs) / per,
		bytes:   float64(after.TotalAlloc-before.TotalAlloc) / per,
	}, nil
}

// settle collects what earlier slices left and waits until their finalizers have run, so that
// nobody pays for another one's garbage.
func settle() {
	done := make(chan struct{})
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) { close(done) })
	for {
		runtime.GC()
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

type sentinel struct{ _ [4]uint64 }

// run runs the rounds, prints medians and writes the rows.
func (c *contest) run(o *options, out *rows.Writer) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if c.close != nil {
		defer c.close()
	}
	seconds := o.seconds
	if seconds == 0 {
		seconds = 0.4 * float64(len(c.entries))
		if o.quick {
			seconds /= 4
		}
	}
	target := seconds * 1e9 / float64(len(c.entries)*o.rounds)
	operations := make([]int, len(c.entries))
	costs := make([][]cost, len(c.entries))
	for i := range c.entries {
		n := grain
		for {
			seen, err := c.slice(&c.entries[i], n)
			if err != nil {
				return err
			}
			if took := seen.cpu * float64(n); took > target/3 || n >= 1<<28 {
				n = max(grain, int(float64(n)*target/max(took, 1))/grain*grain)
				break
			}
			n *= 2
		}
		operations[i] = n
	}
	for round := range o.rounds {
		for k := range c.entries {
			i := (k + round) % len(c.entries)
			seen, err := c.slice(&c.entries[i], operations[i])
			if err != nil {
				return err
			}
			costs[i] = append(costs[i], seen)
			for u, value := range seen.values() {
				out.Add(c.name, c.entries[i].subject, round, units[u], value)
			}
		}
	}
	fmt.Println(c.name)
	for i, e := range c.entries {
		middle := func(unit int) float64 {
			values := make([]float64, 0, len(costs[i]))
			for _, seen := range costs[i] {
				values = append(values, seen.values()[unit])
			}
			slices.Sort(values)
			return values[len(values)/2]
		}
		fmt.Printf("  %-26s %8.2f ns wall  %8.2f ns cpu  %8.2f ns of all threads  %6.2f allocs %7.1f B\n",
			e.subject, middle(0), middle(1), middle(2), middle(3), middle(4))
	}
	return nil
}
