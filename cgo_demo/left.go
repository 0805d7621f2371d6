package main

import (
	"fmt"
	"io"
	"time"

	"example.com/escrow/go/escrow"
)

// left says who acquired what is out at the end, as far as ledgers have noted it.
func left(o options, stderr io.Writer) {
	if o.service.Ledger == 0 {
		fmt.Fprintln(stderr, "cgo_demo: -ledger 1 shows who acquired what is out")
		return
	}
	for _, site := range escrow.LiveSites() {
		fmt.Fprintf(stderr, "cgo_demo: out are %d objects, %d bytes, the oldest for %v, acquired by\n",
			site.Live, site.Bytes, site.Oldest.Round(time.Millisecond))
		for _, f := range site.Stack {
			if f.Function == "" {
				fmt.Fprintf(stderr, "\tC or C++ at %#x\n", f.PC)
			} else {
				fmt.Fprintf(stderr, "\t%s %s:%d\n", f.Function, f.File, f.Line)
			}
		}
	}
}
