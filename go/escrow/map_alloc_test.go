//go:build cgo

package escrow

import "testing"

func TestMapsOfWordsAllocateNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumentation moves some arguments to the heap")
	}
	type pair struct{ A, B uint64 }
	m, err := OpenMap[uint64, uint64](MapOptions{})
	if err != nil || m.Store(1, 1) != nil {
		t.Fatal(err)
	}
	text, err := OpenMap[string, pair](MapOptions{})
	if err != nil || text.Store("k", pair{}) != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	keys, values := make([]uint64, 100), make([]uint64, 100)
	for name, f := range map[string]func(){
		"Load":           func() { m.Load(1) },
		"Store":          func() { m.Store(1, 2) },
		"Swap":           func() { m.Swap(1, 2) },
		"CompareAndSwap": func() { m.CompareAndSwap(1, 2, 2) },
		"Add":            func() { m.Add(1, 0) },
		"Delete":         func() { m.Delete(2) },
		"LoadBatch":      func() { m.LoadBatch(keys, values, nil) },
		"text.Load":      func() { text.Load("k") },
		"text.Store":     func() { text.Store("k", pair{}) },
		"text.Swap":      func() { text.Swap("k", pair{}) },
		"LoadInto":       func() { text.LoadInto("k", buf) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
