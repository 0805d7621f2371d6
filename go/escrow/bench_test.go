//go:build cgo

package escrow

import "testing"

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
