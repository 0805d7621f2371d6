package escrow

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"example.com/escrow/go/internal/cabi"
)

// MisuseSite is a place in the program that made calls which were refused, all alike.
type MisuseSite struct {
	Site      uint32
	Stack     []Frame
	Pool      uint64 // UnsafeID of the pool that they were about; 0: of none that is known
	Operation string
	Err       error // as errors.Is knows it
	Count     uint64
	Last      time.Duration // since the last of them
}

// MisuseSites lists refused calls of Go, C and C++ by the place that made them, most calls first. They are
// recorded once the ledger of any pool has been on (Pool.SetLedger), or a pool traced: those whose error is
// a mistake of the caller, and not a state of the world such as ErrFull or ErrNoMemory. Closing twice is no
// mistake where the documentation calls it none. At most 1,024 kinds are kept.
//
// Cost: some microseconds, and some a site.
func MisuseSites() []MisuseSite {
	now := cabi.LedgerNow()
	raw := new([cabi.MisuseMostSites]cabi.MisuseSite)
	n, _ := cabi.MisuseList(raw)
	all := make([]MisuseSite, n)
	for i := range all {
		r := &raw[i]
		all[i] = MisuseSite{
			Site:      r.Site,
			Stack:     SiteStack(r.Site),
			Pool:      r.Pool,
			Operation: operationName(r.Operation),
			Err:       sentinel(r.Status),
			Count:     r.Count,
			Last:      time.Duration(max(now, r.Last) - r.Last),
		}
	}
	slices.SortStableFunc(all, func(a, b MisuseSite) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Last, b.Last), cmp.Compare(a.Site, b.Site))
	})
	return all
}

// operations are the names of Go's operations by number: C keeps the numbers, from OthersFrom on.
var operations interned

func operationName(n uint32) string {
	if n >= cabi.OthersFrom {
		return operations.name(n - cabi.OthersFrom)
	}
	return cabi.OperationText(n)
}

// misuseSwitch is the word in C that is not 0 once refused calls are recorded.
var misuseSwitch = cabi.MisuseSwitch()

// mistakes has a bit for each code that is a mistake of the caller: misuse::is_mistake of C++.
const mistakes uint64 = 1<<-cabi.Null | 1<<-cabi.Range | 1<<-cabi.Foreign | 1<<-cabi.Stale | 1<<-cabi.Kind |
	1<<-cabi.Moved | 1<<-cabi.Lent | 1<<-cabi.Shared | 1<<-cabi.Transit | 1<<-cabi.Revoked | 1<<-cabi.Closed |
	1<<-cabi.Scope | 1<<-cabi.Size | 1<<-cabi.Option | 1<<-cabi.Version | 1<<-cabi.Layouts

// misused records a refused operation: of a pool, or, where that is 0, on a handle.
func misused(pool, handle uint64, operation string, s cabi.Status) {
	if s < 0 && s > -64 && mistakes>>uint(-s)&1 != 0 && atomic.LoadUint64(misuseSwitch) != 0 {
		noteMisuse(pool, handle, operation, s)
	}
}

//go:noinline
func noteMisuse(pool, handle uint64, operation string, s cabi.Status) {
	var pcs [cabi.LedgerMostFrames]uint64
	n := callers(&pcs)
	cabi.MisuseNote(pool, handle, cabi.OthersFrom+operations.number(operation), s, pcs[:n])
}

// refusal makes the error of an operation that C refused, on a handle or on none.
func refusal(operation string, handle uint64, s cabi.Status) error {
	misused(0, handle, operation, s)
	return failed(operation, s)
}

// refusal makes the error of an operation on the pool or one of its references that C refused.
func (c *core) refusal(operation string, s cabi.Status) error {
	misused(c.id, 0, operation, s)
	return failed(operation, s)
}
