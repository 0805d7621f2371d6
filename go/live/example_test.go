//go:build cgo

package live_test

import (
	"fmt"
	"log"
	"net/http"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/live"
)

//go:noinline
func load(pool *escrow.Pool) escrow.Guard {
	document, err := pool.Acquire(4096)
	if err != nil {
		log.Fatal(err)
	}
	return document
}

func Example() {
	pool, err := escrow.Open(escrow.Options{Name: "documents"})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	// One acquisition in so many is noted: 1 all, 1000 in production, 0 none.
	if err := pool.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		log.Fatal(err)
	}
	document := load(pool.Labeled("ingest")) // the same pool; what it gives is noted under the label
	defer document.Close()
	for _, s := range pool.LiveSites() { // most bytes first
		fmt.Println(s.Live, "object,", s.Bytes, "bytes, acquired by", s.Stack[0].Function)
	}
	http.Handle("/debug/escrow/live", live.Handler()) // for go tool pprof
	// Output: 1 object, 4096 bytes, acquired by example.com/escrow/go/live_test.load
}
