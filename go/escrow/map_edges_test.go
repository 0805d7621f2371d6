//go:build cgo

package escrow_test

import (
	"math"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"example.com/escrow/go/escrow"
)

func TestExtremeKeysAndValues(t *testing.T) {
	m := openMap[uint64, uint64](t, escrow.MapOptions{})
	for _, k := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
		is(t, m.Store(k, ^k), nil)
	}
	for _, k := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
		if v, ok := m.Load(k); !ok || v != ^k {
			t.Fatalf("key %x: %x %v", k, v, ok)
		}
	}
	text := openMap[string, []byte](t, escrow.MapOptions{})
	long := strings.Repeat("k", 64<<10)
	is(t, text.Store("", nil), nil)
	is(t, text.Store(long, []byte(long)), nil)
	if v, ok := text.Load(""); !ok || v == nil || len(v) != 0 {
		t.Fatalf("the empty string: %v %v", v, ok)
	}
	if v, ok := text.Load(long); !ok || string(v) != long {
		t.Fatalf("64 KiB: %d bytes, %v", len(v), ok)
	}
	if v, loaded := text.LoadAndDelete(long); !loaded || string(v) != long {
		t.Fatalf("64 KiB taken: %d bytes, %v", len(v), loaded)
	}
	is(t, text.Store(long+"k", nil), escrow.ErrSize)
	is(t, text.Store("v", make([]byte, 1<<20)), escrow.ErrSize)
	if _, ok := text.Load(long + "k"); ok {
		t.Fatal("a key that cannot be")
	}
	_, _, err := text.Swap("", make([]byte, 64<<10+1))
	is(t, err, escrow.ErrSize)
	if text.Len() != 1 {
		t.Fatalf("%d entries", text.Len())
	}
}

func TestKeysWithFloatsAreTheirBytes(t *testing.T) {
	type point struct{ X, Y float64 }
	m := openMap[point, int](t, escrow.MapOptions{})
	nan := math.NaN()
	is(t, m.Store(point{nan, 1}, 1), nil)
	if v, ok := m.Load(point{nan, 1}); !ok || v != 1 {
		t.Fatal("a NaN does not find itself")
	}
	is(t, m.Store(point{0, 0}, 2), nil)
	if _, ok := m.Load(point{math.Copysign(0, -1), 0}); ok {
		t.Fatal("-0.0 is 0.0")
	}
	words := openMap[float64, float64](t, escrow.MapOptions{})
	is(t, words.Store(nan, nan), nil)
	swapped, err := words.CompareAndSwap(nan, nan, 2)
	is(t, err, nil)
	if v, ok := words.Load(nan); !swapped || !ok || v != 2 {
		t.Fatal(swapped, v, ok)
	}
}

func TestTypesThatCannotLieInCMemoryAreNamed(t *testing.T) {
	type inner struct{ Next *int }
	type outer struct {
		ID    int
		Inner inner
	}
	type padded struct {
		A uint8
		B uint32
	}
	type blank struct {
		A uint32
		_ uint32
	}
	refused := func(err error, words ...string) {
		t.Helper()
		is(t, err, escrow.ErrKind)
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
	}
	_, err := escrow.OpenMap[outer, int](escrow.MapOptions{})
	refused(err, "keys of outer", "Inner.Next", "ptr")
	_, err = escrow.OpenMap[int, outer](escrow.MapOptions{})
	refused(err, "values of outer", "Inner.Next")
	_, err = escrow.OpenMap[padded, int](escrow.MapOptions{})
	refused(err, "keys of padded", "field A", "padding")
	_, err = escrow.OpenMap[[2]blank, int](escrow.MapOptions{})
	refused(err, "_", "padding")
	_, err = escrow.OpenMap[any, int](escrow.MapOptions{})
	refused(err, "interface")
	_, err = escrow.OpenMap[int, [64<<10 + 1]byte](escrow.MapOptions{})
	is(t, err, escrow.ErrSize)
	_, err = escrow.OpenMap[int, int](escrow.MapOptions{Expected: -1})
	is(t, err, escrow.ErrOption)

	// Padding of values is not compared.
	m := openMap[int, padded](t, escrow.MapOptions{})
	a, b := padded{1, 2}, padded{1, 2}
	(*[8]byte)(unsafe.Pointer(&a))[1] = 77
	is(t, m.Store(1, a), nil)
	swapped, err := m.CompareAndSwap(1, b, padded{3, 4})
	is(t, err, nil)
	if !swapped {
		t.Fatal("padding was compared")
	}
}

func TestAddCountsAndWrapsAround(t *testing.T) {
	m := openMap[string, int64](t, escrow.MapOptions{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 1000 {
				must(m.Add("n", 1))
			}
		})
	}
	wait.Wait()
	if v, _ := m.Load("n"); v != 4000 {
		t.Fatalf("counted %d", v)
	}
	v, err := m.Add("n", -4001)
	is(t, err, nil)
	if v != -1 {
		t.Fatalf("%d", v)
	}
	_, err = openMap[int, int32](t, escrow.MapOptions{}).Add(1, 1)
	is(t, err, escrow.ErrKind)
}

func TestPurgeFindsEntriesThatFoundNoRoomInTheirBucket(t *testing.T) {
	m := openMap[uint64, uint64](t, escrow.MapOptions{})
	for i := range uint64(5000) {
		is(t, m.Store(i, i%2), nil)
	}
	if s, err := m.Stats(); err != nil || s.Nodes == 0 {
		t.Fatal("no bucket ran over", err)
	}
	for _, odd := range []uint64{0, 1} {
		if n, err := m.Purge(escrow.IfEqual(odd)); err != nil || n != 2500 {
			t.Fatal(n, err)
		}
	}
	if m.Len() != 0 {
		t.Fatalf("%d entries left", m.Len())
	}
}

func TestConditionsExpireEntries(t *testing.T) {
	type session struct {
		Until int64
		User  uint64
		More  uint64
	}
	m := openMap[int, session](t, escrow.MapOptions{})
	for i := range 100 {
		is(t, m.Store(i, session{Until: int64(i) - 50, User: 7}), nil)
	}
	if m.DeleteIf(60, escrow.IfBefore(10)) || !m.DeleteIf(59, escrow.IfBefore(10)) {
		t.Fatal("DeleteIf")
	}
	n, err := m.Purge(escrow.IfBefore(0))
	is(t, err, nil)
	if n != 50 || m.Len() != 49 {
		t.Fatalf("purged %d, %d left", n, m.Len())
	}
	words := openMap[int, int16](t, escrow.MapOptions{})
	for i := range 10 {
		is(t, words.Store(i, int16(i-5)), nil)
	}
	n, err = words.Purge(escrow.IfBefore(0)) // negative numbers of any width
	is(t, err, nil)
	if n != 5 {
		t.Fatalf("purged %d", n)
	}
	if !words.DeleteIf(7, escrow.IfEqual(2)) || words.DeleteIf(8, escrow.IfLess(3)) {
		t.Fatal("DeleteIf of words")
	}
}
