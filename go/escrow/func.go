package escrow

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
)

// Func is a function that can be replaced while it is being called: what CodeSlot is for native code.
// A call that has begun ends in the function it began in, which the collector keeps as long.
//
//	rank, err := escrow.NewFunc(rankByDate, escrow.FuncOptions[func(a, b *Page) int]{})
//	rank.Load()(a, b)
//	version, err := rank.Swap(rankByLinks)
//	version, err = rank.RollBack(version - 1)
//
// Any goroutine may call anything at any time. After Swap has returned, every later Load gives that
// version or a newer one.
type Func[F any] struct {
	current atomic.Pointer[funcVersion[F]]
	check   func(F) error
	keeps   int

	mutex  sync.Mutex        // of what follows, and of stores to current
	kept   []*funcVersion[F] // the last is the current one
	latest uint64
}

type funcVersion[F any] struct {
	version  uint64
	function F
}

// FuncOptions configures a Func.
type FuncOptions[F any] struct {
	// Check looks at a function before it is published, by calling it with known arguments for example;
	// an error refuses it. It must not use the Func.
	Check func(F) error
	// History is how many versions are kept beside the current one, for RollBack; 0 is 7.
	History int
}

// NewFunc makes a slot with its first function, version 1. F is a function type.
//
// Errors: ErrKind for another type, ErrNull for a nil function, ErrOption, ErrRefused with Check's error.
func NewFunc[F any](function F, o FuncOptions[F]) (*Func[F], error) {
	const operation = "make function slot"
	if t := reflect.TypeFor[F](); t.Kind() != reflect.Func {
		return nil, fmt.Errorf("escrow: %s: %s is no function type: %w", operation, name(t), ErrKind)
	}
	if o.History < 0 {
		return nil, fmt.Errorf("escrow: %s: a history of %d versions: %w", operation, o.History, ErrOption)
	}
	if o.History == 0 {
		o.History = 7
	}
	f := &Func[F]{check: o.Check, keeps: o.History + 1}
	if _, err := f.swap(operation, function, nil); err != nil {
		return nil, err
	}
	return f, nil
}

// Load gives the current function. Cost: two loads.
func (f *Func[F]) Load() F { return f.current.Load().function }

// LoadVersion gives the current function and its version.
func (f *Func[F]) LoadVersion() (function F, version uint64) {
	now := f.current.Load()
	return now.function, now.version
}

// Swap publishes a function and returns its version.
//
// Errors: ErrNull for nil, ErrRefused with Check's error; the current function stays then.
func (f *Func[F]) Swap(function F) (version uint64, err error) {
	return f.swap("swap function", function, nil)
}

// SwapIf is Swap if the current version is the expected one.
//
// Errors: as Swap; ErrDiffers.
func (f *Func[F]) SwapIf(function F, expected uint64) (version uint64, err error) {
	return f.swap("swap function", function, &expected)
}

func (f *Func[F]) swap(operation string, function F, expected *uint64) (uint64, error) {
	if reflect.ValueOf(&function).Elem().IsNil() {
		return 0, fmt.Errorf("escrow: %s: a nil function: %w", operation, ErrNull)
	}
	if f.check != nil {
		if err := f.check(function); err != nil {
			return 0, fmt.Errorf("escrow: %s: %w: %w", operation, ErrRefused, err)
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if expected != nil && *expected != f.latest {
		return 0, fmt.Errorf("escrow: %s: version %d is current, not %d: %w", operation, f.latest, *expected, ErrDiffers)
	}
	return f.publish(function), nil
}

// publish makes a function the current one. The lock is held.
func (f *Func[F]) publish(function F) uint64 {
	f.latest++
	next := &funcVersion[F]{f.latest, function}
	if len(f.kept) == f.keeps {
		copy(f.kept, f.kept[1:])
		f.kept = f.kept[:len(f.kept)-1]
	}
	f.kept = append(f.kept, next)
	f.current.Store(next)
	return next.version
}

// RollBack publishes the function of a version that is kept once more, as a new version; the current
// one stays as it is.
//
// Errors: ErrAbsent where the version is not kept.
func (f *Func[F]) RollBack(to uint64) (version uint64, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if to == f.latest {
		return to, nil
	}
	for _, v := range f.kept {
		if v.version == to {
			return f.publish(v.function), nil
		}
	}
	return 0, fmt.Errorf("escrow: roll back function: version %d is not kept: %w", to, ErrAbsent)
}

// Versions lists what RollBack can go to, oldest first; the last is the current one.
func (f *Func[F]) Versions() []uint64 {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	versions := make([]uint64, len(f.kept))
	for i, v := range f.kept {
		versions[i] = v.version
	}
	return versions
}
