// Command compare runs the corpus of leaks and misuse under the tools that people have, and under
// escrow's own report, and compares what each found with ../programs.tsv.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const usage = `usage: tests/leaks/run [-h] [-j N] [-t TOOL] [-check | -write] [-v] [NAME...]

Builds the programs of tests/leaks and runs each, or those named, under pprof's heap profile and
GODEBUG=checkfinalizers=1 and GOEXPERIMENT=cgocheck2 (those of Go), AddressSanitizer with LeakSanitizer,
Valgrind's Memcheck, and escrow's own report. One line each: ok or WRONG, name, and what every tool made of the mistake: located (it names
the place), found (it says that something is wrong) or missed. Expected is what programs.tsv says.

  -j N      so many programs at a time; default: one a core
  -t TOOL   this tool alone: pprof, finalizers, cgocheck2, asan, memcheck or escrow
  -check    also compare the tables of docs/leaks.md with the run
  -write    write them
  -v        print what the tools said

A tool that is not installed is skipped, with the reason. Exit: 0 all as expected, 1 not, 2 wrong usage.
`

func main() {
	jobs := flag.Int("j", runtime.NumCPU(), "")
	only := flag.String("t", "", "")
	check := flag.Bool("check", false, "")
	write := flag.Bool("write", false, "")
	verbose := flag.Bool("v", false, "")
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	if slices.ContainsFunc(os.Args[1:], func(a string) bool { return a == "-h" || a == "--help" }) {
		fmt.Print(usage)
		return
	}
	flag.Parse()
	whole := flag.NArg() == 0 && *only == ""
	known := *only == "" || slices.ContainsFunc(tools, func(t tool) bool { return t.name == *only })
	if *jobs < 1 || !known || *check && *write || (*check || *write) && !whole {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	rows, err := readTable("programs.tsv")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	classes, err := readClasses("classes.tsv", rows)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if flag.NArg() > 0 {
		for _, name := range flag.Args() {
			if !slices.ContainsFunc(rows, func(r row) bool { return r.name == name }) {
				fmt.Fprintln(os.Stderr, "tests/leaks/run: no program", name)
				os.Exit(2)
			}
		}
		rows = slices.DeleteFunc(rows, func(r row) bool { return !slices.Contains(flag.Args(), r.name) })
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	scratch, err := os.MkdirTemp("", "leaks")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := run(ctx, bench{scratch, *verbose}, rows, *only, *jobs, whole)
	os.RemoveAll(scratch)
	if code == 0 && (*check || *write) {
		code = page(filepath.Join("..", "..", "docs", "leaks.md"), map[string]string{
			"classes": classTable(classes, rows), "counts": counts(rows), "table": table(rows),
			"versions": strings.Join(versions(ctx), "; ") + ".\n",
		}, *write)
	}
	os.Exit(code)
}

// bench is where a run happens.
type bench struct {
	scratch string
	verbose bool
}

func run(ctx context.Context, b bench, rows []row, only string, jobs int, whole bool) int {
	used := slices.DeleteFunc(slices.Clone(tools), func(t tool) bool { return only != "" && t.name != only })
	skipped := map[string]string{}
	for _, t := range used {
		if why := t.absent(); why != "" {
			skipped[t.name] = why
			fmt.Printf("skipped %s, %d programs: %s\n", t.name, t.programs(rows), why)
		}
	}
	used = slices.DeleteFunc(used, func(t tool) bool { return skipped[t.name] != "" })
	tried := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return len(builds(used, r)) == 0 })
	if len(tried) == 0 {
		fmt.Println("WRONG: no program is left to run")
		return 1
	}
	if err := b.build(ctx, used, rows, jobs, whole); err != nil {
		fmt.Println("WRONG build:", err)
		return 1
	}

	wrong := make([]bool, len(tried))
	slots := make(chan struct{}, jobs)
	var all sync.WaitGroup
	for i, r := range tried {
		slots <- struct{}{}
		all.Go(func() {
			var line string
			line, wrong[i] = b.judge(ctx, used, skipped, r)
			fmt.Println(line)
			<-slots
		})
	}
	all.Wait()
	failures := 0
	for _, w := range wrong {
		if w {
			failures++
		}
	}
	fmt.Printf("%d programs, %d not as programs.tsv says\n", len(tried), failures)
	if failures > 0 {
		return 1
	}
	return 0
}

// judge runs one program under every tool that is for it.
func (b bench) judge(ctx context.Context, used []tool, skipped map[string]string, r row) (line string, wrong bool) {
	var said, complaints []string
	for name := range skipped {
		if r.expected[name] != "-" {
			said = append(said, name+": skipped")
		}
	}
	for _, t := range used {
		expected := r.expected[t.name]
		if expected == "-" {
			continue
		}
		seen := t.run(ctx, b, r)
		said = append(said, t.name+": "+seen.outcome)
		if seen.outcome != expected {
			complaints = append(complaints,
				fmt.Sprintf("\n  %s: expected %q, saw %q: %s", t.name, expected, seen.outcome, seen.evidence))
		}
		if b.verbose {
			complaints = append(complaints, "\n"+indented(seen.text))
		}
		wrong = wrong || seen.outcome != expected
	}
	verb := "ok   "
	if wrong {
		verb = "WRONG"
	}
	return fmt.Sprintf("%s %-26s %s%s", verb, r.name, strings.Join(said, ", "), strings.Join(complaints, "")), wrong
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
