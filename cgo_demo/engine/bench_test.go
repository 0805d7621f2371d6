//go:build cgo

package engine

import (
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

// BenchmarkPage is a query with one match in a tree of one file: what a page of results costs around
// the search itself. docs/demo.md tells how to run it with leaf calls and without.
func BenchmarkPage(b *testing.B) {
	o := parts(b, 1, 1)
	files := o.Files
	e, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	text := "func main() {}\n"
	if err := e.Put(sent(b, files, text), File{Path: "main.go", Place: KeepPlace, Size: int64(len(text))}); err != nil {
		b.Fatal(err)
	}
	if _, err := e.Commit(); err != nil {
		b.Fatal(err)
	}
	found := 0
	for b.Loop() {
		search, err := e.FindText("main")
		if err != nil {
			b.Fatal(err)
		}
		err = search.Next(10, func(f Found) error { found += len(f.Matches); return nil })
		search.Close()
		if err != nil {
			b.Fatal(err)
		}
	}
	if found != b.N {
		b.Fatalf("%d matches in %d pages", found, b.N)
	}
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFile is a file's way as far as the engine's queue: read into the pool, sent, detached; and,
// as for one that the engine refuses, taken back and freed.
func BenchmarkFile(b *testing.B) {
	files := parts(b, 1, 1).Files
	for b.Loop() {
		raw, err := sent(b, files, "func main() {}\n").UnsafeDetach()
		if err != nil {
			b.Fatal(err)
		}
		back, err := files.UnsafeTicket(raw)
		if err != nil {
			b.Fatal(err)
		}
		if err := back.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func sent(b *testing.B, files *escrow.Pool, text string) escrow.Ticket {
	guard, err := files.ReadFull(strings.NewReader(text), len(text))
	if err != nil {
		b.Fatal(err)
	}
	ticket, err := guard.MoveOut()
	if err != nil {
		b.Fatal(err)
	}
	return ticket
}
