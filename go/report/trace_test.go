//go:build cgo

package report_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/inventory"
	"example.com/escrow/go/report"
)

func TestRefusedCallsHaveTheirPlace(t *testing.T) {
	p := open(t, escrow.Options{Name: "refused"})
	g := acquireHere(t, p, 10)
	g.Close()
	for range 3 {
		if err := g.Use(func([]byte) error { return nil }); !errors.Is(err, escrow.ErrStale) {
			t.Fatal(err)
		}
	}
	s := report.Take(report.Options{})
	sum := uint64(0)
	for _, m := range s.Misuse {
		if m.Pool != "refused" {
			continue
		}
		sum += m.Count
		if m.Error != escrow.ErrStale.Error() || m.Operation == "" || !strings.HasSuffix(inventory.Innermost(m.Stack).Function, t.Name()) {
			t.Errorf("%+v", m)
		}
	}
	if sum != 3 {
		t.Errorf("%d refused calls, not 3: %+v", sum, s.Misuse)
	}
}

// What the pool counted before there was a place for it is not lost, and not counted twice.
func TestRefusedCallsWithoutAPlaceAreThePools(t *testing.T) {
	p := open(t, escrow.Options{Name: "limited", Limit: 64 << 10})
	var held []escrow.Guard
	defer func() { escrow.ReleaseN(held) }()
	for {
		g, err := p.Acquire(1024)
		if err != nil {
			if !errors.Is(err, escrow.ErrFull) {
				t.Fatal(err)
			}
			break
		}
		held = append(held, g)
	}
	s := report.Take(report.Options{})
	i := slices.IndexFunc(s.Misuse, func(m inventory.Misuse) bool { return m.Pool == "limited" })
	if i < 0 || s.Misuse[i].Error != escrow.ErrFull.Error() || s.Misuse[i].Count == 0 || len(s.Misuse[i].Stack) != 0 {
		t.Errorf("%+v", s.Misuse)
	}
}

func TestATracedObjectHasALife(t *testing.T) {
	p := open(t, escrow.Options{Name: "traced"})
	if err := p.SetTrace(escrow.TraceOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	g := acquireHere(t, p, 10)
	root := inventory.ID(g.UnsafeHandle())
	ticket, err := g.MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		moved, err := ticket.MoveIn()
		if err != nil {
			t.Error(err)
			return
		}
		moved.Close()
	}()
	<-done
	if err := p.SetTrace(escrow.TraceOptions{}); err != nil {
		t.Fatal(err)
	}
	s := report.Take(report.Options{})
	i := slices.IndexFunc(s.Lives, func(l inventory.Life) bool { return l.Root == root })
	if i < 0 {
		t.Fatalf("no life of %v in %+v", root, s.Lives)
	}
	life := s.Lives[i]
	var operations []string
	goroutines := map[uint64]bool{}
	for _, e := range life.Events {
		operations = append(operations, e.Operation)
		goroutines[e.Goroutine] = true
		if e.Error != "" || e.Thread == 0 || e.Goroutine == 0 || !strings.Contains(e.Place, "report_test.") {
			t.Errorf("%+v", e)
		}
	}
	if !slices.Equal(operations, []string{"acquire", "move out", "move in", "release"}) || len(goroutines) != 2 || life.Pool != "traced" {
		t.Errorf("%q by %d goroutines", operations, len(goroutines))
	}
	last := life.Events[len(life.Events)-1]
	if !last.Freed || life.Events[1].Peer != life.Events[2].ID || life.Events[2].Peer != last.ID {
		t.Errorf("%+v", life.Events)
	}
}
