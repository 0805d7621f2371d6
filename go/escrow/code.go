package escrow

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// CodeSlot is a table of C functions that can be replaced while they are called: by those of another
// shared library, most often. A version is let go, and its library unloaded, when the last call inside
// it has left. Func is the same for Go functions. The page docs/hot-swap.md says what a library must
// and must not do.
//
//	slot, err := escrow.OpenCode(escrow.CodeOptions{Functions: 3, ABI: 1})
//	version, err := slot.Swap("/opt/rank/rank_v2.so")
//	score, err := slot.Words(0, page)
//	version, err = slot.RollBack(version - 1)
//
// Any goroutine may call anything at any time. After Swap has returned, every later call runs that
// version or a newer one. Libraries are swapped on Linux alone; elsewhere Swap gives ErrUnsupported.
type CodeSlot struct {
	id        uint64
	functions int
	symbol    string
	closed    atomic.Bool
}

// CodeOptions configures a CodeSlot.
type CodeOptions struct {
	// Functions is how many functions the table has, 1 to 128.
	Functions int
	// ABI is the version of the table's meaning, which a library's descriptor must have.
	ABI uint64
	// History is how many versions are kept beside the current one, for RollBack, at most 63; 0 is 7. A
	// library that is kept stays loaded.
	History int
	// Symbol is the function of a library that gives its descriptor; empty is escrow_code_table.
	Symbol string
}

// CodeVersion describes a version that RollBack may go to.
type CodeVersion struct {
	Version uint64
	Inside  uint64 // calls
	Holds   uint64 // references of objects in C
	Library bool   // its functions are of a library
}

// CodeStats is what happened in a slot and what is inside.
type CodeStats struct {
	Current    uint64 // version; 0 is none
	Live       uint64 // versions: the current one, kept ones, and those that wait for calls
	Waiting    uint64 // of these, those that wait for their last call or hold
	Inside     uint64 // calls in all of them
	Holds      uint64 // references of objects in C
	Swapped    uint64 // versions published by a swap
	RolledBack uint64 // versions published by RollBack
	Differed   uint64 // swaps that expected another version
	Refused    uint64 // tables and libraries
	Libraries  uint64 // loaded now and in use
	Unloaded   uint64 // libraries that are gone from the process
	Kept       uint64 // libraries that were let go and that the loader kept
	Leaked     uint64 // versions that a call never returned from
	Reason     string // of the last refusal
}

// OpenCode opens a slot without a version: calls get ErrAbsent until the first swap. End it with Close.
//
// Errors: ErrOption, ErrExhausted, ErrNoMemory, ErrNoCgo, ErrUnsupported.
func OpenCode(o CodeOptions) (*CodeSlot, error) {
	const operation = "open code slot"
	if o.Functions < 1 || o.Functions > cabi.CodeMostTable/8 {
		return nil, fmt.Errorf("escrow: %s: a table of %d functions: %w", operation, o.Functions, ErrOption)
	}
	if o.History < 0 || o.History > cabi.CodeMostHistory {
		return nil, fmt.Errorf("escrow: %s: a history of %d versions: %w", operation, o.History, ErrOption)
	}
	if o.History == 0 {
		o.History = 7
	}
	id, s := cabi.CodeOpen(&cabi.CodeOptions{
		History: uint32(o.History), ABI: o.ABI, TableBytes: uint64(o.Functions) * 8,
	})
	if s != cabi.OK {
		return nil, failed(operation, s)
	}
	return &CodeSlot{id: id, functions: o.Functions, symbol: o.Symbol}, nil
}

// status is what a code means to the caller: C knows an ended slot as stale, but the caller closed it.
func (c *CodeSlot) status(s cabi.Status) cabi.Status {
	if s == cabi.Stale && c.closed.Load() {
		return cabi.Closed
	}
	return s
}

// codeText is what an error of a code slot says where that of a pool would say it of a pool.
var codeText = map[error]string{
	ErrClosed: "code slot closed", ErrAbsent: "no such version", ErrVersion: "library and slot differ",
	ErrRefused: "code refused",
}

type codeError struct {
	operation, reason string
	err               error
}

func (e *codeError) Error() string {
	text := codeText[e.err]
	if text == "" {
		text = e.err.Error()
	}
	if e.reason != "" {
		text += ": " + e.reason
	}
	return "escrow: " + e.operation + ": " + text
}

