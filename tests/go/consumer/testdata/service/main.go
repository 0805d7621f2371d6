// Command service is an ordinary consumer: Go alone.
package main

import (
	"fmt"
	"unsafe"

	"example.com/escrow/go/escrow"
)

func main() {
	pool, err := escrow.Open(escrow.Options{Name: "service"})
	if err != nil {
		panic(err)
	}
	guard, err := pool.Acquire(42)
	if err != nil {
		panic(err)
	}
	for b, err := range guard.Lent() {
		if err != nil {
			panic(err)
		}
		fmt.Println(copy(b, "consumer"), "of", len(b))
	}
	fmt.Println(guard.Close(), pool.Close())
	// The second number of escrow_api is the ABI major of the facade's unit.
	fmt.Println("major", *(*uint32)(unsafe.Add(escrow.UnsafeTable(), 4)))
}
