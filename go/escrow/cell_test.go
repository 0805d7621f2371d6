//go:build cgo

package escrow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"example.com/escrow/go/escrow"
)

// limits is a configuration as JSON has it.
type limits struct {
	Max  int
	Skip []string
}

func openCell[T any](t *testing.T, content string, o escrow.CellOptions[T]) *escrow.Cell[T] {
	t.Helper()
	c, err := escrow.OpenCell([]byte(content), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, escrow.ErrClosed) {
			t.Error(err)
		}
	})
	return c
}

func TestCellSwapsAndRollsBack(t *testing.T) {
	c := openCell(t, `{"Max": 1}`, escrow.CellOptions[limits]{Name: "limits", History: 2, ETag: `"one"`})
	if v, version := c.LoadVersion(); v.Max != 1 || version != (escrow.Version{Number: 1, ETag: `"one"`}) {
		t.Fatal(v, version)
	}
	first := c.Load()
	for n := 2; n <= 4; n++ {
		if v, err := c.Swap(fmt.Appendf(nil, `{"Max": %d, "Skip": ["%d"]}`, n, n), ""); err != nil || v != uint64(n) {
			t.Fatal(v, err)
		}
		if got := c.Load(); got.Max != n || got.Skip[0] != fmt.Sprint(n) {
			t.Fatal(got)
		}
	}
	if first.Max != 1 {
		t.Fatal("a value that was loaded has changed")
	}
	var numbers []uint64
	for _, k := range c.History() {
		numbers = append(numbers, k.Number)
		if age := time.Since(k.Published); age < -time.Minute || age > time.Hour || k.Size < 10 {
			t.Error(k)
		}
	}
	if !slices.Equal(numbers, []uint64{4, 3, 2}) {
		t.Fatal(numbers)
	}
	_, three := c.LoadVersion()
	if v, err := c.RollBack(2); err != nil || v != 5 || c.Load().Max != 2 {
		t.Fatal(v, err)
	}
	if _, version := c.LoadVersion(); version.ETag == three.ETag || version.Number != 5 {
		t.Fatal(version)
	}
	if _, err := c.RollBack(1); !errors.Is(err, escrow.ErrAbsent) || !strings.Contains(err.Error(), "no such version") {
		t.Fatal(err)
	}
	if content, err := c.Content(5); err != nil || string(content) != `{"Max": 2, "Skip": ["2"]}` {
		t.Fatal(string(content), err)
	}
	s := c.Stats()
	if s.Version != 5 || s.Published != 5 || s.Refused != 0 || s.Snapshots != 3 || s.Loans != 0 {
		t.Fatalf("%+v", s)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Swap([]byte("{}"), ""); !errors.Is(err, escrow.ErrClosed) || c.Load().Max != 2 {
		t.Fatal(err)
	}
	if err := c.Close(); !errors.Is(err, escrow.ErrClosed) {
		t.Fatal(err)
	}
}

func TestCellRefusesWhatItCannotDecode(t *testing.T) {
	tooMany := errors.New("more than a hundred")
	decoded := 0
	c := openCell(t, `{"Max": 1}`, escrow.CellOptions[limits]{
		Decode: func(content []byte) (l limits, err error) {
			decoded++
			err = json.Unmarshal(content, &l)
			return l, err
		},
		Check: func(l *limits) error {
			if l.Max > 100 {
				return tooMany
			}
			return nil
		},
	})
	before := c.Load()
	if _, err := c.Swap([]byte(`{"Max":`), ""); !errors.Is(err, escrow.ErrRefused) {
		t.Error(err)
	}
	if _, err := c.Swap([]byte(`{"Max": 101}`), ""); !errors.Is(err, escrow.ErrRefused) || !errors.Is(err, tooMany) {
		t.Error(err)
	}
	if s := c.Stats(); s.Refused != 2 || s.Version != 1 || s.LastReason != tooMany.Error() {
		t.Errorf("%+v", s)
	}
	if c.Load() != before {
		t.Error("a refused content was seen")
	}
	if v, err := c.Swap([]byte(`{"Max": 100}`), ""); err != nil || v != 2 || c.Load().Max != 100 {
		t.Error(v, err)
	}
	for range 100 {
		c.Load()
	}
	if decoded != 4 {
		t.Errorf("%d contents were decoded %d times", 4, decoded)
	}
	if _, err := c.SwapValue(limits{}, ""); !errors.Is(err, escrow.ErrOption) {
		t.Error(err)
	}
	var syntax *json.SyntaxError
	if _, err := escrow.OpenCell([]byte("{"), escrow.CellOptions[limits]{}); !errors.As(err, &syntax) {
		t.Error(err)
	}
}

func TestCellConditions(t *testing.T) {
	c := openCell(t, `{"Max": 1}`, escrow.CellOptions[limits]{ETag: `"a"`})
	if _, err := c.SwapIfETag([]byte(`{"Max": 2}`), `"b"`, `"x"`); !errors.Is(err, escrow.ErrDiffers) {
		t.Error(err)
	}
	if _, err := c.SwapIfVersion([]byte(`{"Max": 2}`), `"b"`, 7); !errors.Is(err, escrow.ErrDiffers) || c.Load().Max != 1 {
		t.Error(err)
	}
	if v, err := c.SwapIfETag([]byte(`{"Max": 2}`), `"b"`, `"a"`); err != nil || v != 2 || c.Load().Max != 2 {
		t.Error(v, err)
	}
	if v, err := c.SwapIfVersion([]byte(`{"Max": 3}`), "", 2); err != nil || v != 3 || c.Load().Max != 3 {
		t.Error(v, err)
	}
	if s := c.Stats(); s.Differed != 2 || s.Snapshots != 3 {
		t.Errorf("%+v", s)
	}
	if _, err := c.Swap([]byte(`{}`), strings.Repeat("x", 256)); !errors.Is(err, escrow.ErrSize) {
		t.Error(err)
	}
	// Equal content has an equal computed ETag.
	etag := func(content string) string {
		if _, err := c.Swap([]byte(content), ""); err != nil {
			t.Fatal(err)
		}
		_, v := c.LoadVersion()
		return v.ETag
	}
	if a, b, again := etag(`{"Max": 4}`), etag(`{"Max": 5}`), etag(`{"Max": 4}`); a == b || a != again || len(a) != 34 {
		t.Error(a, b, again)
	}
}

// spot has padding after its first field.
type spot struct {
	Kind uint8
	X, Y float64
}

func TestRawCellIsTheBytesOfItsType(t *testing.T) {
	c, err := escrow.OpenCellOf(spot{1, 2, math.Inf(1)}, escrow.CellOptions[spot]{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v := c.Load(); *v != (spot{1, 2, math.Inf(1)}) {
		t.Fatal(v)
	}
	dirty := spot{2, 3, 4}
	for i := range uintptr(7) {
		*(*byte)(unsafe.Add(unsafe.Pointer(&dirty), 1+i)) = 0xFF
	}
	if v, err := c.SwapValue(dirty, ""); err != nil || v != 2 || *c.Load() != (spot{2, 3, 4}) {
		t.Fatal(v, err)
	}
	content, err := c.Content(2)
	if err != nil || len(content) != 24 || content[0] != 2 || slices.Max(content[1:8]) != 0 {
		t.Fatal(content, err)
	}
	if _, err := c.Swap(content[:23], ""); !errors.Is(err, escrow.ErrRefused) || !errors.Is(err, escrow.ErrSize) {
		t.Error(err)
	}
	if v, err := c.RollBack(1); err != nil || v != 3 || c.Load().Kind != 1 {
		t.Error(v, err)
	}
	if _, err := escrow.OpenCellOf(limits{}, escrow.CellOptions[limits]{Raw: true}); !errors.Is(err, escrow.ErrKind) ||
		!strings.Contains(err.Error(), "field Skip") {
		t.Error(err)
	}
	if _, err := escrow.OpenCellOf(struct{}{}, escrow.CellOptions[struct{}]{Raw: true}); !errors.Is(err, escrow.ErrSize) {
		t.Error(err)
	}
	for _, o := range []escrow.CellOptions[spot]{
		{History: -2}, {History: 64}, {Limit: -1}, {Name: "a\x00b"}, {Raw: true, Encode: func(spot) ([]byte, error) { return nil, nil }},
	} {
		if _, err := escrow.OpenCellOf(spot{}, o); !errors.Is(err, escrow.ErrOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestCellWatchSeesTheLastVersion(t *testing.T) {
	c := openCell(t, `{"Max": 1}`, escrow.CellOptions[limits]{})
	const swaps = 1000
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var watchers sync.WaitGroup
	for range 3 {
		watchers.Go(func() {
			last := uint64(0)
			for version, value := range c.Watch(ctx) {
				if version.Number <= last || value.Max != int(version.Number) {
					t.Errorf("version %d after %d: %+v", version.Number, last, value)
				}
				if last = version.Number; last == swaps {
					return
				}
			}
			t.Error("the watch ended")
		})
	}
	for n := 2; n <= swaps; n++ {
		if _, err := c.Swap(fmt.Appendf(nil, `{"Max": %d}`, n), ""); err != nil {
			t.Fatal(err)
		}
	}
	watchers.Wait()
	// The end of the context, and of the cell, end a watch.
	ended := make(chan struct{})
	for _, end := range []func(){cancel, func() { c.Close() }} {
		own, stop := context.WithCancel(t.Context())
		if ctx.Err() == nil {
			own = ctx
		}
		go func() {
			for range c.Watch(own) {
			}
			ended <- struct{}{}
		}()
		time.Sleep(10 * time.Millisecond)
		end()
		<-ended
		stop()
	}
}

// TestCellVersionsNeverGoBack: readers and swappers at once, each value whole and no version older than before.
func TestCellVersionsNeverGoBack(t *testing.T) {
	type pair struct{ A, B uint64 }
	for _, raw := range []bool{false, true} {
		c, err := escrow.OpenCellOf(pair{}, escrow.CellOptions[pair]{Raw: raw, History: 1})
		if err != nil {
			t.Fatal(err)
		}
		var newest atomic.Uint64
		newest.Store(1)
		swaps := 2000
		var readers, writers sync.WaitGroup
		var stop atomic.Bool
		for range 3 {
			readers.Go(func() {
				for last := uint64(0); !stop.Load(); {
					floor := newest.Load()
					v, version := c.LoadVersion()
					if version.Number < last || version.Number < floor || v.A != v.B {
						t.Errorf("raw %v: version %d after %d, at least %d: %+v", raw, version.Number, last, floor, v)
						return
					}
					last = version.Number
				}
			})
		}
		for w := range 2 {
			writers.Go(func() {
				for i := range swaps {
					n := uint64(w*swaps + i)
					version, err := c.SwapValue(pair{n, n}, "")
					if err != nil {
						t.Error(err)
						return
					}
					for old := newest.Load(); old < version && !newest.CompareAndSwap(old, version); old = newest.Load() {
					}
				}
			})
		}
		writers.Wait()
		stop.Store(true)
		readers.Wait()
		if s := c.Stats(); s.Published != uint64(2*swaps+1) || s.Snapshots != 2 || s.Loans != 0 {
			t.Errorf("%+v", s)
		}
		c.Close()
	}
}

func TestForgottenCellsGiveTheirMemoryBack(t *testing.T) {
	open := func() uint64 {
		c, err := escrow.OpenCell([]byte(`{"Max": 1}`), escrow.CellOptions[limits]{})
		if err != nil {
			t.Fatal(err)
		}
		if c.Load().Max != 1 {
			t.Fatal(c.Load())
		}
		return c.UnsafeID()
	}
	id := open()
	for end := time.Now().Add(20 * time.Second); escrow.CellIsThere(id); time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(end) {
			t.Fatal("a forgotten cell is still there")
		}
	}
}

// TestLoadIsInLine: a call would be more than the load itself.
func TestLoadIsInLine(t *testing.T) {
	dir := t.TempDir()
	module, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	program := `package p

import "example.com/escrow/go/escrow"

type Config struct{ Max int }

func Max(c *escrow.Cell[Config]) int { return c.Load().Max }
`
	if err := os.WriteFile(dir+"/p.go", []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", "build", "-gcflags=-m", "-o", os.DevNull, dir+"/p.go")
	command.Dir = module
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if !strings.Contains(string(said), "inlining call to escrow.(*Cell[go.shape.struct { Max int }]).Load") {
		t.Fatalf("Load is not in line: %s", said)
	}
}
