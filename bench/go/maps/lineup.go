package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/escrow/bench/go/rows"
)

// everything runs all contests, when quick those that the targets ask for.
func everything(o *options, out *rows.Writer) error {
	if err := contests(o, out); err != nil {
		return err
	}
	large := uint64(10) << 20
	for o.seconds > 0 && float64(large) > o.seconds*5e6 { // a moment is enough to see that it works
		large /= 2
	}
	for _, kind := range []string{texts.name, numbers.name} {
		if o.quick && kind == numbers.name {
			break
		}
		if err := collections(o, out, kind, large); err != nil {
			return err
		}
	}
	if o.quick {
		return nil
	}
	if err := growths(o, out, numbers.name, large); err != nil {
		return err
	}
	return growths(o, out, texts.name, large/10)
}

var (
	readContests = []string{"reads:100", "zipf/reads:100", "batch:32/reads:100", "misses",
		"reads:90", "reads:50", "reads:0", "zipf/reads:90"}
	writeContests = []string{"overwrite", "batch:32/overwrite"} // last: the values differ afterwards
)

func contests(o *options, out *rows.Writer) error {
	type part struct {
		kind       string
		entries    uint64
		contests   []string
		goroutines []int
	}
	const one, all = 1, 0
	every := append(slices.Clone(readContests), writeContests...)
	parts := []part{
		{numbers.name, 1 << 10, every, []int{one, all}},
		{numbers.name, 1 << 20, every, []int{one, all}},
		{numbers.name, 10 << 20, []string{"reads:100", "batch:32/reads:100", "reads:90", "reads:0"}, []int{all}},
		{texts.name, 1 << 10, every, []int{one, all}},
		{texts.name, 1 << 20, every, []int{one, all}},
	}
	if o.quick {
		parts = []part{
			{numbers.name, 1 << 10, []string{"reads:100", "reads:0"}, []int{all}},
			{numbers.name, 1 << 20, []string{"reads:100", "batch:32/reads:100", "reads:0", "batch:32/overwrite"}, []int{all}},
		}
	}
	for _, p := range parts {
		c := gather(o, out, p.kind, p.entries)
		for _, contest := range p.contests {
			for _, goroutines := range p.goroutines {
				if err := c.run(contest, goroutines); err != nil {
					_ = c.end() // what went wrong before is the reason
					return err
				}
			}
		}
		if err := c.end(); err != nil {
			return err
		}
	}
	return nil
}

// alone has a fresh process of a subject carry out one order.
func alone(subject, kind string, entries uint64, words ...any) ([]float64, error) {
	c, err := startChild(subject, kind, entries)
	if err != nil {
		return nil, err
	}
	values, err := c.order(words...)
	if ended := c.end(); err == nil {
		err = ended
	}
	return values, err
}

// collections measures the collector beside each subject's live entries, one subject after another.
func collections(o *options, out *rows.Writer, kind string, entries uint64) error {
	name := "GoMap/Collect/" + kind + "/entries:" + entriesName(entries)
	if !o.filter.Wants(name) {
		return nil
	}
	rounds, weigh, without := min(o.rounds, 5), "weigh", nobody
	if kind == numbers.name {
		without = unasked(entries)
	}
	if o.quick {
		rounds, weigh = min(o.rounds, 2), ""
		without = func(s subject) bool { return s.name == "xsync.Map" } // the target names sync.Map alone
	}
	fmt.Println(name)
	for _, subject := range taking(o, without) {
		values, err := alone(subject, kind, entries, "collect", rounds, weigh)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		var wall, pause []float64
		for round := range rounds {
			wall, pause = append(wall, values[2*round]), append(pause, values[2*round+1])
			out.Add(name, subject, round, "gc_wall_ms", wall[round])
			out.Add(name, subject, round, "gc_pause_us", pause[round])
		}
		fmt.Printf("  %-16s %9.2f ms wall  %7.1f us stopped", subject, median(wall), median(pause))
		for _, bytes := range values[2*rounds:] {
			out.Add(name, subject, 0, "entry_bytes", bytes)
			fmt.Printf("  %6.1f B an entry", bytes)
		}
		fmt.Println()
	}
	return nil
}

// growths measures every subject once a round, in turns.
func growths(o *options, out *rows.Writer, kind string, entries uint64) error {
	name := "GoMap/Growth/" + kind + "/entries:" + entriesName(entries)
	if !o.filter.Wants(name) {
		return nil
	}
	few := unasked(entries)
	names := taking(o, func(s subject) bool { return s.lossy || few(s) }) // a cache has its size from the start
	seen := make([][][]float64, len(names))                               // by subject, by unit, by round
	for i := range seen {
		seen[i] = make([][]float64, len(growthUnits))
	}
	for round := range min(o.rounds, 3) {
		for k := range names {
			i := (k + round) % len(names)
			values, err := alone(names[i], kind, entries, "grow")
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for u, unit := range growthUnits {
				seen[i][u] = append(seen[i][u], values[u])
				out.Add(name, names[i], round, unit, values[u])
			}
		}
	}
	fmt.Println(name)
	for i, subject := range names {
		var text []string
		for u, unit := range growthUnits {
			text = append(text, unit+" "+strconv.FormatFloat(median(seen[i][u]), 'f', 1, 64))
		}
		fmt.Printf("  %-16s  %s\n", subject, strings.Join(text, "  "))
	}
	return nil
}
