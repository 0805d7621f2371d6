//go:build cgo

package escrow_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/escrow/go/escrow"
)

// TestOwnersBorrowersMoversAndClosers passes objects between goroutines by ticket while others
// borrow and close them; each object carries a number that nobody else may change.
func TestOwnersBorrowersMoversAndClosers(t *testing.T) {
	const rounds = 1500
	p := open(t, escrow.Options{Name: "traffic"})
	tickets := make(chan escrow.Ticket, 64)
	shared := make(chan escrow.Guard, 64)
	var stamp, moved, borrowed atomic.Uint64

	var owners, others sync.WaitGroup
	for seed := range 3 {
		owners.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(seed), 1))
			for range rounds {
				g, err := p.Acquire(16 + rng.IntN(2000))
				if err != nil {
					t.Error(err)
					return
				}
				n := stamp.Add(1)
				err = g.Use(func(b []byte) error {
					binary.LittleEndian.PutUint64(b, n)
					binary.LittleEndian.PutUint64(b[8:], ^n)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if rng.IntN(2) == 0 {
					d, err := g.Dup()
					if err != nil {
						t.Error(err)
						return
					}
					shared <- d
					ticket, err := d.MoveOut() // races with the borrower's Close
					if err == nil {
						tickets <- ticket
					} else if !errors.Is(err, escrow.ErrStale) {
						t.Errorf("move of a duplicate: %v", err)
					}
					g.Close()
					continue
				}
				ticket, err := g.MoveOut()
				if err != nil {
					t.Error(err)
					return
				}
				tickets <- ticket
			}
		})
	}
	intact := func(b []byte) error {
		if binary.LittleEndian.Uint64(b) != ^binary.LittleEndian.Uint64(b[8:]) {
			t.Error("torn object")
		}
		return nil
	}
	for range 2 {
		others.Go(func() {
			for ticket := range tickets {
				g, err := ticket.MoveIn()
				if err != nil {
					t.Error(err)
					continue
				}
				moved.Add(1)
				if err := g.Use(intact); err != nil {
					t.Error(err)
				}
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		others.Go(func() {
			for g := range shared {
				switch err := g.Use(intact); {
				case err == nil:
					borrowed.Add(1)
				case !errors.Is(err, escrow.ErrMoved) && !errors.Is(err, escrow.ErrStale):
					t.Errorf("borrow: %v", err)
				}
				if err := g.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
	}
	owners.Wait()
	close(tickets)
	close(shared)
	others.Wait()
	if s := stats(t, p); s.Live != 0 || s.Held != 0 || s.Leaked != 0 {
		t.Fatalf("%+v", s)
	}
	if moved.Load() == 0 {
		t.Fatal("nothing moved")
	}
	t.Logf("%d moved, %d borrowed", moved.Load(), borrowed.Load())
}

// TestPoolsCloseUnderTheirUsers closes a pool while goroutines work in it: each call either takes
// effect or says why not, and nothing is left.
func TestPoolsCloseUnderTheirUsers(t *testing.T) {
	for range 30 {
		p := openLoose(t, escrow.Options{})
		var users sync.WaitGroup
		for range 4 {
			users.Go(func() {
				for {
					g, err := p.Acquire(100)
					if err != nil {
						if !errors.Is(err, escrow.ErrClosed) {
							t.Errorf("acquire: %v", err)
						}
						return
					}
					if err := g.Use(nothing); err != nil && !errors.Is(err, escrow.ErrRevoked) {
						t.Errorf("use: %v", err)
					}
					ticket, err := g.MoveOut()
					if err != nil {
						if !errors.Is(err, escrow.ErrRevoked) {
							t.Errorf("move out: %v", err)
						}
						g.Close()
						continue
					}
					if taken, err := ticket.MoveIn(); err == nil {
						taken.Close()
					} else if errors.Is(err, escrow.ErrRevoked) {
						ticket.Close()
					} else {
						t.Errorf("move in: %v", err)
					}
				}
			})
		}
		for stats(t, p).Refills == 0 && stats(t, p).Live == 0 {
		}
		if err := p.Close(); err != nil && !errors.Is(err, escrow.ErrLeak) {
			t.Errorf("close: %v", err)
		}
		users.Wait()
		if !eventually(func() bool { return gone(p) }) {
			t.Fatal("memory still held")
		}
	}
}
