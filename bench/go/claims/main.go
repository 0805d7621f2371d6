// Command claims measures ways to give out sequence numbers from Go, and prints the table in which an
// assembly function beats an atomic addition, as it comes out here.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	quick := flag.Bool("quick", false, "fewer rounds")
	seconds := flag.Float64("seconds", 0, "about how long all rounds together take (default 20, 3 when quick)")
	rounds := flag.Int("rounds", 0, "rounds (default 15, 5 when quick)")
	docs := flag.String("docs", "", "folder for the page claims.md; empty: none")
	about := flag.String("about", "", "text for the page: machine, compiler, command")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if *rounds <= 0 {
		*rounds = 15
		if *quick {
			*rounds = 5
		}
	}
	if *seconds <= 0 {
		*seconds = 20
		if *quick {
			*seconds = 3
		}
	}
	result, err := measure(*rounds, numbers(*seconds, *rounds))
	if err != nil {
		fmt.Fprintln(os.Stderr, "claims:", err)
		os.Exit(1)
	}
	fmt.Print(result.text())
	if *docs == "" {
		return
	}
	path := filepath.Join(*docs, "claims.md")
	if err := os.WriteFile(path, []byte(result.page(*about)), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "claims:", err)
		os.Exit(2)
	}
	fmt.Println("wrote", path)
}

// numbers is how many a goroutine takes for each figure of a round, when one of them costs 25 ns with
// all its checking.
func numbers(seconds float64, rounds int) int {
	each := seconds * 1e9 / float64(rounds*len(counters)*2*3*50)
	return min(1<<18, max(4*run, int(each)/run*run))
}

// outcome is the whole table.
type outcome struct {
	clock   clock
	threads []int
	cells   [][]cell // by counter, by threads
	rounds  int
}

func measure(rounds, n int) (*outcome, error) {
	o := &outcome{clock: calibrate(), threads: []int{1, runtime.GOMAXPROCS(0)}, rounds: rounds}
	o.cells = make([][]cell, len(counters))
	for i := range o.cells {
		o.cells[i] = make([]cell, len(o.threads))
	}
	for round := range rounds {
		for k := range counters {
			i := (k + round) % len(counters)
			for t, goroutines := range o.threads {
				if err := o.clock.round(counters[i], goroutines, n, &o.cells[i][t]); err != nil {
					return nil, err
				}
			}
		}
	}
	return o, nil
}
