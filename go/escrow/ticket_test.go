//go:build cgo

package escrow_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestMoveGivesTheReferenceUp(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 24)
	is(t, g.Use(func(b []byte) error { b[0] = 1; return nil }), nil)
	ticket := moveOut(t, g)
	is(t, g.Use(nothing), escrow.ErrMoved)
	_, err := g.MoveOut()
	is(t, err, escrow.ErrMoved)
	is(t, g.Close(), nil)
	if s := stats(t, p); s.Tickets != 1 || s.Live != 1 || s.Held != 1 {
		t.Fatalf("%+v", s)
	}
	g2 := moveIn(t, ticket)
	_, err = ticket.MoveIn()
	is(t, err, escrow.ErrStale)
	is(t, ticket.Close(), nil) // must not take the new guard's reference
	is(t, g2.Use(func(b []byte) error {
		if b[0] != 1 || g2.Len() != 24 {
			t.Fatal("another object")
		}
		return nil
	}), nil)
	is(t, g2.Close(), nil)
}

func TestAClosedTicketFreesItsObject(t *testing.T) {
	p := open(t, escrow.Options{})
	ticket := moveOut(t, acquire(t, p, 24))
	is(t, ticket.Close(), nil)
	is(t, ticket.Close(), nil)
	_, err := ticket.MoveIn()
	is(t, err, escrow.ErrStale)
	_, err = ticket.UnsafeDetach()
	is(t, err, escrow.ErrStale)
	if s := stats(t, p); s.Live != 0 || s.Tickets != 0 {
		t.Fatalf("%+v", s)
	}
	_, err = escrow.Ticket{}.MoveIn()
	is(t, err, escrow.ErrNull)
	_, err = escrow.Ticket{}.UnsafeDetach()
	is(t, err, escrow.ErrNull)
}

func TestALentObjectIsNotMoved(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 24)
	is(t, g.Use(func([]byte) error {
		_, err := g.MoveOut()
		is(t, err, escrow.ErrLent)
		return nil
	}), nil)
	if s := stats(t, p); s.Misuse[escrow.ErrLent] != 1 {
		t.Fatalf("%v", s.Misuse)
	}
	is(t, moveOut(t, g).Close(), nil)
}

func TestARawTicketGoesToCAndBack(t *testing.T) {
	p := open(t, escrow.Options{})
	raw, err := moveOut(t, acquire(t, p, 77)).UnsafeDetach()
	is(t, err, nil)
	_, err = p.UnsafeAdopt(raw)
	is(t, err, escrow.ErrTransit)
	ticket, err := p.UnsafeTicket(raw)
	is(t, err, nil)
	g := moveIn(t, ticket)
	if g.Len() != 77 {
		t.Fatalf("%d bytes", g.Len())
	}
	_, err = p.UnsafeTicket(g.UnsafeHandle())
	is(t, err, escrow.ErrKind)
	_, err = p.UnsafeTicket(raw)
	is(t, err, escrow.ErrStale)
	is(t, g.Close(), nil)
	// Each refusal once, and nothing for the ticket that was taken over.
	for e, want := range map[error]uint64{escrow.ErrTransit: 1, escrow.ErrKind: 1, escrow.ErrStale: 1} {
		if n := stats(t, p).Misuse[e]; n != want {
			t.Errorf("%d times %v", n, e)
		}
	}
}

func TestCloseThatLosesAgainstAMoveIsNoError(t *testing.T) {
	p := open(t, escrow.Options{})
	for range 5000 {
		g := acquire(t, p, 16)
		start := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			<-start
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
		close(start)
		if ticket, err := g.MoveOut(); err == nil {
			is(t, moveIn(t, ticket).Close(), nil)
		} else if !errors.Is(err, escrow.ErrStale) {
			t.Fatal(err)
		}
		group.Wait()
	}
	if s := stats(t, p); s.Live != 0 || s.Held != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestOneOfManyTakersWins(t *testing.T) {
	p := open(t, escrow.Options{})
	for range 200 {
		g := acquire(t, p, 16)
		ticket := moveOut(t, g)
		var won atomic.Int32
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if taken, err := ticket.MoveIn(); err == nil {
					won.Add(1)
					if err := taken.Close(); err != nil {
						t.Error(err)
					}
				}
			})
			group.Go(func() {
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d takers got the reference", won.Load())
		}
	}
	if s := stats(t, p); s.Live != 0 || s.Held != 0 {
		t.Fatalf("%+v", s)
	}
}
