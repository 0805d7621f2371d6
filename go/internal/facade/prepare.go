package facade

import (
	"fmt"
	"sync"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/leaf"
)

// proved is true when the linked C code keeps the contract of leaf calls. Set once by Prepare, before
// the first handle exists.
var (
	proved  bool
	unfit   string // why it is not
	prepare sync.Once
)

// stackLimit is what the contract allows a leaf, in bytes, with everything it calls.
const stackLimit = 512

// Prepare looks once whether the leaves of the linked facade may be called as leaves: compiled with
// optimisation, without a sanitizer, and, as measured by running each of them by cgo on painted
// stack, within their bound. Called before the first pool is opened. Cost: some microseconds, once.
func Prepare() {
	prepare.Do(func() {
		if !trampolines {
			return
		}
		abi := cabi.LinkedABI()
		switch used := uint64(0); {
		case !abi.Optimized:
			unfit = "the C side was compiled without optimisation"
		case abi.Sanitizer != 0:
			unfit = "the C side was compiled with a sanitizer"
		default:
			if used = cabi.LeafStackBytes(); used > stackLimit || used == 0 {
				unfit = fmt.Sprintf("a leaf used %d bytes of stack, more than %d", used, stackLimit)
				return
			}
			for i, address := range addresses() {
				*address = cabi.LeafAddress(i)
				if *address == nil {
					unfit = "the linked facade lacks a leaf; rebuild with go build -a"
					return
				}
			}
			proved = true
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
