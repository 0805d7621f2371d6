//go:build cgo

package escrow_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"example.com/escrow/go/escrow"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func ExamplePool() {
	pool := must(escrow.Open(escrow.Options{Name: "frames", Limit: 1 << 20}))
	guard := must(pool.Acquire(4096))

	_, err := pool.Acquire(2 << 20)
	fmt.Println(err)
	fmt.Println("live:", must(pool.Stats()).Live)

	guard.Close()
	fmt.Println(pool.Close())
	fmt.Println(pool.Close())
	// Output:
	// escrow: acquire 2097152 bytes: size out of range
	// live: 1
	// <nil>
	// escrow: close pool: pool closed
}

func ExamplePool_Close() {
	pool := must(escrow.Open(escrow.Options{}))
	guard := must(pool.Acquire(64))

	err := pool.Close()
	fmt.Println(err)
	fmt.Println(errors.Is(err, escrow.ErrLeak))
	fmt.Println(guard.Close()) // the memory is given back here
	// Output:
	// escrow: close pool: 1 object: references still out
	// true
	// <nil>
}

func ExampleGuard_Use() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	guard := must(pool.Acquire(16))
	defer guard.Close()

	err := guard.Use(func(b []byte) error {
		n := copy(b, "in C memory")
		fmt.Printf("%s, %d bytes\n", b[:n], len(b))
		return nil
	})
	fmt.Println(err)
	// Output:
	// in C memory, 16 bytes
	// <nil>
}

func ExampleGuard_Lent() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	guard := must(pool.Acquire(4))

	for b, err := range guard.Lent() {
		if err != nil {
			log.Fatal(err)
		}
		b[0] = 'x'
	}
	guard.Close()
	for _, err := range guard.Lent() {
		fmt.Println(err)
	}
	// Output:
	// escrow: lend: reference already ended
}

func ExampleGuard_Dup() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	first := must(pool.Acquire(16))
	second := must(first.Dup())

	first.Close()
	fmt.Println("live after the first:", must(pool.Stats()).Live)
	second.Close()
	fmt.Println("live after the second:", must(pool.Stats()).Live)
	// Output:
	// live after the first: 1
	// live after the second: 0
}

func ExampleTicket() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	tickets := make(chan escrow.Ticket)

	go func() {
		guard := must(pool.Acquire(8))
		guard.Use(func(b []byte) error { copy(b, "for you"); return nil })
		ticket := must(guard.MoveOut())
		fmt.Println(guard.Use(func([]byte) error { return nil }))
		tickets <- ticket
	}()

	guard := must((<-tickets).MoveIn())
	defer guard.Close()
	guard.Use(func(b []byte) error { fmt.Printf("%s\n", b[:7]); return nil })
	// Output:
	// escrow: use: reference moved out
	// for you
}

func ExampleScope() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	key, value := must(pool.Acquire(3)), must(pool.Acquire(5))
	defer key.Close()
	defer value.Close()

	scope := escrow.NewScope()
	defer scope.End()
	k := must(scope.Lend(key))
	v := must(scope.Lend(value))
	copy(k, "key")
	copy(v, "value")
	fmt.Printf("%s=%s\n", k, v)
	// Output:
	// key=value
}

func ExamplePoolOf() {
	type sample struct {
		Count uint64
		Value [4]float64
	}
	pool := must(escrow.OpenOf[sample](escrow.Options{Name: "samples"}))
	defer pool.Close()
	guard := must(pool.Acquire())
	defer guard.Close()

	guard.Use(func(s *sample) error { s.Count, s.Value[3] = 1, 2.5; return nil })
	guard.Use(func(s *sample) error { fmt.Println(*s); return nil })

	type named struct{ Name string }
	_, err := escrow.OpenOf[named](escrow.Options{})
	fmt.Println(err)
	// Output:
	// {1 [0 0 0 2.5]}
	// escrow: open pool of named: field Name holds a Go pointer (string)
}

func ExamplePool_ReadFull() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	guard := must(pool.ReadFull(strings.NewReader("header and body"), 6))
	defer guard.Close()

	guard.WriteTo(os.Stdout)
	fmt.Println()
	_, err := pool.ReadFull(strings.NewReader("short"), 6)
	fmt.Println(err)
	// Output:
	// header
	// escrow: read 6 bytes: unexpected EOF
}

func ExamplePool_ReadAll() {
	pool := must(escrow.Open(escrow.Options{}))
	defer pool.Close()
	guard, n, err := pool.ReadAll(strings.NewReader("all of it"))
	if err != nil {
		log.Fatal(err)
	}
	defer guard.Close()

	fmt.Println(n, guard.Len())
	tail := make([]byte, 2)
	guard.ReadAt(tail, 7)
	fmt.Printf("%s\n", tail)
	// Output:
	// 9 9
	// it
}
