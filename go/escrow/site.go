package escrow

import (
	"runtime"
	"strings"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// Frame is one of a stack.
type Frame struct {
	PC       uintptr // a return address
	Function string  // "" where nobody knows: native code
	File     string
	Line     int
	Native   bool // of C or C++
}

// SiteStack is the stack of a site, innermost frame first: native frames, then those of Go. Frames of
// this package itself are left out at the inner end.
func SiteStack(site uint32) []Frame {
	pcs, native, s := cabi.LedgerSite(site)
	if s < 0 {
		return nil
	}
	var stack []Frame
	for _, pc := range pcs[:native] {
		stack = append(stack, Frame{PC: uintptr(pc), Native: true})
	}
	var managed []uintptr
	for _, pc := range pcs[native:] {
		managed = append(managed, uintptr(pc))
	}
	if len(managed) == 0 {
		return stack
	}
	frames := runtime.CallersFrames(managed)
	for own := true; ; {
		f, more := frames.Next()
		if own = own && isOwn(f); !own && f.PC != 0 {
			stack = append(stack, Frame{PC: f.PC + 1, Function: f.Function, File: f.File, Line: f.Line})
		}
		if !more {
			return stack
		}
	}
}

// ownPCs has what isOwnPC found out before: as many entries as there are places that acquire.
var ownPCs sync.Map // of uintptr: bool

// isOwnPC says whether a return address, with all functions that are inlined there, is of this package.
func isOwnPC(pc uintptr) bool {
	if own, ok := ownPCs.Load(pc); ok {
		return own.(bool)
	}
	own := true
	frames := runtime.CallersFrames([]uintptr{pc})
	for more := true; more && own; {
		var f runtime.Frame
		f, more = frames.Next()
		own = isOwn(f)
	}
	ownPCs.Store(pc, own)
	return own
}

// isOwn says whether a frame is of this package and not of its tests.
func isOwn(f runtime.Frame) bool {
	return strings.HasPrefix(f.Function, "example.com/escrow/go/escrow.") && !strings.HasSuffix(f.File, "_test.go")
}

// callers fills pcs with the calling goroutine's stack outside of this package, innermost first, and says how
// many there are.
func callers(pcs *[cabi.LedgerMostFrames]uint64) int {
	var stack [cabi.LedgerMostFrames + 8]uintptr
	n := 0
	for _, pc := range stack[:runtime.Callers(3, stack[:])] {
		// The way through this package differs from call to call; the site should not.
		if n == 0 && isOwnPC(pc) {
			continue
		}
		if n == len(pcs) {
			break
		}
		pcs[n] = uint64(pc)
		n++
	}
	return n
}
