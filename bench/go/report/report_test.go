package main

import (
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const rowsText = `contest	subject	form	round	unit	value
Pool/Pair	escrow	inlined	0	cpu_ns	8
Pool/Pair	slow	inlined	0	cpu_ns	20
Pool/Pair	fast	inlined	0	cpu_ns	10
Pool/Pair	escrow	inlined	1	cpu_ns	16
Pool/Pair	slow	inlined	1	cpu_ns	40
Pool/Pair	fast	inlined	1	cpu_ns	20
Pool/Pair	escrow	inlined	2	cpu_ns	9
Pool/Pair	slow	inlined	2	cpu_ns	20
Pool/Pair	fast	inlined	2	cpu_ns	9
Pool/Go/threads:1/bytes:64	escrow	inlined	0	wall_ns	10
Pool/Go/threads:2/bytes:64	escrow	inlined	0	wall_ns	5
Pool/Go/threads:2/bytes:64	a.malloc	inlined	0	wall_ns	5
`

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func loaded(t *testing.T) *results {
	t.Helper()
	var r results
	if err := r.read(written(t, "rows.tsv", rowsText)); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestARatioIsTakenARoundAtATimeAgainstTheFastestPeer(t *testing.T) {
	targets, err := readTargets(written(t, "targets.tsv", "# heading\n"+
		"pool\tmet\tPool/Pair\tescrow\tslow,fast,absent\tinlined\tcpu_ns\tratio\t0.85\n"+
		"pool,go\tmissed\tPool/Pair\tescrow\tslow,fast\tinlined\tcpu_ns\tratio\t0.79\n"+
		"pool\tabsolute\tPool/Pair\tescrow\tfast\tinlined\tcpu_ns\tvalue\t9\n"+
		"pool\t  shown\tPool/Pair\tescrow\tslow\tinlined\tcpu_ns\tbeside\n"+
		"pool\telsewhere\tPool/Other\tescrow\tfast\tinlined\tcpu_ns\tratio\t1\n"+
		"map\tnot asked for\tPool/Pair\tescrow\tfast\tinlined\tcpu_ns\tratio\t1\n"))
	if err != nil {
		t.Fatal(err)
	}
	lines := judge(targets, "pool", loaded(t))
	verdicts := []string{"met", "missed", "met", "", "not measured"}
	if len(lines) != len(verdicts) {
		t.Fatalf("%d lines, want %d", len(lines), len(verdicts))
	}
	for i, want := range verdicts {
		if got := lines[i].verdict(); got != want {
			t.Errorf("%s: %q, want %q", lines[i].name, got, want)
		}
	}
	// By medians it would be 9 : 10; a round at a time .8, .8, 1.
	if l := lines[0]; l.ratio != 0.8 || l.fastest != "fast" || l.ours != 9 || l.peer != 10 {
		t.Errorf("%+v", l)
	}
	if text := table(lines); !strings.Contains(text, "<= 0.85 : 1") || strings.Count(text, "\n") != 6 {
		t.Error(text)
	}
}

func TestABadTargetIsNamedByItsLine(t *testing.T) {
	for text, why := range map[string]string{
		"pool\tname\n": "cells",
		"pool\tname\tcontest\tours\tpeers\tform\tunit\tratio\n":       "limit",
		"pool\tname\tcontest\tours\tpeers\tform\tunit\ttwice\t2\n":    "kind",
		"pool\tname\tcontest\tours\tpeers\tform\tunit\tratio\tlots\n": "invalid syntax",
	} {
		if _, err := readTargets(written(t, "targets.tsv", text)); err == nil || !strings.Contains(err.Error(), why) ||
			!strings.Contains(err.Error(), ":1:") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEveryTargetOfTheRepositoryParses(t *testing.T) {
	all, err := readTargets("../../targets.tsv")
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
}

func TestThePageHasEveryContestAndTheRawRowsEveryValue(t *testing.T) {
	r := loaded(t)
	text := page("pool", "a machine", nil, r, true)
	for _, want := range []string{"a machine", "## Pool/Pair", "| fast | inlined | 10.00 | 9.00-20.00 | 0.80 |", "pool.svg"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q:\n%s", want, text)
		}
	}
	if raw := r.raw(); !strings.Contains(raw, "Pool/Pair\tescrow\tinlined\tcpu_ns\t8\t16\t9\n") {
		t.Error(raw)
	}
}

func TestTheChartIsXMLWithALineForEachSubjectThatZeroes(t *testing.T) {
	text := scaling(loaded(t), pictureOf("pool"))
	if strings.Count(text, "<polyline") != 1 || !strings.Contains(text, ">escrow<") {
		t.Error(text)
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if scaling(&results{}, pictureOf("pool")) != "" {
		t.Error("a chart of nothing")
	}
}

func TestAPictureIsDrawnFromContestsThatDifferInOneNumber(t *testing.T) {
	for _, c := range []struct {
		component, contest string
		at                 int
		ok                 bool
	}{
		{"pool", "Pool/AcquireRelease/threads:8/bytes:64", 8, true},
		{"pool", "Pool/AcquireRelease/bytes:64", 0, false},
		{"map", "Map/u64/entries:1M/reads:90/threads:64", 64, true},
		{"map", "Map/u64/entries:1M/reads:50/threads:64", 0, false},
		{"map", "Map/u64/entries:1M/batch:32/reads:90/threads:64", 0, false},
		{"map-go", "GoMap/u64/entries:1M/reads:50/goroutines:all", 50, true},
		{"map-go", "GoMap/u64/entries:1M/reads:50/goroutines:1", 0, false},
		{"cell", "Cell/Read/threads:64", 64, true},
		{"cell", "Cell/Swap/readers:1000", 0, false},
		{"map-go", "GoMap/u64/entries:1M/zipf/reads:90/goroutines:all", 0, false},
	} {
		if at, ok := pictureOf(c.component).at(c.contest); at != c.at || ok != c.ok {
			t.Errorf("%s %s: %d %v", c.component, c.contest, at, ok)
		}
	}
}

func TestATargetIsWrittenAsItIsSpoken(t *testing.T) {
	for limit, want := range map[float64]string{0.7: "<= 0.70 : 1", 0.4: "<= 1 : 2.5", 0.05: "<= 1 : 20", 0.238095: "<= 1 : 4.2",
		0.142857: "<= 1 : 7", 1.0 / 12: "<= 1 : 12"} {
		l := line{target: target{kind: "ratio", limit: limit}}
		if got := l.wanted(); got != want {
			t.Errorf("%g: %q, want %q", limit, got, want)
		}
	}
}

func TestWhatAPeerTookIsShownWithoutOurs(t *testing.T) {
	lines := judge([]target{{components: []string{"pool"}, contest: "Pool/Pair", ours: "absent", peers: []string{"fast"},
		form: "inlined", unit: "cpu_ns", kind: "ratio", limit: 1}}, "pool", loaded(t))
	if cells := lines[0].cells(); cells[1] != "-" || cells[2] != "10.00 ns" || cells[7] != "not measured" {
		t.Error(cells)
	}
}

func TestAmountsHaveTheirUnits(t *testing.T) {
	for unit, want := range map[string]string{
		"wall_ns": "1.50 ns", "put_max_us": "1.50 us", "gc_wall_ms": "1.50 ms", "entry_bytes": "1.5 B", "allocs": "1.50",
	} {
		l := line{target: target{unit: unit}}
		if got := l.amount(1.5); got != want {
			t.Errorf("%s: %q, want %q", unit, got, want)
		}
	}
}

func TestQuantiles(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	if m := median(values); m != 3 {
		t.Error(m)
	}
	if q := quantile(values, 0.9); q != 5 {
		t.Error(q)
	}
	if !math.IsNaN(median(nil)) {
		t.Error("a median of nothing")
	}
}
