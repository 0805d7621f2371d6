package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A subject works in a process of its own, so that its collector looks at nobody else's entries. The
// parent gives orders, a line each, and gets a line for each: numbers, or "failed" and why.
//
//	slice CONTEST GOROUTINES OPERATIONS  ->  what seen holds
//	collect ROUNDS [weigh]               ->  wall and pause of each collection, bytes of an entry
//	grow                                 ->  what growthUnits name
func serve(name, kindName string, entries uint64, orders io.Reader, answers io.Writer) error {
	i := slices.IndexFunc(subjects(), func(s subject) bool { return s.name == name })
	if i < 0 {
		return fmt.Errorf("no subject %q", name)
	}
	s := subjects()[i]
	var obey func(order []string) ([]float64, error)
	switch kindName {
	case numbers.name:
		obey = obeying(s, s.numbers, numbers, entries, tag)
	case texts.name:
		obey = obeying(s, s.texts, texts, entries, newText)
	default:
		return fmt.Errorf("no kind of keys %q", kindName)
	}
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		values, err := obey(strings.Fields(lines.Text()))
		if err != nil {
			fmt.Fprintln(answers, "failed", err)
			continue
		}
		text := make([]string, len(values))
		for i, v := range values {
			text[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
		fmt.Fprintln(answers, strings.Join(text, " "))
	}
	return nil
}

// obeying returns what carries out an order; the field is filled for the first slice.
func obeying[K key](s subject, open maker[K], kind kind[K], entries uint64,
	fresh func(index uint64) K) func([]string) ([]float64, error) {
	var f *field[K]
	return func(order []string) ([]float64, error) {
		switch {
		case len(order) == 4 && order[0] == "slice":
			if f == nil {
				var err error
				if f, err = newField(open, kind, entries, s.lossy); err != nil {
					return nil, err
				}
			}
			goroutines, _ := strconv.Atoi(order[2])
			n, _ := strconv.ParseUint(order[3], 10, 64)
			v, err := f.slice(order[1], goroutines, n)
			return []float64{float64(v.n), float64(v.sum), v.wall, v.cpu, v.allocations, v.allocated}, err
		case len(order) >= 2 && order[0] == "collect":
			rounds, _ := strconv.Atoi(order[1])
			return collect(open, entries, fresh, rounds, len(order) == 3)
		case len(order) == 1 && order[0] == "grow":
			return grow(open, entries, fresh)
		}
		return nil, fmt.Errorf("no order %q", order)
	}
}

// collect measures what the collector takes while a map is live that nobody uses, and, if asked, what
// memory an entry costs when all garbage has been given back.
func collect[K key](open maker[K], entries uint64, fresh func(uint64) K, rounds int, weigh bool) ([]float64, error) {
	before := resident()
	debug.SetGCPercent(-1) // only the collections below
	m := open(int(entries))
	for index := range entries {
		m.Store([]K{fresh(index)}, []uint64{tag(index)}, 1)
	}
	runtime.GC() // what filling left behind is not what the map costs
	var values []float64
	var stats runtime.MemStats
	for range rounds {
		begin := time.Now()
		runtime.GC()
		wall := time.Since(begin)
		runtime.ReadMemStats(&stats)
		values = append(values, float64(wall.Nanoseconds())/1e6,
			float64(stats.PauseNs[(stats.NumGC+255)%256])/1e3)
	}
	if weigh {
		debug.FreeOSMemory()
		values = append(values, (resident()-before)/float64(entries))
	}
	for index := uint64(0); index < entries; index += max(1, entries/1000) {
		if m.Load([]K{fresh(index)}, []uint64{tag(index)}, 1) != 1 {
			return nil, fmt.Errorf("entry %d is not there", index)
		}
	}
	m.Close()
	return values, nil
}

var growthUnits = []string{"put_mean_ns", "put_p50_ns", "put_p99_ns", "put_p999_ns", "put_max_us", "entry_bytes"}

// grow stores entries into a map that nothing was set up for, and times each store, the collector's
// work and whatever else the system did meanwhile included.
func grow[K key](open maker[K], entries uint64, fresh func(uint64) K) ([]float64, error) {
	took := make([]uint32, entries)
	for i := range took {
		took[i] = 1 // its pages are there before
	}
	before := resident()
	m := open(0)
	begin := time.Now()
	last := time.Duration(0)
	worst := time.Duration(0)
	for index := range entries {
		keys, tags := [1]K{fresh(index)}, [1]uint64{tag(index)}
		start := time.Since(begin)
		m.Store(keys[:], tags[:], 1)
		last = time.Since(begin)
		worst = max(worst, last-start)
		took[index] = uint32(min(last-start, math.MaxUint32))
	}
	bytes := (resident() - before) / float64(entries)
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(entries-1))]) }
	return []float64{float64(last.Nanoseconds()) / float64(entries), at(0.5), at(0.99), at(0.999),
		float64(worst.Nanoseconds()) / 1e3, bytes}, nil
}

// resident is how many bytes of this process are in memory.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return math.NaN()
	}
	pages, _ := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	return pages * float64(os.Getpagesize())
}
