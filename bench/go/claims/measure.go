package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"example.com/escrow/bench/go/increment"
)

// group is how many numbers are taken between two readings of the clock, for the first P99: one
// reading costs more than one number, 16 numbers more than one reading.
const group = 16

// run is how many there are between two readings for the mean.
const run = 1024

// figures of a counter in one round, in nanoseconds a number.
type figures struct {
	mean      float64 // of all numbers
	p99       float64 // of the means of groups
	p99Single float64 // of single numbers
	together  float64 // share of the time in which all goroutines were at it, where it was least
}

// cell is what was measured of a counter with so many goroutines.
type cell struct {
	rounds []figures
	twice  int // numbers given a second time
	given  int
}

// median of a figure over the rounds.
func (c *cell) median(of func(figures) float64) float64 {
	values := make([]float64, len(c.rounds))
	for i, f := range c.rounds {
		values[i] = of(f)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// clock converts ticks.
type clock struct {
	perNano float64
	step    uint64 // the smallest difference of two readings in a row that is not 0
}

func calibrate() clock {
	begin, ticks := time.Now(), increment.Ticks()
	for time.Since(begin) < 50*time.Millisecond {
		continue
	}
	c := clock{perNano: float64(increment.Ticks()-ticks) / float64(time.Since(begin).Nanoseconds()), step: ^uint64(0)}
	for range 10_000 {
		a := increment.Ticks()
		if d := increment.Ticks() - a; d != 0 && d < c.step {
			c.step = d
		}
	}
	// Readings that are whole multiples of a larger step are common on virtual machines.
	var seen []uint64
	for range 1000 {
		a := increment.Ticks()
		seen = append(seen, increment.Ticks()-a)
	}
	slices.Sort(seen)
	seen = slices.Compact(seen)
	for i := 1; i < len(seen); i++ {
		c.step = min(c.step, seen[i]-seen[i-1])
	}
	return c
}

// timed fills out in groups of k and returns how long each took, in ticks. A group is filled where it
// stays in the first cache and copied when the clock is stopped: a locked instruction waits for the
// stores before it, and would be charged with out's cache misses.
func timed(fill func([]uint64), out []uint64, k int) []uint64 {
	took := make([]uint64, len(out)/k)
	buffer := make([]uint64, k)
	for i := range took {
		begin := increment.Ticks()
		fill(buffer)
		took[i] = increment.Ticks() - begin
		copy(out[i*k:], buffer)
	}
	return took
}

func quantile(sorted []uint64, q float64) float64 {
	return float64(sorted[min(len(sorted)-1, int(q*float64(len(sorted))))])
}

// percentile is the 99th of groups of k, less what an empty group takes at the median.
func (c clock) percentile(took []uint64, k int) float64 {
	slices.Sort(took)
	empty := timed(nothing, make([]uint64, 1024*k), k)
	slices.Sort(empty)
	return max(0, quantile(took, 0.99)-quantile(empty, 0.5)) / c.perNano / float64(k)
}

// round measures one counter once: n numbers a goroutine, a multiple of run, for each of the
// three figures.
func (c clock) round(of counter, goroutines, n int, into *cell) error {
	fill, done := of.open()
	defer done()
	// Three lists a goroutine: numbers taken in runs, in groups, and alone.
	lists := make([][3][]uint64, goroutines)
	runs, groups, singles := make([][]uint64, goroutines), make([][]uint64, goroutines), make([][]uint64, goroutines)
	for g := range lists {
		for i := range lists[g] {
			lists[g][i] = make([]uint64, n)
		}
	}
	var spans [3][]span
	for i := range spans {
		spans[i] = make([]span, goroutines)
	}
	line := lineup{goroutines: uint64(goroutines)}
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for part, took := range []struct {
				by *[]uint64
				k  int
			}{{&runs[g], run}, {&groups[g], group}, {&singles[g], 1}} {
				line.start(part, g)
				begin := increment.Ticks()
				*took.by = timed(fill, lists[g][part], took.k)
				spans[part][g] = span{begin, increment.Ticks()}
			}
		})
	}
	all.Wait()
	numbers := make([]uint64, 0, 3*n*goroutines)
	for _, l := range lists {
		numbers = append(numbers, slices.Concat(l[:]...)...)
	}
	into.given += len(numbers)
	twice := repeated(numbers)
	into.twice += twice
	if twice != 0 && !of.racy {
		return fmt.Errorf("%s gave %d numbers twice", of.name, twice)
	}
	ticks := uint64(0)
	for _, took := range slices.Concat(runs...) {
		ticks += took
	}
	into.rounds = append(into.rounds, figures{
		mean:      float64(ticks) / c.perNano / float64(n*goroutines),
		p99:       c.percentile(slices.Concat(groups...), group),
		p99Single: c.percentile(slices.Concat(singles...), 1),
		together:  min(overlap(spans[0]), overlap(spans[1]), overlap(spans[2])),
	})
	return nil
}

// repeated counts the elements that stand before in the list.
func repeated(numbers []uint64) (twice int) {
	seen := make([]uint64, slices.Max(numbers)/64+1)
	for _, n := range numbers {
		if seen[n/64]>>(n%64)&1 != 0 {
			twice++
		}
		seen[n/64] |= 1 << (n % 64)
	}
	return twice
}
