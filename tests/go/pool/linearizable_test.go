// Guarantee A of docs/trust.md.

package pool_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/pool"
)

// Clients, half of them in Go and half in C++, do random operations on the references of one object,
// which they find in a few places that all share, and write down when each began and ended and what it
// answered; porcupine then looks for an order of steps that gives the same answers.

const (
	clients    = 4
	operations = 20 // of each client
	places     = 4
)

var inGo = []uint64{pool.Dup, pool.Dup, pool.Dup, pool.Dup, pool.Release, pool.Borrow,
	pool.Borrow, pool.MoveOut, pool.MoveOut, pool.MoveIn, pool.MoveIn, pool.Read}
var inC = append([]uint64{pool.Lend, pool.GiveBack, pool.Validate}, inGo...)

// plan is what the clients of a history will do.
func plan(history int) (of [clients][]pool.Event) {
	random := rand.New(rand.NewPCG(uint64(history), 8))
	for client := range of {
		kinds := inC
		if client%2 == 0 {
			kinds = inGo
		}
		of[client] = make([]pool.Event, operations)
		for i := range of[client] {
			e := &of[client][i]
			e.Operation = kinds[random.IntN(len(kinds))]
			if random.IntN(60) == 0 {
				e.Operation = pool.Revoke
			}
			e.From, e.To = random.Uint64N(places), random.Uint64N(places)
		}
	}
	return of
}

var codes = map[error]int64{escrow.ErrStale: eStale, escrow.ErrKind: eKind, escrow.ErrMoved: eMoved,
	escrow.ErrLent: eLent, escrow.ErrShared: eShared, escrow.ErrTransit: eTransit, escrow.ErrRevoked: eRevoked}

func code(err error) int64 {
	if err == nil {
		return anyGood
	}
	for e, c := range codes {
		if errors.Is(err, e) {
			return c
		}
	}
	return -1000
}

// goClient does what pool.Client does, by the API of Go: guards and tickets hold the handles for the
// while of an operation.
type goClient struct {
	pool     *escrow.Pool
	borrowed *escrow.Scope
}

func (c *goClient) operate(e *pool.Event) {
	timed := func(f func() error) {
		e.Call = pool.Clock()
		err := f()
		e.End = pool.Clock()
		e.Status = code(err)
	}
	switch e.Operation {
	case pool.Return:
		scope := c.borrowed
		c.borrowed, e.Handle = nil, 0
		timed(scope.End)
		return
	case pool.Release:
		timed(func() error { return escrow.UnsafeRelease(e.Handle) })
		return
	case pool.MoveIn:
		if ticket, err := c.pool.UnsafeTicket(e.Handle); err == nil {
			var g escrow.Guard
			timed(func() (err error) { g, err = ticket.MoveIn(); return err })
			e.Made, _ = g.UnsafeDetach()
			_, _ = ticket.UnsafeDetach()
			return
		}
	case pool.Dup, pool.Borrow, pool.MoveOut, pool.Revoke:
		if g, err := c.pool.UnsafeAdopt(e.Handle); err == nil {
			switch e.Operation {
			case pool.Dup:
				var d escrow.Guard
				timed(func() (err error) { d, err = g.Dup(); return err })
				e.Made, _ = d.UnsafeDetach()
			case pool.Borrow:
				scope := escrow.NewScope()
				timed(func() error { _, err := scope.Lend(g); return err })
				if e.Status == anyGood {
					c.borrowed = scope
				} else {
					_ = scope.End()
				}
			case pool.MoveOut:
				var ticket escrow.Ticket
				timed(func() (err error) { ticket, err = g.MoveOut(); return err })
				e.Made, _ = ticket.UnsafeDetach()
			case pool.Revoke:
				timed(g.Revoke)
			}
			_, _ = g.UnsafeDetach()
			return
		}
	}
	e.Operation = pool.Read // also where no guard or ticket may hold the handle now
	timed(func() error { _, err := escrow.UnsafeView(e.Handle); return err })
}

func (c *goClient) run(shared []uint64, ready *uint64, events []pool.Event) {
	for atomic.AddUint64(ready, 1); atomic.LoadUint64(ready) < clients; {
		runtime.Gosched()
	}
	for i := range events {
		e := &events[i]
		e.Handle = atomic.LoadUint64(&shared[e.From])
		last := i+1 == len(events)
		if c.borrowed != nil && (e.Operation == pool.Borrow || last) {
			e.Operation = pool.Return
		} else if e.Operation == pool.Borrow && last {
			e.Operation = pool.Read
		}
		c.operate(e)
		if e.Made != 0 {
			atomic.StoreUint64(&shared[e.To], e.Made)
		}
	}
}

// run does the history of a number. Afterwards all that is left of the object is ended.
func run(t *testing.T, p *escrow.Pool, history int) (first uint64, of [clients][]pool.Event) {
	first, err := p.UnsafeAcquire(64)
	if err != nil {
		t.Fatal(err)
	}
	of = plan(history)
	shared := make([]uint64, places)
	for i := range shared {
		shared[i] = first
	}
	ready := new(uint64)
	var wait sync.WaitGroup
	for client, events := range of {
		wait.Go(func() {
			if client%2 == 0 {
				(&goClient{pool: p}).run(shared, ready, events)
			} else {
				pool.Client(shared, ready, clients, events)
			}
		})
	}
	wait.Wait()
	for _, events := range of {
		for _, e := range events {
			pool.End(e.Made)
		}
	}
	pool.End(first)
	return first, of
}

