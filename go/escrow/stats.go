package escrow

import (
	"runtime"
	"sync/atomic"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// process counts what belongs to no pool that is still there.
var process struct {
	leaked         atomic.Uint64
	forgottenPools atomic.Uint64
}

// Stats is what a pool holds. Exact while no call is under way; else each number was true at some
// instant during the call.
type Stats struct {
	Name   string
	TypeID uint32

	Live       uint64 // objects not yet freed
	Duplicates uint64 // references made by Dup
	Loans      uint64 // named loans, of C
	Borrows    uint64 // loans on the objects, of Use and named ones
	Tickets    uint64 // references in flight
	Pending    uint64 // freed objects whose destructor is owed or running
	Retired    uint64 // slots whose generations are used up

	BytesLive      uint64 // as asked for
	BytesCommitted uint64 // held from the system, in whole slots
	BytesPeak      uint64 // the highest BytesCommitted so far
	BytesLimit     uint64 // 0 = none
	Refills        uint64 // times the slow path looked for free slots

	Held      uint64    // guards and tickets of Go that have not ended
	HeldByAge HeldByAge // the same by the age of their blocks
	Blocks    uint64    // blocks of guards that the collector has not taken yet
	Leaked    uint64    // guards, tickets and scope loans that were forgotten and ended by a cleanup

	// Misuse counts the calls on this pool's objects that were refused, by error: on either side,
	// and also the benign ones, such as a Close that lost a race. Only errors that happened.
	Misuse map[error]uint64

	Pressure  Pressure  // of the whole process
	Crossings Crossings // of the whole process
}

// HeldByAge counts guards and tickets that have not ended by the age of their blocks in garbage
// collections: 0, 1, 2 to 7, 8 and more. Forgotten ones are released with their block; what stays in
// the last place is held on purpose or kept by another guard of its block.
type HeldByAge [4]uint64

func ageOf(collections uint64) int {
	switch {
	case collections < 2:
		return int(collections)
	case collections < 8:
		return 2
	}
	return 3
}

func (h *HeldByAge) total() int64 { return int64(h[0] + h[1] + h[2] + h[3]) }

// Crossings tells how Go enters C++.
type Crossings struct {
	Leaves bool   // hot operations are leaf calls now
	Reason string // why not, when they are not
	Slow   uint64 // leaf calls that found no room or lost every race, and were repeated by cgo
}

func readCrossings() Crossings {
	on, reason := facade.Leaves()
	return Crossings{on, reason, facade.Slow()}
}

// Stats counts what the pool holds. It works on a closed pool as long as references are out; after
// that it returns ErrClosed, and the counts that Go keeps (Held, Leaked, Pressure, Misuse).
//
// Cost: about 1 ns a slot.
func (p *Pool) Stats() (Stats, error) {
	if !p.valid() {
		return Stats{}, failed("read stats", cabi.Null)
	}
	var raw cabi.Stats
	s := p.poolStatus(cabi.PoolStats(p.id, &raw))
	out := statsFrom(&raw, []*core{p.core})
	runtime.KeepAlive(p)
	if s < 0 {
		return out, failed("read stats", s)
	}
	return out, nil
}

// statsFrom is what C counts of a pool and what Go does.
func statsFrom(raw *cabi.Stats, known []*core) Stats {
	out := Stats{
		Name:           raw.Name,
		TypeID:         raw.TypeID,
		Live:           raw.Live,
		Duplicates:     raw.Duplicates,
		Loans:          raw.Loans,
		Borrows:        raw.Borrows,
		Tickets:        raw.Tickets,
		Pending:        raw.Pending,
		Retired:        raw.Retired,
		BytesLive:      raw.BytesLive,
		BytesCommitted: raw.BytesCommitted,
		BytesPeak:      raw.BytesPeak,
		BytesLimit:     raw.BytesLimit,
		Refills:        raw.Refills,
		Misuse:         make(map[error]uint64),
		Pressure:       collect.read(),
		Crossings:      readCrossings(),
	}
	for _, c := range known {
		held, blocks := c.held()
		for i, n := range held {
			out.HeldByAge[i] += n
		}
		out.Blocks += blocks
		out.Leaked += c.leaked.Load()
	}
	out.Held = uint64(out.HeldByAge.total())
	for code := range raw.Misuse {
		n := raw.Misuse[code]
		for _, c := range known {
			n += c.misuse[code].Load()
		}
		if n > 0 && errorOf[code] != nil {
			out.Misuse[errorOf[code]] = n
		}
	}
	return out
}

// Class is what a pool holds in one size class.
type Class struct {
	SlotBytes uint64 // size of the class
	Slots     uint64 // slots set up
	Live      uint64 // slots in use
	BytesLive uint64 // as asked for
}

// Classes is Stats by size class, smallest first; classes never used are left out.
//
// Errors: ErrClosed, ErrNull. Cost: about 1 ns a slot.
func (p *Pool) Classes() ([]Class, error) {
	if !p.valid() {
		return nil, failed("read classes", cabi.Null)
	}
	raw := make([]cabi.Class, 64)
	for {
		n, s := cabi.PoolClasses(p.id, raw)
		if s = p.poolStatus(s); s < 0 {
			return nil, failed("read classes", s)
		}
		if n > len(raw) {
			raw = make([]cabi.Class, n)
			continue
		}
		out := make([]Class, n)
		for i := range out {
			out[i] = Class(raw[i])
		}
		runtime.KeepAlive(p)
		return out, nil
	}
}

// Totals counts over the life of the process and all its pools, those that are gone included.
type Totals struct {
	Leaked         uint64 // guards, tickets and scope loans ended by a cleanup
	ForgottenPools uint64 // pools closed by a cleanup
	Zombies        int    // closed pools that wait for their last reference
	Pressure       Pressure
	Crossings      Crossings
}

// ReadTotals reads the counts of the process. No call.
func ReadTotals() Totals {
	drain.mu.Lock()
	zombies := 0
	for c := range drain.zombies {
		if c.state.Load() != stateDestroyed {
			zombies++
		}
	}
	drain.mu.Unlock()
	return Totals{
		Leaked:         process.leaked.Load(),
		ForgottenPools: process.forgottenPools.Load(),
		Zombies:        zombies,
		Pressure:       collect.read(),
		Crossings:      readCrossings(),
	}
}
