//go:build cgo

package escrow_test

import (
	"fmt"
	"time"

	"example.com/escrow/go/escrow"
)

func ExampleMap() {
	m := must(escrow.OpenMap[string, uint64](escrow.MapOptions{Limit: 1 << 30}))
	defer m.Close()

	err := m.Store("requests", 41)             // as sync.Map, and an error where something can fail
	n, err := m.Add("requests", 1)             // counters
	value, ok := m.Load("requests")            // copied out
	_, loaded, err := m.LoadOrStore("jobs", 7) // one step
	for key, value := range m.All() {          // others may write meanwhile
		_, _ = key, value
	}
	fmt.Println(n, value, ok, loaded, err, m.Len())
	// Output: 42 42 true false <nil> 2
}

func ExampleMap_Purge() {
	type session struct {
		Until int64 // the first 8 bytes: what conditions look at
		User  uint64
	}
	m := must(escrow.OpenMap[uint64, session](escrow.MapOptions{}))
	defer m.Close()
	now := time.Unix(1000, 0)
	m.Store(1, session{Until: now.Unix() - 5, User: 7})
	m.Store(2, session{Until: now.Unix() + 5, User: 8})

	fmt.Println(m.Purge(escrow.IfBefore(now.Unix())))
	fmt.Println(m.Len())
	// Output:
	// 1 <nil>
	// 1
}

func ExampleMap_Scan() {
	m := must(escrow.OpenMap[int, int](escrow.MapOptions{}))
	defer m.Close()
	for i := range 1000 {
		m.Store(i, i)
	}
	sum := 0
	var page []escrow.Entry[int, int]
	for at := escrow.Cursor(0); !at.Done(); { // a number: keep it, and go on tomorrow
		page, at, _ = m.Scan(at, page[:0])
		for _, e := range page {
			sum += e.Value
		}
	}
	fmt.Println(sum)
	// Output: 499500
}

func ExampleGuardMap() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	documents := must(escrow.OpenGuardMap[string](pool, escrow.MapOptions{}))
	defer documents.Close()

	guard := must(pool.Acquire(5))
	guard.Use(func(b []byte) error { copy(b, "hello"); return nil })
	err := documents.Store("a.txt", guard) // the map has the reference now
	fmt.Println(guard.Valid(), err)

	err = documents.Use("a.txt", func(b []byte) error { fmt.Println(string(b)); return nil })
	document, ok := documents.Load("a.txt") // a reference of its own
	documents.Delete("a.txt")
	fmt.Println(document.Valid(), ok, err)
	document.Close()
	// Output:
	// false <nil>
	// hello
	// true true <nil>
}
