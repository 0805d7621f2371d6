// Package protocol_test brings a pool into every state of docs/protocol.tsv that Go's API can bring one
// into, makes the call, and compares the error, what is left, how many destructors ran, and that nothing
// was lost. The cases outside Go's API are counted by the rule that puts them there, so that none drops
// out in silence.
// Guarantee A of docs/trust.md.
package protocol_test

import (
	"errors"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/destructor"
)

// How a case is run.
const (
	byCall   = "by the call"
	byHolder = "refused where a guard, ticket or pool would have to hold the handle"
)

// outside is the rule by which a case cannot be brought about from Go alone; "" where it can.
func outside(a asked) string {
	switch {
	case a.operation == "pool_destroy":
		return "pools are destroyed by Close, or by the end of the last reference"
	case a.operation == "release_deferred":
		return "deferred releases are those of cleanups, which answer nobody"
	case a.operation == "lend" || a.operation == "give_back" || a.handle == "loan" || a.handle == "stale_loan":
		return "named loans are C's"
	case a.operation == "return" && !(a.handle == "object" && strings.Contains(a.state, "LENT") ||
		a.handle == "stale_object" && (a.state == "OWNERLESS+LENT" || a.state == "ORPHAN")):
		return "a borrow is returned once, by the scope that made it"
	case a.handle == "wrong_type":
		return "types of objects are asked for by C and C++"
	case a.state == "WORN" && !*small:
		return "268 million moves wear a slot out"
	case a.state == "DEAD":
		return "what is owed is run by the drainer at once"
	case a.pool == "closed" && a.state == "FREE":
		return "Close destroys a pool of which nothing is out"
	}
	return ""
}

// inGo is the answer as Go's API words it.
func inGo(e entry) answer {
	out := e.answer
	switch {
	case e.asked.pool == "destroyed" && e.handle == "pool":
		out.status = "CLOSED" // the caller closed it, and need not know that it is gone
	case e.operation == "pool_close_reclaim" && e.asked.pool == "closed":
		out.next = "same" // a second Close changes nothing
	case strings.HasPrefix(e.operation, "pool_close") && out.status == "OK" && out.next == "revoked":
		out.status = "LEAK"
	case e.operation == "validate" && out.status == "REVOKED":
		out.status = "OK" // a revoked object is adopted: somebody has to release it
	case e.operation == "borrow" && e.state == "MOST_LENDS":
		out.status, out.next = "OK", "SHARED+LENT" // by a duplicate
	case e.operation == "move_in" && strings.HasPrefix(e.handle, "moved_"):
		out.status = "MOVED" // by UnsafeTicket, which asks what the handle is
	}
	if out.next == "DEAD" && e.asked.pool != "inside" { // a bare handle released inside wakes nobody
		out.next = "FREE" // as soon as the drainer was there
	}
	return out
}

var statuses = map[string]error{"OK": nil, "FREED": nil, "PENDING": nil, "DEFERRED": nil, "ALREADY": nil,
	"NULL": escrow.ErrNull, "RANGE": escrow.ErrRange, "KIND": escrow.ErrKind, "STALE": escrow.ErrStale,
	"MOVED": escrow.ErrMoved, "TRANSIT": escrow.ErrTransit, "REVOKED": escrow.ErrRevoked,
	"SHARED": escrow.ErrShared, "LENT": escrow.ErrLent, "LIMIT": escrow.ErrLimit, "EXHAUSTED": escrow.ErrExhausted,
	"FOREIGN": escrow.ErrForeign, "CLOSED": escrow.ErrClosed, "BUSY": escrow.ErrBusy, "LEAK": escrow.ErrLeak}

// shows is a state of the table as inspection shows it.
func shows(a asked, state string) string {
	byDuplicate := a.handle == "duplicate"
	switch {
	case state == "REUSED" && a.handle == "stale_duplicate", state == "MOST_REFS", state == "WORN" && byDuplicate:
		return "SHARED"
	case state == "REUSED", state == "WORN":
		return "LIVE"
	case state == "IN_FLIGHT":
		return "OWNERLESS"
	case state == "MOST_LENDS" && byDuplicate:
		return "SHARED+LENT"
	case state == "MOST_LENDS":
		return "LENT"
	}
	return state
}

// call makes the call of the case.
func (s *scene) call() (how string, err error) {
	if s.asked.pool != "inside" {
		return s.operate()
	}
	outer, err := escrow.Open(escrow.Options{UnsafeDestructor: destructor.Calling()})
	s.must(err)
	trigger, err := outer.Acquire(8)
	s.must(err)
	var answered error
	destructor.OnDestroy(func([]byte) { how, answered = s.operate() })
	s.must(trigger.Close())
	s.must(outer.Close())
	return how, answered
}

