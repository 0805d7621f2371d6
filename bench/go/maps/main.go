// Command maps measures escrow.Map beside the concurrent maps of other modules and of the standard
// library, each in a process of its own, in turns.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"example.com/escrow/bench/go/rows"
)

type options struct {
	quick    bool
	seconds  float64 // a contest's rounds together; 0 = 0.2 a subject when quick, else 0.4
	rounds   int
	filter   rows.Filter
	subjects []string // names; empty: all
}

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "only what the targets ask for")
	flag.Float64Var(&o.seconds, "seconds", 0, "time for the rounds of a contest")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of a contest (default 11 when quick, else 21)")
	filter := flag.String("filter", "", "only contests with one of these, separated by commas, in their name")
	only := flag.String("subjects", "", "only these subjects, separated by commas")
	path := flag.String("rows", "", "file for the raw rows: contest, subject, form, round, unit, value")
	child := flag.String("child", "", "take orders from standard input for this subject")
	keys := flag.String("keys", numbers.name, "the child's kind of keys")
	entries := flag.Uint64("entries", 1<<10, "the child's entries")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if *child != "" {
		exitOn(serve(*child, *keys, *entries, os.Stdin, os.Stdout), 1)
		return
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
	if *only != "" {
		o.subjects = strings.Split(*only, ",")
	}
	out := &rows.Writer{}
	if *path != "" {
		file, err := os.Create(*path)
		exitOn(err, 2)
		out = rows.NewWriter(file)
	}
	for _, s := range subjects() {
		if s.missing != "" {
			fmt.Printf("skipped: %s: %s\n", s.name, s.missing)
		}
	}
	err := everything(&o, out)
	if closed := out.Close(); err == nil {
		err = closed
	}
	exitOn(err, 1)
}

func exitOn(err error, status int) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(status)
	}
}
