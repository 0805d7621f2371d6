package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
)

// Ticket is one reference in flight: it is sent through a channel, or to C by UnsafeDetach, and taken
// in exactly once. Copies are the same ticket, and the zero value is valid.
//
// A ticket that becomes unreachable is released by its cleanup and counted in Stats.Leaked.
type Ticket struct{ e *entry }

// MoveIn takes the reference out of the ticket. The sender may do so too, to cancel. One of several
// takers wins; the others get ErrStale.
//
// Errors: ErrNull, ErrStale (taken in, closed, or reclaimed by CloseReclaimTickets), ErrMoved
// (detached), ErrRevoked (its pool is closed; Close it).
func (t Ticket) MoveIn() (Guard, error) {
	const operation = "move in"
	if t.e == nil {
		return Guard{}, failed(operation, cabi.Null)
	}
	var handle uint64
	var size = t.e.size
	err := t.e.call(operation, func(h uint64) (s cabi.Status) {
		t.e.moving.Store(true)
		if handle, s = cabi.MoveIn(h); s < 0 || size != 0 {
			return s
		}
		var view cabi.View
		view, s = cabi.Read(handle) // a ticket from C: its size is known only now
		size = int64(view.Size)
		return s
	})
	if err != nil {
		return Guard{}, err
	}
	g := Guard{newEntry(t.e.pool, handle, size)}
	if t.e.claim(tombReleased) != 0 {
		t.e.core.ended(t.e.size, cabi.OK, true)
	}
	return g, nil
}

// Close releases the reference in the ticket, if nobody took it in. Idempotent, as Guard.Close, and
// nil also for a ticket that its closing pool reclaimed.
func (t Ticket) Close() error {
	if t.e == nil {
		return nil
	}
	t.e.moving.Store(true) // being stale is no fault of a ticket
	err := t.e.close("close ticket")
	runtime.KeepAlive(t.e)
	return err
}

// UnsafeDetach gives the ticket to C, which must take it in or release it. All copies then answer
// ErrMoved.
//
// Errors: ErrNull, ErrStale, ErrMoved. No call.
func (t Ticket) UnsafeDetach() (uint64, error) { return t.e.detach("detach ticket") }
