// Guarantee L of docs/trust.md.

package cells_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/cells"
)

// Clients in Go and C++ swap and read one cell at once, by every way there is, and write down when each
// operation began and ended and which version it saw; porcupine then looks for an order in which a single
// variable could have given these answers.

// version is what a cell shows.
type version struct{ number, value uint64 }

var oneCell = porcupine.Model{
	Init: func() any { return version{1, 0} },
	Step: func(state, input, output any) (bool, any) {
		now, seen := state.(version), output.(version)
		if input.(bool) { // a swap
			return seen.number == now.number+1, seen
		}
		return seen == now, now
	},
	DescribeOperation: func(input, output any) string {
		if input.(bool) {
			return fmt.Sprintf("swap to %+v", output)
		}
		return fmt.Sprintf("saw %+v", output)
	},
}

func number(n uint64) (v cells.Number) {
	v.Value = n
	for i := range v.Same {
		v.Same[i] = n
	}
	return v
}

// goClient does what cells.Client does, in Go.
func goClient(c *escrow.Cell[cells.Number], events []cells.Event) error {
	for i := range events {
		e := &events[i]
		e.Call = cells.Clock()
		if e.Operation <= cells.Propose {
			v, err := c.SwapValue(number(e.Value), "")
			if err != nil {
				return err
			}
			e.Version = v
		} else {
			v, seen := c.LoadVersion()
			e.Value, e.Version = v.Value, seen.Number
			if *v != number(v.Value) {
				e.Torn = 1
			}
		}
		e.End = cells.Clock()
	}
	return nil
}

const (
	clients    = 4 // half of them in C++
	operations = 30
)

func TestCellsAreLinearizableAcrossGoAndCPlusPlus(t *testing.T) {
	histories := 300
	if testing.Short() {
		histories = 60
	}
	// Where Go has a check, C++ proposes and Go decides; otherwise C++ swaps by itself.
	for name, o := range map[string]escrow.CellOptions[cells.Number]{
		"raw":     {Raw: true, History: 1},
		"decided": {Raw: true, Check: func(*cells.Number) error { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			write := cells.Swap
			if o.Check != nil {
				write = cells.Propose
			}
			overlapping := 0
			// More where few operations met: on a busy machine each client may have the core to itself.
			few := func() bool { return runtime.GOMAXPROCS(0) > 1 && overlapping < histories }
			start := time.Now()
			for history := 0; history < histories || few() && time.Since(start) < 10*time.Second; history++ {
				c, err := escrow.OpenCellOf(number(0), o)
				if err != nil {
					t.Fatal(err)
				}
				all := together(t, c, write, uint64(history))
				result, info := porcupine.CheckOperationsVerbose(oneCell, all, time.Minute)
				if result != porcupine.Ok {
					file := t.TempDir() + "/history.html"
					_ = porcupine.VisualizePath(oneCell, info, file)
					t.Fatalf("history %d: %v: %+v", history, result, all)
				}
				for i, a := range all {
					for _, b := range all[:i] {
						if a.ClientId != b.ClientId && a.Call < b.Return && b.Call < a.Return {
							overlapping++
						}
					}
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if few() {
				t.Errorf("only %d operations overlapped in %d histories", overlapping, histories)
			}
		})
	}
}

// together runs the clients of one history.
func together(t *testing.T, c *escrow.Cell[cells.Number], write, history uint64) (all []porcupine.Operation) {
	t.Helper()
	var of [clients][]cells.Event
	errs := make([]error, clients)
	var ready atomic.Int32
	var wait sync.WaitGroup
	for client := range clients {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(history, uint64(client)))
			mine := make([]cells.Event, operations)
			for i := range mine {
				mine[i].Operation = cells.Reader + random.Uint64N(3)
				if random.IntN(3) == 0 {
					mine[i].Operation, mine[i].Value = write, 1+uint64(i*clients+client)
				}
			}
			for ready.Add(1); ready.Load() < clients; {
				runtime.Gosched()
			}
			if client%2 == 0 {
				cells.Client(c.UnsafeID(), mine)
			} else {
				errs[client] = goClient(c, mine)
			}
			of[client] = mine
		})
	}
	wait.Wait()
	runtime.KeepAlive(c)
	for client, events := range of {
		if errs[client] != nil {
			t.Fatal(errs[client])
		}
		for _, e := range events {
			if e.Status != 0 || e.Torn != 0 {
				t.Fatalf("client %d: %+v", client, e)
			}
			all = append(all, porcupine.Operation{ClientId: client, Input: e.Operation <= cells.Propose,
				Output: version{e.Version, e.Value}, Call: e.Call, Return: e.End})
		}
	}
	return all
}

