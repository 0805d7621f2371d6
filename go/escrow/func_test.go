package escrow_test

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

func adding(n int) func(int) int { return func(i int) int { return i + n } }

func newFunc(t *testing.T, o escrow.FuncOptions[func(int) int]) *escrow.Func[func(int) int] {
	t.Helper()
	f, err := escrow.NewFunc(adding(1), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFuncSwapsAndRollsBack(t *testing.T) {
	f := newFunc(t, escrow.FuncOptions[func(int) int]{History: 2})
	for n := 2; n <= 5; n++ {
		if v, err := f.Swap(adding(n)); err != nil || v != uint64(n) || f.Load()(10) != 10+n {
			t.Fatal(n, v, err)
		}
	}
	if got := f.Versions(); !slices.Equal(got, []uint64{3, 4, 5}) {
		t.Fatal(got)
	}
	if v, err := f.RollBack(3); err != nil || v != 6 || f.Load()(10) != 13 {
		t.Fatal(v, err)
	}
	if v, err := f.RollBack(6); err != nil || v != 6 {
		t.Fatal(v, err)
	}
	if _, err := f.RollBack(3); !errors.Is(err, escrow.ErrAbsent) {
		t.Fatal(err)
	}
	if function, v := f.LoadVersion(); v != 6 || function(0) != 3 {
		t.Fatal(v)
	}
	if _, err := f.SwapIf(adding(7), 5); !errors.Is(err, escrow.ErrDiffers) || f.Load()(0) != 3 {
		t.Fatal(err)
	}
	if v, err := f.SwapIf(adding(7), 6); err != nil || v != 7 || f.Load()(0) != 7 {
		t.Fatal(v, err)
	}
}

func TestFuncRefuses(t *testing.T) {
	if _, err := escrow.NewFunc(3, escrow.FuncOptions[int]{}); !errors.Is(err, escrow.ErrKind) {
		t.Error(err)
	}
	if _, err := escrow.NewFunc[func()](nil, escrow.FuncOptions[func()]{}); !errors.Is(err, escrow.ErrNull) {
		t.Error(err)
	}
	if _, err := escrow.NewFunc(func() {}, escrow.FuncOptions[func()]{History: -1}); !errors.Is(err, escrow.ErrOption) {
		t.Error(err)
	}
	odd := errors.New("it does not add")
	f := newFunc(t, escrow.FuncOptions[func(int) int]{Check: func(f func(int) int) error {
		if f(1) <= 1 {
			return odd
		}
		return nil
	}})
	if _, err := f.Swap(adding(-1)); !errors.Is(err, odd) || !errors.Is(err, escrow.ErrRefused) {
		t.Error(err)
	}
	if _, err := f.Swap(nil); !errors.Is(err, escrow.ErrNull) {
		t.Error(err)
	}
	if f.Load()(1) != 2 || !slices.Equal(f.Versions(), []uint64{1}) {
		t.Error("a refused function was published")
	}
}

// TestFuncVersionsNeverGoBack: readers beside writers see no older version than before, and each version's
// own function.
func TestFuncVersionsNeverGoBack(t *testing.T) {
	f, err := escrow.NewFunc(func() uint64 { return 1 }, escrow.FuncOptions[func() uint64]{})
	if err != nil {
		t.Fatal(err)
	}
	const swaps = 20000
	var readers sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		readers.Go(func() {
			for last := uint64(0); last < swaps; {
				function, version := f.LoadVersion()
				if version < last || function() != version {
					t.Errorf("version %d after %d, with the function of %d", version, last, function())
					return
				}
				last = version
			}
		})
	}
	for v := uint64(2); v <= swaps; v++ {
		if got, err := f.Swap(func() uint64 { return v }); err != nil || got != v {
			t.Error(got, err)
		}
		if function, version := f.LoadVersion(); version != v || function() != v {
			t.Errorf("after swap %d: %d", v, version)
		}
	}
	readers.Wait()
}
