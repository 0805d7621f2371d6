//go:build cgo

package escrow_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/escrow/go/escrow"
)

func ExampleCell() {
	type config struct {
		Workers int
		Skip    []string
	}
	c := must(escrow.OpenCell([]byte(`{"Workers": 4}`), escrow.CellOptions[config]{
		Check: func(c *config) error { // before anybody sees it
			if c.Workers < 1 {
				return errors.New("no workers at all")
			}
			return nil
		},
	}))
	defer c.Close()

	fmt.Println(c.Load().Workers) // a load and a comparison
	_, err := c.Swap([]byte(`{"Workers": 0}`), "")
	fmt.Println(err, errors.Is(err, escrow.ErrRefused))

	version, err := c.SwapIfVersion([]byte(`{"Workers": 8}`), `"eight"`, 1)
	fmt.Println(version, err, c.Load().Workers)
	version, err = c.RollBack(1) // what version 1 was, as version 3
	fmt.Println(version, err, c.Load().Workers)
	// Output:
	// 4
	// escrow: swap cell: content refused: no workers at all true
	// 2 <nil> 8
	// 3 <nil> 4
}

func ExampleCell_raw() {
	type weights struct{ Title, Body float64 }                                          // a C struct of two doubles
	c := must(escrow.OpenCellOf(weights{2, 1}, escrow.CellOptions[weights]{Raw: true})) // content: its 16 bytes
	defer c.Close()                                                                     // C++: cell<weights>::reader::bind(id, reader)
	version, err := c.SwapValue(weights{Title: 3, Body: 1}, "")                         // seen there by the next get()
	fmt.Println(version, err, *c.Load())
	// Output: 2 <nil> {3 1}
}

func ExampleCell_Watch() {
	c := must(escrow.OpenCell([]byte(`1`), escrow.CellOptions[int]{}))
	defer c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for version, value := range c.Watch(ctx) { // this version, then each newer one
		fmt.Println(version.Number, *value)
		if version.Number == 3 {
			break
		}
		c.SwapValue(*value*10, "")
	}
	// Output:
	// 1 1
	// 2 10
	// 3 100
}
