package escrow

import (
	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Ticket is one reference in flight: it is sent through a channel, or to C by UnsafeDetach, and taken
// in exactly once. Copies are the same ticket, and the zero value is valid.
//
// A ticket that becomes unreachable is released by its cleanup and counted in Stats.Leaked.
type Ticket struct{ ref }

// MoveIn takes the reference out of the ticket. The sender may do so too, to cancel. One of several
// takers wins; the others get ErrStale.
//
// Errors: ErrNull, ErrStale (taken in, closed, or reclaimed by CloseReclaimTickets), ErrMoved
// (detached), ErrRevoked (its pool is closed; Close it).
func (t Ticket) MoveIn() (Guard, error) {
	const operation = "move in"
	var handle uint64
	size := t.size()
	err := t.call(operation, func(h uint64) cabi.Status {
		t.entry().moving.Store(true)
		traced := trace(OperationMoveIn, h)
		s := facade.MoveIn(h, &handle)
		traced.done(s, handle)
		if s < 0 || size != 0 {
			return s
		}
		var view cabi.View
		s = facade.Read(handle, &view) // a ticket from C: its size is known only now
		size = int64(view.Size)
		return s
	})
	if err != nil {
		return Guard{}, err
	}
	g := Guard{t.b.pool.enter(handle, size)}
	if t.claim(tombReleased) {
		t.b.ended(t.entry(), cabi.OK, true)
	}
	return g, nil
}

// Close releases the reference in the ticket, if nobody took it in. Idempotent, as Guard.Close, and
// nil also for a ticket that its closing pool reclaimed.
func (t Ticket) Close() error {
	if s := t.end(); s < 0 && s != cabi.Stale { // being stale is no fault of a ticket
		return t.b.core.refusal("close ticket", s)
	}
	return nil
}

// UnsafeDetach gives the ticket to C, which must take it in or release it. All copies then answer
// ErrMoved.
//
// Errors: ErrNull, ErrStale, ErrMoved. No call.
func (t Ticket) UnsafeDetach() (uint64, error) { return t.detach("detach ticket") }
