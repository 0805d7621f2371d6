//go:build cgo

package escrow_test

import (
	"errors"
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
	for name, want := range map[string]escrow.MisuseSite{
		"useStale":     {Operation: "use", Count: 3},
		"releaseAgain": {Operation: "release", Count: 1},
	} {
		all := misuses(name)
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
func acquireTooMuch(p *escrow.Pool) (held []uint64, err error) {
	for {
		h, err := p.UnsafeAcquire(1024)
		if err != nil {
			return held, err
		}
		held = append(held, h)
	}
}

func TestAFullPoolIsNoMisuse(t *testing.T) {
	p := open(t, escrow.Options{Limit: 1 << 18})
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	held, err := acquireTooMuch(p)
	defer escrow.UnsafeReleaseN(held)
	if !errors.Is(err, escrow.ErrFull) {
		t.Fatal(err)
	}
	if all := misuses("acquireTooMuch"); len(all) != 0 {
		t.Error(all)
	}
}
