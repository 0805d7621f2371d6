package protocol_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/destructor"
)

// What is only in the docs of handle.hpp: where a handle has its generation, and its slot.
const generationBits = 1<<28 - 1

func slotOf(handle uint64) uint64 { return handle &^ (127 << 56) >> 28 }

// passed is what a case passes: a handle, and the guard or the ticket of Go that holds it. Guards and
// tickets are made while the handle is good, as in a program in which C then ends the reference.
type passed struct {
	raw    uint64
	guard  *escrow.Guard
	ticket *escrow.Ticket
}

// scene is a pool in the state that a case asks for, and every reference that was made on the way.
type scene struct {
	t *testing.T
	asked
	pool    *escrow.Pool
	null    bool // the pool that is called is none
	passed  passed
	object  escrow.Guard
	made    []uint64
	guards  []escrow.Guard
	tickets []escrow.Ticket
	lent    *escrow.Scope // that lent the object
	scopes  []*escrow.Scope
	runs    uint64 // of the destructor before the call
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%v: setting the scene: %v", s.asked, err)
	}
}

func set(t *testing.T, a asked) *scene {
	s := &scene{t: t, asked: a}
	o := escrow.Options{TypeID: 7}
	if a.owed == "yes" {
		o.UnsafeDestructor = destructor.Counting()
	}
	var err error
	s.pool, err = escrow.Open(o)
	s.must(err)
	switch {
	case strings.HasPrefix(a.handle, "stale_") && (a.state == "FREE" || a.state == "REUSED"):
		s.endReference()
	case strings.HasPrefix(a.handle, "forged"), a.handle == "slot_handle":
		s.passed.raw = s.handle(s.acquire())
		s.must(escrow.UnsafeRelease(s.passed.raw))
	case a.state != "FREE":
		s.hold()
	}
	switch a.handle {
	case "forged_shape":
		s.passed.raw |= 1 << 63
	case "forged_index":
		s.passed.raw = s.passed.raw&(127<<56) | (1<<56 - 1)
	case "forged_generation":
		s.passed.raw |= generationBits
	case "forged_pool":
		s.passed.raw = s.pool.UnsafeID() | generationBits<<28
	case "pool_handle", "pool":
		s.passed.raw = s.pool.UnsafeID()
	case "null_pool":
		s.null = true
	case "null":
		s.passed.guard, s.passed.ticket = new(escrow.Guard), new(escrow.Ticket)
	}
	if a.pool == "closed" || a.pool == "destroyed" {
		err := s.pool.Close()
		if a.state == "FREE" && err != nil || a.state != "FREE" && !errors.Is(err, escrow.ErrLeak) {
			t.Fatalf("%v: closing the pool: %v", a, err)
		}
	}
	s.runs = destructor.Runs()
	return s
}

// hold makes an object that is held as the state says, and the handle that the case passes.
func (s *scene) hold() {
	byDuplicate := strings.Contains(s.asked.handle, "duplicate")
	ownerless := strings.Contains(s.state, "OWNERLESS")
	s.object = s.acquire()
	holder := s.object
	if byDuplicate || s.state == "IN_FLIGHT" || strings.Contains(s.state, "SHARED") || ownerless {
		holder = s.dup(s.object)
	}
	if strings.Contains(s.state, "LENT") || s.state == "ORPHAN" {
		s.lent = s.lend(s.object)
	}
	source := s.object
	if byDuplicate {
		source = holder
	}
	s.passed.raw = s.handle(source)
	s.passed.guard = s.twin(source)
	switch s.state {
	case "MOST_REFS":
		for {
			d, err := s.object.Dup()
			if errors.Is(err, escrow.ErrLimit) {
				break
			}
			s.must(err)
			s.keep(d)
		}
	case "MOST_LENDS":
		scope := escrow.NewScope()
		s.scopes = append(s.scopes, scope)
		for range mostLoans() {
			_, err := scope.Lend(s.object)
			s.must(err)
		}
	}
	if s.state == "WORN" {
		s.wearOut()
	}
	ticketed := strings.HasPrefix(s.asked.handle, "ticket_of")
	if ticketed || strings.HasPrefix(s.asked.handle, "moved") || s.state == "TRANSIT" || s.state == "IN_FLIGHT" {
		if s.state == "IN_FLIGHT" {
			source = holder
		}
		raw, ticket := s.moveOut(source)
		if ticketed {
			s.passed = passed{raw: raw, ticket: &ticket}
		}
	}
	if s.revoked == "yes" && s.asked.pool == "open" {
		s.must(s.object.Revoke())
	}
	if ownerless || s.state == "ORPHAN" || s.state == "IN_FLIGHT" {
		s.must(escrow.UnsafeRelease(s.handle(s.object)))
	}
}

