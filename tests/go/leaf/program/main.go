// Command program is a storm of leaf calls, and a place for faults in leaves, as an executable or as
// a C library of two functions.
package main

import "C"

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"example.com/escrow/go/leaf"
	"example.com/escrow/tests/go/leaf/specimen"
	"example.com/escrow/tests/go/leaf/storm"
)

// LeafStorm runs a storm of so many milliseconds; 0 when all was well.
//
//export LeafStorm
func LeafStorm(milliseconds C.int) C.int {
	o := storm.Options{Duration: time.Duration(milliseconds) * time.Millisecond, Goroutines: 300, Traced: true, Signals: true, Dumps: true}
	if err := weather(o, ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func weather(o storm.Options, trace string) error {
	result, err := storm.Run(o)
	if err != nil {
		return err
	}
	fmt.Println(runtime.Version(), runtime.GOARCH, result)
	if trace != "" {
		return os.WriteFile(trace, result.Trace, 0o600)
	}
	return nil
}

func main() {
	var o storm.Options
	flag.DurationVar(&o.Duration, "duration", 2*time.Second, "of the storm")
	flag.IntVar(&o.Goroutines, "goroutines", 300, "at a time")
	flag.BoolVar(&o.Traced, "traced", true, "tracer, flight recorder and CPU profile on")
	flag.BoolVar(&o.Signals, "signals", true, "SIGURG to all threads")
	flag.BoolVar(&o.Dumps, "dumps", true, "goroutine dumps and profiles")
	flag.IntVar(&o.LeastDumps, "least", 0, "goroutines to be seen in a trampoline")
	trace := flag.String("trace", "", "file for a trace of the whole storm")
	fault := flag.String("fault", "", "framed, frameless: read -address in such a leaf, and try to recover")
	address := flag.Uint64("address", 8, "to read")
	available := flag.Bool("available", false, "say whether calls are leaf calls and why not, and what one by the same function returns")
	rooms := flag.Int("rooms", 0, "print the least stack that a C function had at so many depths")
	flag.Parse()
	o.OneTrace = *trace != ""
	var err error
	switch {
	case *fault != "":
		broken(map[string]leaf.Func{"framed": specimen.ReadFramed, "frameless": specimen.ReadFrameless}[*fault], *address)
	case *available:
		ok, reason := leaf.Available()
		fmt.Printf("%v %q %d\n", ok, reason, leaf.W6(specimen.Weigh, 1, 2, 3, 4, 5, 6))
	case *rooms > 0:
		fmt.Println("room:", storm.Room(*rooms))
	default:
		err = weather(o, *trace)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// broken calls a leaf that faults, as a server does that recovers from what its handlers do.
func broken(fn leaf.Func, address uint64) {
	debug.SetPanicOnFault(true)
	defer func() {
		if v := recover(); v != nil {
			fmt.Println("recovered:", v)
			os.Exit(0)
		}
	}()
	fmt.Println(leaf.W1(fn, address))
}
