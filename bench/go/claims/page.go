package main

import (
	"fmt"
	"strings"

	"example.com/escrow/bench/go/increment"
)

func (o *outcome) rows() [][]string {
	heading := []string{"a number by"}
	for _, t := range o.threads {
		who := fmt.Sprintf("%d goroutines", t)
		if t == 1 {
			who = "1 goroutine"
		}
		heading = append(heading, who+": mean", "P99 of 16", "P99 of 1")
	}
	rows := [][]string{append(heading, "given twice")}
	for i, c := range counters {
		row := []string{c.name}
		twice, given := 0, 0
		for t := range o.threads {
			x := &o.cells[i][t]
			twice, given = twice+x.twice, given+x.given
			for _, of := range []func(figures) float64{
				func(f figures) float64 { return f.mean },
				func(f figures) float64 { return f.p99 },
				func(f figures) float64 { return f.p99Single },
			} {
				row = append(row, fmt.Sprintf("%.1f", x.median(of)))
			}
		}
		rows = append(rows, append(row, fmt.Sprintf("%d of %d", twice, given)))
	}
	return rows
}

func (o *outcome) mean(counter, threads int) float64 {
	return o.cells[counter][threads].median(func(f figures) float64 { return f.mean })
}

// together is the least share of the time, over all counters, in which all goroutines were at it.
func (o *outcome) together() float64 {
	least := 1.0
	for i := range counters {
		cells := o.cells[i]
		least = min(least, cells[len(cells)-1].median(func(f figures) float64 { return f.together }))
	}
	return least
}

// method is how the figures came about.
func (o *outcome) method() string {
	step := float64(o.clock.step) / o.clock.perNano
	clock := "the processor's time-stamp counter, fenced on both sides"
	if !increment.Assembly {
		clock = "Go's monotonic clock"
	}
	return fmt.Sprintf(`Nanoseconds a number; the median of %d rounds in which all take turns. The mean is that of runs
of 1024 numbers. "P99 of 16" is the 99th percentile of the means of 16 numbers in a row, "P99 of 1"
that of single ones; the clock is %s, what it reads around
an empty loop is subtracted at its median, and its step is %.2f ns: the P99 of 16 is known to %.2f ns, that
of 1 only to %.2f ns and to the noise of one reading. Every number is stored, which its
time includes, and compared with all others. Goroutines begin together, each on
a core of its own; in the median round of every way all were at it for at least %.0f %% of the time.`,
		o.rounds, clock, step, step/group, step, 100*o.together())
}

// remarks set the table against the article's.
func (o *outcome) remarks() []string {
	last := len(o.threads) - 1
	twice := 0
	for t := range o.threads {
		twice += o.cells[articleAdd][t].twice
	}
	reload := fmt.Sprintf("Its listing increments by LOCK INC, which answers nothing, and then loads the counter. "+
		"Between the two another caller's increment fits, and both get one number: %d times here.", twice)
	if twice == 0 {
		reload += " That is luck: bench/go/increment has the test that waits until it happens."
	}
	return []string{
		"The article: atomic add 8.2 ns on average and 15.7 ns at P99; assembly bound by linkname 3.1 ns and 5.3 ns.",
		reload,
		fmt.Sprintf("atomic.AddUint64 is no call. The compiler puts the same LOCK XADD in the loop, and an assembly function, "+
			"which it cannot inline, is that instruction and a call: %.1f ns against %.1f ns with one goroutine, "+
			"%.1f ns against %.1f ns with %d.", o.mean(atomicAdd, 0), o.mean(assemblyAdd, 0),
			o.mean(atomicAdd, last), o.mean(assemblyAdd, last), o.threads[last]),
		"linkname binds a name to a symbol. It makes no instruction faster, and the linker refuses names of the runtime's that " +
			"are not meant for it.",
		"A P99 of 5.3 ns of single calls is below what reading a clock around each of them can tell; the article does not say " +
			"how it was measured.",
		o.sharing(last),
	}
}

// sharing says what a sequence of blocks was good for here.
func (o *outcome) sharing(threads int) string {
	measured := fmt.Sprintf("With %d goroutines a sequence of blocks takes %.1f ns, the ordered one %.1f ns, "+
		"atomic.AddUint64 %.1f ns; with one goroutine %.1f, %.1f and %.1f ns. ", o.threads[threads],
		o.mean(unique, threads), o.mean(ordered, threads), o.mean(atomicAdd, threads),
		o.mean(unique, 0), o.mean(ordered, 0), o.mean(atomicAdd, 0))
	if o.mean(unique, threads) < o.mean(atomicAdd, threads) {
		return measured + "What costs with several cores is the one cache line that all write, and a lane has its own."
	}
	return measured + "A line that all write costs little here, and then atomic.AddUint64 " +
		"is what a Go program should use; a sequence is for numbers that C and C++ threads take, too."
}

func (o *outcome) text() string {
	var out strings.Builder
	rows := o.rows()
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("  %*s", widths[i+1], cell)
		}
		out.WriteString(line + "\n")
	}
	out.WriteString("\n" + o.method() + "\n\n")
	for _, r := range o.remarks() {
		out.WriteString("- " + r + "\n")
	}
	return out.String()
}

func (o *outcome) page(about string) string {
	var out strings.Builder
	out.WriteString("# Claims: sequence numbers\n\nWritten by `bench/run claims`.\n\n")
	fmt.Fprintf(&out, "```\n%s\n```\n\n", strings.TrimSpace(about))
	for i, row := range o.rows() {
		out.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			out.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
	}
	out.WriteString("\n" + o.method() + "\n\n## Beside the article's\n\n")
	for _, r := range o.remarks() {
		out.WriteString("- " + r + "\n")
	}
	return out.String()
}
