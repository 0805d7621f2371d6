package escrow

import (
	"bytes"
	"iter"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// TraceOptions says which of a pool's objects are traced.
type TraceOptions struct {
	// Rate: one object in so many, chosen when it is acquired; 1 all, 0 none, which ends the traces of those
	// that were chosen before, too. At most 2^31.
	Rate int
}

// SetTrace changes which objects are traced, at any time. Every operation on a traced object, of Go, C and
// C++, on its duplicates, loans and tickets, refused ones included, is an event that Trace and TraceEvents
// show. The last 8,192 events of the process are kept. Operations of maps and cells are no events.
//
// Errors: ErrOption, ErrClosed, ErrNoMemory, ErrNull. Cost: of the call, about 10 ns a slot when it is
// first switched on; of an operation on a traced object, some microseconds; while any pool is traced, of
// one on another object, some ten nanoseconds; else nothing.
func (p *Pool) SetTrace(o TraceOptions) error {
	return p.setRate("set trace", o.Rate, cabi.SetTrace)
}

// Operation is what was done to a traced object.
type Operation uint32

// The operations on references.
const (
	OperationAcquire  Operation = 1 + iota
	OperationDup                // Peer: the duplicate
	OperationLend               // of C, under a handle of its own. Peer: the loan
	OperationGiveBack           // of such a loan
	OperationBorrow             // without a handle: Use, Lent, a scope's Lend
	OperationReturn             // of such a loan; ID is the object
	OperationMoveOut            // Peer: the ticket
	OperationMoveIn             // Peer: the reference that it became
	OperationRelease
	OperationRevoke
	OperationDestroy // its destructor begins; the site is that function
)

// String is the operation in words: "acquire", "give back".
func (o Operation) String() string {
	if text := operationTexts[min(o, Operation(len(operationTexts)-1))]; text != "" {
		return text
	}
	return "operation " + strconv.FormatUint(uint64(o), 10)
}

var operationTexts = [...]string{
	OperationAcquire: "acquire", OperationDup: "dup", OperationLend: "lend", OperationGiveBack: "give back",
	OperationBorrow: "borrow", OperationReturn: "return", OperationMoveOut: "move out",
	OperationMoveIn: "move in", OperationRelease: "release", OperationRevoke: "revoke",
	OperationDestroy: "destroy", OperationDestroy + 1: "",
}

// Event is one operation on a traced object.
type Event struct {
	Sequence  uint64        // from 1, in the order in which events were entered
	When      time.Duration // CLOCK_MONOTONIC
	ID        uint64        // what the operation was asked of; not a handle that may be used
	Root      uint64        // the object: the ID under which it was acquired, also after moves
	Peer      uint64        // the ID of the reference, ticket or loan that came of it; 0: none
	Pool      uint64        // UnsafeID of the object's pool
	Operation Operation
	Err       error  // why it was refused; nil: it took effect
	Freed     bool   // it ended the object, or left no more than its destructor
	Thread    int    // the system's number of the thread
	Goroutine uint64 // its number; 0 in C and C++
	Site      uint32 // for SiteStack
}

// Trace is what is kept of one object, by the Root of its events, oldest first. See TraceEvents.
func Trace(root uint64) []Event {
	if root == 0 {
		return nil
	}
	var all []Event
	for e := range events(root) {
		all = append(all, e)
	}
	return all
}

// TraceEvents lists the events that are kept, oldest first. It is safe while everything runs: events that are
// entered or overwritten meanwhile may be missed.
//
// Cost: one call for 64 events, and about 10 ns an event.
func TraceEvents() iter.Seq[Event] { return events(0) }

func events(root uint64) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		var cursor uint64
		page := new([64]cabi.TraceEvent)
		for n := len(page); n == len(page); {
			n = cabi.TraceList(root, &cursor, page)
			for i := range page[:n] {
				if !yield(eventFrom(&page[i])) {
					return
				}
			}
		}
	}
}

func eventFrom(e *cabi.TraceEvent) Event {
	out := Event{
		Sequence:  e.Sequence,
		When:      time.Duration(e.When),
		ID:        e.Handle,
		Root:      e.Root,
		Peer:      e.Peer,
		Pool:      e.Pool,
		Operation: Operation(e.Operation),
		Freed:     e.Status == cabi.Freed || e.Status == cabi.Pending,
		Thread:    int(e.Thread),
		Goroutine: e.Goroutine,
		Site:      e.Site,
	}
	if e.Status < 0 {
		out.Err = sentinel(e.Status)
	}
	return out
}

// traceSwitch is the word in C that is not 0 while any pool is traced.
var traceSwitch = cabi.TraceSwitch()

// tracing says whether an operation has to look if its object is traced.
func tracing() bool { return atomic.LoadUint32(traceSwitch) != 0 }

// traced is an operation on a traced object; the zero value is one on another.
type traced struct {
	root, pool uint64
	handle     uint64
	operation  Operation
}

// trace is called before an operation, which may end the object that says whether it is traced.
func trace(operation Operation, handle uint64) (t traced) {
	if tracing() {
		t.root, t.pool = cabi.TraceRoot(handle)
		t.handle, t.operation = handle, operation
	}
	return t
}

// done enters the event of an operation with its outcome.
func (t traced) done(s cabi.Status, peer uint64) {
	if t.root != 0 {
		t.enter(s, peer)
	}
}

// releaseN is facade.ReleaseN, one by one while any pool is traced.
func releaseN(handles []uint64) (first cabi.Status) {
	if !tracing() {
		return facade.ReleaseN(handles)
	}
	for i := range handles {
		t := trace(OperationRelease, handles[i])
		s := facade.ReleaseN(handles[i : i+1])
		t.done(s, 0)
		if first == cabi.OK || first > 0 && s < 0 {
			first = s
		}
	}
	return first
}

//go:noinline
func (t traced) enter(s cabi.Status, peer uint64) {
	var pcs [cabi.LedgerMostFrames]uint64
	n := callers(&pcs)
	if s < 0 {
		peer = 0
	}
	cabi.TraceAppend(&cabi.TraceEvent{
		Handle: t.handle, Root: t.root, Peer: peer, Pool: t.pool, Goroutine: goroutine(),
		Status: s, Operation: uint32(t.operation),
	}, pcs[:n])
}

// traceBegin chooses an object that was just acquired.
//
//go:noinline
func traceBegin(handle uint64) {
	var pcs [cabi.LedgerMostFrames]uint64
	n := callers(&pcs)
	cabi.TraceBegin(handle, goroutine(), pcs[:n]) // refused: then it is not traced
}

// goroutine is the number of the calling goroutine, which the runtime tells in stack traces alone:
// "goroutine 18 [running]:".
func goroutine() uint64 {
	var text [64]byte
	rest, ok := bytes.CutPrefix(text[:runtime.Stack(text[:], false)], []byte("goroutine "))
	if !ok {
		return 0
	}
	var n uint64
	for _, digit := range rest {
		if digit < '0' || digit > '9' {
			break
		}
		n = 10*n + uint64(digit-'0')
	}
	return n
}
