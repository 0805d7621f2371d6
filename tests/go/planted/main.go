// Command planted has one fault for each tool that is to find it, and next to it the same thing done
// right. A leg that runs a tool runs both: the tool must stop the one and let the other pass.
package main

/*
#include <stdlib.h>

// Volatile: nothing may remember the address.
static void lose(void) {
  void *volatile p = malloc(1234);
  p = 0;
  (void)p;
}
static void *keep(void) { return malloc(8); }
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"example.com/escrow/go/escrow"
)

func main() {
	faults := map[string]func(){
		"clean":    clean,
		"leak":     leak,
		"race":     func() { overlap(0) },
		"disjoint": func() { overlap(8) },
		"store":    store,
		"reach":    reach,
	}
	if len(os.Args) != 2 || faults[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: planted clean | leak | race | disjoint | store | reach")
		os.Exit(2)
	}
	faults[os.Args[1]]()
	runtime.GC()
	runtime.GC()
	fmt.Println("done")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func clean() {
	p := must(escrow.Open(escrow.Options{}))
	for range 1000 {
		g := must(p.Acquire(64))
		must(g.WriteAt([]byte("bytes"), 0))
		g.Close()
	}
	must(p.Acquire(64)) // forgotten: the cleanup's
	for must(p.Stats()).Live > 0 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if err := p.Close(); err != nil {
		panic(err)
	}
}

// leak loses C memory; for -asan's check at exit.
func leak() {
	clean()
	C.lose()
	for range 64 { // what is left of the pointer on C stacks
		C.free(C.keep())
	}
}

// overlap writes to one object in two loans at the same time, the second from `at` on; for -race.
func overlap(at int) {
	p := must(escrow.Open(escrow.Options{}))
	g := must(p.Acquire(16))
	var both, done sync.WaitGroup
	both.Add(2)
	for i := range 2 {
		done.Go(func() {
			g.Use(func(b []byte) error {
				both.Done()
				both.Wait()
				b[i*at] = byte(i)
				return nil
			})
		})
	}
	done.Wait()
	g.Close()
	p.Close()
}

// store puts a Go pointer into pool memory; for GOEXPERIMENT=cgocheck2.
func store() {
	p := must(escrow.Open(escrow.Options{}))
	g := must(p.Acquire(64))
	g.Use(func(b []byte) error {
		*(**int)(unsafe.Pointer(&b[0])) = new(int)
		return nil
	})
	g.Close()
	p.Close()
}

// reach gives a cleanup an argument that reaches the object, so that it never runs; for
// GODEBUG=checkfinalizers=1.
func reach() {
	type object struct{ self **object }
	o := new(object)
	box := &o
	o.self = box
	runtime.AddCleanup(o, func(**object) {}, box)
	runtime.GC()
	runtime.GC()
	runtime.KeepAlive(o)
}
