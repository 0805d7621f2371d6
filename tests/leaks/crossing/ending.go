package main

/*
#include "held.h"
#include "item.h"
*/
import "C"

import "example.com/escrow/go/escrow"

// tree is closed as often as somebody likes: Close does not look whether it was before.
type tree struct{ root *C.item }

func (t *tree) close() { C.item_free(t.root) }

//go:noinline
func closeTwice() {
	t := &tree{C.item_new(1)}
	t.close()
	t.close()
}

func closeTwiceHeld() verdict {
	p := open()
	g := number(p, 1)
	demand(g.Close() == nil, "the first Close ends the reference")
	demand(g.Close() == nil, "the second does nothing")
	err := g.Use(func([]byte) error { return nil })
	demand(p.Close() == nil, "nothing went twice")
	return code(err)
}

// child points into its tree and does not keep it.
type child struct{ number *C.int }

//go:noinline
func readOrphan() {
	t := &tree{C.item_new(1)}
	c := child{C.item_child(t.root)}
	t.close()
	C.item_read_child(c.number)
}

// heldChild keeps a reference of its own to the tree it lies in.
type heldChild struct{ tree escrow.Guard }

func readChildHeld() verdict {
	p := open()
	t := number(p, 1)
	c := heldChild{must(t.Dup())}
	demand(t.Close() == nil, "the tree's owner closes it")
	got := int(C.held_read(C.uint64_t(c.tree.UnsafeHandle())))
	demand(c.tree.Close() == nil, "the child ends the last reference")
	return cannot(got == 1 && p.Close() == nil)
}

func closeMeanwhile() {
	t := &tree{C.item_new(1)}
	begun, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		close(begun)
		C.item_read_slowly(t.root)
	}()
	<-begun
	pause() // until the call is on its way
	closeUnderIt(t)
	<-done
}

//go:noinline
func closeUnderIt(t *tree) { t.close() }

func closeMeanwhileHeld() verdict {
	p := open()
	g := number(p, 7)
	begun, closed, got := make(chan struct{}), make(chan struct{}), make(chan byte)
	go g.Use(func(b []byte) error {
		close(begun)
		<-closed
		got <- b[0]
		return nil
	})
	<-begun
	demand(g.Close() == nil, "Close does not wait")
	close(closed)
	return cannot(<-got == 7 && eventually(func() bool { return must(p.Stats()).Live == 0 }) && p.Close() == nil)
}

// closeForeign hands one pool's object to another, the nearest there is to freeing with the wrong
// allocator.
func closeForeign() verdict {
	right, wrong := open(), open()
	g := number(right, 1)
	_, err := wrong.UnsafeAdopt(g.UnsafeHandle())
	demand(g.Close() == nil && right.Close() == nil && wrong.Close() == nil, "nothing changed hands")
	return code(err)
}
