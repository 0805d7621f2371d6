// Command go measures escrow from Go beside what a Go program would otherwise use, in turns.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"example.com/escrow/bench/go/rows"
)

type options struct {
	quick   bool
	seconds float64 // a contest's rounds together; 0 = 0.1 an entry when quick, else 0.4
	rounds  int
	filter  rows.Filter
}

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "shorter rounds, and fewer")
	flag.Float64Var(&o.seconds, "seconds", 0, "time for the rounds of a contest")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of a contest (default 11 when quick, else 21)")
	filter := flag.String("filter", "", "only contests with one of these, separated by commas, in their name")
	path := flag.String("rows", "", "file for the raw rows: contest, subject, form, round, unit, value")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if o.rounds <= 0 {
		o.rounds = 21
		if o.quick {
			o.rounds = 11
		}
	}
	if *filter != "" {
		o.filter = strings.Split(*filter, ",")
	}
	out := &rows.Writer{}
	if *path != "" {
		file, err := os.Create(*path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		out = rows.NewWriter(file)
	}
	err := runAll(contests(), &o, out)
	if err == nil && o.filter.Wants(stopContest) {
		err = stopTheWorld(&o, out)
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// contests are all there are, in the order they run.
func contests() []contest {
	return []contest{calls(), oneByOne(), untouched(), inBatches(), untouchedBatches(), guarded(), noted(), chosen(),
		chosenByAll(), lent(), checked(), loads()}
}

func runAll(all []contest, o *options, out *rows.Writer) error {
	for _, c := range all {
		if !o.filter.Wants(c.name) {
			continue
		}
		if err := c.run(o, out); err != nil {
			return err
		}
	}
	return nil
}
