//go:build cgo

package escrow_test

import (
	"testing"

	"example.com/escrow/go/escrow"
)

func openGuardMap[K any](t *testing.T, p *escrow.Pool) *escrow.GuardMap[K] {
	t.Helper()
	m, err := escrow.OpenGuardMap[K](p, escrow.MapOptions{})
	is(t, err, nil)
	t.Cleanup(func() { m.Close() })
	return m
}

func TestAGuardMapTakesTheReferenceOver(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	m := openGuardMap[string](t, p)
	g := acquire(t, p, 64)
	is(t, g.Use(func(b []byte) error { b[0] = 42; return nil }), nil)
	handle := g.UnsafeHandle()
	is(t, m.Store("a", g), nil)
	is(t, g.Use(nothing), escrow.ErrMoved)
	is(t, g.Close(), nil)
	is(t, escrow.UnsafeRelease(handle), escrow.ErrStale) // the map's has another
	is(t, m.Use("a", func(b []byte) error {
		if b[0] != 42 || len(b) != 64 {
			t.Fatalf("another object: %v", b[:1])
		}
		return nil
	}), nil)
	is(t, m.Use("b", nothing), escrow.ErrAbsent)
	loaded, ok := m.Load("a")
	if !ok || loaded.Len() != 64 {
		t.Fatal("not there")
	}
	m.Delete("a")
	if _, ok := m.Load("a"); ok || m.Len() != 0 {
		t.Fatal("still there")
	}
	if s := stats(t, p); s.Live != 1 {
		t.Fatalf("%d objects, of which one guard is left", s.Live)
	}
	is(t, loaded.Close(), nil)
	if s := stats(t, p); s.Live != 0 {
		t.Fatalf("%d objects after the last guard", s.Live)
	}
	is(t, p.Close(), nil)
}

func TestStoringGuardsReplacesAndRefuses(t *testing.T) {
	p, q := open(t, escrow.Options{}), open(t, escrow.Options{})
	m := openGuardMap[uint64](t, p)
	first, second := acquire(t, p, 16), acquire(t, p, 32)
	is(t, m.Store(1, first), nil)
	is(t, m.Store(1, first), escrow.ErrMoved)
	is(t, m.Store(1, second), nil)
	if s := stats(t, p); s.Live != 1 || m.Len() != 1 {
		t.Fatalf("the replaced object is not released: %+v", s)
	}
	other := acquire(t, q, 16)
	is(t, m.Store(2, other), escrow.ErrForeign)
	is(t, m.Store(2, escrow.Guard{}), escrow.ErrNull)
	is(t, other.Close(), nil)

	third := acquire(t, p, 48)
	actual, loaded, err := m.LoadOrStore(1, third)
	is(t, err, nil)
	if !loaded || actual.Len() != 32 || !third.Valid() {
		t.Fatal("stored over an object that was there")
	}
	is(t, actual.Close(), nil)
	actual, loaded, err = m.LoadOrStore(2, third)
	is(t, err, nil)
	if loaded || actual != (escrow.Guard{}) || third.Valid() {
		t.Fatal("not stored")
	}
	taken, ok := m.LoadAndDelete(2)
	if !ok || taken.Len() != 48 {
		t.Fatal("not taken")
	}
	if _, ok := m.LoadAndDelete(2); ok {
		t.Fatal("taken twice")
	}
	shared := dup(t, taken)
	is(t, m.Store(3, taken), nil) // what is shared is duplicated
	is(t, shared.Use(nothing), nil)
	is(t, m.Use(3, nothing), nil)
	is(t, shared.Close(), nil)
	keys := map[uint64]bool{}
	for k := range m.Keys() {
		keys[k] = true
	}
	if len(keys) != 2 || !keys[1] || !keys[3] {
		t.Fatalf("keys %v", keys)
	}
	m.Clear()
	if !eventually(func() bool { return stats(t, p).Live == 0 }) {
		t.Fatal("cleared objects are still there")
	}
}

func TestRevokedObjectsArePurged(t *testing.T) {
	p := open(t, escrow.Options{})
	m := openGuardMap[int](t, p)
	for i := range 10 {
		is(t, m.Store(i, acquire(t, p, 16)), nil)
	}
	for i := range 4 {
		g, ok := m.Load(i)
		if !ok {
			t.Fatal("not there")
		}
		is(t, g.Revoke(), nil)
		is(t, g.Close(), nil)
		is(t, m.Use(i, nothing), escrow.ErrRevoked)
		if _, ok := m.Load(i); ok {
			t.Fatal("loaded a revoked object")
		}
	}
	n, err := m.PurgeStale()
	is(t, err, nil)
	if n != 4 || m.Len() != 6 {
		t.Fatalf("purged %d, %d left", n, m.Len())
	}
	m.Clear()
}

func TestAForgottenGuardMapReleasesItsObjects(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	func() {
		m, err := escrow.OpenGuardMap[int](p, escrow.MapOptions{})
		is(t, err, nil)
		for i := range 100 {
			is(t, m.Store(i, acquire(t, p, 64)), nil)
		}
	}()
	if !eventually(func() bool { return stats(t, p).Live == 0 }) {
		t.Fatalf("%d objects of a map that nobody has", stats(t, p).Live)
	}
	is(t, p.Close(), nil)
}

func TestAClosedPoolWaitsForAMapOfGuards(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	m := openGuardMap[int](t, p)
	is(t, m.Store(1, acquire(t, p, 64)), nil)
	is(t, p.Close(), escrow.ErrLeak)
	is(t, m.Use(1, nothing), escrow.ErrRevoked)
	m.Delete(1)
	if !eventually(func() bool { return gone(p) }) {
		t.Fatal("the last reference left the map and the memory is still held")
	}
	is(t, m.Close(), nil)
	is(t, m.Store(1, escrow.Guard{}), escrow.ErrNull)
	is(t, m.Use(1, nothing), escrow.ErrClosed)
}