// endReference makes a reference that is over, and with REUSED its slot is under a new one.
func (s *scene) endReference() {
	s.object = s.acquire()
	of := s.object
	if s.asked.handle == "stale_duplicate" {
		of = s.dup(s.object)
	}
	s.passed.raw = s.handle(of)
	if s.asked.handle == "stale_ticket" {
		raw, ticket := s.moveOut(of)
		taken, err := ticket.MoveIn()
		s.must(err)
		other := s.tickets[len(s.tickets)-1] // of the same handle
		s.passed = passed{raw: raw, ticket: &other}
		s.must(escrow.UnsafeRelease(s.handle(s.keep(taken))))
	} else {
		s.passed.guard = s.twin(of)
		s.must(escrow.UnsafeRelease(s.passed.raw))
	}
	if s.state == "REUSED" {
		s.reuse()
	} else if s.asked.handle == "stale_duplicate" {
		s.must(escrow.UnsafeRelease(s.handle(s.object)))
	}
}

func (s *scene) reuse() {
	var others []uint64
	found := uint64(0)
	for try := 0; try < 5000 && found == 0; try++ {
		var h uint64
		var err error
		duplicate := s.asked.handle == "stale_duplicate"
		if duplicate {
			d, err := s.object.Dup()
			s.must(err)
			h, err = d.UnsafeDetach()
			s.must(err)
		} else if h, err = s.pool.UnsafeAcquire(8); err != nil {
			s.must(err)
		}
		switch {
		case slotOf(h) == slotOf(s.passed.raw):
			found = h
		case duplicate: // one at a time: their number is limited
			s.must(escrow.UnsafeRelease(h))
		default:
			others = append(others, h)
		}
	}
	if found == 0 {
		s.t.Fatalf("%v: the slot was not used again", s.asked)
	}
	s.made = append(s.made, found)
	s.must(escrow.UnsafeReleaseN(others))
}

// handle is that of a guard that holds one.
func (s *scene) handle(g escrow.Guard) uint64 {
	h := g.UnsafeHandle()
	if h == 0 {
		s.t.Fatalf("%v: the guard holds nothing", s.asked)
	}
	return h
}

func (s *scene) keep(g escrow.Guard) escrow.Guard {
	s.made = append(s.made, s.handle(g))
	s.guards = append(s.guards, g)
	return g
}

func (s *scene) acquire() escrow.Guard {
	var worn []escrow.Guard
	g, err := s.pool.Acquire(8)
	for s.must(err); !fresh(s.handle(g)); s.must(err) {
		worn = append(worn, g)
		g, err = s.pool.Acquire(8)
	}
	s.must(escrow.ReleaseN(worn))
	return s.keep(g)
}

func (s *scene) dup(of escrow.Guard) escrow.Guard {
	d, err := of.Dup()
	for s.must(err); !fresh(s.handle(d)); s.must(err) {
		s.must(d.Close())
		d, err = of.Dup()
	}
	return s.keep(d)
}

func (s *scene) lend(of escrow.Guard) *escrow.Scope {
	scope := escrow.NewScope()
	s.scopes = append(s.scopes, scope)
	_, err := scope.Lend(of)
	s.must(err)
	return scope
}

// twin is another guard of the same handle: what happens through one the other learns from C only.
func (s *scene) twin(of escrow.Guard) *escrow.Guard {
	g, err := s.pool.UnsafeAdopt(s.handle(of))
	s.must(err)
	s.guards = append(s.guards, g)
	return &g
}

