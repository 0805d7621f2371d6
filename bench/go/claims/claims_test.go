package main

import (
	"strings"
	"testing"
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
