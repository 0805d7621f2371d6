package escrow

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// cellEntry is a version as Go knows it, complete before any Load can find it. What T it is of stands
// behind it: decoded[T].
type cellEntry struct {
	snapshot uint64 // what the cell's word shows while this is the current version
	version  Version
}

// cellCore is a cell without its type. It must not reach the Cell, whose cleanup ends it.
//
// In a cell that is decided here only Go publishes, under mutex: pending is stored before the word, current
// after it. So whoever reads a snapshot in the word finds its entry in one of the two, unless another version
// has come meanwhile, and then the word says so: no Load decodes, waits, or takes a lock. In any other
// cell C and C++ swap as well, and a Load that finds a new word asks C for the content.
type cellCore struct {
	id      uint64
	word    *uint64
	decided bool
	decode  func(content []byte) (*cellEntry, error)

	mutex   sync.Mutex // of who publishes in a decided cell
	latest  uint64     // version; under mutex
	kept    []*cellEntry
	history int

	pending, current atomic.Pointer[cellEntry]

	examining errand // decided cells only

	refused atomic.Uint64 // contents that Go refused before C saw them
	reason  atomic.Pointer[string]

	turnMutex sync.Mutex
	turn      chan struct{} // closed when something has changed; nil: nobody waits
	over      bool          // under turnMutex: the cell is closed
}

// cellFront is how a Cell begins, without its type. cur points to a decoded[T], whose head is the entry, and
// only goes forward.
type cellFront struct {
	word *uint64
	cur  unsafe.Pointer
	core *cellCore
}

// refresh brings cur up to what the word shows now, or further. It is the slow part of Load; what it is given,
// and that it is not in line, is why Load is.
//
//go:noinline
func refresh(f *cellFront) {
	c, cur := f.core, &f.cur
	defer runtime.KeepAlive(f)
	for {
		now := atomic.LoadUint64(c.word)
		if (*cellEntry)(atomic.LoadPointer(cur)).snapshot == now {
			return
		}
		found := c.find(now)
		if found == nil {
			continue // another version has come: somebody got on
		}
		advance(cur, found)
		return
	}
}

// advance makes found what cur points to, unless another goroutine was faster with this version or a newer one.
func advance(cur *unsafe.Pointer, found *cellEntry) {
	for {
		old := atomic.LoadPointer(cur)
		if (*cellEntry)(old).version.Number >= found.version.Number ||
			atomic.CompareAndSwapPointer(cur, old, unsafe.Pointer(found)) {
			return
		}
	}
}

// find is the entry of the snapshot, or of a newer one; nil where the word has gone on.
func (c *cellCore) find(snapshot uint64) *cellEntry {
	if c.decided {
		for _, e := range [...]*cellEntry{c.pending.Load(), c.current.Load()} {
			if e != nil && e.snapshot == snapshot {
				return e
			}
		}
		return nil
	}
	view, s := cabi.CellLoad(c.id)
	if s < 0 {
		time.Sleep(100 * time.Microsecond) // 65,535 hold it, or there is no memory for one loan more
		return nil
	}
	defer cabi.CellRelease(view.Loan)
	e, err := c.entry(&view)
	if err != nil { // a content of another size cannot come into a cell of fixed ones
		panic(fmt.Sprintf("escrow: load cell: version %d: %v", view.Version, err))
	}
	return e
}

// entry decodes what a view shows.
func (c *cellCore) entry(view *cabi.CellView) (*cellEntry, error) {
	e, err := c.decode(unsafe.Slice((*byte)(view.Content), view.Size))
	if err != nil {
		return nil, err
	}
	e.snapshot, e.version = view.Snapshot, Version{view.Version, view.ETag}
	return e, nil
}

// condition is what must hold when a content is published.
type condition struct {
	kind    cabi.CellIf
	version uint64
	etag    string
}

// swap publishes a content. Decoding comes first: what cannot be decoded leaves everything as it is.
func (c *cellCore) swap(operation string, content []byte, etag string, must condition) (uint64, error) {
	e, err := c.decode(content)
	if err != nil {
		return 0, c.refuse(operation, err)
	}
	snapshot, s := cabi.CellPrepare(c.id, content, etag)
	if s < 0 {
		return 0, cellFailed(operation, s)
	}
	return c.publish(operation, e, snapshot, must)
}

// publish publishes a prepared snapshot, whose entry is e, or discards it.
func (c *cellCore) publish(operation string, e *cellEntry, snapshot uint64, must condition) (version uint64, err error) {
	var s cabi.Status
	if c.decided {
		view, _ := cabi.CellReadPrepared(c.id, snapshot)
		e.version.ETag = view.ETag
		version, s = c.announce(e, snapshot, func() (uint64, cabi.Status) {
			return cabi.CellPublish(c.id, snapshot, must.kind, must.version, must.etag)
		})
	} else {
		version, s = cabi.CellPublish(c.id, snapshot, must.kind, must.version, must.etag)
	}
	if s != cabi.OK {
		cabi.CellDiscard(c.id, snapshot)
		return 0, cellFailed(operation, s)
	}
	c.ring()
	return version, nil
}

