package main

import (
	"math"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"example.com/escrow/bench/go/rows"
)

func TestEveryContestAddsUpAndWritesItsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.tsv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := rows.NewWriter(file)
	all := contests()
	if err := runAll(all, &options{seconds: 0.01, rounds: 2}, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		for _, e := range c.entries {
			want := len(units) * 2
			if got := strings.Count(string(text), "\n"+c.name+"\t"+e.subject+"\t"); got != want {
				t.Errorf("%s %s: %d rows, want %d", c.name, e.subject, got, want)
			}
		}
	}
}

func TestStopsAreMeasuredBesideEveryWork(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.tsv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := rows.NewWriter(file)
	if err := stopTheWorld(&options{seconds: 0.01, rounds: 2}, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range stopWorks(nil) {
		if got := strings.Count(string(text), "\n"+stopContest+"\t"+w.subject+"\t"); got != 2*len(stopUnits) {
			t.Errorf("%s: %d rows, want %d", w.subject, got, 2*len(stopUnits))
		}
	}
	if _, err := stopsBeside(work{"broken", func() bool { return false }}, 10); err == nil {
		t.Error("work that goes wrong is no error")
	}
}

func TestQuantilesBetweenTwoReadingsOfAHistogram(t *testing.T) {
	edges := []float64{0, 1e-6, 2e-6, 4e-6}
	before := &metrics.Float64Histogram{Counts: []uint64{5, 0, 7}, Buckets: edges}
	after := &metrics.Float64Histogram{Counts: []uint64{5, 10, 17}, Buckets: edges}
	for q, want := range map[float64]float64{0.25: 1.5, 0.5: 2, 0.75: 3, 1: 4} {
		if got := between(before, after, q); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %g: %g us, want %g", q, got, want)
		}
	}
}

func TestAWrongSumIsAnError(t *testing.T) {
	c := contest{name: "wrong", expected: oneEach, entries: []entry{
		{"lazy", func(n int) uint64 { return uint64(n - 1) }},
	}}
	err := c.run(&options{seconds: 0.001, rounds: 1}, &rows.Writer{})
	if err == nil || !strings.Contains(err.Error(), "wrong checksum: wrong lazy") {
		t.Fatal(err)
	}
}

func TestAFilterChoosesByPartsOfNames(t *testing.T) {
	o := options{filter: []string{"Guarded", "Lent"}}
	if !o.filter.Wants("Go/Guarded/bytes:64") || !o.filter.Wants("Go/Lent") || o.filter.Wants("Go/Call") {
		t.Fatal(o.filter)
	}
	if none := (options{}); !none.filter.Wants("Go/Call") {
		t.Fatal("without a filter everything is wanted")
	}
}
