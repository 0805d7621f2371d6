package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// target is a line of targets.tsv.
type target struct {
	components []string
	name       string
	contest    string
	ours       string
	peers      []string
	form, unit string
	kind       string  // ratio, value or beside
	limit      float64 // none for beside
}

func readTargets(path string) ([]target, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []target
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		if text := lines.Text(); text != "" && !strings.HasPrefix(text, "#") {
			t, err := parseTarget(text)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, number, err)
			}
			all = append(all, t)
		}
	}
	return all, lines.Err()
}

func parseTarget(text string) (target, error) {
	cells := strings.Split(text, "\t")
	if len(cells) < 8 {
		return target{}, fmt.Errorf("%d cells, want 8, or 9 with a limit", len(cells))
	}
	t := target{
		components: strings.Split(cells[0], ","), name: cells[1], contest: cells[2], ours: cells[3],
		peers: strings.Split(cells[4], ","), form: cells[5], unit: cells[6], kind: cells[7],
	}
	switch t.kind {
	case "beside":
		return t, nil
	case "ratio", "value":
		if len(cells) != 9 {
			return t, fmt.Errorf("a %s wants a limit", t.kind)
		}
		var err error
		t.limit, err = strconv.ParseFloat(cells[8], 64)
		return t, err
	}
	return t, fmt.Errorf("no kind %q", t.kind)
}

// line is what became of a target.
type line struct {
	target
	ours, peer float64 // medians
	fastest    string  // of the peers
	ratio      float64
	low, high  float64 // of the ratio: a tenth of the rounds lies below, a tenth above
	missing    bool
}

// judge looks the component's targets up in the results; a contest that did not run is left out.
func judge(all []target, component string, r *results) []line {
	var lines []line
	for _, t := range all {
		if !slices.Contains(t.components, component) {
			continue
		}
		ours := r.values[key{t.contest, t.ours, t.form, t.unit}]
		l := line{target: t, ours: median(ours), missing: len(ours) == 0}
		var best []float64
		for _, name := range t.peers {
			values := r.values[key{t.contest, name, t.form, t.unit}]
			if len(values) > 0 && (best == nil || median(values) < median(best)) {
				best, l.fastest = values, name
			}
		}
		if len(best) == 0 && t.kind != "value" {
			l.missing = true
		}
		l.peer = median(best)
		each := ratios(ours, best)
		l.ratio, l.low, l.high = median(each), quantile(each, 0.1), quantile(each, 0.9)
		lines = append(lines, l)
	}
	return lines
}

// verdict is empty where there is no limit to meet.
func (l *line) verdict() string {
	measured := l.ratio
	if l.kind == "value" {
		measured = l.ours
	}
	switch {
	case l.missing:
		return "not measured"
	case l.kind == "beside":
		return ""
	case measured <= l.limit:
		return "met"
	}
	return "missed"
}

// amount is a value in its unit.
func (l *line) amount(value float64) string {
	for suffix, unit := range map[string]string{"_ns": "ns", "_us": "us", "_ms": "ms"} {
		if strings.HasSuffix(l.unit, suffix) {
			return fmt.Sprintf("%.2f %s", value, unit)
		}
	}
	switch l.unit {
	case "alloc_bytes", "entry_bytes", "churned_entry_bytes":
		return fmt.Sprintf("%.1f B", value)
	case "rss_growth":
		return fmt.Sprintf("x %.3f", value)
	case "rss_late_mb", "rss_warm_mb":
		return fmt.Sprintf("%.2f MB", value)
	}
	return fmt.Sprintf("%.2f", value)
}

var heading = []string{"name", "ours", "peer", "", "ratio", "10-90 %", "target", "result"}

// cells are the line as columns of `heading`.
func (l *line) cells() []string {
	if l.missing {
		peer := "-"
		if !math.IsNaN(l.peer) {
			peer = l.amount(l.peer)
		}
		return []string{l.name, "-", peer, l.fastest, "-", "-", l.wanted(), l.verdict()}
	}
	ratio, spread := fmt.Sprintf("%.2f", l.ratio), fmt.Sprintf("%.2f-%.2f", l.low, l.high)
	if math.IsNaN(l.ratio) || math.IsInf(l.ratio, 0) { // a peer that needs none of it
		ratio, spread = "-", "-"
	}
	return []string{
		l.name, l.amount(l.ours), l.amount(l.peer), l.fastest, ratio, spread, l.wanted(), l.verdict(),
	}
}

func (l *line) wanted() string {
	switch {
	case l.kind == "value":
		return "<= " + l.amount(l.limit)
	case l.kind == "beside":
		return ""
	case l.limit < 0.5:
		return fmt.Sprintf("<= 1 : %.3g", 1/l.limit)
	}
	return fmt.Sprintf("<= %.2f : 1", l.limit)
}

func table(lines []line) string {
	rows := [][]string{heading}
	for _, l := range lines {
		rows = append(rows, l.cells())
	}
	return columns(rows)
}
