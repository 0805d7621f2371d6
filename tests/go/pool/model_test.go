package pool_test

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"

	"example.com/escrow/tests/go/pool"
)

// The model of one object and the references to it. An operation on the object's own handle is one
// step; one on a duplicate or loan takes a step in its own slot and one in the object's, and others may
// see it between the two (docs/ownership.md says in which order). So an operation is up to three steps
// in the history, each of which may take effect anywhere while the operation lasts, in their order.

// Statuses of the facade, as escrow.h numbers them.
const (
	ok       = 0
	deferred = 1
	freed    = 2
	already  = 3
	anyGood  = 100 // Go was told that there was no error

	eStale   = -4
	eKind    = -5
	eMoved   = -6
	eLent    = -7
	eShared  = -8
	eTransit = -9
	eRevoked = -10
)

// What a handle names; a byte of state.kinds.
const (
	nothing     = '-'
	object      = 'O'
	ticket      = 'T' // of the object
	duplicate   = 'D'
	inTransit   = 't' // a duplicate's ticket
	loan        = 'L'
	movedObject = 'M' // its ticket is the next handle
	movedOther  = 'm'
)

// state is comparable, as porcupine wants it.
type state struct {
	kinds       string // of each handle of the history
	root        int    // the handle that names the object
	refs, lends int
	revoked     bool
	under       string // operations under way, three bytes each: which, the next step, the root seen
}

// step is one step of an operation, which is the history's number `id`.
type step struct {
	id, number int
	last       bool
	operation  uint64
	handle     int // -1: of a borrow that Go returns, whose handle it does not know
	made       int // the handle that was made; -1: none
	parent     int // the handle before the move that made `handle`; -1: it was not moved
	own        byte
	status     int64
}

// steps is how many an operation has on a handle of a kind: object, duplicate or loan.
func steps(operation uint64, own byte) int {
	switch {
	case own == object:
		return 1
	case operation == pool.Validate, own == duplicate && (operation == pool.MoveOut || operation == pool.MoveIn):
		return 3
	case own == loan && operation == pool.GiveBack,
		own == duplicate && (operation <= pool.Lend || operation == pool.Borrow || operation == pool.Revoke):
		return 2
	}
	return 1
}

func (s *state) kind(handle int) byte { return s.kinds[handle] }

func (s *state) set(handle int, kind byte) {
	if handle >= 0 {
		s.kinds = s.kinds[:handle] + string(kind) + s.kinds[handle+1:]
	}
}

// named is what a handle is refused with before anything else.
func (s *state) named(handle int) int64 {
	switch s.kind(handle) {
	case nothing:
		return eStale
	case movedObject, movedOther:
		return eMoved
	}
	return ok
}

// usable is named for a handle that must be no ticket.
func (s *state) usable(handle int) int64 {
	if n := s.named(handle); n != ok {
		return n
	}
	if k := s.kind(handle); k == ticket || k == inTransit {
		return eTransit
	}
	return ok
}

// openToNew is whether the object that was seen as root takes new references.
func (s *state) openToNew(root int) int64 {
	switch {
	case root != s.root || s.refs == 0:
		return eStale
	case s.kind(root) == ticket:
		return eTransit
	case s.revoked:
		return eRevoked
	}
	return ok
}

// left is the status of an end, after which the object may be gone.
func (s *state) left(loans bool) int64 {
	switch {
	case s.refs > 0 || loans && s.lends > 0:
		return ok
	case s.lends > 0:
		return deferred
	}
	s.set(s.root, nothing)
	s.root = -1
	return freed
}

// end ends the handle's own slot.
func (s *state) end(in step) {
	s.set(in.handle, nothing)
	s.set(in.parent, nothing)
}

