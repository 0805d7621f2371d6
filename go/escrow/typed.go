package escrow

import (
	"fmt"
	"iter"
	"reflect"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// PoolOf is a pool of values of one Go type without pointers: numbers, bools, and arrays and structs
// of them. C and C++ see the same bytes as a struct of the same layout, which the pool carries: they
// check theirs by escrow::bind.
type PoolOf[T any] struct{ pool *Pool }

// GuardOf is one reference to a T; see Guard, whose rules it shares.
type GuardOf[T any] struct{ guard Guard }

// OpenOf opens a pool of T, to be ended with Close. FixedSize is set to T's size and Alignment, where
// it is 0, to T's.
//
// Errors: as Open; one that wraps ErrKind and names the field where T holds a Go pointer; ErrSize
// for a T of no bytes; ErrOption for a FixedSize that is not T's.
func OpenOf[T any](o Options) (*PoolOf[T], error) {
	t := reflect.TypeFor[T]()
	if path, kind := pointerIn(t, ""); kind != reflect.Invalid {
		return nil, &layoutError{"open pool of " + name(t), path, kind}
	}
	size := int(t.Size())
	if size == 0 {
		return nil, fmt.Errorf("escrow: open pool of %s: it has no bytes: %w", name(t), ErrSize)
	}
	if o.FixedSize != 0 && o.FixedSize != size {
		return nil, fmt.Errorf("escrow: open pool of %s: FixedSize %d for a type of %d bytes: %w",
			name(t), o.FixedSize, size, ErrOption)
	}
	o.FixedSize = size
	o.Layout, _ = LayoutOfType(t) // none where it has too many fields to be told
	if o.Alignment == 0 {
		o.Alignment = t.Align()
	}
	if o.Alignment < t.Align() {
		return nil, fmt.Errorf("escrow: open pool of %s: Alignment %d for a type that needs %d: %w",
			name(t), o.Alignment, t.Align(), ErrOption)
	}
	p, err := Open(o)
	if err != nil {
		return nil, err
	}
	p.of = t
	return &PoolOf[T]{p}, nil
}

// untyped is the pool behind; nil when there is none.
func (p *PoolOf[T]) untyped() *Pool {
	if p == nil {
		return nil
	}
	return p.pool
}

// Acquire acquires a zeroed T. Errors and cost: as Pool.Acquire.
func (p *PoolOf[T]) Acquire() (GuardOf[T], error) {
	g, err := p.untyped().Acquire(int(reflect.TypeFor[T]().Size()))
	return GuardOf[T]{g}, err
}

// Pool is the pool of bytes behind, for what a typed pool does not offer itself.
func (p *PoolOf[T]) Pool() *Pool { return p.untyped() }

// Close is Pool.Close.
func (p *PoolOf[T]) Close() error { return p.untyped().Close() }

// Stats is Pool.Stats.
func (p *PoolOf[T]) Stats() (Stats, error) { return p.untyped().Stats() }

// As sees a guard as one of T, for example after MoveIn. Both are the same reference.
//
// Errors: ErrNull for the zero Guard; ErrKind unless the guard's pool was opened by OpenOf[T].
func As[T any](g Guard) (GuardOf[T], error) {
	t := reflect.TypeFor[T]()
	if g.b == nil {
		return GuardOf[T]{}, refusal("see guard as "+name(t), 0, cabi.Null)
	}
	if g.b.pool.of != t {
		return GuardOf[T]{}, g.b.core.refuse("see guard as "+name(t), cabi.Kind)
	}
	return GuardOf[T]{g}, nil
}

// Use lends the value to f; see Guard.Use. The pointer is valid inside f only, and what f stores
// through it stays in C memory.
func (g GuardOf[T]) Use(f func(value *T) error) error {
	return g.guard.Use(func(b []byte) error { return f(value[T](b)) })
}

// Lent is Use as a loop that runs exactly once; see Guard.Lent.
func (g GuardOf[T]) Lent() iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for b, err := range g.guard.Lent() {
			if err != nil {
				yield(nil, err)
				return
			}
			yield(value[T](b), nil)
		}
	}
}

// UnsafeValue is UnsafeBytes for a T: valid as long as that slice.
func (g GuardOf[T]) UnsafeValue() (*T, error) {
	b, err := g.guard.UnsafeBytes()
	if err != nil {
		return nil, err
	}
	return value[T](b), nil
}

// Dup is Guard.Dup.
func (g GuardOf[T]) Dup() (GuardOf[T], error) {
	dup, err := g.guard.Dup()
	return GuardOf[T]{dup}, err
}

// MoveOut is Guard.MoveOut; the taker's guard becomes one of T again by As.
func (g GuardOf[T]) MoveOut() (Ticket, error) { return g.guard.MoveOut() }

// Close is Guard.Close.
func (g GuardOf[T]) Close() error { return g.guard.Close() }

// Guard is the guard of bytes behind: the same reference.
func (g GuardOf[T]) Guard() Guard { return g.guard }

// value sees bytes of a pool of T as a T.
func value[T any](b []byte) *T { return (*T)(unsafe.Pointer(unsafe.SliceData(b))) }
