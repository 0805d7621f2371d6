//go:build cgo

package escrow

import (
	"fmt"
	"runtime"
	"testing"

	"example.com/escrow/go/leaf"
)

// The first object of a size needs memory from the system, which a leaf may not ask for; what follows
// finds it there.
func TestStatsCountTheLeafCallsThatWereRepeated(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	p := openPool(t, Options{})
	crossings := func() Crossings {
		s, err := p.Stats()
		if err != nil {
			t.Fatal(err)
		}
		return s.Crossings
	}
	before := crossings()
	mustAcquire(t, p, 64).Close()
	first := crossings()
	if !first.Leaves || first.Reason != "" || first.Slow == before.Slow {
		t.Fatalf("%+v after the first object, before %+v", first, before)
	}
	const n = 1000
	g := mustAcquire(t, p, 64)
	for range n {
		mustAcquire(t, p, 64).Close()
		if err := g.Use(func([]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if now := crossings(); now.Slow-first.Slow > n/10 {
		t.Fatalf("%d of %d crossings were repeated", now.Slow-first.Slow, 4*n)
	}
	leaf.Disable()
	defer leaf.Enable()
	off := crossings()
	mustAcquire(t, p, 64).Close()
	if now := crossings(); off.Leaves || off.Reason == "" || now.Slow != off.Slow {
		t.Fatalf("%+v, then %+v, with leaves off", off, now)
	}
	g.Close()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// Stores into maps are leaf calls whatever keys and values are, also where buckets have overflow nodes;
// some need memory from the system.
func TestStoresIntoMapsAreSeldomRepeated(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	p := openPool(t, Options{})
	slow := func() uint64 {
		s, err := p.Stats()
		if err != nil {
			t.Fatal(err)
		}
		return s.Crossings.Slow
	}
	const n = 1 << 10
	seldomRepeats := func(operation string, calls uint64, do func()) {
		t.Helper()
		do()
		before := slow()
		do()
		if repeated := slow() - before; repeated > calls/50 {
			t.Errorf("%s: %d of %d calls were repeated", operation, repeated, calls)
		}
	}
	names := make([]string, n)
	numbers := make([]uint64, n)
	for i := range names {
		names[i], numbers[i] = fmt.Sprint("key ", i), uint64(i)
	}
	storeAll(t, "words", seldomRepeats, numbers, numbers)
	storeAll(t, "keys of bytes", seldomRepeats, names, numbers)
	storeAll(t, "values of bytes", seldomRepeats, numbers, names)
	storeAll(t, "bytes", seldomRepeats, names, names)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// storeAll stores under every key by every operation, and empties the map.
func storeAll[K, V comparable](t *testing.T, kind string, seldomRepeats func(string, uint64, func()), keys []K, values []V) {
	m, err := OpenMap[K, V](MapOptions{})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := uint64(len(keys))
	each := func(do func(k K, v V)) func() {
		return func() {
			for i, k := range keys {
				do(k, values[i])
			}
		}
	}
	seldomRepeats(kind+": store and delete", 2*n, func() {
		each(func(k K, v V) { must(m.Store(k, v)) })()
		each(func(k K, v V) { m.Delete(k) })()
	})
	seldomRepeats(kind+": store", n, each(func(k K, v V) { must(m.Store(k, v)) }))
	seldomRepeats(kind+": swap", n, each(func(k K, v V) {
		_, _, err := m.Swap(k, v)
		must(err)
	}))
	seldomRepeats(kind+": load or store", n, each(func(k K, v V) {
		m.Delete(k)
		_, _, err := m.LoadOrStore(k, v)
		must(err)
	}))
	seldomRepeats(kind+": compare and swap", n, each(func(k K, v V) {
		if ok, err := m.CompareAndSwap(k, v, v); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}))
	seldomRepeats(kind+": store a batch", n, func() {
		if stored, err := m.StoreBatch(keys, values); stored != len(keys) || err != nil {
			t.Fatal(stored, err)
		}
	})
	if m.whole {
		seldomRepeats(kind+": add", n, each(func(k K, v V) {
			_, err := m.Add(k, v)
			must(err)
		}))
	}
	must(m.Close())
}

// 64 objects of 64 bytes, as many as one crossing is for: none of cgo with leaves, one without.
func TestManyObjectsAtOnceTakeOneCrossing(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	p := openPool(t, Options{})
	guards := make([]Guard, 64)
	const n = 100
	crossings := func() (cgo int64) {
		t.Helper()
		for range n {
			before := runtime.NumCgoCall()
			if err := p.AcquireN(64, guards); err != nil {
				t.Fatal(err)
			}
			cgo += runtime.NumCgoCall() - before
			for i := range guards {
				if err := guards[i].Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
		return cgo
	}
	crossings() // memory from the system
	slow := readCrossings().Slow
	if cgo := crossings(); cgo > n/10 {
		t.Errorf("%d batches by leaf calls took %d cgo calls", n, cgo)
	}
	if now := readCrossings().Slow; now-slow > n/10 {
		t.Errorf("%d crossings were repeated", now-slow)
	}
	leaf.Disable()
	defer leaf.Enable()
	if cgo := crossings(); cgo != n {
		t.Errorf("%d batches by cgo took %d calls", n, cgo)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}