// moveOut moves a reference out, and makes two tickets of its handle.
func (s *scene) moveOut(g escrow.Guard) (raw uint64, ticket escrow.Ticket) {
	ticket, err := g.MoveOut()
	s.must(err)
	raw, err = ticket.UnsafeDetach()
	s.must(err)
	s.made = append(s.made, raw)
	for range 2 {
		ticket, err = s.pool.UnsafeTicket(raw)
		s.must(err)
		s.tickets = append(s.tickets, ticket)
	}
	return raw, s.tickets[len(s.tickets)-2]
}

// visible is the state of the one object, as the table names it.
func (s *scene) visible() string {
	for r := range s.pool.References() {
		lent := r.Loans != 0
		name := ""
		switch {
		case r.Kind == escrow.KindPending:
			return "DEAD"
		case r.ID != r.Root:
			continue
		case r.Kind == escrow.KindTicket:
			return "TRANSIT"
		case r.Kind == escrow.KindObject && r.References == 1:
			if lent {
				return "LENT"
			}
			return "LIVE"
		case r.Kind == escrow.KindObject:
			name = "SHARED"
		case r.References == 0:
			return "ORPHAN"
		default:
			name = "OWNERLESS"
		}
		if lent {
			name += "+LENT"
		}
		return name
	}
	return "FREE"
}

// inventory is what a refused call must leave as it was.
func (s *scene) inventory() string {
	var text strings.Builder
	for r := range s.pool.References() {
		fmt.Fprintln(&text, r)
	}
	n, _ := s.pool.Stats() // of a pool that is gone: zeros
	fmt.Fprintln(&text, n.Live, n.Duplicates, n.Loans, n.Borrows, n.Tickets, n.Pending, n.BytesLive)
	return text.String()
}

// isRevoked asks through what is left of the object; asks is false where nothing is left to ask through.
func (s *scene) isRevoked() (revoked, asks bool) {
	for _, h := range s.made {
		g, err := s.pool.UnsafeAdopt(h)
		if errors.Is(err, escrow.ErrTransit) {
			ticket, err := s.pool.UnsafeTicket(h)
			s.must(err)
			g, err = ticket.MoveIn()
			if errors.Is(err, escrow.ErrRevoked) {
				_, err = ticket.UnsafeDetach()
				s.must(err)
				return true, true
			}
			s.must(err)
			s.keep(g)
		} else if err != nil {
			continue
		}
		s.guards = append(s.guards, g)
		d, err := g.Dup()
		switch {
		case err == nil:
			s.must(d.Close())
			return false, true
		case errors.Is(err, escrow.ErrLimit):
			return false, true
		case errors.Is(err, escrow.ErrRevoked):
			return true, true
		}
		s.must(err)
	}
	return false, false
}

// finish ends whatever is left by every name it had. Then nothing is live.
func (s *scene) finish() {
	for _, scope := range s.scopes {
		if err := scope.End(); err != nil && !errors.Is(err, escrow.ErrScope) {
			s.t.Errorf("%v: %v", s.asked, err)
		}
	}
	for _, h := range s.made {
		_ = escrow.UnsafeRelease(h)
	}
	for _, g := range s.guards {
		_, _ = g.UnsafeDetach()
	}
	for _, ticket := range s.tickets {
		_, _ = ticket.UnsafeDetach()
	}
	if s.pool == nil {
		return
	}
	err := s.pool.Close()
	for deadline := time.Now().Add(10 * time.Second); errors.Is(err, escrow.ErrClosed) && time.Now().Before(deadline); {
		n, gone := s.pool.Stats() // the drainer may have something to run yet
		if gone == nil && n.Live+n.Pending == 0 || errors.Is(gone, escrow.ErrClosed) {
			err = nil
		}
		runtime.Gosched()
	}
	if err != nil {
		s.t.Errorf("%v: something is lost: %v\n%s", s.asked, err, s.inventory())
	}
}
