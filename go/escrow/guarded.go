package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
)

// SetGuarded has one object in rate lie at the end of pages of its own, from now on: C code, or an unsafe
// pointer, that touches what is behind it, or touches it after its release, ends in a fault at that very
// instruction. 1 is all, 0 none; in production 10,000 and more. Objects above 64 KiB are never guarded, and
// 1,024 places serve the whole process.
//
// Errors: ErrOption, ErrClosed, ErrNoMemory, ErrNull, ErrUnsupported (objects are blocks of malloc). Cost:
// of a guarded object some microseconds and a page; of the others, from a rate of 64 on, nothing that can
// be measured.
func (p *Pool) SetGuarded(rate int) error {
	return p.setRate("set guarded", rate, cabi.SetGuarded)
}

// Guarded is what a pool guards.
type Guarded struct {
	Rate    int    // one object in so many; 0: none
	Guarded uint64 // objects that were, since the pool was opened
	Missed  uint64 // that should have been: all places were taken, or no memory
}

// ReadGuarded reads what the pool guards. Errors: ErrClosed (all memory is given back), ErrNull.
func (p *Pool) ReadGuarded() (Guarded, error) {
	const operation = "read guarded"
	if !p.valid() {
		return Guarded{}, failed(operation, cabi.Null)
	}
	g, s := cabi.ReadGuarded(p.id)
	runtime.KeepAlive(p)
	if s = p.poolStatus(s); s < 0 {
		return Guarded{}, failed(operation, s)
	}
	return Guarded{int(g.Rate), g.Guarded, g.Missed}, nil
}

// ReportFaults has a fault at an address of a pool's memory explained on standard error, whose object it is
// or was and where that was acquired, before it is handled as it would be without: by Go's panic, or
// its traceback. Once a process. Errors: ErrUnsupported.
func ReportFaults() error {
	if s := cabi.ReportFaults(); s < 0 {
		return failed("report faults", s)
	}
	return nil
}
