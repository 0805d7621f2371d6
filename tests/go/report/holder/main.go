// Command holder holds objects in many states, in Go and in C, and shows who does at an address that it prints. One
// place keeps acquiring, unless HOLDER=still.
package main

/*
#cgo CFLAGS: -g -I${SRCDIR}/../../../../include
#include "escrow/escrow.h"

// A place in C that acquires and keeps.
__attribute__((noinline)) static escrow_status cache_in_c(escrow_pool pool, escrow_handle *out) {
  escrow_status volatile s = escrow_acquire(pool, 3000, out, 0);
  return s;
}
static int keep_in_c(uint64_t pool) {
  escrow_handle kept = 0;
  return cache_in_c(pool, &kept);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/report"
	_ "example.com/escrow/include/escrow"
)

// hostile is what a page that believed it would obey.
const hostile = `</script><script>document.title="owned"</script><img src=x onerror="document.title='owned'">` + "\x1b[31m\u202e"

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func main() {
	documents, frames := open("documents", 1), open("frames", 2)
	odd := open("</script><img src=x onerror=1>", 3)
	for range 40 {
		kept = append(kept, load(documents, 64<<10))
	}
	for i := range 12 {
		kept = append(kept, load(frames.Labeled(fmt.Sprint("camera ", i%3)), 2000))
	}
	kept = append(kept, load(odd.Labeled(hostile), 77))
	for range 5 {
		if s := C.keep_in_c(C.uint64_t(frames.UnsafeID())); s != 0 {
			log.Fatal("acquire in C: ", s)
		}
	}
	// Each state once at least: shared, lent, both, without owner, in a ticket, an orphan.
	shared := load(documents, 300)
	kept = append(kept, shared, must(shared.Dup()))
	sharedLent := load(documents, 310)
	kept = append(kept, sharedLent, must(sharedLent.Dup()))
	lent := load(documents, 320)
	orphan := load(documents, 330)
	for _, g := range []escrow.Guard{sharedLent, lent, orphan} {
		hold := make(chan struct{})
		go g.Use(func([]byte) error { close(hold); select {} })
		<-hold
	}
	kept = append(kept, lent)
	orphan.Close()
	ownerless := load(documents, 340)
	kept = append(kept, must(ownerless.Dup()))
	ownerless.Close()
	ticket := must(load(documents, 350).MoveOut())
	// Refused calls.
	if _, err := documents.Acquire(-1); !errors.Is(err, escrow.ErrSize) {
		log.Fatal(err)
	}
	if err := ownerless.Use(func([]byte) error { return nil }); err == nil {
		log.Fatal("use after close")
	}

	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	http.Handle("/debug/escrow/", report.Handler())
	go func() { log.Fatal(http.Serve(listener, nil)) }()
	fmt.Printf("http://%s/debug/escrow/\n", listener.Addr())
	tick := time.NewTicker(100 * time.Millisecond)
	for range tick.C {
		kept = append(kept, grow(documents))
		if len(kept) > 100_000 || os.Getenv("HOLDER") == "still" {
			tick.Stop()
		}
	}
	ticket.Close()
}

func open(name string, typeID uint32) *escrow.Pool {
	p := must(escrow.Open(escrow.Options{Name: name, TypeID: typeID}))
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		log.Fatal(err)
	}
	return p
}

//go:noinline
func load(p *escrow.Pool, n int) escrow.Guard { return must(p.Acquire(n)) }

//go:noinline
func grow(p *escrow.Pool) escrow.Guard { return must(p.Acquire(512)) }

var kept []escrow.Guard
