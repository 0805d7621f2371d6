package escrow

import (
	"fmt"
	"reflect"

	"example.com/escrow/go/internal/cabi"
)

// Bind sees a guard as one of T, where its pool carries the layout of T: a pool of C++ that was
// attached, one of OpenOf, or one opened with Options.Layout. Both are the same reference. A T of
// another name, or with other names of fields, is the same where its memory is.
//
// Errors: ErrNull for the zero Guard; ErrLayout with the first difference ("field 3 (Price): offset 16
// in C++, 12 in Go"), or where the pool carries none; ErrSize where the pool has objects of any size
// and this one is smaller than T; as LayoutOf. Cost: one compare, and no allocation, once T was bound
// to an object of the pool; a look at each field the first time.
func Bind[T any](g Guard) (GuardOf[T], error) {
	if g.b != nil {
		if l := g.b.pool.bound.Load(); l != nil && l.of == reflect.TypeFor[T]() && int64(l.size) <= g.size() {
			return GuardOf[T]{g}, nil
		}
	}
	if err := bind(g, reflect.TypeFor[T]()); err != nil {
		return GuardOf[T]{}, err
	}
	return GuardOf[T]{g}, nil
}

// bind is Bind without what was known before.
func bind(g Guard, t reflect.Type) error {
	if g.b == nil {
		return failed("bind guard as "+name(t), cabi.Null)
	}
	l, err := LayoutOfType(t)
	if err != nil {
		return err
	}
	p := g.b.pool
	refuse := func(why string, s cabi.Status) error {
		p.core.misuse[-s].Add(1)
		return fmt.Errorf("escrow: bind guard as %s: %s: %w", name(t), why, sentinel(s))
	}
	if p.layout == nil {
		return refuse("the pool carries no layout", cabi.Layouts)
	}
	where := "the pool"
	if p.attached {
		where = "C++"
	}
	if why := p.layout.Difference(where, l, "Go"); why != "" {
		return refuse(why, cabi.Layouts)
	}
	if int64(l.size) > g.size() {
		return refuse(fmt.Sprintf("an object of %d bytes", g.size()), cabi.Size)
	}
	p.bound.Store(l)
	return nil
}

// Layout is what the pool carries; nil: nothing.
func (p *Pool) Layout() *Layout {
	if !p.valid() {
		return nil
	}
	return p.layout
}
