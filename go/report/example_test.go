//go:build cgo

package report_test

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"syscall"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/report"
)

func Example() {
	// func main() {
	defer report.DumpOnExit(os.Stderr)()
	defer report.DumpOnSignal(os.Stderr, syscall.SIGUSR1)()
	http.Handle("/debug/escrow/", report.Handler())

	pool, err := escrow.Open(escrow.Options{Name: "documents"})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	// Notes who acquires: one in so many, 1 all. Without it there are pools and states, and no sites.
	if err := pool.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		log.Fatal(err)
	}
	document := acquireDocument(pool)
	defer document.Close()
	for _, site := range report.Take(report.Options{}).Sites {
		if strings.HasSuffix(site.Stack[0].Function, "acquireDocument") {
			fmt.Println(site.Live, "object,", site.Bytes, "bytes, held by", site.Holders)
		}
	}
	// Output: 1 object, 4096 bytes, held by Go
}

//go:noinline
func acquireDocument(pool *escrow.Pool) escrow.Guard {
	document, err := pool.Acquire(4096)
	if err != nil {
		log.Fatal(err)
	}
	return document
}
