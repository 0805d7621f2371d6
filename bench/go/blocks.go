package main

import (
	"runtime"
	"sync"

	"example.com/escrow/bench/go/chooser"
	"example.com/escrow/go/escrow"
)

// chosen acquires and closes with entries of blocks that are chosen in three ways, by one goroutine.
func chosen() contest {
	pool := openPool("chosen")
	return contest{"Go/BlockChooser/bytes:64", oneEach, choosers(pool, func(n int, once func() bool) uint64 {
		return repeat(n, once)
	}), closePool(pool)}
}

// chosenByAll does the same by a goroutine for each of the runtime's processors.
func chosenByAll() contest {
	pool := openPool("chosen by all")
	return contest{"Go/BlockChooser/all cores/bytes:64", oneEach, choosers(pool, func(n int, once func() bool) uint64 {
		others := runtime.GOMAXPROCS(0) - 1
		sums := make([]uint64, others)
		var all sync.WaitGroup
		for i := range others {
			all.Go(func() { sums[i] = repeat(n/(others+1), once) })
		}
		sum := repeat(n-others*(n/(others+1)), once)
		all.Wait()
		for _, other := range sums {
			sum += other
		}
		return sum
	}), closePool(pool)}
}

// repeat counts how often a piece of work came out right.
func repeat(n int, once func() bool) (sum uint64) {
	for range n {
		if once() {
			sum++
		}
	}
	return sum
}

// choosers are the entries: escrow's guard, and the same steps around the three choosers.
func choosers(pool *escrow.Pool, run func(n int, once func() bool) uint64) []entry {
	entries := []entry{{"escrow.Guard", func(n int) uint64 {
		return run(n, func() bool {
			guard, err := pool.Acquire(objectBytes)
			return err == nil && guard.Close() == nil
		})
	}}}
	for _, c := range []struct {
		name string
		chooser.Chooser
	}{
		{"stack hash", chooser.NewStripes()},
		{"sync.Pool", chooser.NewPooled()},
		{"procPin", chooser.NewProcessors()},
	} {
		entries = append(entries, entry{c.name, func(n int) uint64 {
			return run(n, func() bool {
				e := c.Next()
				handle, err := pool.UnsafeAcquire(objectBytes)
				if err != nil {
					return false
				}
				e.Handle.Store(handle)
				return e.Handle.CompareAndSwap(handle, chooser.Closed) && escrow.UnsafeRelease(handle) == nil
			})
		}})
	}
	return append(entries, entry{"no block", func(n int) uint64 {
		return run(n, func() bool {
			handle, err := pool.UnsafeAcquire(objectBytes)
			return err == nil && escrow.UnsafeRelease(handle) == nil
		})
	}})
}
