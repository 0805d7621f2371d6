package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Handles without guards, for code that hands memory to C and C++ anyhow, and for measuring: nothing
// here knows of garbage collection. Each handle is released exactly once, by UnsafeRelease, by C, or
// by a guard that adopted it (Pool.UnsafeAdopt). Misuse is an error, as everywhere; what is forgotten
// stays until the process ends, and shows in Stats.Live.

// UnsafeAcquire acquires a zeroed object of n bytes and returns its handle, which the caller owns.
//
// Errors: as Acquire; no collection at the byte limit. Cost: one leaf call.
func (p *Pool) UnsafeAcquire(n int) (uint64, error) {
	if !p.valid() {
		return 0, p.refusedBytes(n, cabi.Null)
	}
	var handle uint64
	s := cabi.Busy
	if facade.On() {
		s = facade.LeafAcquireHandle(p.id, uint64(n), &handle)
	}
	if s == cabi.Busy {
		handle, s = facade.AcquireHandleSlowly(p.id, uint64(n))
	}
	if s < 0 {
		return 0, p.refusedBytes(n, p.poolStatus(s))
	}
	p.acquired(handle)
	runtime.KeepAlive(p)
	return handle, nil
}

// UnsafeAcquireN fills handles, 1 to 65,536 of them, with objects of n bytes each, all or none.
//
// Errors: as UnsafeAcquire. Cost: one leaf call for up to 64.
func (p *Pool) UnsafeAcquireN(n int, handles []uint64) error {
	if !p.valid() {
		return p.refusedBytes(n, cabi.Null)
	}
	if s := facade.AcquireN(p.id, uint64(n), handles); s < 0 {
		return p.refusedBytes(n, p.poolStatus(s))
	}
	for _, h := range handles {
		p.acquired(h)
	}
	runtime.KeepAlive(p)
	return nil
}

// UnsafeRelease ends the reference that a handle names; its object's destructor runs before it
// returns; inside a destructor it is owed, and the pool's next Drain or Close runs it.
//
// Errors: ErrNull, ErrRange, ErrStale, ErrMoved, ErrKind (a loan). Cost: one leaf call.
func UnsafeRelease(handle uint64) error {
	t := trace(OperationRelease, handle)
	s := cabi.Busy
	if facade.On() {
		s = facade.LeafRelease(handle)
	}
	if s == cabi.Busy {
		s = facade.ReleaseSlowly(handle)
	}
	t.done(s, 0)
	if s < 0 {
		return refusal("release", handle, s)
	}
	return nil
}

// UnsafeReleaseN ends the references of all handles and sets each to 0 that was ended; those refused
// stay.
//
// Errors: of the first that was refused, as UnsafeRelease. Cost: one leaf call for up to 64.
func UnsafeReleaseN(handles []uint64) error {
	if s := releaseN(handles); s < 0 {
		return refusal("release", firstOf(handles), s)
	}
	return nil
}

// firstOf is the first handle that is not 0; 0: there is none.
func firstOf(handles []uint64) uint64 {
	for _, h := range handles {
		if h != 0 {
			return h
		}
	}
	return 0
}

// UnsafeView is the memory of the object that a handle leads to, valid while a reference is held.
//
// Errors: ErrNull, ErrRange, ErrStale, ErrMoved, ErrTransit. No call for an object's first handle.
func UnsafeView(handle uint64) ([]byte, error) {
	var view cabi.View
	if s := facade.ViewAny(handle, &view); s < 0 {
		return nil, refusal("read", handle, s)
	}
	return view.Bytes(), nil
}

// UnsafeValid says whether a number is the handle of a live reference that is no ticket. No call for an
// object's first handle: the slot's word is read where it lies.
func UnsafeValid(handle uint64) bool { return facade.ValidAny(handle) }
