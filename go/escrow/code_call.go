package escrow

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// Call is inside a version of a CodeSlot, whose functions may be called until Leave, whatever is
// swapped meanwhile. Any goroutine may use and end it; a call that never leaves keeps its version's
// library in the process.
type Call struct {
	slot    *CodeSlot
	table   unsafe.Pointer
	version uint64
	place   atomic.Uint64 // 0: it has left
}

// Enter goes inside the current version. End it with Leave:
//
//	call, err := slot.Enter()
//	if err != nil {
//		return err
//	}
//	defer call.Leave()
//
// Errors: ErrAbsent before the first swap, ErrClosed. Cost: a crossing to C and one allocation, and
// another crossing to leave. CodeSlot.Words and CodeSlot.Bytes cross once for all and allocate nothing.
func (c *CodeSlot) Enter() (*Call, error) {
	var entered cabi.CodeCall
	if s := cabi.CodeEnter(c.id, &entered); s != cabi.OK {
		return nil, c.failed("enter code", "", s)
	}
	call := &Call{slot: c, table: entered.Table, version: entered.Version}
	call.place.Store(entered.Place)
	return call, nil
}

// Version is that of the functions.
func (c *Call) Version() uint64 { return c.version }

// Leave ends the call; a second time does nothing. The last call of a version that is waited for
// unloads its library. No function of the call may be running.
func (c *Call) Leave() {
	if place := c.place.Swap(0); place != 0 {
		cabi.CodeLeave(place)
		c.slot.end()
	}
}

// Unsafe is function i of the table, for the program's own cgo code, until Leave.
//
// It panics, as an index of a slice does, where there is no such function.
func (c *Call) Unsafe(i int) unsafe.Pointer {
	if i < 0 || i >= c.slot.functions {
		panic(fmt.Sprintf("escrow: function %d of a table of %d", i, c.slot.functions))
	}
	return *(*unsafe.Pointer)(unsafe.Add(c.table, i*8))
}

// Words calls function i of the table, which takes as many uint64 as there are arguments, at most 4,
// and returns one. Nobody checks that it does.
//
// Errors: ErrOption for another index or number of arguments, ErrStale after Leave.
func (c *Call) Words(i int, arguments ...uint64) (uint64, error) {
	const operation = "call code"
	words, err := c.slot.words(operation, i, arguments)
	if err != nil {
		return 0, err
	}
	if c.place.Load() == 0 {
		return 0, c.slot.failed(operation, "", cabi.Stale)
	}
	return cabi.CodeWords(c.table, i, len(arguments), words), nil
}

// Bytes calls function i of the table, which takes a pointer and a size and returns a uint64. Nobody
// checks that it does. C may read and write the bytes until it returns, and not keep them.
//
// Errors: as Words.
func (c *Call) Bytes(i int, b []byte) (uint64, error) {
	const operation = "call code"
	if err := c.slot.has(operation, i); err != nil {
		return 0, err
	}
	if c.place.Load() == 0 {
		return 0, c.slot.failed(operation, "", cabi.Stale)
	}
	return cabi.CodeBytes(c.table, i, codeBytes(b)), nil
}

// Words is Enter, Call.Words and Leave in one crossing to C.
//
// Errors: ErrOption, ErrAbsent before the first swap, ErrClosed.
func (c *CodeSlot) Words(i int, arguments ...uint64) (uint64, error) {
	const operation = "call code"
	words, err := c.words(operation, i, arguments)
	if err != nil {
		return 0, err
	}
	value, s := cabi.CodeCallWords(c.id, i, len(arguments), words)
	return c.returned(operation, value, s)
}

// Bytes is Enter, Call.Bytes and Leave in one crossing to C.
//
// Errors: as Words.
func (c *CodeSlot) Bytes(i int, b []byte) (uint64, error) {
	const operation = "call code"
	if err := c.has(operation, i); err != nil {
		return 0, err
	}
	value, s := cabi.CodeCallBytes(c.id, i, codeBytes(b))
	return c.returned(operation, value, s)
}

func codeBytes(b []byte) cabi.Bytes {
	return cabi.Bytes{Data: unsafe.Pointer(unsafe.SliceData(b)), Size: uint64(len(b))}
}

func (c *CodeSlot) returned(operation string, value uint64, s cabi.Status) (uint64, error) {
	if c.closed.Load() {
		c.end() // this call may have been the last
	}
	if s != cabi.OK {
		return 0, c.failed(operation, "", s)
	}
	return value, nil
}

func (c *CodeSlot) has(operation string, i int) error {
	if i < 0 || i >= c.functions {
		return fmt.Errorf("escrow: %s: function %d of a table of %d: %w", operation, i, c.functions, ErrOption)
	}
	return nil
}

func (c *CodeSlot) words(operation string, i int, arguments []uint64) (words [4]uint64, err error) {
	if len(arguments) > len(words) {
		return words, fmt.Errorf("escrow: %s: %d arguments, at most 4: %w", operation, len(arguments), ErrOption)
	}
	copy(words[:], arguments)
	return words, c.has(operation, i)
}
