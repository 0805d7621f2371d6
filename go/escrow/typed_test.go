//go:build cgo

package escrow_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"example.com/escrow/go/escrow"
)

type point struct {
	X, Y float64
	Tag  [3]byte
	On   bool
	Hits atomic.Int64
}

func TestTypedPoolsHoldValues(t *testing.T) {
	p, err := escrow.OpenOf[point](escrow.Options{Name: "points"})
	is(t, err, nil)
	defer func() { is(t, p.Close(), nil) }()
	g, err := p.Acquire()
	is(t, err, nil)
	is(t, g.Use(func(v *point) error {
		if v.X != 0 || v.On || uintptr(unsafe.Pointer(v))%unsafe.Alignof(*v) != 0 {
			t.Fatalf("%v", v)
		}
		v.X, v.Tag[2], v.On = 1.5, 7, true
		v.Hits.Add(3)
		return nil
	}), nil)
	d, err := g.Dup()
	is(t, err, nil)
	for v, err := range d.Lent() {
		is(t, err, nil)
		if v.X != 1.5 || v.Tag[2] != 7 || v.Hits.Load() != 3 {
			t.Fatalf("%v", v)
		}
	}
	is(t, d.Close(), nil)
	for v, err := range d.Lent() {
		is(t, err, escrow.ErrStale)
		if v != nil {
			t.Fatal("a value of a closed guard")
		}
	}
	ticket, err := g.MoveOut()
	is(t, err, nil)
	back, err := escrow.As[point](moveIn(t, ticket))
	is(t, err, nil)
	v, err := back.UnsafeValue()
	is(t, err, nil)
	if v.X != 1.5 {
		t.Fatalf("%v", v)
	}
	if back.Guard().Len() != int(unsafe.Sizeof(point{})) {
		t.Fatalf("%d bytes", back.Guard().Len())
	}
	is(t, back.Close(), nil)
	_, err = back.UnsafeValue()
	is(t, err, escrow.ErrStale)
	if s, err := p.Stats(); err != nil || s.Live != 0 {
		t.Fatal(s, err)
	}
}

func TestAsRefusesAnotherType(t *testing.T) {
	ints, err := escrow.OpenOf[int64](escrow.Options{})
	is(t, err, nil)
	defer ints.Close()
	plain := open(t, escrow.Options{})
	typed, err := ints.Acquire()
	is(t, err, nil)
	_, err = escrow.As[uint64](typed.Guard())
	is(t, err, escrow.ErrKind)
	bytes := acquire(t, plain, 8)
	_, err = escrow.As[int64](bytes)
	is(t, err, escrow.ErrKind)
	_, err = escrow.As[int64](escrow.Guard{})
	is(t, err, escrow.ErrNull)
	is(t, typed.Close(), nil)
	is(t, bytes.Close(), nil)
	if s := stats(t, plain); s.Misuse[escrow.ErrKind] != 1 {
		t.Fatalf("%v", s.Misuse)
	}
	var none *escrow.PoolOf[int64]
	_, err = none.Acquire()
	is(t, err, escrow.ErrNull)
	is(t, none.Close(), escrow.ErrNull)
}

type inner struct {
	A int
	C string
}

type outer struct {
	N int32
	A struct{ B [4]inner }
}

type link struct{ Next *link }

func refused[T any](t *testing.T, want string) {
	t.Helper()
	p, err := escrow.OpenOf[T](escrow.Options{})
	if p != nil || err == nil || err.Error() != want {
		t.Fatalf("got %v, want %q", err, want)
	}
	is(t, err, escrow.ErrKind)
}

func TestTypesWithPointersAreRefusedByName(t *testing.T) {
	refused[outer](t, "escrow: open pool of outer: field A.B[0].C holds a Go pointer (string)")
	refused[link](t, "escrow: open pool of link: field Next holds a Go pointer (ptr)")
	refused[struct{ M map[int]int }](t, "escrow: open pool of struct { M map[int]int }: field M holds a Go pointer (map)")
	refused[[2][]byte](t, "escrow: open pool of [2][]uint8: field [0] holds a Go pointer (slice)")
	refused[*int](t, "escrow: open pool of *int: it holds a Go pointer (ptr)")
	refused[error](t, "escrow: open pool of error: it holds a Go pointer (interface)")
	refused[struct{ P unsafe.Pointer }](t, "escrow: open pool of struct { P unsafe.Pointer }: field P holds a Go pointer (unsafe.Pointer)")
	refused[struct{ F func() }](t, "escrow: open pool of struct { F func() }: field F holds a Go pointer (func)")
	refused[struct{ C chan int }](t, "escrow: open pool of struct { C chan int }: field C holds a Go pointer (chan)")
	refused[struct{ V atomic.Pointer[int] }](t, "escrow: open pool of struct { V atomic.Pointer[int] }: field V.v holds a Go pointer (unsafe.Pointer)")

	_, err := escrow.OpenOf[struct{}](escrow.Options{})
	is(t, err, escrow.ErrSize)
	_, err = escrow.OpenOf[int64](escrow.Options{FixedSize: 16})
	is(t, err, escrow.ErrOption)
	_, err = escrow.OpenOf[int64](escrow.Options{Alignment: 4})
	is(t, err, escrow.ErrOption)
	_, err = escrow.OpenOf[int64](escrow.Options{Name: strings.Repeat("n", 40)})
	is(t, err, escrow.ErrOption)
	ok, err := escrow.OpenOf[struct {
		_ [0]func()
		V [4]complex128
	}](escrow.Options{Alignment: 64})
	is(t, err, nil)
	is(t, ok.Close(), nil)
}
