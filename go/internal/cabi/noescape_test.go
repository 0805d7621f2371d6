//go:build cgo && !asan && !msan && !race

package cabi

import "testing"

// TestNoGoPointerEscapes: noescape and nocallback together keep the arguments on the stack. Not under
// the sanitizers, whose instrumentation moves some to the heap.
func TestNoGoPointerEscapes(t *testing.T) {
	pool, s := PoolOpen(&Options{}) // no name, which Stats would allocate
	if s != OK {
		t.Fatal(s)
	}
	h, s := Acquire(pool, 64)
	if s != OK {
		t.Fatal(s)
	}
	var stats Stats
	var page [64]Reference
	var few [8]uint64
	for name, f := range map[string]func(){
		"acquire": func() { h, _ := Acquire(pool, 64); Release(h) },
		"acquire_n": func() {
			AcquireN(pool, 64, few[:])
			for _, h := range few {
				Release(h)
			}
		},
		"dup":    func() { d, _ := Dup(h); ReleaseDeferred(d) },
		"borrow": func() { v, _ := Borrow(h); Return(v.Root) },
		"move": func() {
			ticket, _ := MoveOut(h)
			h, _ = MoveIn(ticket)
		},
		"read":    func() { Read(h) },
		"trim":    func() { PoolTrim(pool) },
		"stats":   func() { PoolStats(pool, &stats) },
		"inspect": func() { var c uint64; PoolInspect(pool, &c, &page) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if s := Release(h); s != Freed {
		t.Fatal(s)
	}
	if _, s := PoolClose(pool, 0); s != OK {
		t.Fatal(s)
	}
	if s := PoolDestroy(pool); s != OK {
		t.Fatal(s)
	}
}
