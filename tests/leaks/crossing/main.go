// Command crossing is the half of the corpus in which Go and C share memory. Each program is one
// mistake that real bindings have made, as small as it can be, and beside it the same thing on escrow.
// The table of the programs is ../programs.tsv; ../run runs them all.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include -O1 -fno-omit-frame-pointer
#cgo CXXFLAGS: -O1 -fno-omit-frame-pointer
#cgo linux LDFLAGS: -lpthread
*/
import "C"

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	_ "example.com/escrow/include/escrow"
)

// program is one mistake. naive makes it; escrow does the same on escrow and returns what it said.
type program struct {
	naive  func()
	escrow func() verdict
}

var programs = map[string]program{
	"clean":                     {clean, cleanHeld},
	"finalizer_during_call":     {readDuringCollections, readWhileReleased},
	"freed_by_both":             {freeWhatWasGiven, closeWhatWasGiven},
	"closed_twice":              {closeTwice, closeTwiceHeld},
	"child_outlives_parent":     {readOrphan, readChildHeld},
	"collector_sees_nothing":    {pileUp, pileUpHeld},
	"error_path":                {failEarly, failEarlyHeld},
	"borrowed_freed":            {freeBorrowed, closeBorrowed},
	"cstring_never_freed":       {greetEveryone, greetEveryoneHeld},
	"finalizer_on_other_thread": {finalizeElsewhere, finalizeAtHome},
	"userdata_never_dropped":    {subscribe, subscribeHeld},
	"guard_forgotten":           {forgetThumbnails, forgetThumbnailsHeld},
	"global_cache":              {cachePages, cachePagesHeld},
	"map_entry_never_erased":    {logIn, logInHeld},
	"goroutine_never_ends":      {waitForever, waitForeverHeld},
	"ticket_lost":               {loseMessages, loseTickets},
	"loan_never_returned":       {peekAndKeep, peekAndKeepHeld},
	"cycle_of_finalizers":       {linkBack, linkBackHeld},
	"cleanup_reaches_object":    {watchItself, watchItselfHeld},
	"close_during_use":          {closeMeanwhile, closeMeanwhileHeld},
	"dangling_slice":            {readLate, readLateHeld},
	"pointer_kept_by_c":         {freeTooEarly, closeTooEarly},
	"go_pointer_kept_by_c":      {lendToC, lendToCHeld},
	"go_pointer_in_c_memory":    {storePointer, storePointerHeld},
	"view_kept":                 {readKeptView, readCopy},
	"delivery_refused":          {produceMany, produceManyHeld},
	"overrun_by_c":              {describeShort, describeShortHeld},
	"overrun_of_go_slice":       {describeSlice, describeSliceHeld},
	"wrong_allocator":           {freeShape, closeForeign},
	"uninitialised_read":        {scheduleRaw, scheduleHeld},
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-l" {
		for _, name := range slices.Sorted(maps.Keys(programs)) {
			fmt.Println(name)
		}
		return
	}
	if len(os.Args) != 3 || os.Args[2] != "naive" && os.Args[2] != "escrow" {
		fmt.Fprintln(os.Stderr, "usage: crossing -l | PROGRAM naive | PROGRAM escrow")
		os.Exit(2)
	}
	p, ok := programs[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "crossing: no program", os.Args[1])
		os.Exit(2)
	}
	if os.Args[2] == "escrow" {
		fmt.Println("escrow:", p.escrow())
		return
	}
	profile := os.Getenv("LEAKS_PROFILE")
	if profile != "" {
		runtime.MemProfileRate = 1
	}
	p.naive()
	settle()
	if profile != "" {
		f := must(os.Create(profile))
		demand(pprof.Lookup("heap").WriteTo(f, 1) == nil && f.Close() == nil, "the profile is written")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// demand ends the program where what the table says of it would not be so.
func demand(so bool, what string) {
	if !so {
		fmt.Fprintln(os.Stderr, "not so:", what)
		os.Exit(3)
	}
}

// settle lets finalizers and cleanups run of what is garbage now.
func settle() {
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
}

// eventually collects until so, at most ten seconds.
func eventually(so func() bool) bool {
	for deadline := time.Now().Add(10 * time.Second); !so(); {
		if time.Now().After(deadline) {
			return false
		}
		settle()
	}
	return true
}

// many is how often a program loses something: a few of the pointers stay on dead stacks, where a leak
// checker that takes stacks for roots still sees them.
const many = 32

// apart runs f on a goroutine of its own, whose stack is gone afterwards.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

var reused []*byte

// reuse fills the place of garbage that was a slice or a channel of `many` pointers.
func reuse() {
	settle()
	// Garbage keeps its pointers until it is used again; a leak checker that does not know Go's heap
	// takes it for a holder.
	for range 4096 {
		reused = make([]*byte, many)
	}
}

// forgotten is what an escrow program does that loses guards.
func forgotten(lose func(i int)) {
	apart(func() {
		for i := range many {
			lose(i)
		}
	})
}
