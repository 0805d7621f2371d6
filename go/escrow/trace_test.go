//go:build cgo

package escrow_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

func tracedPool(t *testing.T, rate int) *escrow.Pool {
	t.Helper()
	p := open(t, escrow.Options{})
	if err := p.SetTrace(escrow.TraceOptions{Rate: rate}); err != nil {
		t.Fatal(err)
	}
	return p
}

// said is what happened to an object, in words.
func said(all []escrow.Event) string {
	var words []string
	for _, e := range all {
		word := e.Operation.String()
		if e.Err != nil {
			word += " (" + e.Err.Error() + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func TestATraceTellsAnObjectsLifeAcrossMoves(t *testing.T) {
	p := tracedPool(t, 1)
	g, err := p.Acquire(100)
	if err != nil {
		t.Fatal(err)
	}
	root := g.UnsafeHandle()
	dup, err := g.Dup()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.MoveOut(); !errors.Is(err, escrow.ErrShared) {
		t.Fatal(err)
	}
	if err := dup.Close(); err != nil {
		t.Fatal(err)
	}
	ticket, err := g.MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	in, err := ticket.MoveIn()
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Use(func([]byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	events := escrow.Trace(root)
	const want = "acquire, dup, move out (object has duplicates), release, move out, move in, borrow, return, release"
	if got := said(events); got != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
	for i, e := range events {
		if e.Root != root || e.Pool != p.UnsafeID() || e.Goroutine == 0 || e.Thread == 0 || e.When == 0 {
			t.Errorf("event %d: %+v", i, e)
		}
		if i > 0 && (e.Sequence <= events[i-1].Sequence || e.When < events[i-1].When) {
			t.Errorf("event %d came before the one before", i)
		}
		if stack := escrow.SiteStack(e.Site); len(stack) == 0 || !strings.HasSuffix(stack[0].Function, t.Name()) {
			if e.Operation != escrow.OperationReturn { // deferred
				t.Errorf("event %d: site %v", i, stack)
			}
		}
	}
	if events[1].Peer != events[3].ID || events[4].Peer != events[5].ID || events[5].Peer != events[6].ID {
		t.Error("a reference that was made is not the one that was used")
	}
	if events[2].Peer != 0 || !events[8].Freed || events[3].Freed {
		t.Error(events[2], events[3], events[8])
	}
}

func TestOneObjectInTheRateIsTraced(t *testing.T) {
	p := tracedPool(t, 16)
	roots := make(map[uint64]int)
	first := lastSequence() + 1
	for range 3000 {
		g, err := p.Acquire(64)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for e := range escrow.TraceEvents() {
		if e.Sequence >= first && e.Pool == p.UnsafeID() {
			roots[e.Root]++
		}
	}
	if len(roots) < 120 || len(roots) > 260 {
		t.Error(len(roots), "of 3000 objects at one in 16")
	}
	for root, n := range roots {
		if n != 2 {
			t.Errorf("%#x: %s", root, said(escrow.Trace(root)))
		}
	}
}

func TestATraceEndsWithTheRate(t *testing.T) {
	p := tracedPool(t, 1)
	g, err := p.Acquire(64)
	if err != nil {
		t.Fatal(err)
	}
	root := g.UnsafeHandle()
	if err := p.SetTrace(escrow.TraceOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if got := said(escrow.Trace(root)); got != "acquire" {
		t.Error(got)
	}
	if err := p.SetTrace(escrow.TraceOptions{Rate: -1}); !errors.Is(err, escrow.ErrOption) {
		t.Error(err)
	}
	if err := new(escrow.Pool).SetTrace(escrow.TraceOptions{Rate: 1}); !errors.Is(err, escrow.ErrNull) {
		t.Error(err)
	}
}

func TestTracedObjectsAreNoLiveNotes(t *testing.T) {
	p := tracedPool(t, 1)
	g, err := p.Acquire(64)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for n := range p.LiveNotes() {
		t.Error(n)
	}
}

func TestARawAndABatchReleaseAreTraced(t *testing.T) {
	p := tracedPool(t, 1)
	h, err := p.UnsafeAcquire(64)
	if err != nil {
		t.Fatal(err)
	}
	if err := escrow.UnsafeRelease(h); err != nil {
		t.Fatal(err)
	}
	if err := escrow.UnsafeRelease(h); !errors.Is(err, escrow.ErrStale) {
		t.Fatal(err)
	}
	if got := said(escrow.Trace(h)); got != "acquire, release, release (reference already ended)" {
		t.Error(got)
	}
	guards := make([]escrow.Guard, 3)
	if err := p.AcquireN(64, guards); err != nil {
		t.Fatal(err)
	}
	roots := []uint64{guards[0].UnsafeHandle(), guards[1].UnsafeHandle(), guards[2].UnsafeHandle()}
	if err := escrow.ReleaseN(guards); err != nil {
		t.Fatal(err)
	}
	for _, root := range roots {
		if got := said(escrow.Trace(root)); got != "acquire, release" {
			t.Error(got)
		}
	}
}

func TestGoroutinesAreToldApartInATrace(t *testing.T) {
	p := tracedPool(t, 1)
	g, err := p.Acquire(64)
	if err != nil {
		t.Fatal(err)
	}
	root := g.UnsafeHandle()
	done := make(chan error)
	go func() { done <- g.Close() }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	events := escrow.Trace(root)
	if len(events) != 2 || events[0].Goroutine == events[1].Goroutine {
		t.Error(fmt.Sprint(events))
	}
}

func lastSequence() (last uint64) {
	for e := range escrow.TraceEvents() {
		last = e.Sequence
	}
	return last
}
