package main

import (
	"sync"
	"sync/atomic"

	"example.com/escrow/go/escrow"
)

type settings struct{ one, limit, weight uint64 }

// loads reads a configuration that nobody swaps meanwhile, as nearly all reads do.
func loads() contest {
	first := settings{1, 100, 7}
	cell, err := escrow.OpenCellOf(first, escrow.CellOptions[settings]{Raw: true})
	must(err)
	decoded, err := escrow.OpenCell([]byte(`{"One": 1, "Limit": 100}`), escrow.CellOptions[struct{ One, Limit uint64 }]{})
	must(err)
	var pointer atomic.Pointer[settings]
	pointer.Store(&first)
	var value atomic.Value
	value.Store(&first)
	var lock sync.RWMutex
	return contest{"Go/Cell/Load", oneEach, []entry{
		{"escrow", func(n int) (sum uint64) {
			for range n {
				sum += cell.Load().one
			}
			return sum
		}},
		{"escrow of JSON", func(n int) (sum uint64) {
			for range n {
				sum += decoded.Load().One
			}
			return sum
		}},
		{"atomic.Pointer", func(n int) (sum uint64) {
			for range n {
				sum += pointer.Load().one
			}
			return sum
		}},
		{"atomic.Value", func(n int) (sum uint64) {
			for range n {
				sum += value.Load().(*settings).one
			}
			return sum
		}},
		{"RWMutex", func(n int) (sum uint64) {
			for range n {
				lock.RLock()
				sum += first.one
				lock.RUnlock()
			}
			return sum
		}},
	}, func() {
		must(cell.Close())
		must(decoded.Close())
	}}
}
