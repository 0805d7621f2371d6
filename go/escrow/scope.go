package escrow

import (
	"errors"
	"runtime"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// Scope holds what one request or one call needs: End gives back the memory that Lend borrowed, and
// closes the guards that Acquire made or Own took over, together.
//
//	scope := escrow.NewScope()
//	defer scope.End()
//	key, err := scope.Lend(keyGuard)
//	buffer, err := scope.Acquire(pool, 4096)
//
// A scope that becomes unreachable without End gives back too, and counts as leaked; its guards are
// then forgotten ones.
type Scope struct{ held *holding }

// holding is what the scope's cleanup ends; it does not reach the scope.
type holding struct {
	mu    sync.Mutex
	loans []*loan
	owned []Guard
	ended bool
}

// NewScope begins a scope. Two small allocations and a cleanup; no call.
func NewScope() *Scope {
	s := &Scope{&holding{}}
	runtime.AddCleanup(s, func(h *holding) {
		loans, _ := h.end()
		for _, l := range loans {
			l.b.core.leaked.Add(1)
			process.leaked.Add(1)
			l.giveBack()
		}
	}, s.held)
	return s
}

// Lend lends the guard's memory until End. The slice is valid until then, even if the guard is
// closed meanwhile.
//
// Errors: ErrScope after End; else as Guard.Use. Cost: one call and one small allocation.
func (s *Scope) Lend(g Guard) ([]byte, error) {
	if s == nil || s.held == nil {
		return nil, refusal("lend in scope", 0, cabi.Null)
	}
	h := s.held
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil, refusal("lend in scope", 0, cabi.Scope)
	}
	l := new(loan)
	if err := l.take(g.ref, "lend in scope", cabi.Busy); err != nil {
		return nil, err
	}
	h.loans = append(h.loans, l)
	runtime.KeepAlive(s)
	return l.bytes, nil
}

// Acquire acquires a zeroed object that End closes. Errors: ErrScope after End; else as Pool.Acquire.
func (s *Scope) Acquire(p *Pool, n int) (Guard, error) {
	g, err := p.Acquire(n)
	if err != nil {
		return Guard{}, err
	}
	if err := s.own(g, "acquire in scope"); err != nil {
		return Guard{}, errors.Join(err, g.Close())
	}
	return g, nil
}

// Own takes a guard over: End closes it. Closing it before, or moving it, is no mistake.
//
// Errors: ErrScope after End, ErrNull; the guard is then still the caller's.
func (s *Scope) Own(g Guard) error { return s.own(g, "own in scope") }

func (s *Scope) own(g Guard, operation string) error {
	if s == nil || s.held == nil {
		return refusal(operation, 0, cabi.Null)
	}
	h := s.held
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return refusal(operation, 0, cabi.Scope)
	}
	h.owned = append(h.owned, g)
	runtime.KeepAlive(s)
	return nil
}

// End gives back everything lent in the scope and closes its guards, in one crossing for up to 64. A
// second End returns ErrScope and does nothing.
//
// Errors: ErrScope, ErrNull; those of Guard.Close, joined.
func (s *Scope) End() error {
	if s == nil || s.held == nil {
		return refusal("end scope", 0, cabi.Null)
	}
	h := s.held
	h.mu.Lock()
	again := h.ended
	h.mu.Unlock()
	if again {
		return refusal("end scope", 0, cabi.Scope)
	}
	loans, owned := h.end()
	for _, l := range loans {
		l.giveBack()
	}
	err := ReleaseN(owned)
	runtime.KeepAlive(s)
	return err
}

// end ends the holding and returns what is to be given back; nothing to all but the first caller.
func (h *holding) end() ([]*loan, []Guard) {
	h.mu.Lock()
	defer h.mu.Unlock()
	loans, owned := h.loans, h.owned
	h.loans, h.owned, h.ended = nil, nil, true
	return loans, owned
}
