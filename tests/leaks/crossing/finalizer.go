package main

/*
#include "held.h"
#include "item.h"
*/
import "C"

import (
	"runtime"
	"sync"

	"example.com/escrow/go/escrow"
)

const (
	statusStale = C.ESCROW_E_STALE
	statusSize  = C.ESCROW_E_SIZE
)

// reading is the wrapper of countless bindings: a finalizer frees, and nothing keeps it alive while C
// works.
type reading struct{ item *C.item }

func newReading(value int) *reading {
	r := &reading{C.item_new(C.int(value))}
	runtime.SetFinalizer(r, func(r *reading) { C.item_free(r.item) })
	return r
}

// collecting runs f while the collector runs without a pause.
func collecting(f func()) {
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
				C.held_collection_passed()
			}
		}
	})
	f()
	close(stop)
	group.Wait()
}

func readDuringCollections() {
	collecting(readWhileFinalized)
	demand(C.item_live() == 0, "the finalizer ran during the call")
}

//go:noinline
func readWhileFinalized() {
	r := newReading(7)
	C.item_read_slowly(r.item) // the last use of r
}

// heldReading is the same on a guard, and nothing keeps it alive either.
type heldReading struct{ guard escrow.Guard }

func readWhileReleased() verdict {
	p := must(escrow.Open(escrow.Options{PreciseGuards: true}))
	right, during := true, 0
	collecting(func() {
		for range 5 {
			before := must(p.Stats()).Leaked
			r := &heldReading{number(p, 7)}
			got := int(C.held_read_slowly(C.uint64_t(r.guard.UnsafeHandle()))) // the last use of r
			right = right && (got == 7 || got == statusStale)
			if must(p.Stats()).Leaked > before {
				during++
			}
		}
	})
	demand(during > 0, "a cleanup ran during a call")
	return cannot(right)
}

//go:noinline
func freeWhatWasGiven() {
	r := newReading(1)
	C.item_take(r.item) // the library's, which is done with it at once; the finalizer does not know
}

func closeWhatWasGiven() verdict {
	p := open()
	g := number(p, 1)
	handle := must(g.UnsafeDetach())
	demand(int(C.held_take(C.uint64_t(handle))) == C.ESCROW_FREED, "C frees what it was given")
	demand(g.Close() == nil, "closing what was given away does nothing")
	err := g.Use(func([]byte) error { return nil })
	demand(p.Close() == nil, "nothing is out, and nothing went twice")
	return code(err)
}

// finalizeElsewhere frees an item of a library that belongs to one thread from the finalizer's.
//
//go:noinline
func finalizeElsewhere() {
	runtime.LockOSThread()
	C.owner_is_here()
	func() {
		r := &reading{C.item_new(1)}
		runtime.SetFinalizer(r, func(r *reading) { C.item_free_by_owner(r.item) })
	}()
	demand(eventually(func() bool { return C.wrong_threads() > 0 }), "a stranger entered the library")
}

// finalizeAtHome has a destructor that belongs to one thread: cleanups only mark, the owner drains.
func finalizeAtHome() verdict {
	runtime.LockOSThread()
	C.owner_is_here()
	p := must(escrow.Open(escrow.Options{UnsafeDestructor: C.held_destructor()}))
	func() {
		r := new([4]*int) // too large to share a cleanup with others
		runtime.AddCleanup(r, func(handle uint64) { C.held_end_deferred(C.uint64_t(handle)) },
			must(p.UnsafeAcquire(64)))
	}()
	demand(eventually(func() bool { return must(p.Stats()).Pending == 1 }), "a destructor is owed")
	ran := must(p.Drain())
	return cannot(ran == 1 && C.wrong_threads() == 0 && p.Close() == nil)
}

// link is a node of a ring whose nodes have finalizers: the collector frees no such ring.
type link struct {
	item *C.item
	next *link
}

//go:noinline
func linkBack() {
	for range many {
		a := &link{item: C.item_new(1)}
		a.next = &link{C.item_new(2), a}
		for _, l := range []*link{a, a.next} {
			runtime.SetFinalizer(l, func(l *link) { C.item_free(l.item) })
		}
	}
	settle()
	demand(C.item_live() == 2*many, "no finalizer of a ring runs")
}

type heldLink struct {
	guard escrow.Guard
	next  *heldLink
}

func linkBackHeld() verdict {
	p := open()
	forgotten(func(int) {
		a := &heldLink{guard: number(p, 1)}
		a.next = &heldLink{number(p, 2), a}
	})
	return lost(p)
}

// watched reaches itself through the argument of its cleanup.
type watched struct {
	item *C.item
	box  **watched
}

//go:noinline
func watchItself() {
	for range many {
		w := &watched{item: C.item_new(1)}
		box := new(*watched)
		*box, w.box = w, box
		runtime.AddCleanup(w, func(box **watched) { C.item_free((*box).item) }, box)
	}
	settle()
	demand(C.item_live() == many, "no cleanup runs that reaches its object")
}

func watchItselfHeld() verdict {
	p := open()
	type watchedGuard struct {
		guard escrow.Guard
		box   **watchedGuard
	}
	forgotten(func(int) {
		w := &watchedGuard{guard: number(p, 1)}
		w.box = &w
	})
	return lost(p)
}
