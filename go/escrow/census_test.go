//go:build cgo

package escrow_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"example.com/escrow/go/escrow"
)

func heldOf(p *escrow.Pool) (all []escrow.Held) {
	for h := range p.HeldReferences() {
		all = append(all, h)
	}
	return all
}

func TestEveryPoolIsListedUntilItsMemoryIsGone(t *testing.T) {
	var opened []uint64
	for range 70 { // more than a page
		p := open(t, escrow.Options{Name: "listed"})
		opened = append(opened, p.UnsafeID())
	}
	last, err := escrow.Open(escrow.Options{Name: "closed"})
	if err != nil {
		t.Fatal(err)
	}
	g := acquire(t, last, 8)
	opened = append(opened, last.UnsafeID())
	if err := last.Close(); !errors.Is(err, escrow.ErrLeak) {
		t.Fatal(err)
	}
	listed := escrow.PoolIDs()
	for _, id := range opened {
		if !slices.Contains(listed, id) {
			t.Errorf("%#x is not listed", id)
		}
	}
	s, err := escrow.StatsOf(last.UnsafeID())
	if err != nil || s.Name != "closed" || s.Live != 1 || s.Held != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	n := 0
	for r := range escrow.ReferencesOf(last.UnsafeID()) {
		n += r.Size
	}
	if n != 8 {
		t.Errorf("references of %d bytes", n)
	}
	g.Close()
	if slices.Contains(escrow.PoolIDs(), last.UnsafeID()) {
		t.Error("a pool that is gone is listed")
	}
	if _, err := escrow.StatsOf(last.UnsafeID()); !errors.Is(err, escrow.ErrStale) {
		t.Error(err)
	}
}

func TestWhatGoHoldsIsListedOneByOne(t *testing.T) {
	p := open(t, escrow.Options{})
	guards := make([]escrow.Guard, 100)
	for i := range guards {
		guards[i] = acquire(t, p, 8+i)
	}
	want := map[uint64]bool{}
	for r := range p.References() {
		want[r.ID] = true
	}
	for _, h := range heldOf(p) {
		if !want[h.ID] || h.Pool != p.UnsafeID() || !h.Reachable || h.Collections < 0 {
			t.Errorf("%+v", h)
		}
		delete(want, h.ID)
	}
	if len(want) != 0 {
		t.Errorf("%d are held and not listed", len(want))
	}
	if !eventually(func() bool {
		runtime.GC()
		return slices.ContainsFunc(heldOf(p), func(h escrow.Held) bool { return h.Collections >= 2 })
	}) {
		t.Error("collections do not count")
	}
	escrow.ReleaseN(guards)
	if all := heldOf(p); len(all) != 0 {
		t.Errorf("%d of nothing", len(all))
	}
	raw, err := p.UnsafeAcquire(8) // held by nobody that Go knows
	if err != nil {
		t.Fatal(err)
	}
	if all := heldOf(p); len(all) != 0 {
		t.Errorf("a raw handle is a guard's: %+v", all)
	}
	if err := escrow.UnsafeRelease(raw); err != nil {
		t.Error(err)
	}
}
