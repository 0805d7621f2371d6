//go:build cgo

package escrow_test

import (
	"errors"
	"fmt"

	"example.com/escrow/go/escrow"
)

func ExampleBind() {
	type order struct { // as C++ has it, whose pool this could be: see UnsafeAttach
		Number uint64
		Symbol [8]byte
		Price  float64
	}
	type order2019 struct {
		Number uint64
		Price  float64
	}
	pool := must(escrow.OpenOf[order](escrow.Options{Name: "orders"}))
	defer pool.Close()
	made := must(pool.Acquire())
	defer made.Close()
	guard := made.Guard() // bytes, as they come from a ticket or from C++

	bound, err := escrow.Bind[order](guard)
	err = bound.Use(func(o *order) error { o.Price = 91.5; return nil })
	fmt.Println(err)

	_, err = escrow.Bind[order2019](guard)
	fmt.Println(errors.Is(err, escrow.ErrLayout))
	fmt.Println(err)

	// Output:
	// <nil>
	// true
	// escrow: bind guard as order2019: field 1 (Price): kind unsigned in the pool, float in Go: memory laid out for another type
}