// history is what porcupine is to find an order of, and the model for it.
func history(t *testing.T, first uint64, of [clients][]pool.Event) ([]porcupine.Operation, porcupine.Model) {
	t.Helper()
	index := map[uint64]int{first: 0}
	maker := map[uint64]pool.Event{}
	for _, events := range of {
		for _, e := range events {
			if e.Made == 0 {
				continue
			}
			if _, again := index[e.Made]; again {
				t.Fatalf("handle %#x was given twice", e.Made)
			}
			index[e.Made], maker[e.Made] = len(index), e
		}
	}
	var own func(handle uint64) byte
	own = func(handle uint64) byte {
		switch e := maker[handle]; {
		case e.Made == 0:
			return object
		case e.Operation == pool.Dup:
			return duplicate
		case e.Operation == pool.Lend:
			return loan
		default:
			return own(e.Handle)
		}
	}
	var all []porcupine.Operation
	id := 0
	for client, events := range of {
		for _, e := range events {
			in := step{id: id, operation: e.Operation, made: -1, handle: -1, parent: -1, own: object, status: e.Status}
			if e.Handle != 0 {
				in.handle, in.own = index[e.Handle], own(e.Handle)
			}
			if e.Made != 0 {
				in.made = index[e.Made]
			}
			if e := maker[e.Handle]; e.Operation == pool.MoveOut || e.Operation == pool.MoveIn {
				in.parent = index[e.Handle]
			}
			n := steps(e.Operation, in.own)
			for ; in.number < n; in.number++ {
				in.last = in.number+1 == n
				all = append(all, porcupine.Operation{ClientId: client, Input: in, Call: e.Call, Return: e.End})
			}
			id++
		}
	}
	return all, model(len(index))
}

// overlaps counts the pairs of operations of which neither ended before the other began.
func overlaps(of [clients][]pool.Event) (n int) {
	for client, events := range of {
		for _, others := range of[:client] {
			for _, a := range events {
				for _, b := range others {
					if a.Call <= b.End && b.Call <= a.End {
						n++
					}
				}
			}
		}
	}
	return n
}

func open(t *testing.T) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(escrow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// every is what operations answer.
var every = []int64{ok, freed, deferred, anyGood, eStale, eKind, eMoved, eLent, eShared, eTransit, eRevoked}

func TestReferencesAreLinearizableAcrossGoAndCPlusPlus(t *testing.T) {
	wanted, limit := 2000, 8*time.Second
	if testing.Short() {
		wanted = 400
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), clients)))
	p := open(t)
	seed := int(time.Now().UnixNano() & (1<<40 - 1))
	answers := map[int64]int{}
	together, number := 0, 0
	// More where few operations met, or some had not every answer: on a busy machine that takes longer.
	few := func() bool {
		return together < number || slices.ContainsFunc(every, func(s int64) bool { return answers[s] == 0 })
	}
	for start := time.Now(); (number < wanted || few()) && time.Since(start) < limit; number++ {
		first, of := run(t, p, seed+number)
		together += overlaps(of)
		for _, events := range of {
			for _, e := range events {
				answers[e.Status]++
			}
		}
		all, model := history(t, first, of)
		switch porcupine.CheckOperationsTimeout(model, all, 10*time.Second) {
		case porcupine.Illegal:
			t.Fatalf("history %d has no order:\n%s", seed+number, text(all))
		case porcupine.Unknown:
			t.Errorf("history %d: no answer in time", seed+number)
		}
	}
	t.Logf("%d histories from %d on, in which %d pairs overlap; answers: %v", number, seed, together, answers)
	if together < number {
		t.Error("too little happened at once")
	}
	for _, s := range every {
		if answers[s] == 0 {
			t.Errorf("no operation answered %d", s)
		}
	}
}

// text is a history to be read.
func text(all []porcupine.Operation) (s string) {
	for _, o := range all {
		s += fmt.Sprintf("%d %d to %d %+v\n", o.ClientId, o.Call, o.Return, o.Input)
	}
	return s
}

// TestAnAnswerThatWasNotGivenIsFound has a success where there was a refusal, a refusal where there was a
// success, or a second taker of a ticket.
func TestAnAnswerThatWasNotGivenIsFound(t *testing.T) {
	const histories = 30
	p := open(t)
	falsify := map[string]func(e *pool.Event) bool{
		"stale released": func(e *pool.Event) bool {
			hit := e.Operation == pool.Release && e.Status == eStale
			if hit {
				e.Status = ok
			}
			return hit
		},
		"released stale": func(e *pool.Event) bool {
			hit := e.Operation == pool.Release && e.Status >= 0
			if hit {
				e.Status = eStale
			}
			return hit
		},
		"moved though lent": func(e *pool.Event) bool {
			hit := e.Operation == pool.MoveOut && e.Status == eLent
			if hit {
				e.Status = anyGood
			}
			return hit
		},
		"second taker": func(e *pool.Event) bool {
			hit := e.Operation == pool.MoveIn && e.Status == eStale
			if hit {
				e.Status = anyGood
			}
			return hit
		},
	}
	for name, falsify := range falsify {
		none, tried := 0, 0
		for number := 0; tried < histories && number < 100*histories; number++ {
			first, of := run(t, p, number)
			hit := false
			for _, events := range of {
				for i := range events {
					hit = hit || falsify(&events[i])
				}
			}
			if !hit {
				continue
			}
			tried++
			if all, model := history(t, first, of); !porcupine.CheckOperations(model, all) {
				none++
			}
		}
		t.Logf("%s: %d of %d histories have no order", name, none, tried)
		if tried < histories/4 || none < tried*9/10 {
			t.Errorf("%s: %d of %d histories have no order: the check finds too little", name, none, tried)
		}
	}
}
