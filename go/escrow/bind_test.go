//go:build cgo

package escrow_test

import (
	"runtime"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

type (
	order struct {
		Number uint64
		Amount uint32
		Flags  uint16
		Price  float64
	}
	orderElsewhere struct { // the same memory
		ID    uint64
		Count uint32
		Bits  [1]uint16
		Cost  float64
	}
	orderOfLastYear struct {
		Number uint64
		Amount uint32
		Price  float64
	}
)

func openOf[T any](t testing.TB, o escrow.Options) *escrow.PoolOf[T] {
	t.Helper()
	p, err := escrow.OpenOf[T](o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestBindIsByMemoryAndNotByName(t *testing.T) {
	p := openOf[order](t, escrow.Options{})
	g, err := p.Acquire()
	is(t, err, nil)
	defer g.Close()
	is(t, g.Use(func(o *order) error { o.Number, o.Price = 7, 2.5; return nil }), nil)

	for range 2 { // the second time by the compare alone
		there, err := escrow.Bind[orderElsewhere](g.Guard())
		is(t, err, nil)
		is(t, there.Use(func(o *orderElsewhere) error {
			if o.ID != 7 || o.Cost != 2.5 {
				t.Errorf("%+v", *o)
			}
			return nil
		}), nil)
		_, err = escrow.Bind[orderOfLastYear](g.Guard())
		is(t, err, escrow.ErrLayout)
		if want := "escrow: bind guard as orderOfLastYear: field 2 (Price): offset 12 in the pool, 16 in Go: memory laid out for another type"; err.Error() != want {
			t.Errorf("%v", err)
		}
	}
	again, err := escrow.Bind[order](g.Guard())
	is(t, err, nil)
	is(t, again.Close(), nil)
	stats, err := p.Stats()
	is(t, err, nil)
	if stats.Misuse[escrow.ErrLayout] != 2 {
		t.Errorf("%v", stats.Misuse)
	}
	closed, err := escrow.Bind[order](g.Guard()) // the same reference, and it has ended
	is(t, err, nil)
	is(t, closed.Use(func(*order) error { return nil }), escrow.ErrStale)
}

func TestBindNeedsALayoutAndRoom(t *testing.T) {
	bytes := open(t, escrow.Options{})
	g, err := bytes.Acquire(64)
	is(t, err, nil)
	defer g.Close()
	_, err = escrow.Bind[order](g)
	is(t, err, escrow.ErrLayout)
	_, err = escrow.Bind[order](escrow.Guard{})
	is(t, err, escrow.ErrNull)
	_, err = escrow.Bind[struct{ P *int }](g)
	is(t, err, escrow.ErrKind)
	if bytes.Layout() != nil || (*escrow.Pool)(nil).Layout() != nil {
		t.Error("a layout of nothing")
	}

	l, err := escrow.LayoutOf[order]()
	is(t, err, nil)
	loose := open(t, escrow.Options{Layout: l})
	large, err := loose.Acquire(l.Size() + 100) // an order, and more behind it
	is(t, err, nil)
	defer large.Close()
	small, err := loose.Acquire(l.Size() - 1)
	is(t, err, nil)
	defer small.Close()
	for range 2 {
		_, err = escrow.Bind[order](large)
		is(t, err, nil)
		_, err = escrow.Bind[order](small)
		is(t, err, escrow.ErrSize)
	}
	_, err = escrow.Open(escrow.Options{Layout: l, FixedSize: l.Size() - 1})
	is(t, err, escrow.ErrOption)
}

func TestAnAttachedPoolBelongsToWhoOpenedIt(t *testing.T) {
	owner := openOf[order](t, escrow.Options{Name: "orders"})
	p, err := escrow.UnsafeAttach(owner.Pool().UnsafeID())
	is(t, err, nil)
	if p.Layout() == nil || p.Layout().Fingerprint() != owner.Pool().Layout().Fingerprint() {
		t.Fatal("the layout was not read")
	}
	g, err := p.Acquire(24)
	is(t, err, nil)
	bound, err := escrow.Bind[orderElsewhere](g)
	is(t, err, nil)
	is(t, bound.Use(func(o *orderElsewhere) error { o.ID = 3; return nil }), nil)
	_, err = escrow.Bind[orderOfLastYear](g)
	is(t, err, escrow.ErrLayout)
	if want := "escrow: bind guard as orderOfLastYear: field 2 (Price): offset 12 in C++, 16 in Go: memory laid out for another type"; err.Error() != want {
		t.Errorf("%v", err)
	}
	is(t, p.Close(), nil)
	is(t, p.Close(), escrow.ErrClosed)
	_, err = p.Acquire(24)
	is(t, err, escrow.ErrClosed)
	is(t, p.AcquireN(24, make([]escrow.Guard, 2)), escrow.ErrClosed)
	is(t, bound.Use(func(o *orderElsewhere) error { return nil }), nil) // it is still there
	is(t, g.Close(), nil)
	one, err := owner.Acquire() // and so is the pool
	is(t, err, nil)
	is(t, one.Close(), nil)
	_, err = escrow.UnsafeAttach(0)
	is(t, err, escrow.ErrNull)
	h := g.UnsafeHandle()
	_, err = escrow.UnsafeAttach(h | 1<<56)
	if err == nil {
		t.Error("attached to something that is no pool")
	}
}

// settledTotals are the totals once what earlier tests forgot has been collected: several collections in a
// row find nothing.
func settledTotals() escrow.Totals {
	last := escrow.ReadTotals()
	for quiet := 0; quiet < 5; {
		runtime.GC()
		time.Sleep(5 * time.Millisecond) // cleanups run beside us
		now := escrow.ReadTotals()
		if quiet++; now.ForgottenPools != last.ForgottenPools || now.Leaked != last.Leaked || now.Zombies != last.Zombies {
			quiet = 0
		}
		last = now
	}
	return last
}

func TestAForgottenAttachedPoolIsNotClosed(t *testing.T) {
	owner := openOf[order](t, escrow.Options{})
	before := settledTotals()
	func() {
		p, err := escrow.UnsafeAttach(owner.Pool().UnsafeID())
		is(t, err, nil)
		_, err = p.Acquire(24) // forgotten, too
		is(t, err, nil)
	}()
	if !eventually(func() bool {
		stats, err := owner.Stats()
		is(t, err, nil)
		return stats.Live == 0
	}) {
		t.Error("its forgotten guard was not released")
	}
	g, err := owner.Acquire()
	is(t, err, nil)
	is(t, g.Close(), nil)
	if now := escrow.ReadTotals(); now.ForgottenPools != before.ForgottenPools || now.Zombies != before.Zombies {
		t.Errorf("%+v, before %+v", now, before)
	}
}

func TestBindOfAKnownTypeAllocatesNothing(t *testing.T) {
	p := openOf[order](t, escrow.Options{})
	g, err := p.Acquire()
	is(t, err, nil)
	defer g.Close()
	guard := g.Guard()
	if _, err := escrow.Bind[orderElsewhere](guard); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := escrow.Bind[orderElsewhere](guard); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if escrow.Instrumented {
		return // a look-up of a type goes by the heap there
	}
	if n := testing.AllocsPerRun(100, func() { // two types in turn
		_, err := escrow.Bind[orderElsewhere](guard)
		_, err2 := escrow.Bind[order](guard)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
	}); n != 0 {
		t.Errorf("%v allocations with two types", n)
	}
}

func BenchmarkBind(b *testing.B) {
	p := openOf[order](b, escrow.Options{})
	g, err := p.Acquire()
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	guard := g.Guard()
	b.Run("Bind", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := escrow.Bind[orderElsewhere](guard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("As", func(b *testing.B) {
		for b.Loop() {
			if _, err := escrow.As[order](guard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("BindWrong", func(b *testing.B) {
		for b.Loop() {
			if _, err := escrow.Bind[orderOfLastYear](guard); err == nil {
				b.Fatal("bound")
			}
		}
	})
}