func (s *scene) operate() (how string, err error) {
	p := s.pool
	if s.null {
		p = nil
	}
	switch s.operation {
	case "acquire", "pool_close", "pool_close_reclaim", "pool_drain":
		if s.asked.handle != "pool" && !s.null {
			_, err := escrow.UnsafeAttach(s.passed.raw)
			return byHolder, err
		}
	}
	switch s.operation {
	case "acquire":
		h, err := p.UnsafeAcquire(8)
		if h != 0 {
			s.made = append(s.made, h)
		}
		return byCall, err
	case "pool_close":
		return byCall, p.Close()
	case "pool_close_reclaim":
		return byCall, p.CloseReclaimTickets()
	case "pool_drain":
		_, err := p.Drain()
		return byCall, err
	case "release":
		return byCall, escrow.UnsafeRelease(s.passed.raw)
	case "validate":
		return byCall, s.adopt(s.asked.handle == "foreign")
	case "return":
		return byCall, s.lent.End()
	case "move_in":
		if s.passed.ticket == nil {
			_, err := s.pool.UnsafeTicket(s.passed.raw)
			return byHolder, err
		}
		g, err := s.passed.ticket.MoveIn()
		if err == nil {
			s.keep(g)
		}
		return byCall, err
	}
	if s.passed.guard == nil {
		return byHolder, s.adopt(false)
	}
	g := *s.passed.guard
	switch s.operation {
	case "dup":
		d, err := g.Dup()
		if err == nil {
			s.keep(d)
		}
		return byCall, err
	case "borrow":
		scope := escrow.NewScope()
		s.scopes = append(s.scopes, scope)
		_, err := scope.Lend(g)
		return byCall, err
	case "move_out":
		ticket, err := g.MoveOut()
		if err == nil {
			h, gone := ticket.UnsafeDetach()
			s.must(gone)
			s.made = append(s.made, h)
		}
		return byCall, err
	case "revoke":
		return byCall, g.Revoke()
	case "read":
		b, err := g.UnsafeBytes()
		if (len(b) == 8) != (err == nil) {
			s.t.Errorf("%v: %d bytes, and %v", s.asked, len(b), err)
		}
		return byCall, err
	}
	s.t.Fatalf("no such operation: %v", s.asked)
	return "", nil
}

// adopt asks as UnsafeAdopt does, of the pool or of another.
func (s *scene) adopt(elsewhere bool) error {
	p := s.pool
	if elsewhere {
		other, err := escrow.Open(escrow.Options{})
		s.must(err)
		defer other.Close()
		p = other
	}
	g, err := p.UnsafeAdopt(s.passed.raw)
	if err == nil {
		s.guards = append(s.guards, g)
	}
	return err
}

// settled is the state after the drainer has had its turn, where one was promised to it.
func (s *scene) settled(want string) string {
	now := s.visible()
	for deadline := time.Now().Add(10 * time.Second); now == "DEAD" && want != now && time.Now().Before(deadline); {
		runtime.Gosched()
		now = s.visible()
	}
	return now
}

// check runs one case, and says how.
func check(t *testing.T, e entry) string {
	want := inGo(e)
	before := shows(e.asked, e.state)
	if e.asked.pool == "destroyed" {
		before = "FREE"
	}
	s := set(t, e.asked)
	defer s.finish()
	if now := s.visible(); now != before {
		t.Fatalf("%v: the scene is not set: %s", e.asked, now)
	}
	inventory := s.inventory()
	how, err := s.call()
	expected, known := statuses[want.status]
	if !known {
		t.Fatalf("no such status: %v", want)
	}
	if !errors.Is(err, expected) {
		t.Errorf("%v: %v, not %s", e.asked, err, want.status)
	}
	unchanged := want.next == "same" || want.next == "revoked"
	after := before
	if !unchanged {
		after = shows(e.asked, want.next)
	}
	if now := s.settled(after); now != after {
		t.Errorf("%v: then %s, not %s", e.asked, now, after)
	}
	if expected != nil && want.next == "same" {
		if now := s.inventory(); now != inventory {
			t.Errorf("%v: refused, and something happened:\n%sbefore:\n%s", e.asked, now, inventory)
		}
	}
	runs := uint64(0)
	if e.owed == "yes" && after == "FREE" && before != "FREE" {
		runs = 1
	}
	for deadline := time.Now().Add(time.Second); destructor.Runs() < s.runs+runs && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if n := destructor.Runs() - s.runs; n != runs {
		t.Errorf("%v: %d destructors ran, not %d", e.asked, n, runs)
	}
	if after != "FREE" && before != "FREE" && !t.Failed() {
		if revoked, asks := s.isRevoked(); asks && revoked != (want.next == "revoked" || e.revoked == "yes") {
			t.Errorf("%v: revoked afterwards: %v", e.asked, revoked)
		}
	}
	return how
}

func TestGoDoesWhatTheTableSaysInEveryState(t *testing.T) {
	runtime.LockOSThread() // a slot is found again on the lane that it was freed on
	defer runtime.UnlockOSThread()
	counts := map[string]int{}
	for _, e := range readTable(t) {
		rule := outside(e.asked)
		if rule == "" {
			rule = check(t, e)
		}
		counts[rule]++
	}
	wanted := map[string]int{
		byCall:   1019,
		byHolder: 287,
		"a borrow is returned once, by the scope that made it":              117,
		"what is owed is run by the drainer at once":                        23,
		"Close destroys a pool of which nothing is out":                     31,
		"pools are destroyed by Close, or by the end of the last reference": 63,
		"deferred releases are those of cleanups, which answer nobody":      171,
		"named loans are C's":                         592,
		"types of objects are asked for by C and C++": 2,
		"268 million moves wear a slot out":           2,
	}
	if *small {
		const worn = "268 million moves wear a slot out"
		wanted[byCall] += wanted[worn]
		delete(wanted, worn)
	}
	if !maps.Equal(counts, wanted) {
		for rule, n := range counts {
			t.Errorf("%d cases %s; %d were expected", n, rule, wanted[rule])
		}
	}
}
