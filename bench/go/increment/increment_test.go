package increment_test

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/bench/go/increment"
	"example.com/escrow/go/escrow"
)

// givenTwice has goroutines ask for numbers at the same time and counts the answers beyond the first
// for each number.
func givenTwice(next func() uint64) int {
	goroutines, each := 2*runtime.GOMAXPROCS(0), 100_000
	lists := make([][]uint64, goroutines)
	var group sync.WaitGroup
	for g := range lists {
		group.Go(func() {
			lists[g] = make([]uint64, each)
			for i := range lists[g] {
				lists[g][i] = next()
			}
		})
	}
	group.Wait()
	all := slices.Concat(lists...)
	slices.Sort(all)
	return goroutines*each - len(slices.Compact(all))
}

func TestOnlyLoadingAfterTheIncrementGivesANumberTwice(t *testing.T) {
	if runtime.NumCPU() > 1 {
		var counter uint64
		twice := 0
		for end := time.Now().Add(20 * time.Second); twice == 0 && time.Now().Before(end); {
			twice = givenTwice(func() uint64 { return increment.IncrementAndReload(&counter) })
		}
		if twice == 0 {
			t.Error("loading after the increment gave no number twice in 20 s: the counterexample does not show its error")
		}
	}
	var counter, xadd uint64
	right := map[string]func() uint64{
		"atomic add": func() uint64 { return atomic.AddUint64(&counter, 1) },
		"XADD":       func() uint64 { return increment.Add(&xadd) },
	}
	for name, block := range map[string]uint64{"ordered": 0, "unique": 64} {
		s, err := escrow.NewSequence(escrow.SequenceOptions{Block: block})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		right[name] = func() uint64 {
			n, err := s.Next()
			if err != nil {
				t.Error(err)
			}
			return n
		}
	}
	for name, next := range right {
		if twice := givenTwice(next); twice != 0 {
			t.Errorf("%s gave %d numbers twice", name, twice)
		}
	}
}

func TestTicksAdvance(t *testing.T) {
	before := increment.Ticks()
	time.Sleep(time.Millisecond)
	if after := increment.Ticks(); after <= before {
		t.Fatal(before, after)
	}
}
