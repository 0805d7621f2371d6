package main

import (
	"fmt"
	"runtime"
	"slices"

	"example.com/escrow/bench/go/rows"
)

// A contest has its subjects do the same work in turns, A B C and then B C A; ratios are taken within
// a round.

// crew are the processes of all subjects that take part, with maps of the same entries.
type crew struct {
	o        *options
	out      *rows.Writer
	name     string // of its contests, up to the number of entries
	kind     string
	entries  uint64
	children []*child
}

func gather(o *options, out *rows.Writer, kind string, entries uint64) *crew {
	return &crew{o: o, out: out, kind: kind, entries: entries,
		name: fmt.Sprintf("GoMap/%s/entries:%s/", kind, entriesName(entries))}
}

func entriesName(entries uint64) string {
	switch {
	case entries%(1<<20) == 0:
		return fmt.Sprint(entries>>20, "M")
	case entries%(1<<10) == 0:
		return fmt.Sprint(entries>>10, "K")
	}
	return fmt.Sprint(entries)
}

// taking are the names of the subjects that take part; a contest may leave some out.
func taking(o *options, without func(subject) bool) (names []string) {
	for _, s := range subjects() {
		if s.missing == "" && (s.asked || !o.quick) && !without(s) &&
			(len(o.subjects) == 0 || slices.Contains(o.subjects, s.name)) {
			names = append(names, s.name)
		}
	}
	return names
}

func nobody(subject) bool { return false }

// unasked leaves out whom no target names where there are so many entries that to fill the others takes
// longer than all contests.
func unasked(entries uint64) func(subject) bool {
	return func(s subject) bool { return entries > 1<<20 && !s.asked }
}

// start starts the processes, when there is not yet any.
func (c *crew) start() error {
	if len(c.children) > 0 {
		return nil
	}
	for _, name := range taking(c.o, unasked(c.entries)) {
		one, err := startChild(name, c.kind, c.entries)
		if err != nil {
			return err
		}
		c.children = append(c.children, one)
	}
	return nil
}

func (c *crew) end() error {
	var first error
	for _, one := range c.children {
		if err := one.end(); err != nil && first == nil {
			first = fmt.Errorf("%s: %w", one.subject, err)
		}
	}
	c.children = nil
	return first
}

// allCores is how many goroutines there are when there are as many as cores: a power of two, so that
// they share a map's entries evenly.
func allCores() int {
	all := 1
	for all*2 <= runtime.GOMAXPROCS(0) {
		all *= 2
	}
	return all
}

var contestUnits = []string{"wall_ns", "cpu_ns", "allocs", "alloc_bytes", "lost_share"}

// run runs a contest; goroutines is 0 for all cores.
func (c *crew) run(contest string, goroutines int) error {
	name := fmt.Sprintf("%s%s/goroutines:%d", c.name, contest, goroutines)
	if goroutines == 0 {
		name = c.name + contest + "/goroutines:all"
		goroutines = allCores()
	}
	if !c.o.filter.Wants(name) {
		return nil
	}
	if err := c.start(); err != nil {
		return err
	}
	seconds := c.o.seconds / float64(len(c.children)) // of a subject
	if seconds == 0 {
		seconds = 0.4
		if c.o.quick {
			seconds = 0.2
		}
	}
	target := seconds * 1e9 / float64(c.o.rounds)
	operations := make([]uint64, len(c.children)) // of a goroutine
	for i, one := range c.children {
		n := uint64(chunkKeys)
		for {
			s, err := one.slice(contest, goroutines, n)
			if err != nil {
				return fmt.Errorf("%s%w", c.name, err)
			}
			if s.wall > target/3 || n >= 1<<28 {
				operations[i] = max(1, uint64(float64(n)*target/max(s.wall, 1))/chunkKeys) * chunkKeys
				break
			}
			n *= 2
		}
	}
	values := make([][][]float64, len(c.children)) // by subject, by unit, by round
	for i := range values {
		values[i] = make([][]float64, len(contestUnits))
	}
	for round := range c.o.rounds {
		for k := range c.children {
			i := (k + round) % len(c.children)
			s, err := c.children[i].slice(contest, goroutines, operations[i])
			if err != nil {
				return fmt.Errorf("%s%w", c.name, err)
			}
			per := float64(s.n)
			for u, value := range [...]float64{s.wall / per, s.cpu / per, s.allocations / per, s.allocated / per,
				1 - float64(s.sum)/per} {
				values[i][u] = append(values[i][u], value)
				c.out.Add(name, c.children[i].subject, round, contestUnits[u], value)
			}
		}
	}
	fmt.Println(name)
	for i, one := range c.children {
		v := values[i]
		fmt.Printf("  %-16s %8.2f ns wall  %8.2f ns of all threads  %5.2f allocs %6.1f B  %.4f lost\n", one.subject,
			median(v[0]), median(v[1]), median(v[2]), median(v[3]), median(v[4]))
	}
	return nil
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
