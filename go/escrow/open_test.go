//go:build cgo

package escrow_test

import (
	"testing"

	"example.com/escrow/go/escrow"
)

// open opens a pool that must close with nothing out at the end of the test.
func open(t testing.TB, o escrow.Options) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close at the end of the test: %v", err)
		}
	})
	return p
}

// openLoose opens a pool that the test itself closes.
func openLoose(t testing.TB, o escrow.Options) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func acquire(t testing.TB, p *escrow.Pool, n int) escrow.Guard {
	t.Helper()
	g, err := p.Acquire(n)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func dup(t testing.TB, g escrow.Guard) escrow.Guard {
	t.Helper()
	d, err := g.Dup()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func moveOut(t testing.TB, g escrow.Guard) escrow.Ticket {
	t.Helper()
	ticket, err := g.MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func moveIn(t testing.TB, ticket escrow.Ticket) escrow.Guard {
	t.Helper()
	g, err := ticket.MoveIn()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func stats(t testing.TB, p *escrow.Pool) escrow.Stats {
	t.Helper()
	s, err := p.Stats()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// gone is true when the pool's memory has been given back.
func gone(p *escrow.Pool) bool {
	_, err := p.Stats()
	return err != nil
}

func nothing([]byte) error { return nil }

// releaseBehindGo ends a reference as C code would.
func releaseBehindGo(t *testing.T, handle uint64) {
	t.Helper()
	is(t, escrow.ReleaseBehindGo(handle), nil)
}
