package escrow

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Cell is configuration that is swapped as a whole and seen by Go, C and C++ at the same instant.
//
// It shows one content at a time, under a version that counts from 1 and an ETag. The content is bytes in
// C memory; Go sees the T that was decoded from them, once for each version. Content that cannot be decoded,
// or that Check does not want, is refused: the swapper gets the error, and nobody sees it.
//
// Any goroutine may call anything at any time. Swaps and loads of all languages together are linearizable: after
// a swap has returned, every later load sees that version or a newer one, and versions never go back. No
// reader keeps a swap waiting.
//
// A cell is for C and C++ by UnsafeID, while it is reachable here. Where contents are decoded by Go, which is so
// unless Raw is set and Check is not, they swap by escrow_cell_propose, and Go decides; otherwise they swap
// as they like. A Cell is made by OpenCell or OpenCellOf and must not be copied.
type Cell[T any] struct {
	// What Load looks at: a cellFront.
	word *uint64
	cur  unsafe.Pointer
	core *cellCore

	form *cellForm[T]
	_    [0]func() // not comparable
}

// decoded is an entry and what was decoded for it.
type decoded[T any] struct {
	cellEntry
	value T
}

// Version names a content of a cell.
type Version struct {
	Number uint64 // from 1
	ETag   string
}

// OpenCell opens a cell with its first content, version 1. End it with Close.
//
// Errors: ErrRefused with that of Decode or Check; one that wraps ErrKind and names the field where Raw is set and
// T holds a Go pointer; ErrOption, ErrSize, ErrFull, ErrNoMemory, ErrExhausted (65,535 cells or pools are open),
// ErrUnsupported, ErrNoCgo. Cost: some microseconds.
func OpenCell[T any](content []byte, o CellOptions[T]) (*Cell[T], error) {
	const operation = "open cell"
	decode, form, err := formsOf(&o)
	if err != nil {
		return nil, err
	}
	return openCell(operation, content, decode, form, &o)
}

// OpenCellOf is OpenCell with the content that Encode makes of a value.
//
// Errors: as OpenCell; Encode's, and ErrOption where there is a Decode and no Encode.
func OpenCellOf[T any](value T, o CellOptions[T]) (*Cell[T], error) {
	const operation = "open cell"
	decode, form, err := formsOf(&o)
	if err != nil {
		return nil, err
	}
	content, err := form.content(operation, value)
	if err != nil {
		return nil, err
	}
	return openCell(operation, content, decode, form, &o)
}

func openCell[T any](operation string, content []byte, decode func([]byte) (*decoded[T], error), form *cellForm[T],
	o *CellOptions[T]) (*Cell[T], error) {
	facade.Prepare()
	if s, why := cabi.Available(); s < 0 {
		return nil, fmt.Errorf("escrow: %s: %w: %s", operation, sentinel(s), why)
	}
	raw, ok := o.raw()
	if !ok {
		return nil, cellFailed(operation, cabi.Option)
	}
	if err := notices.ready(); err != nil {
		return nil, fmt.Errorf("escrow: %s: %w", operation, err)
	}
	id, s := cabi.CellOpen(&raw)
	if s < 0 {
		return nil, cellFailed(operation, s)
	}
	core := &cellCore{id: id, decided: raw.Flags&cabi.CellDecided != 0, history: int(raw.History),
		decode: func(content []byte) (*cellEntry, error) {
			d, err := decode(content)
			if err != nil {
				return nil, err
			}
			return &d.cellEntry, nil
		}}
	core.word, _ = cabi.CellWord(id)
	c := &Cell[T]{word: core.word, cur: unsafe.Pointer(&decoded[T]{}), core: core, form: form}
	if _, err := core.swap(operation, content, o.ETag, condition{}); err != nil {
		core.destroy()
		return nil, err
	}
	refresh((*cellFront)(unsafe.Pointer(c)))
	if core.decided {
		notices.add(core)
	}
	runtime.AddCleanup(c, endCell, core)
	return c, nil
}

// Load is the current value, which nobody may change. Cost: a load and a comparison while nothing has
// changed; the first Load after a swap takes what Go has decoded, or, where C++ has swapped raw bytes, copies
// them by a cgo call.
//
// It costs just what the compiler puts in line; a test sees to that. The word is readable for ever.
func (c *Cell[T]) Load() *T {
	if atomic.LoadUint64(c.word) != (*cellEntry)(atomic.LoadPointer(&c.cur)).snapshot {
		refresh((*cellFront)(unsafe.Pointer(c)))
	}
	return &(*decoded[T])(atomic.LoadPointer(&c.cur)).value
}

// LoadVersion is Load with the version of what it gives.
func (c *Cell[T]) LoadVersion() (value *T, version Version) {
	c.Load()
	d := (*decoded[T])(atomic.LoadPointer(&c.cur))
	return &d.value, d.version
}

// Swap publishes content as the next version, whose number it returns. An empty etag is computed from the
// content. Content is not kept.
//
// Errors: ErrRefused with that of Decode or Check; ErrSize (the content above 4 GiB, or an ETag above 255
// bytes), ErrFull, ErrNoMemory, ErrClosed. Nothing has changed then. Cost: the decoding, two cgo calls or three, a
// copy.
func (c *Cell[T]) Swap(content []byte, etag string) (version uint64, err error) {
	version, err = c.core.swap("swap cell", content, etag, condition{})
	runtime.KeepAlive(c)
	return version, err
}