// take does a step. over: the operation has this status; else it goes on with the next step.
func (s *state) take(in step, seen int) (status int64, over bool, root int) {
	own, h := in.own, in.handle
	if own == loan && in.operation != pool.GiveBack && in.operation != pool.Validate && in.operation != pool.Read {
		if s.named(h) != ok {
			return eStale, true, 0
		}
		return eKind, true, 0
	}
	switch in.operation {
	case pool.Dup, pool.Lend, pool.Borrow, pool.Revoke:
		if in.number == 0 {
			if u := s.usable(h); u != ok {
				return u, true, 0
			}
			if own == duplicate {
				return ok, false, s.root
			}
			seen = h
		}
		if in.operation == pool.Revoke {
			switch {
			case seen != s.root:
				return eStale, true, 0
			case s.kind(seen) == ticket:
				return eTransit, true, 0
			case s.revoked:
				return already, true, 0
			}
			s.revoked = true
			return ok, true, 0
		}
		if o := s.openToNew(seen); o != ok {
			return o, true, 0
		}
		switch in.operation {
		case pool.Dup:
			s.refs++
			s.set(in.made, duplicate)
		case pool.Lend:
			s.lends++
			s.set(in.made, loan)
		default:
			s.lends++
		}
		return ok, true, 0
	case pool.Release:
		if in.number == 0 {
			if n := s.named(h); n != ok {
				return n, true, 0
			}
			if own == duplicate {
				s.end(in)
				return ok, false, 0
			}
			s.end(in)
		}
		s.refs--
		return s.left(false), true, 0
	case pool.GiveBack:
		if in.number == 0 {
			if n := s.named(h); n != ok {
				return n, true, 0
			}
			if own != loan {
				return eKind, true, 0
			}
			s.end(in)
			return ok, false, 0
		}
		s.lends--
		return s.left(true), true, 0
	case pool.Return:
		if h >= 0 && h != s.root || s.lends == 0 {
			return eStale, true, 0
		}
		s.lends--
		return s.left(true), true, 0
	case pool.MoveOut:
		if in.number == 1 {
			return eRevoked, s.revoked, 0
		}
		if u := s.usable(h); u != ok {
			return u, true, 0
		}
		if own == duplicate {
			if in.number == 0 {
				return ok, false, 0
			}
			s.set(h, movedOther)
			s.set(in.made, inTransit)
			return ok, true, 0
		}
		switch {
		case s.revoked:
			return eRevoked, true, 0
		case s.refs > 1:
			return eShared, true, 0
		case s.lends > 0:
			return eLent, true, 0
		}
		s.set(h, movedObject)
		s.set(in.made, ticket)
		s.root = in.made
		return ok, true, 0
	case pool.MoveIn:
		if in.number == 1 {
			return eRevoked, s.revoked, 0
		}
		if s.named(h) != ok {
			return eStale, true, 0
		}
		if k := s.kind(h); k != ticket && k != inTransit {
			return eKind, true, 0
		}
		if own == duplicate && in.number == 0 {
			return ok, false, 0
		}
		if own == object && s.revoked {
			return eRevoked, true, 0
		}
		s.end(in)
		if own == object {
			s.set(in.made, object)
			s.root = in.made
		} else {
			s.set(in.made, duplicate)
		}
		return ok, true, 0
	case pool.Validate:
		switch {
		case in.number == 1:
			if s.revoked {
				return ok, false, 1
			}
			return ok, false, 0
		case s.named(h) != ok:
			return s.named(h), true, 0
		case own != object && in.number == 0:
			return ok, false, 0
		case s.usable(h) == eTransit:
			return eTransit, true, 0
		case own == object && s.revoked, seen == 1:
			return eRevoked, true, 0
		}
		return ok, true, 0
	}
	return s.usable(h), true, 0 // a read
}

const done = 255

// apply is a step as porcupine takes it.
func (s state) apply(in step) (bool, state) {
	at := -1
	for i := 0; i < len(s.under); i += 3 {
		if int(s.under[i]) == in.id {
			at = i
		}
	}
	number, seen := 0, 0
	if at >= 0 {
		number, seen = int(s.under[at+1]), int(int8(s.under[at+2]))
	}
	if number != done {
		if number != in.number {
			return false, s
		}
		status, over, root := s.take(in, seen)
		switch {
		case over && status != in.status && !(in.status == anyGood && status >= 0), !over && in.last:
			return false, s
		case over:
			number = done
		default:
			number++
		}
		seen = root
	}
	entry := ""
	if !in.last {
		entry = string([]byte{byte(in.id), byte(number), byte(int8(seen))})
	}
	if at >= 0 {
		s.under = s.under[:at] + entry + s.under[at+3:]
	} else {
		// In the order of their numbers, so that equal states are equal.
		at = 0
		for at < len(s.under) && int(s.under[at]) < in.id {
			at += 3
		}
		s.under = s.under[:at] + entry + s.under[at:]
	}
	return true, s
}

// model is of an object with `handles` handles in all, the first of which is its own.
func model(handles int) porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			return state{kinds: string(object) + strings.Repeat(string(nothing), handles-1), refs: 1}
		},
		Step: func(now, in, _ any) (bool, any) {
			legal, next := now.(state).apply(in.(step))
			return legal, next
		},
		DescribeOperation: func(in, _ any) string { return fmt.Sprintf("%+v", in) },
	}
}
