// Command soak runs storms of everything together, on all cores, and watches that memory stays flat and
// that nothing is lost and nothing ends twice.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

const usage = `usage: soak [-seconds N] [-plant MISTAKE] [MINUTES]

Runs for MINUTES (default 1): forgotten guards, tickets between producers and consumers, maps that grow
and are emptied, swaps of a configuration, pools opened and closed, and the ledger at changing levels.
Looks every second; shows what it sees on a terminal, and in a pipe one line a minute.

  -seconds N     runs for N seconds instead
  -plant MISTAKE makes a mistake that must be reported: ` + "`lost`" + ` one ticket in 1000 is never taken,
                 ` + "`double`" + ` one reference in 1000 is released twice, ` + "`growth`" + ` memory is kept
Exit: 0 all is well, 1 something is not, and standard output says what, 2 wrong usage.
`

// The mistakes that can be planted.
const (
	lost   = "lost"
	double = "double"
	growth = "growth"
)

func main() {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	seconds := flags.Int("seconds", 0, "")
	plant := flags.String("plant", "", "")
	err := flags.Parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		return
	}
	length := time.Minute
	if err == nil && flags.NArg() > 0 {
		var minutes int
		if minutes, err = strconv.Atoi(flags.Arg(0)); minutes < 1 && err == nil {
			err = fmt.Errorf("%d minutes", minutes)
		}
		length = time.Duration(minutes) * time.Minute
	}
	if *seconds > 0 {
		length = time.Duration(*seconds) * time.Second
	}
	switch *plant {
	case "", lost, double, growth:
	default:
		err = fmt.Errorf("no such mistake: %q", *plant)
	}
	if err != nil || flags.NArg() > 1 || *seconds < 0 {
		fmt.Fprintf(os.Stderr, "soak: %v; -h says what there is\n", err)
		os.Exit(2)
	}
	info, err := os.Stderr.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	wrong := soak(length, *plant, func(seen string, at time.Duration) {
		switch {
		case terminal:
			fmt.Fprintf(os.Stderr, "\r\033[K%s", seen)
		case at > 0 && at%time.Minute == 0:
			fmt.Println(seen)
		}
	})
	if terminal {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
	fmt.Println(wrong.seen)
	for _, w := range wrong.what {
		fmt.Println("WRONG:", w)
	}
	if len(wrong.what) > 0 {
		os.Exit(1)
	}
}
