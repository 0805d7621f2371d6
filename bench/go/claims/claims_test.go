package main

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/escrow/bench/go/increment"
)

func TestTheTableHasEveryCounterAndOnlyRacyOnesRepeat(t *testing.T) {
	o, err := measure(2, 1<<12)
	if err != nil {
		t.Fatal(err)
	}
	text, page := o.text(), o.page("a machine")
	for i, c := range counters {
		if !strings.Contains(text, "\n"+c.name+" ") || !strings.Contains(page, "\n| "+c.name+" | ") {
			t.Errorf("no row for %s", c.name)
		}
		for threads := range o.threads {
			if mean := o.mean(i, threads); mean <= 0 {
				t.Errorf("%s: %f ns", c.name, mean)
			}
		}
	}
	if !strings.Contains(page, "a machine") {
		t.Error("the page does not say where it was measured")
	}
}

func TestACounterThatGivesANumberTwiceEndsTheRun(t *testing.T) {
	stuck := counter{name: "stuck", open: func() (func([]uint64), func()) {
		return nothing, func() {}
	}}
	var into cell
	err := calibrate().round(stuck, 2, run, &into)
	if err == nil || !strings.Contains(err.Error(), "stuck gave") {
		t.Fatal(err)
	}
}

func TestRepeatedCountsSecondAppearances(t *testing.T) {
	if got := repeated([]uint64{5, 64, 5, 0, 5, 63, 64}); got != 3 {
		t.Fatal(got)
	}
}

func TestNobodyStartsBeforeAllHaveCome(t *testing.T) {
	line := lineup{goroutines: uint64(min(4, runtime.GOMAXPROCS(0)))}
	came, left := make([]uint64, line.goroutines), make([]uint64, line.goroutines)
	for start := range 2 {
		var all sync.WaitGroup
		for g := range came {
			all.Go(func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				time.Sleep(time.Duration(g) * time.Millisecond)
				came[g] = increment.Ticks()
				line.start(start, g)
				left[g] = increment.Ticks()
			})
		}
		all.Wait()
		for g := range left {
			for other := range came {
				if left[g] < came[other] {
					t.Errorf("start %d: %d left before %d came", start, g, other)
				}
			}
		}
	}
}

func TestOverlapIsTheShareThatBelongsToAll(t *testing.T) {
	for _, c := range []struct {
		spans []span
		want  float64
	}{
		{[]span{{10, 20}}, 1},
		{[]span{{10, 20}, {15, 30}}, 0.25},
		{[]span{{10, 20}, {20, 30}}, 0},
		{[]span{{10, 20}, {25, 30}}, 0},
		{[]span{{0, 10}, {2, 8}, {4, 9}}, 0.4},
	} {
		if got := overlap(c.spans); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v: %g, want %g", c.spans, got, c.want)
		}
	}
}
