package escrow

import (
	"cmp"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/escrow/go/internal/cabi"
)

// LedgerOptions says what a pool's ledger notes of acquisitions: who made them, and when.
type LedgerOptions struct {
	// Rate: one acquisition in so many is noted, 1 all of them, 0 none from now on. At most 2^31.
	Rate int
	// NativeFrames follows the callers of C and C++ functions by frame pointers, which is right where all
	// native code of the process is compiled with -fno-omit-frame-pointer and runs on no stacks of
	// its own making. Otherwise one native frame is kept, which is always right. Go's frames do not
	// depend on it.
	NativeFrames bool
}

// SetLedger changes what is noted, at any time. What was noted stays until its reference ends, whatever
// the level: LiveNotes and LiveSites show it. Acquisitions of C and C++ from the pool are noted as those of
// Go.
//
// Errors: ErrOption, ErrClosed, ErrNoMemory, ErrNull. Cost: of the call, about 10 ns a slot when it is
// first switched on; of an acquisition that is noted, a microsecond; of one that is not, next to nothing.
func (p *Pool) SetLedger(o LedgerOptions) error {
	return p.setRate("set ledger", o.Rate, func(id uint64, rate uint32) cabi.Status {
		return cabi.SetLedger(id, rate, o.NativeFrames)
	})
}

// Ledger is what the pool's ledger does.
type Ledger struct {
	LedgerOptions
	Missed uint64 // acquisitions of C++ that should have been noted and were not, for want of memory
	Lost   uint64 // of the process: notes whose stack found no place among 4,096
}

// ReadLedger reads what the pool's ledger does. Errors: ErrClosed (all memory is given back), ErrNull.
func (p *Pool) ReadLedger() (Ledger, error) {
	const operation = "read ledger"
	if !p.valid() {
		return Ledger{}, refusal(operation, 0, cabi.Null)
	}
	l, s := cabi.ReadLedger(p.id)
	runtime.KeepAlive(p)
	if s = p.poolStatus(s); s < 0 {
		return Ledger{}, failed(operation, s)
	}
	return Ledger{LedgerOptions{int(l.Rate), l.Frames}, l.Missed, l.Lost}, nil
}

// Labeled is the same pool; what is acquired through it is noted under a label: the name of a task, a
// tenant, a kind of request. Closing either closes the pool.
//
// Labels are kept for the life of the process, so there should be few; beyond 65,535 they are all
// called "(others)".
func (p *Pool) Labeled(label string) *Pool {
	if !p.valid() {
		return p
	}
	whole := p
	if p.whole != nil {
		whole = p.whole
	}
	return &Pool{
		core: p.core, stripes: p.stripes, name: p.name, fixed: p.fixed, shared: p.shared, of: p.of,
		layout: p.layout, label: labels.number(label), whole: whole,
	}
}

// labels are the names of numbers: C keeps the numbers.
var labels interned

type interned struct {
	mu    sync.Mutex
	names []string // by number; 0 is no label
	of    map[string]uint32
}

const (
	mostLabels  = 65535
	otherLabels = "(others)"
)

func (i *interned) number(name string) uint32 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if name == "" {
		return 0
	}
	if i.of == nil {
		i.of, i.names = map[string]uint32{otherLabels: 1}, []string{"", otherLabels}
	}
	n, ok := i.of[name]
	if !ok {
		if len(i.names) > mostLabels {
			return 1
		}
		n = uint32(len(i.names))
		name = strings.Clone(name)
		i.of[name] = n
		i.names = append(i.names, name)
	}
	return n
}

// name is that of a number; C and C++ may have noted one that is none of Go's.
func (i *interned) name(n uint32) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if int(n) < len(i.names) {
		return i.names[n]
	}
	return ""
}

// unwatched are the limits of what is neither noted nor traced.
var unwatched uint64

// limitsOf is where the pool's limits lie, the larger one and both, of the ledger below and of traces above:
// in its control block, which is never given back. Go reads them there, so that whoever sets them sets them
// for both languages.
func limitsOf(id uint64) (watched, limits *uint64) {
	if watched, limits, s := cabi.WatchLimits(id); s == cabi.OK {
		return watched, limits
	}
	return &unwatched, &unwatched
}

// mixture is ledger::mixture of C++, which decides the same of a handle.
func mixture(handle uint64) uint64 { return handle * 0x6DFA662652B42465 }

// picks says whether a handle is noted, or traced, under its limit of 2^31.
func picks(limit uint32, handle uint64) bool { return uint32(mixture(handle)>>33) < limit }

// acquired is called with every object that Go acquired.
func (p *Pool) acquired(handle uint64) {
	if watched := atomic.LoadUint64(p.watched); watched != 0 && mixture(handle) <= watched {
		p.watch(handle)
	}
}