// SwapIfVersion is Swap if the current version is the expected one.
//
// Errors: as Swap; ErrDiffers.
func (c *Cell[T]) SwapIfVersion(content []byte, etag string, expected uint64) (version uint64, err error) {
	version, err = c.core.swap("swap cell", content, etag, condition{kind: cabi.CellIfVersion, version: expected})
	runtime.KeepAlive(c)
	return version, err
}

// SwapIfETag is Swap if the current version has the expected ETag: what If-Match asks.
//
// Errors: as Swap; ErrDiffers.
func (c *Cell[T]) SwapIfETag(content []byte, etag, expected string) (version uint64, err error) {
	version, err = c.core.swap("swap cell", content, etag, condition{kind: cabi.CellIfETag, etag: expected})
	runtime.KeepAlive(c)
	return version, err
}

// SwapValue is Swap with the content that Encode makes of a value. What Load gives is decoded from that.
//
// Errors: as Swap; Encode's; ErrOption where there is a Decode and no Encode.
func (c *Cell[T]) SwapValue(value T, etag string) (version uint64, err error) {
	content, err := c.form.content("swap cell", value)
	if err != nil {
		return 0, err
	}
	return c.Swap(content, etag)
}

// RollBack publishes a version that is kept once more, under its ETag and as a new version, whose number it
// returns. It is neither decoded nor checked again.
//
// Errors: ErrAbsent (it is not kept), ErrFull, ErrNoMemory, ErrClosed.
func (c *Cell[T]) RollBack(to uint64) (version uint64, err error) {
	version, err = c.core.rollBack("roll back cell", to, func(e *cellEntry) *cellEntry {
		again := *(*decoded[T])(unsafe.Pointer(e))
		return &again.cellEntry
	})
	runtime.KeepAlive(c)
	return version, err
}

// Kept is a version that the cell keeps.
type Kept struct {
	Number    uint64
	Published time.Time
	Size      int64 // of the content
}

// History lists the versions that the cell keeps, the current one first.
func (c *Cell[T]) History() []Kept {
	var entries [cabi.CellMostHistory]cabi.CellEntry
	n, _ := cabi.CellHistory(c.core.id, &entries)
	runtime.KeepAlive(c)
	kept := make([]Kept, n)
	for i, e := range entries[:n] {
		kept[i] = Kept{e.Version, time.Unix(0, int64(e.Published)), int64(e.Size)}
	}
	return kept
}

// Content is a copy of the content of a version that the cell keeps.
//
// Errors: ErrAbsent.
func (c *Cell[T]) Content(version uint64) ([]byte, error) {
	view, s := cabi.CellLoadVersion(c.core.id, version)
	defer runtime.KeepAlive(c)
	if s < 0 {
		return nil, cellFailed("read cell", s)
	}
	defer cabi.CellRelease(view.Loan)
	return append([]byte{}, unsafe.Slice((*byte)(view.Content), view.Size)...), nil
}

// Watch gives the current version and then each newer one, until ctx or the cell ends. Who is slow misses
// versions, never the last one.
func (c *Cell[T]) Watch(ctx context.Context) iter.Seq2[Version, *T] {
	return func(yield func(Version, *T) bool) {
		defer runtime.KeepAlive(c)
		notices.add(c.core)
		for last := uint64(0); ; {
			turn, over := c.core.next()
			value, version := c.LoadVersion()
			if version.Number > last {
				last = version.Number
				if !yield(version, value) {
					return
				}
				continue
			}
			if over {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-turn:
			}
		}
	}
}

// Close ends publishing: Swap answers ErrClosed, what C and C++ propose is answered so, Watch ends. Load goes on
// with the last version. Memory is given back some time after the cell has become unreachable.
//
// Errors: ErrClosed the second time.
func (c *Cell[T]) Close() error {
	s := c.core.close()
	runtime.KeepAlive(c)
	if s < 0 {
		return cellFailed("close cell", s)
	}
	return nil
}

// UnsafeID is the escrow_cell for C and C++ code in this process, which may do everything with it but close and
// destroy it, and publish past the decision of Go. The cell must stay reachable while it does.
func (c *Cell[T]) UnsafeID() uint64 { return c.core.id }

// CellStats says what happened to a cell.
type CellStats struct {
	Version    uint64 // the current one
	Published  uint64 // versions, in all
	Refused    uint64 // contents that were not wanted
	Differed   uint64 // swaps whose condition did not hold
	Proposals  uint64 // of C and C++, waiting now
	Snapshots  uint64 // in memory: current, history, and what readers hold
	Loans      uint64 // held by readers in C and C++
	BytesHeld  uint64 // from the system
	LastReason string // of the last refusal
}

// Stats says what happened, and what is in memory.
func (c *Cell[T]) Stats() CellStats {
	var raw cabi.CellStats
	cabi.CellReadStats(c.core.id, &raw)
	runtime.KeepAlive(c)
	s := CellStats(raw)
	s.Refused += c.core.refused.Load()
	if why := c.core.reason.Load(); why != nil {
		s.LastReason = *why
	}
	return s
}
