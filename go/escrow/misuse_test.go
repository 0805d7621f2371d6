//go:build cgo

package escrow_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

// misuses are the sites whose innermost function ends in name.
func misuses(name string) (all []escrow.MisuseSite) {
	for _, m := range escrow.MisuseSites() {
		if len(m.Stack) > 0 && strings.HasSuffix(m.Stack[0].Function, name) {
			all = append(all, m)
		}
	}
	return all
}

//go:noinline
func useStale(g escrow.Guard) error { return g.Use(func([]byte) error { return nil }) }

//go:noinline
func releaseAgain(h uint64) error { return escrow.UnsafeRelease(h) }

func TestRefusedCallsAreFoundByTheirSite(t *testing.T) {
	p := open(t, escrow.Options{Name: "misused"})
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1 << 31}); err != nil {
		t.Fatal(err)
	}
	g, err := p.Acquire(64)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := useStale(g); !errors.Is(err, escrow.ErrStale) {
			t.Fatal(err)
		}
	}
	h, err := p.UnsafeAcquire(64)
	if err != nil {
		t.Fatal(err)
	}
	if err := escrow.UnsafeRelease(h); err != nil {
		t.Fatal(err)
	}
	if err := releaseAgain(h); !errors.Is(err, escrow.ErrStale) {
		t.Fatal(err)
	}
	// The sites of the other tests are other places, but the pool is this test's.
	for name, want := range map[string]escrow.MisuseSite{
		"useStale":     {Operation: "use", Count: 3},
		"releaseAgain": {Operation: "release", Count: 1},
	} {
		all := slices.DeleteFunc(misuses(name), func(m escrow.MisuseSite) bool { return m.Pool != p.UnsafeID() })
		if len(all) != 1 {
			t.Fatalf("%s: %+v", name, all)
		}
		m := all[0]
		if m.Count != want.Count || m.Operation != want.Operation || !errors.Is(m.Err, escrow.ErrStale) ||
			m.Pool != p.UnsafeID() || m.Last > time.Minute {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

//go:noinline
func acquireTooMuch(p *escrow.Pool) (all []uint64, err error) {
	for {
		h, err := p.UnsafeAcquire(1024)
		if err != nil {
			return all, err
		}
		all = append(all, h)
	}
}

func TestAFullPoolIsNoMisuse(t *testing.T) {
	p := open(t, escrow.Options{Limit: 1 << 18})
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	all, err := acquireTooMuch(p)
	if !errors.Is(err, escrow.ErrFull) {
		t.Error(err)
	}
	if err := escrow.UnsafeReleaseN(all); err != nil {
		t.Error(err)
	}
	if all := misuses("acquireTooMuch"); len(all) != 0 {
		t.Error(all)
	}
}

// What Go takes for a mistake is what C++ does: of each code that C++ records, Go makes no exception.
func TestGoRecordsTheCodesThatCRecords(t *testing.T) {
	p := open(t, escrow.Options{})
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	recorded := escrow.NoteEveryCode(p)
	for code := 1; code < 64; code++ {
		if got := escrow.IsMistake(code); got != recorded[code] {
			t.Errorf("code %d: Go records it: %v, C++: %v", -code, got, recorded[code])
		}
	}
	if len(recorded) < 10 {
		t.Error(recorded)
	}
}

func TestAZeroGuardsUseIsNotedWithoutAPool(t *testing.T) {
	p := open(t, escrow.Options{})
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	if err := useStale(escrow.Guard{}); !errors.Is(err, escrow.ErrNull) {
		t.Fatal(err)
	}
	found := false
	for _, m := range misuses("useStale") {
		found = found || m.Pool == 0 && errors.Is(m.Err, escrow.ErrNull)
	}
	if !found {
		t.Error(misuses("useStale"))
	}
}

func TestClosingTwiceAndALateTicketAreNoMisuse(t *testing.T) {
	p := open(t, escrow.Options{})
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	g := acquire(t, p, 64)
	ticket, err := g.MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	g, err = ticket.MoveIn()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ticket.Close(), g.Close(), g.Close(), ticket.Close()); err != nil {
		t.Fatal(err)
	}
	for _, m := range escrow.MisuseSites() {
		if m.Pool == p.UnsafeID() {
			t.Errorf("%+v", m)
		}
	}
}