// announce publishes in a decided cell, where nobody else does: so the version is known before.
func (c *cellCore) announce(e *cellEntry, snapshot uint64, publish func() (uint64, cabi.Status)) (uint64, cabi.Status) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	e.snapshot, e.version.Number = snapshot, c.latest+1
	c.pending.Store(e)
	version, s := publish()
	if s != cabi.OK {
		c.pending.Store(nil)
		return 0, s
	}
	if version != e.version.Number {
		panic(fmt.Sprintf("escrow: version %d of a cell came where %d was due: C code published into a cell that Go decides", version, e.version.Number))
	}
	c.latest = version
	c.current.Store(e)
	if len(c.kept) > c.history {
		c.kept = slices.Delete(c.kept, 0, 1)
	}
	c.kept = append(c.kept, e)
	return version, s
}

// rollBack publishes a version that is kept once more. It is not decoded again.
func (c *cellCore) rollBack(operation string, to uint64, again func(*cellEntry) *cellEntry) (uint64, error) {
	view, s := cabi.CellLoadVersion(c.id, to)
	if s < 0 {
		return 0, cellFailed(operation, s)
	}
	defer cabi.CellRelease(view.Loan)
	var e *cellEntry
	if c.decided {
		c.mutex.Lock()
		i := slices.IndexFunc(c.kept, func(e *cellEntry) bool { return e.version.Number == to })
		if i >= 0 {
			e = again(c.kept[i])
		}
		c.mutex.Unlock()
		if e == nil {
			return 0, cellFailed(operation, cabi.Absent)
		}
	}
	snapshot, s := cabi.CellPrepare(c.id, unsafe.Slice((*byte)(view.Content), view.Size), view.ETag)
	if s < 0 {
		return 0, cellFailed(operation, s)
	}
	return c.publish(operation, e, snapshot, condition{})
}

// refuse counts a refusal and says why.
func (c *cellCore) refuse(operation string, why error) error {
	text := why.Error()
	c.reason.Store(&text)
	c.refused.Add(1)
	return fmt.Errorf("escrow: %s: %w: %w", operation, ErrRefused, why)
}

// examine decides on what C and C++ have proposed. One goroutine at a time.
func (c *cellCore) examine() {
	for {
		view, s := cabi.CellTake(c.id)
		if s != cabi.OK {
			return
		}
		// Decoders may keep what they get, and C takes this memory back.
		e, err := c.decode(slices.Clone(unsafe.Slice((*byte)(view.Content), view.Size)))
		if err != nil {
			c.reason.Store(nil) // C has it
			cabi.CellRefuse(c.id, view.Snapshot, err.Error())
		} else {
			e.version.ETag = view.ETag
			c.announce(e, view.Snapshot, func() (uint64, cabi.Status) { return cabi.CellAccept(c.id, view.Snapshot) })
			c.ring()
		}
		cabi.CellRelease(view.Loan)
	}
}

// wake is told that something has changed: a version, or a proposal.
func (c *cellCore) wake() {
	c.ring()
	if c.decided {
		c.examining.do(c.examine)
	}
}

// errand is something that one goroutine at a time does, as often as need be.
type errand struct {
	asked atomic.Uint32 // how often since the goroutine began; 0: there is none
}

// do has f run after this call; f that runs already runs once more.
func (e *errand) do(f func()) {
	if e.asked.Add(1) != 1 {
		return
	}
	go func() {
		for {
			seen := e.asked.Load()
			f()
			if e.asked.CompareAndSwap(seen, 0) { // nobody has asked since f began
				return
			}
		}
	}()
}

// ring wakes who waits for a version.
func (c *cellCore) ring() {
	c.turnMutex.Lock()
	defer c.turnMutex.Unlock()
	if c.turn != nil {
		close(c.turn)
		c.turn = nil
	}
}

// next is closed when something changes after this call; over: nothing will.
func (c *cellCore) next() (turn <-chan struct{}, over bool) {
	c.turnMutex.Lock()
	defer c.turnMutex.Unlock()
	if c.turn == nil {
		c.turn = make(chan struct{})
	}
	return c.turn, c.over
}

// close ends publishing.
func (c *cellCore) close() cabi.Status {
	notices.remove(c)
	s := cabi.CellClose(c.id)
	c.turnMutex.Lock()
	c.over = true
	c.turnMutex.Unlock()
	c.ring()
	return s
}

// endCell is the cleanup of a cell: no goroutine is in a call of it, and none will be. C and C++ may still hold
// snapshots; their memory goes when they let go.
func endCell(c *cellCore) { go c.destroy() }

func (c *cellCore) destroy() {
	c.close() // unless it is
	for pause := time.Millisecond; cabi.CellDestroy(c.id) == cabi.Leak; pause = min(2*pause, time.Minute) {
		time.Sleep(pause)
	}
}

// cellText is what an error of a cell says where that of a pool or map would speak of those.
var cellText = map[error]string{
	ErrClosed: "cell closed", ErrFull: "cell full", ErrAbsent: "no such version",
	ErrDiffers: "another version than expected",
}

// cellFailed wraps the error of a code once with the operation.
func cellFailed(operation string, s cabi.Status) error { return reworded(operation, s, cellText) }
