package leaf

import (
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/leafcgo"
)

// StackLimit is the contract: what a leaf may write of the stack, in bytes, with everything it calls.
const StackLimit = 512

// Func is the address of a C function: leaf.Func(C.name) in a cgo package. It is not checked: what is
// no C function of the shape it is called with is undefined behaviour.
type Func unsafe.Pointer

// on is 1 while calls go through the trampoline. The assembly reads it, too.
var on atomic.Uint32

var (
	mutex    sync.Mutex
	fixed    = fixedReason() // why calls go by cgo for the life of the process
	disabled bool
)

func init() { settle() }

// fixedReason looks at what does not change while the process lives.
func fixedReason() string {
	switch {
	case missing != "":
		return missing
	case os.Getenv("ESCROW_LEAF") == "off":
		return "ESCROW_LEAF=off"
	case !leafcgo.Optimized():
		return "C is compiled without optimisation or with a sanitizer"
	}
	return ""
}

// settle puts what holds now where callers see it.
func settle() {
	mutex.Lock()
	defer mutex.Unlock()
	if fixed == "" && !disabled {
		on.Store(1)
	} else {
		on.Store(0)
	}
}

// On says whether calls are leaf calls now. Cost: one atomic load, inlined.
func On() bool { return on.Load() != 0 }

// Available says whether calls are leaf calls now, and if not, why: what was missing at build time,
// ESCROW_LEAF=off, C without optimisation, or Disable.
func Available() (ok bool, reason string) {
	mutex.Lock()
	defer mutex.Unlock()
	switch {
	case fixed != "":
		return false, fixed
	case disabled:
		return false, "leaf.Disable was called"
	}
	return true, ""
}

// Disable makes every later call of the process a cgo call, as for a CPU profile. Calls that run are
// not waited for. Calls of Disable are not counted.
func Disable() { set(true) }

// Enable undoes Disable. It changes nothing where Available gives another reason.
func Enable() { set(false) }

func set(off bool) {
	mutex.Lock()
	disabled = off
	mutex.Unlock()
	settle()
}

// StackUse calls fn once, through cgo, with the pointers followed by the words, on a stack whose next
// 4 KiB were painted, and returns what fn returned and how many bytes of stack it wrote, its return
// address included; 4096 means so many or more. The call is an ordinary one with its effects. What fn
// does with other arguments, or passes over without writing, is not seen: this finds a broken bound,
// and the proof in docs/leaf.md shows a kept one. Cost: a microsecond or two. It panics with more
// than 6 arguments, and where there is no C.
func StackUse(fn Func, pointers []unsafe.Pointer, words []uint64) (result uint64, bytes int) {
	if len(pointers)+len(words) > 6 {
		panic("leaf: StackUse with more than 6 arguments")
	}
	return leafcgo.Measure(unsafe.Pointer(fn), pointers, words)
}
