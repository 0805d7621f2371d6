package facade

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/leafcgo"
	"example.com/escrow/go/leaf"
)

// proved is true when the linked C code keeps the contract of leaf calls. Set once by Prepare, before
// the first handle exists.
var (
	proved  bool
	unfit   string // why it is not
	prepare sync.Once
)

// Prepare looks once whether the leaves of the linked facade may be called as leaves: compiled with
// optimisation, without a sanitizer, and within their bound of stack, as measured by running each of
// them by cgo on painted stack. The build's proof (docs/leaf.md) covers more, but not this binary.
// Called before the first pool or map is opened. Cost: less than a millisecond, once.
func Prepare() {
	prepare.Do(func() {
		if s, _ := cabi.Available(); s < 0 {
			return
		}
		unfit = locate()
		if unfit == "" && trampolines {
			unfit = examine()
			proved = unfit == ""
		}
	})
}

// Leaves says whether operations are leaf calls now, and why not.
func Leaves() (on bool, reason string) {
	Prepare()
	if ok, reason := leaf.Available(); !ok {
		return false, reason
	}
	return proved, unfit
}

// examine sets the addresses and says what is wrong with the linked facade; empty: nothing.
func examine() string {
	abi := cabi.LinkedABI()
	switch {
	case !abi.Optimized:
		return "the facade was compiled without optimisation"
	case abi.Sanitizer != 0:
		return "the facade was compiled with a sanitizer"
	}
	leaves := cabi.Leaves()
	at := addresses()
	if len(leaves) != len(at) {
		return fmt.Sprintf("the facade has %d leaves, Go knows %d; rebuild with go build -a", len(leaves), len(at))
	}
	for i, l := range leaves {
		*at[i] = l.Address
	}
	return measure(leaves, leaf.StackLimit)
}

// measure runs every leaf, where it succeeds and where it refuses, and says which one uses more than
// limit bytes of stack.
func measure(leaves []cabi.Leaf, limit int) string {
	pool, s := cabi.PoolOpen(&cabi.Options{Name: "escrow: leaf check"})
	if s < 0 {
		return fmt.Sprintf("no pool to try leaves on: status %d", s)
	}
	defer func() {
		cabi.PoolClose(pool, cabi.ReclaimTickets)
		cabi.PoolDestroy(pool)
	}()
	if first, s := cabi.Acquire(pool, 64); s >= 0 { // sets the class up
		if d, s := cabi.Dup(first); s >= 0 { // and that of duplicates
			cabi.Release(d)
		}
		cabi.Release(first)
	}
	address := make(map[string]unsafe.Pointer, len(leaves))
	for _, l := range leaves {
		address[l.Name] = l.Address
	}
	broken := ""
	out := new([batchHandles]uint64) // escapes to the heap, where it stays: its address goes as a word
	memory := uint64(uintptr(unsafe.Pointer(out)))
	run := func(name string, words ...uint64) uint64 {
		fn := address[name]
		if fn == nil {
			broken = "the facade lacks the leaf " + name + "; rebuild with go build -a"
			return 0
		}
		result, used := leafcgo.Measure(fn, nil, words)
		if used > limit {
			broken = fmt.Sprintf("the leaf %s uses %d bytes of stack, more than %d", name, used, limit)
		}
		return result
	}
	run("acquire", pool, 64, memory)
	handle := out[0]
	for range 2 { // the second time handles are stale
		run("dup", handle, memory)
		dup := out[0]
		run("borrow", dup, memory)
		run("return", handle)
		run("validate", dup, pool, 1)
		run("read", dup, memory)
		run("release", dup)
		run("release_deferred", dup)
		cabi.Release(dup)
		run("move_out", handle, memory)
		run("move_in", out[0], memory)
		if out[0] != 0 {
			handle = out[0]
		}
		run("revoke", handle)
		run("release", handle)
	}
	run("acquire_n", pool, 64, 2, memory)
	run("release_n", memory, 2)
	run("acquire", pool, 1<<40, memory)
	run("acquire_n", 1, 64, 2, memory)
	run("sequence_next", 0, memory)
	place := new([cabi.SequenceBytes + 64]byte)
	aligned := (uint64(uintptr(unsafe.Pointer(place))) + 63) &^ 63
	cabi.SequenceInit(unsafe.Add(unsafe.Pointer(place), aligned-uint64(uintptr(unsafe.Pointer(place)))), 0, 2)
	for range 3 {
		run("sequence_next", aligned, memory)
	}
	if why := measureMaps(run, func() uint64 {
		object, _ := cabi.Acquire(pool, 64)
		return object
	}); why != "" {
		return why
	}
	escaping, escapingPlace = out, place
	runtime.KeepAlive(escaping)
	runtime.KeepAlive(escapingPlace)
	return broken
}

// What these point to stays on the heap.
var (
	escaping      *[batchHandles]uint64
	escapingPlace *[cabi.SequenceBytes + 64]byte
)