func (e *codeError) Unwrap() error { return e.err }

func (c *CodeSlot) failed(operation, reason string, s cabi.Status) error {
	return &codeError{operation, reason, sentinel(c.status(s))}
}

// Swap verifies and loads a shared library and publishes its functions. It loads a private copy: the
// file may be overwritten afterwards, and swapped in again.
//
// Errors: ErrRefused and ErrVersion with the reason, ErrAbsent where the file cannot be opened,
// ErrClosed, ErrNoMemory, ErrUnsupported; the current version stays then.
func (c *CodeSlot) Swap(path string) (version uint64, err error) { return c.swap(path, cabi.CodeAny) }

// SwapIf is Swap if the current version is the expected one; 0 expects that there is none yet.
//
// Errors: as Swap; ErrDiffers.
func (c *CodeSlot) SwapIf(path string, expected uint64) (version uint64, err error) {
	return c.swap(path, expected)
}

func (c *CodeSlot) swap(path string, expected uint64) (uint64, error) {
	version, reason, s := cabi.CodeSwapLibrary(c.id, path, c.symbol, expected)
	if s != cabi.OK {
		c.end() // Close may have waited for this swap
		return 0, c.failed("swap code to "+path, reason, s)
	}
	return version, nil
}

// UnsafeSwap publishes C functions of the program itself: as many as the table has, none nil.
//
// Errors: ErrSize, ErrRefused, ErrClosed, ErrNoMemory.
func (c *CodeSlot) UnsafeSwap(functions []unsafe.Pointer) (version uint64, err error) {
	const operation = "swap code"
	if len(functions) != c.functions {
		return 0, fmt.Errorf("escrow: %s: %d functions, not %d: %w", operation, len(functions), c.functions, ErrSize)
	}
	version, reason, s := cabi.CodeSwap(c.id, functions, cabi.CodeAny)
	if s != cabi.OK {
		c.end()
		return 0, c.failed(operation, reason, s)
	}
	return version, nil
}

// RollBack publishes the functions of a version that is kept once more, as a new version; the current
// one stays as it is.
//
// Errors: ErrAbsent where the version is not kept, ErrClosed, ErrNoMemory.
func (c *CodeSlot) RollBack(to uint64) (version uint64, err error) {
	version, s := cabi.CodeRollBack(c.id, to)
	if s != cabi.OK {
		return 0, c.failed(fmt.Sprintf("roll back code to version %d", to), "", s)
	}
	return version, nil
}

// Versions lists what RollBack can go to, oldest first; the last is the current one. A closed slot has
// none.
func (c *CodeSlot) Versions() []CodeVersion {
	infos, _ := cabi.CodeVersions(c.id)
	versions := make([]CodeVersion, len(infos))
	for i, v := range infos {
		versions[i] = CodeVersion(v)
	}
	return versions
}

// Stats says what happened and what is inside; exact when nobody calls. It is zero once the slot has
// ended.
func (c *CodeSlot) Stats() CodeStats {
	var stats cabi.CodeStats
	cabi.CodeReadStats(c.id, &stats)
	return CodeStats(stats)
}

// Collect lets go the versions that nothing is inside of any more, and says how many. Hardly ever
// needed: the last call does it, and every swap.
func (c *CodeSlot) Collect() int {
	count, _ := cabi.CodeCollect(c.id)
	return int(count)
}

// Close refuses later calls and swaps. Calls that are inside end as they would; the last one ends the
// slot.
//
// Errors: ErrClosed before.
func (c *CodeSlot) Close() error {
	if !c.closed.CompareAndSwap(false, true) {
		return &codeError{"close code slot", "", ErrClosed}
	}
	if s := cabi.CodeClose(c.id); s != cabi.OK {
		return c.failed("close code slot", "", s)
	}
	c.end()
	return nil
}

// end gives the handle of a closed slot up if nothing is inside; else who leaves comes here again.
func (c *CodeSlot) end() {
	if c.closed.Load() {
		cabi.CodeDestroy(c.id)
	}
}

// UnsafeID is the escrow_code_slot, for the program's own C code.
func (c *CodeSlot) UnsafeID() uint64 { return c.id }