type limits struct{ Max int }

func TestCPlusPlusProposesAndGoDecides(t *testing.T) {
	tooMany := errors.New("more than a hundred")
	var decoded atomic.Int64
	c, err := escrow.OpenCell([]byte(`{"Max": 1}`), escrow.CellOptions[limits]{
		Decode: func(content []byte) (l limits, err error) {
			decoded.Add(1)
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
	if err != nil {
		t.Fatal(err)
	}
	const refused, timeout, closed, kind = -25, -26, -11, -5
	if v, s, _ := cells.ProposeText(c.UnsafeID(), `{"Max": 2}`, 1e10); s != 0 || v != 2 || c.Load().Max != 2 {
		t.Fatal(v, s)
	}
	if _, s, why := cells.ProposeText(c.UnsafeID(), `{"Max": 101}`, 1e10); s != refused || why != tooMany.Error() {
		t.Fatal(s, why)
	}
	if _, s, why := cells.ProposeText(c.UnsafeID(), `{"Max":`, 1e10); s != refused || why == "" || c.Load().Max != 2 {
		t.Fatal(s, why)
	}
	if n := decoded.Load(); n != 4 {
		t.Fatalf("decoded %d times", n)
	}
	var wait sync.WaitGroup
	for i := range 20 { // more than have a place at once
		wait.Go(func() {
			if _, s, _ := cells.ProposeText(c.UnsafeID(), fmt.Sprintf(`{"Max": %d}`, i), 1e10); s != 0 {
				t.Error(s)
			}
		})
	}
	wait.Wait()
	if s := c.Stats(); s.Version != 22 || s.Refused != 2 || s.Proposals != 0 {
		t.Errorf("%+v", s)
	}
	// A proposer has its answer a moment before Go lets go of what it has read.
	for end := time.Now().Add(10 * time.Second); c.Stats().Loans != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", c.Stats())
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, s, _ := cells.ProposeText(c.UnsafeID(), `{"Max": 3}`, 1e10); s != closed {
		t.Fatal(s)
	}
	raw, err := escrow.OpenCellOf(cells.Number{}, escrow.CellOptions[cells.Number]{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, s, _ := cells.ProposeText(raw.UnsafeID(), "x", 1e10); s != kind {
		t.Fatal(s)
	}
	runtime.KeepAlive(c)
}

// TestWatchIsToldOfSwapsInCPlusPlus: through the pipe, by a goroutine that waits without a thread.
func TestWatchIsToldOfSwapsInCPlusPlus(t *testing.T) {
	c, err := escrow.OpenCellOf(cells.Number{}, escrow.CellOptions[cells.Number]{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	watching := make(chan struct{})
	go func() {
		time.Sleep(time.Millisecond)
		for n := uint64(1); n <= 200; n++ {
			<-watching
			events := []cells.Event{{Operation: cells.Swap, Value: n}}
			cells.Client(c.UnsafeID(), events)
			if events[0].Status != 0 {
				t.Error(events[0].Status)
			}
		}
	}()
	for seen, value := range c.Watch(t.Context()) {
		if value.Value+1 != seen.Number {
			t.Fatalf("version %d with %d", seen.Number, value.Value)
		}
		if value.Value == 200 {
			break
		}
		watching <- struct{}{}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestACellsMemoryIsBounded(t *testing.T) {
	c, err := escrow.OpenCellOf(cells.Number{}, escrow.CellOptions[cells.Number]{Raw: true, History: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	held := c.Load() // a Go value: keeps nothing in C
	for n := range uint64(2000) {
		if _, err := c.SwapValue(number(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	if s := c.Stats(); s.Snapshots != 3 || s.BytesHeld > 1<<20 || held.Value != 0 {
		t.Errorf("%+v", s)
	}
}
