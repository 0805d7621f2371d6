//go:build cgo

package cabi

import (
	"strings"
	"testing"
)

func TestTheLinkedFacadeIsTheOneCompiledAgainst(t *testing.T) {
	if s, why := Available(); s != OK || why != "" {
		t.Fatal(s, why)
	}
	linked := LinkedABI()
	if linked.Major != 1 || linked.Hash == 0 || !linked.Optimized {
		t.Fatalf("%+v", linked)
	}
}

func TestEveryDifferentLayoutIsNamed(t *testing.T) {
	same := CompiledABI()
	if why := Mismatch(same, same); why != "" {
		t.Fatal(why)
	}
	for word, change := range map[string]func(*ABI){
		"ABI major":           func(a *ABI) { a.Major++ },
		"slot header":         func(a *ABI) { a.HeaderBytes = 64 },
		"generation":          func(a *ABI) { a.GenerationShift++ },
		"index":               func(a *ABI) { a.IndexShift++ },
		"tag":                 func(a *ABI) { a.TagShift-- },
		"escrow_pool_options": func(a *ABI) { a.OptionsBytes += 8 },
		"escrow_pool_stats":   func(a *ABI) { a.StatsBytes += 8 },
		"escrow_api":          func(a *ABI) { a.APIBytes += 8 },
	} {
		other := same
		change(&other)
		why := Mismatch(same, other)
		if !strings.Contains(why, word) || !strings.Contains(why, "rebuild") {
			t.Errorf("a change of %s says %q", word, why)
		}
	}
}

// TestNoGoPointerEscapes: noescape and nocallback together keep the arguments on the stack.
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
