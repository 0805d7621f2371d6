package storm

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

const (
	trampoline = "example.com/escrow/go/leaf.framed"
	caller     = "example.com/escrow/tests/go/leaf/storm.(*run)."
)

// dump looks at goroutines in the ways a user does, and fails when one with a trampoline on top has
// no caller.
func (r *run) dump() {
	text := make([]byte, 16<<20)
	records := make([]runtime.StackRecord, 1<<16)
	for i := 0; !r.stop.Load(); i++ {
		switch i % 3 {
		case 0:
			r.inspectText(string(text[:runtime.Stack(text, true)]))
		case 1:
			var b bytes.Buffer
			if err := pprof.Lookup("goroutine").WriteTo(&b, 2); err != nil {
				r.fail(err)
			}
			r.inspectText(b.String())
		case 2:
			if n, ok := runtime.GoroutineProfile(records); ok {
				r.inspectRecords(records[:n])
			}
		}
		if i%10 == 9 { // several in a row: the first one of them waited for a processor
			time.Sleep(time.Millisecond)
		}
	}
}

func (r *run) inspectText(dump string) {
	for _, goroutine := range strings.Split(dump, "\n\n") {
		if strings.Contains(goroutine, "\n"+trampoline) {
			r.inspect(strings.Contains(goroutine, "\n"+caller), goroutine)
		}
	}
}

func (r *run) inspectRecords(records []runtime.StackRecord) {
	for i := range records {
		var names []string
		frames := runtime.CallersFrames(records[i].Stack())
		for more := true; more; {
			var frame runtime.Frame
			frame, more = frames.Next()
			names = append(names, frame.Function)
		}
		stack := "\n" + strings.Join(names, "\n")
		if strings.Contains(stack, "\n"+trampoline) {
			r.inspect(strings.Contains(stack, "\n"+caller), stack)
		}
	}
}

func (r *run) inspect(whole bool, stack string) {
	r.sampled.Add(1)
	if !whole {
		r.fail(fmt.Errorf("a goroutine lost its callers:\n%s", stack))
	}
}
