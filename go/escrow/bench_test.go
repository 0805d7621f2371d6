//go:build cgo

package escrow

import (
	"sync/atomic"
	"testing"
)

func BenchmarkAcquireClose(b *testing.B) {
	p := openPool(b, Options{})
	for b.Loop() {
		g, _ := p.Acquire(64)
		g.Close()
	}
}

func BenchmarkUse(b *testing.B) {
	p := openPool(b, Options{})
	g := mustAcquire(b, p, 64)
	n := 0
	for b.Loop() {
		g.Use(func(b []byte) error { n += int(b[0]); return nil })
	}
}

func BenchmarkLent(b *testing.B) {
	p := openPool(b, Options{})
	g := mustAcquire(b, p, 64)
	n := 0
	for b.Loop() {
		for m := range g.Lent() {
			n += int(m[0])
		}
	}
}

func BenchmarkValid(b *testing.B) {
	p := openPool(b, Options{})
	g := mustAcquire(b, p, 64)
	for b.Loop() {
		if !g.Valid() {
			b.Fatal()
		}
	}
}

func BenchmarkDup(b *testing.B) {
	p := openPool(b, Options{})
	g := mustAcquire(b, p, 64)
	for b.Loop() {
		d, _ := g.Dup()
		d.Close()
	}
}

// Both in b.Loop, which keeps the result: what Cell.Load adds to the load of a pointer.
func BenchmarkCellLoad(b *testing.B) {
	type settings struct{ One, Limit uint64 }
	cell, err := OpenCellOf(settings{1, 100}, CellOptions[settings]{Raw: true})
	if err != nil {
		b.Fatal(err)
	}
	defer cell.Close()
	var pointer atomic.Pointer[settings]
	pointer.Store(&settings{1, 100})
	b.Run("escrow", func(b *testing.B) {
		sum := uint64(0)
		for b.Loop() {
			sum += cell.Load().One
		}
		if sum != uint64(b.N) {
			b.Fatal(sum)
		}
	})
	b.Run("atomic.Pointer", func(b *testing.B) {
		sum := uint64(0)
		for b.Loop() {
			sum += pointer.Load().One
		}
		if sum != uint64(b.N) {
			b.Fatal(sum)
		}
	})
}
