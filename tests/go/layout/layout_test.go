package layout_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/layout"
)

type (
	money struct {
		Units int64
		Nanos int32
	}
	order struct {
		Number uint64
		Side   uint8
		Urgent bool
		Symbol [6]byte
		Limits [2]money
		Price  float64
	}
	forgotten struct { // the symbol
		Number uint64
		Side   uint8
		Urgent bool
		Limits [2]money
		Price  float64
	}
	swapped struct {
		Number uint64
		Urgent bool
		Side   uint8
		Symbol [6]byte
		Limits [2]money
		Price  float64
	}
	single struct {
		Number uint64
		Side   uint8
		Urgent bool
		Symbol [6]byte
		Limits [2]money
		Price  float32
	}
	longer struct {
		order
		Note uint64
	}
)

const (
	ok        = 0
	created   = 5
	eLayout   = -27
	eStale    = -4
	stillWhat = "memory laid out for another type"
)

func attached(t *testing.T) *escrow.Pool {
	t.Helper()
	id, s := layout.Open()
	if s != ok {
		t.Fatal(s)
	}
	p, err := escrow.UnsafeAttach(id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		layout.Close()
	})
	return p
}

func TestGoBindsWhatCppMade(t *testing.T) {
	p := attached(t)
	h, s := layout.Make(p.UnsafeID(), 42, 1.5)
	if s != ok {
		t.Fatal(s)
	}
	g, err := p.UnsafeAdopt(h)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	bound, err := escrow.Bind[order](g)
	if err != nil {
		t.Fatal(err)
	}
	want := order{42, 1, true, [6]byte{'A', 'B'}, [2]money{{1, 2}, {3, 4}}, 1.5}
	if err := bound.Use(func(o *order) error {
		if *o != want {
			t.Errorf("%+v", *o)
		}
		o.Price++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if number, s := layout.Raise(g.UnsafeHandle(), 10); s != ok || number != 42 {
		t.Error(number, s)
	}
	for o, err := range bound.Lent() {
		if err != nil || o.Price != 12.5 {
			t.Error(o, err)
		}
	}
	for _, c := range []struct {
		bind func(escrow.Guard) error
		want string
	}{
		{wrong[forgotten], "field 3 (Limits[0].Units): offset 10 in C++, 16 in Go"},
		{wrong[swapped], "field 1 (Urgent): kind unsigned in C++, bool in Go"},
		{wrong[single], "field 8 (Price): width 8 in C++, 4 in Go"},
		{wrong[longer], "field 9 (Note): at offset 56 in Go, missing in C++"},
		{wrong[money], "field 0 (Units): kind unsigned in C++, signed in Go"},
	} {
		err := c.bind(g)
		if !errors.Is(err, escrow.ErrLayout) || !strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), stillWhat) {
			t.Errorf("%v, want one with %q", err, c.want)
		}
	}
	if why, s := layout.BindWrong(h); s != eLayout || why != "field 3: offset 10 in the pool, 16 in this type" {
		t.Error(why, s)
	}
}

func wrong[T any](g escrow.Guard) error {
	_, err := escrow.Bind[T](g)
	return err
}

func TestCppBindsWhatGoMade(t *testing.T) {
	p, err := escrow.OpenOf[order](escrow.Options{Name: "orders of Go"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g, err := p.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Use(func(o *order) error { o.Number = 7; return nil }); err != nil {
		t.Fatal(err)
	}
	h := g.Guard().UnsafeHandle()
	if number, s := layout.Raise(h, 2.5); s != ok || number != 7 {
		t.Error(number, s)
	}
	if err := g.Use(func(o *order) error {
		if o.Price != 2.5 {
			t.Errorf("%+v", *o)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if why, s := layout.BindWrong(h); s != eLayout || why != "field 3: offset 10 in the pool, 16 in this type" {
		t.Error(why, s)
	}
	made, s := layout.Make(p.Pool().UnsafeID(), 9, 3)
	if s != ok {
		t.Fatal(s)
	}
	other, err := p.Pool().UnsafeAdopt(made)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := escrow.Bind[order](other)
	if err != nil {
		t.Fatal(err)
	}
	if err := bound.Close(); err != nil {
		t.Fatal(err)
	}
	if _, s := layout.Raise(made, 1); s != eStale {
		t.Error(s)
	}
	swappedPool, err := escrow.OpenOf[swapped](escrow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer swappedPool.Close()
	if _, s := layout.Make(swappedPool.Pool().UnsafeID(), 1, 1); s != eLayout {
		t.Error(s)
	}
	bytes, err := escrow.Open(escrow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer bytes.Close()
	if _, s := layout.Make(bytes.UnsafeID(), 1, 1); s != eLayout {
		t.Error("a pool that carries nothing was bound", s)
	}
}

func TestCppBindsAMapOfGo(t *testing.T) {
	m, err := escrow.OpenMap[int32, order](escrow.MapOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for key := int32(-50); key < 50; key++ {
		if err := m.Store(key, order{Price: float64(key)}); err != nil {
			t.Fatal(err)
		}
	}
	for key := int32(-50); key < 50; key++ {
		if price, s := layout.InMap(m.UnsafeID(), key); s != ok || price != float64(key) {
			t.Fatal(key, price, s)
		}
	}
	if s := layout.IntoMap(m.UnsafeID(), -1000, 12); s != created {
		t.Error(s)
	}
	if o, ok := m.Load(-1000); !ok || o.Price != 12 {
		t.Error(o, ok)
	}
	if why, s := layout.InWrongMap(m.UnsafeID()); s != eLayout ||
		why != "value: field 3: offset 10 in the map, 16 in this type" {
		t.Error(why, s)
	}
	other, err := escrow.OpenMap[uint32, order](escrow.MapOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if why, s := layout.InWrongMap(other.UnsafeID()); s != eLayout ||
		why != "key: field 0: kind unsigned in the map, signed in this type" {
		t.Error(why, s)
	}
}
