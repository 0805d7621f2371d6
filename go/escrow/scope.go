package escrow

import (
	"runtime"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// Scope holds the memory of several objects for the length of a call: each Lend borrows one, and End
// gives all of them back.
//
//	scope := escrow.NewScope()
//	defer scope.End()
//	key, err := scope.Lend(keyGuard)
//	value, err := scope.Lend(valueGuard)
//
// A scope that becomes unreachable without End gives back too, and counts as leaked.
type Scope struct{ held *holding }

// holding is what the scope's cleanup ends; it does not reach the scope.
type holding struct {
	mu    sync.Mutex
	loans []*loan
	ended bool
}

// NewScope begins a scope. Two small allocations and a cleanup; no call.
func NewScope() *Scope {
	s := &Scope{&holding{}}
	runtime.AddCleanup(s, func(h *holding) {
		for _, l := range h.end() {
			l.e.core.leaked.Add(1)
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
		return nil, failed("lend in scope", cabi.Null)
	}
	h := s.held
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil, failed("lend in scope", cabi.Scope)
	}
	l := new(loan)
	if err := l.take(g.e, "lend in scope"); err != nil {
		return nil, err
	}
	h.loans = append(h.loans, l)
	runtime.KeepAlive(s)
	return l.bytes, nil
}

// End gives back everything lent in the scope. A second End returns ErrScope and does nothing.
func (s *Scope) End() error {
	if s == nil || s.held == nil {
		return failed("end scope", cabi.Null)
	}
	h := s.held
	h.mu.Lock()
	again := h.ended
	h.mu.Unlock()
	if again {
		return failed("end scope", cabi.Scope)
	}
	for _, l := range h.end() {
		l.giveBack()
	}
	runtime.KeepAlive(s)
	return nil
}

// end ends the holding and returns the loans to give back; none to all but the first caller.
func (h *holding) end() []*loan {
	h.mu.Lock()
	defer h.mu.Unlock()
	loans := h.loans
	h.loans, h.ended = nil, true
	return loans
}
