package main

import (
	"fmt"
	"io"

	"example.com/escrow/go/report"
)

// left says who holds what is out at the end, and who acquired it, as far as ledgers have noted that.
func left(o options, stderr io.Writer) {
	report.Take(report.Options{}).WriteText(stderr)
	if o.service.Ledger == 0 {
		fmt.Fprintln(stderr, "cgo_demo: -ledger 1 shows who acquired it")
	}
}
