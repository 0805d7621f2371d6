package escrow

import (
	"errors"
	"fmt"

	"example.com/escrow/go/internal/cabi"
)

// The errors of this package. Each comes wrapped once with the operation, as in
// "escrow: acquire 4096 bytes: pool full"; match with errors.Is.
var (
	// ErrNull: the pool, guard or ticket is the zero value, or a handle is 0.
	ErrNull = errors.New("null handle")
	// ErrRange: the number was never a handle of this process.
	ErrRange = errors.New("not a handle of this process")
	// ErrForeign: the handle belongs to another pool.
	ErrForeign = errors.New("handle of another pool")
	// ErrStale: the reference was closed, or the ticket taken in, before.
	ErrStale = errors.New("reference already ended")
	// ErrKind: a wrong kind or type for this operation.
	ErrKind = errors.New("wrong kind or type")
	// ErrMoved: the reference was moved out or detached; its new holder has it.
	ErrMoved = errors.New("reference moved out")
	// ErrLent: the object is lent; repeat after Use has returned.
	ErrLent = errors.New("object is lent")
	// ErrShared: the object has duplicates; move a duplicate, or close them first.
	ErrShared = errors.New("object has duplicates")
	// ErrTransit: the handle is a ticket; take it in first.
	ErrTransit = errors.New("reference is in a ticket")
	// ErrRevoked: the object was revoked or its pool is closed; only Close is left.
	ErrRevoked = errors.New("object revoked")
	// ErrClosed: the pool is closed.
	ErrClosed = errors.New("pool closed")
	// ErrLimit: 65,535 loans or references of one object are out.
	ErrLimit = errors.New("count at its limit")
	// ErrScope: the scope has ended.
	ErrScope = errors.New("scope ended")
	// ErrLeak: references are still out.
	ErrLeak = errors.New("references still out")
	// ErrNoMemory: the system has no memory for this.
	ErrNoMemory = errors.New("no memory")
	// ErrExhausted: no slot, generation or pool number is left.
	ErrExhausted = errors.New("slots exhausted")
	// ErrFull: the pool is at its byte limit.
	ErrFull = errors.New("pool full")
	// ErrBusy: called from inside a destructor, where it would wait for itself.
	ErrBusy = errors.New("busy")
	// ErrSize: the size is zero, negative, or above what the pool holds.
	ErrSize = errors.New("size out of range")
	// ErrOption: an option is out of its range.
	ErrOption = errors.New("option out of range")
	// ErrVersion: Go code and C facade were built from different headers.
	ErrVersion = errors.New("header and library differ")
	// ErrUnsupported: this platform has no facade.
	ErrUnsupported = errors.New("unsupported platform")
	// ErrAbsent: the map has no such key. Methods of maps answer false instead.
	ErrAbsent = errors.New("no such key")
	// ErrDiffers: the key has another value than expected. Methods of maps answer false instead.
	ErrDiffers = errors.New("another value than expected")
	// ErrRefused: the content was examined, and is not wanted.
	ErrRefused = errors.New("content refused")
	// ErrTimeout: the time was up first, and nothing happened.
	ErrTimeout = errors.New("time is up")
	// ErrNoCgo: this binary was built with CGO_ENABLED=0.
	ErrNoCgo = errors.New("built without cgo")
)

// errorOf holds the sentinel of each code, [-code].
var errorOf = [cabi.ErrorCount + 1]error{
	-cabi.Null: ErrNull, -cabi.Range: ErrRange, -cabi.Foreign: ErrForeign, -cabi.Stale: ErrStale,
	-cabi.Kind: ErrKind, -cabi.Moved: ErrMoved, -cabi.Lent: ErrLent, -cabi.Shared: ErrShared,
	-cabi.Transit: ErrTransit, -cabi.Revoked: ErrRevoked, -cabi.Closed: ErrClosed,
	-cabi.Limit: ErrLimit, -cabi.Scope: ErrScope, -cabi.Leak: ErrLeak, -cabi.NoMemory: ErrNoMemory,
	-cabi.Exhausted: ErrExhausted, -cabi.Full: ErrFull, -cabi.Busy: ErrBusy, -cabi.Size: ErrSize,
	-cabi.Option: ErrOption, -cabi.Version: ErrVersion, -cabi.Unsupported: ErrUnsupported,
	-cabi.Absent: ErrAbsent, -cabi.Differs: ErrDiffers, -cabi.Refused: ErrRefused,
	-cabi.Timeout: ErrTimeout,
}

// sentinel is the error of a code below zero.
func sentinel(s cabi.Status) error {
	if s == cabi.NoCgo {
		return ErrNoCgo
	}
	if s < 0 && int(-s) < len(errorOf) {
		return errorOf[-s]
	}
	return fmt.Errorf("unknown status %d", s)
}

// failed wraps the error of a code once with the operation.
func failed(operation string, s cabi.Status) error {
	return fmt.Errorf("escrow: %s: %w", operation, sentinel(s))
}

// failedBytes is failed for an operation on a number of bytes.
func failedBytes(verb string, n int, s cabi.Status) error {
	return fmt.Errorf("escrow: %s %d bytes: %w", verb, n, sentinel(s))
}
