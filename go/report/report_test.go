//go:build cgo

package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/inventory"
	"example.com/escrow/go/report"
)

func open(t testing.TB, o escrow.Options) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	return p
}

//go:noinline
func acquireHere(t testing.TB, p *escrow.Pool, n int) escrow.Guard {
	g, err := p.Acquire(n)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func poolOf(t testing.TB, s *report.Snapshot, p *escrow.Pool) inventory.Pool {
	t.Helper()
	i := slices.IndexFunc(s.Pools, func(q inventory.Pool) bool { return q.ID == inventory.ID(p.UnsafeID()) })
	if i < 0 {
		t.Fatalf("the pool is not in the snapshot: %+v", s.Pools)
	}
	return s.Pools[i]
}

// siteOf is the site of a pool whose innermost function ends in a name.
func siteOf(s *report.Snapshot, p, function string) *inventory.Site {
	for i := range s.Sites {
		if slices.Contains(s.Sites[i].Pools, p) && strings.HasSuffix(inventory.Innermost(s.Sites[i].Stack).Function, function) {
			return &s.Sites[i]
		}
	}
	return nil
}

func TestASnapshotJoinsPoolSiteAndHolder(t *testing.T) {
	p := open(t, escrow.Options{Name: "joined", TypeID: 9, Limit: 1 << 20})
	var guards []escrow.Guard
	for range 30 {
		guards = append(guards, acquireHere(t, p.Labeled("a task"), 100))
	}
	raw, err := p.UnsafeAcquire(50)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Acquire(-1); err == nil {
		t.Fatal("-1 bytes")
	}
	s := report.Take(report.Options{Objects: 4})
	got := poolOf(t, s, p)
	if got.Name != "joined" || got.Type != 9 || got.Live != 31 || got.Bytes != 3050 || got.Held != 30 || got.Limit != 1<<20 || got.Rate != 1 ||
		!slices.Equal(got.States, []inventory.Count{{Type: 9, State: inventory.Live, Objects: 31, Bytes: 3050}}) ||
		!slices.Equal(got.Misuse, []inventory.Refused{{Error: escrow.ErrSize.Error(), Count: 1}}) {
		t.Errorf("%+v", got)
	}
	site := siteOf(s, "joined", ".acquireHere")
	if site == nil {
		t.Fatalf("no site in %+v", s.Sites)
	}
	if site.Live != 30 || site.Noted != 30 || site.Bytes != 3000 || site.Holders != (inventory.Holders{Go: 30}) ||
		!slices.Equal(site.Labels, []string{"a task"}) || len(site.Objects) != 4 || site.Key != inventory.KeyOf(site.Stack) {
		t.Errorf("%+v", site)
	}
	if last := site.Stack[len(site.Stack)-1].Function; strings.HasPrefix(last, "runtime.") {
		t.Errorf("the stack ends in %s", last)
	}
	for i, o := range site.Objects {
		if o.Size != 100 || o.Pool != "joined" || o.Type != 9 || o.Kind != "object" || o.Holder != "go" || o.Label != "a task" ||
			i > 0 && o.Age > site.Objects[i-1].Age {
			t.Errorf("%+v", o)
		}
	}
	if site := siteOf(s, "joined", "."+t.Name()); site == nil || site.Holders != (inventory.Holders{Other: 1}) {
		t.Errorf("the raw handle: %+v", site)
	}
	if len(siteOf(report.Take(report.Options{Objects: -1}), "joined", ".acquireHere").Objects) != 0 {
		t.Error("objects that nobody asked for")
	}
	if err := escrow.UnsafeRelease(raw); err != nil {
		t.Error(err)
	}
	escrow.ReleaseN(guards)
	if s := report.Take(report.Options{}); siteOf(s, "joined", ".acquireHere") != nil || poolOf(t, s, p).Live != 0 {
		t.Error("what was released is held")
	}
}

// The states are those of docs/ownership.md.
func TestEveryStateIsCounted(t *testing.T) {
	p := open(t, escrow.Options{Name: "states"})
	must := func(g escrow.Guard, err error) escrow.Guard {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g
	}
	release := make(chan struct{})
	ended := make(chan struct{})
	lends := 0
	lend := func(g escrow.Guard) {
		lends++
		lent := make(chan struct{})
		go func() {
			g.Use(func([]byte) error { close(lent); <-release; return nil })
			ended <- struct{}{}
		}()
		<-lent
	}
	t.Cleanup(func() {
		close(release)
		for range lends {
			<-ended
		}
	})
	acquire := func(n int) escrow.Guard { return must(p.Acquire(n)) }
	acquire(1)
	shared := acquire(2)
	must(shared.Dup())
	lend(acquire(3))
	sharedLent := acquire(4)
	must(sharedLent.Dup())
	lend(sharedLent)
	ownerless := acquire(5)
	must(ownerless.Dup())
	ownerless.Close()
	ownerlessLent := acquire(6)
	must(ownerlessLent.Dup())
	lend(ownerlessLent)
	ownerlessLent.Close()
	orphan := acquire(7)
	lend(orphan)
	orphan.Close()
	ticket, err := acquire(8).MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	defer ticket.Close()
	got := map[inventory.State]inventory.Count{}
	s := report.Take(report.Options{})
	for _, c := range poolOf(t, s, p).States {
		got[c.State] = c
	}
	want := []inventory.State{inventory.Live, inventory.Shared, inventory.Lent, inventory.SharedLent, inventory.Ownerless,
		inventory.OwnerlessLent, inventory.Orphan, inventory.Transit}
	for i, state := range want {
		if got[state].Objects != 1 || got[state].Bytes != uint64(i+1) {
			t.Errorf("%s: %+v", state, got[state])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	lent := 0
	for _, site := range s.Sites {
		if slices.Contains(site.Pools, "states") {
			lent += site.Holders.Lent
		}
	}
	if lent != 3 {
		t.Errorf("%d objects are kept by loans or duplicates alone", lent)
	}
}

func TestAMonitorFindsWhatKeepsGrowing(t *testing.T) {
	p := open(t, escrow.Options{Name: "growing"})
	steady := acquireHere(t, p, 10)
	defer steady.Close()
	m := report.Watch(20 * time.Millisecond)
	defer m.Close()
	var grown []escrow.Guard
	defer func() { escrow.ReleaseN(grown) }()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		grown = append(grown, acquireHere(t, p, 1000))
		s := m.Snapshot()
		if len(s.Suspects) > 0 {
			x := s.Suspects[0]
			if !strings.Contains(x.Place, "acquireHere") || x.Bytes <= 0 || x.Oldest < 2*time.Second {
				t.Errorf("%+v", x)
			}
			if i := slices.IndexFunc(s.Growth.Sites, func(c inventory.Change) bool { return c.Key == x.Key }); i < 0 || s.Growth.Sites[i].Bytes < x.Bytes {
				t.Errorf("growth %+v of suspect %+v", s.Growth, x)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no suspect among %d sites after %d rounds", len(s.Sites), len(grown))
		}
	}
	m.Close()
	m.Close()
}
