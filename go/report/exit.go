package report

import (
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// atExit are the reports of DumpOnExit that have not been written.
var atExit struct {
	mu   sync.Mutex
	dump []*func()
}

// DumpOnExit arranges for a report in text at the end of main, when something is live then or guards were
// dropped without Close:
//
//	func main() {
//		defer report.DumpOnExit(os.Stderr)()
//
// Go runs nothing of its own at the end of a process, so there has to be a call: what DumpOnExit returns, the
// first deferred of main and so the last that runs, after pools were closed; also when main panics. It
// does not run where os.Exit, log.Fatal or a signal ends the process: call Exit in place of os.Exit, and
// see DumpOnSignal. The second call of what it returns does nothing.
//
// Before it looks it collects garbage, for at most 100 ms, so that what Go has merely dropped is not listed as
// held, but counted as dropped.
func DumpOnExit(w io.Writer) func() {
	var once sync.Once
	var run func()
	run = func() {
		once.Do(func() {
			atExit.mu.Lock()
			atExit.dump = slices.DeleteFunc(atExit.dump, func(f *func()) bool { return f == &run })
			atExit.mu.Unlock()
			settle()
			s := Take(Options{})
			if objects, _ := s.Held(); objects > 0 || s.Leaked > 0 {
				_ = s.WriteText(w) // there is nobody left to tell
			}
		})
	}
	atExit.mu.Lock()
	defer atExit.mu.Unlock()
	atExit.dump = append(atExit.dump, &run)
	return run
}

// Exit writes the reports of DumpOnExit that were not written yet and ends the process, as os.Exit does: deferred
// functions do not run.
func Exit(code int) {
	atExit.mu.Lock()
	all := slices.Clone(atExit.dump)
	atExit.mu.Unlock()
	for _, f := range slices.Backward(all) {
		(*f)()
	}
	os.Exit(code)
}

// settle gives cleanups of what is garbage the time to run.
func settle() {
	until := time.Now().Add(100 * time.Millisecond)
	for range 3 {
		runtime.GC()
		if time.Now().After(until) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