// watch notes and traces an object as the limits have it.
//
//go:noinline
func (p *Pool) watch(handle uint64) {
	limits := atomic.LoadUint64(p.limits)
	if picks(uint32(limits), handle) {
		p.note(handle)
	}
	if picks(uint32(limits>>32), handle) {
		traceBegin(handle)
	}
}

// noted is called with every other reference that Go made.
func (p *Pool) noted(handle uint64) {
	if picks(uint32(atomic.LoadUint64(p.limits)), handle) {
		p.note(handle)
	}
}

// note notes the calling goroutine's stack for a handle that the caller owns. What C++ may have noted
// for it, the frame of a cgo call, is replaced.
//
//go:noinline
func (p *Pool) note(handle uint64) {
	var pcs [cabi.LedgerMostFrames]uint64
	n := callers(&pcs)
	cabi.LedgerNote(handle, pcs[:n], p.label) // refused: then it is not noted
	nameSite(handle)
}

// Holder says who holds a noted reference.
type Holder uint32

// The holders of references, as the ledger knows them. What a Reference's Kind says goes before.
const (
	HolderOwner Holder = iota
	HolderMap
	HolderCell
)

// String is the holder in lower case.
func (h Holder) String() string {
	switch h {
	case HolderMap:
		return "map"
	case HolderCell:
		return "cell"
	}
	return "owner"
}

// Note is a live reference that the ledger has noted.
type Note struct {
	ID     uint64 // names the slot; not a handle that may be used
	Root   uint64 // the ID of the object it refers to; its own for an object
	Pool   uint64 // UnsafeID of its pool
	Size   int    // of the object, as asked for; 0 for duplicates and loans
	Kind   Kind
	Holder Holder
	TypeID uint32
	Age    time.Duration // since it was acquired
	Label  string        // of Labeled
	Weight int           // acquisitions that it stands for: the ledger's rate of that time
	Site   uint32        // for SiteStack; the same number for the same stack
}

// LiveNotes lists the live references of all pools that ledgers have noted. It is safe while everything runs:
// a reference that is made, moved or ended meanwhile may be missed.
//
// Cost: one call for 256 notes, about 2 ns a slot of all pools.
func LiveNotes() iter.Seq[Note] { return notes(0) }

// LiveNotes lists the pool's live references that its ledger has noted, as the function LiveNotes.
func (p *Pool) LiveNotes() iter.Seq[Note] {
	if !p.valid() {
		return func(func(Note) bool) {}
	}
	return notes(p.id)
}

func notes(pool uint64) iter.Seq[Note] {
	return func(yield func(Note) bool) {
		now := cabi.LedgerNow()
		var cursor uint64
		page := new([256]cabi.LedgerEntry)
		for {
			n, s := cabi.LedgerList(pool, &cursor, page)
			if s < 0 {
				return
			}
			for i := range page[:n] {
				e := &page[i]
				if !yield(Note{
					ID:     e.Handle,
					Root:   e.Root,
					Pool:   e.Pool,
					Size:   int(e.Size),
					Kind:   Kind(e.Kind),
					Holder: Holder(e.Holder),
					TypeID: e.TypeID,
					Age:    time.Duration(max(now, e.When) - e.When),
					Label:  labels.name(e.Label),
					Weight: int(e.Weight),
					Site:   e.Site,
				}) {
					return
				}
			}
			if cursor == 0 {
				return
			}
		}
	}
}

// LiveSite is a place in the program and what of its acquisitions is live.
type LiveSite struct {
	Site   uint32
	Stack  []Frame
	Noted  int           // live references that were noted
	Live   int           // how many there are, from the rates of the notes
	Bytes  int64         // of their objects, from the same
	Oldest time.Duration // age of the oldest that was noted
}

// LiveSites adds LiveNotes up by site, most bytes first.
func LiveSites() []LiveSite { return sites(LiveNotes()) }

// LiveSites adds the pool's LiveNotes up by site, most bytes first.
func (p *Pool) LiveSites() []LiveSite { return sites(p.LiveNotes()) }

func sites(notes iter.Seq[Note]) []LiveSite {
	at := make(map[uint32]int)
	var all []LiveSite
	for n := range notes {
		i, ok := at[n.Site]
		if !ok {
			i = len(all)
			at[n.Site] = i
			all = append(all, LiveSite{Site: n.Site, Stack: SiteStack(n.Site)})
		}
		s := &all[i]
		s.Noted++
		s.Live += n.Weight
		s.Bytes += int64(n.Size) * int64(n.Weight)
		s.Oldest = max(s.Oldest, n.Age)
	}
	slices.SortStableFunc(all, func(a, b LiveSite) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Live, a.Live), cmp.Compare(a.Site, b.Site))
	})
	return all
}
