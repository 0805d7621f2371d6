package main

/*
#include "held.h"
#include "item.h"
*/
import "C"

import (
	"errors"
	"runtime"
	"runtime/cgo"

	"example.com/escrow/go/escrow"
)

// thumbnail is a wrapper that somebody has to close.
type thumbnail struct{ item *C.item }

//go:noinline
func forgetThumbnails() {
	apart(func() {
		for range many {
			t := &thumbnail{C.item_new(1)}
			C.item_read(t.item)
		}
	})
}

func forgetThumbnailsHeld() verdict {
	p := open()
	forgotten(func(int) { number(p, 1) })
	return lost(p)
}

// page is in the cache for ever: nothing bounds the cache.
type page struct {
	item *C.item
	url  [100]byte
}

var cached []*page

//go:noinline
func cachePages() {
	for range many {
		cached = append(cached, &page{item: C.item_new(1)})
	}
}

var cachedGuards []escrow.Guard

func cachePagesHeld() verdict {
	p := open()
	for range many {
		cachedGuards = append(cachedGuards, number(p, 1))
	}
	settle()
	v := still(p)
	runtime.KeepAlive(cachedGuards)
	return v
}

var sessions = map[int]*page{}

//go:noinline
func logIn() {
	for user := range many {
		sessions[user] = &page{item: C.item_new(1)}
	}
}

func logInHeld() verdict {
	p := open()
	m := must(escrow.OpenGuardMap[int64](p, escrow.MapOptions{}))
	for user := range int64(many) {
		if err := m.Store(user, number(p, 1)); err != nil {
			return code(err)
		}
	}
	settle()
	demand(m.Len() == many, "the map says how many entries it has")
	v := still(p)
	runtime.KeepAlive(m)
	return v
}

// waitForever leaves a goroutine that holds an item and waits for what nobody sends.
//
//go:noinline
func waitForever() {
	never := make(chan struct{})
	for range many {
		p := &page{item: C.item_new(1)}
		go func() {
			<-never
			C.item_free(p.item)
		}()
	}
	keepChannel = never
}

var keepChannel chan struct{}

func waitForeverHeld() verdict {
	p := open()
	keepChannel = make(chan struct{})
	for range many {
		g := number(p, 1)
		go func() {
			<-keepChannel
			g.Close()
		}()
	}
	settle()
	return still(p)
}

// loseMessages sends items into a channel whose receiver has gone.
//
//go:noinline
func loseMessages() {
	apart(func() {
		queue := make(chan *C.item, many)
		for range many {
			queue <- C.item_new(1)
		}
	})
	reuse()
}

func loseTickets() verdict {
	p := open()
	apart(func() {
		queue := make(chan escrow.Ticket, many)
		for range many {
			queue <- must(number(p, 1).MoveOut())
		}
	})
	return lost(p)
}

// peekAndKeep takes a reference of a counted item and does not drop it.
//
//go:noinline
func peekAndKeep() {
	apart(func() {
		for range many {
			item := C.item_new(1)
			C.item_retain(item)
			C.item_read(item)
			C.item_drop(item) // its owner
		}
	})
}

func peekAndKeepHeld() verdict {
	p := open()
	g := number(p, 1)
	loan := C.held_lend(C.uint64_t(g.UnsafeHandle()))
	demand(loan != 0, "C has a loan")
	demand(g.Close() == nil, "the owner ends its reference")
	v := still(p)
	demand(int(C.held_give_back(loan)) == C.ESCROW_FREED, "the last loan frees")
	return v
}

// freeBorrowed frees what the library only lent.
//
//go:noinline
func freeBorrowed() {
	item := C.item_new(1)
	release(C.item_text(item))
	C.item_free(item)
}

func closeBorrowed() verdict {
	p := open()
	g := number(p, 1)
	loan := C.held_lend(C.uint64_t(g.UnsafeHandle()))
	err := must(p.UnsafeAdopt(uint64(loan))).Close()
	demand(int(C.held_give_back(loan)) == C.ESCROW_OK, "the loan is as it was")
	demand(g.Close() == nil && p.Close() == nil, "and so is its owner")
	return code(err)
}

// subscribe gives C a Go value by a cgo.Handle and never deletes the handle.
//
//go:noinline
func subscribe() {
	for range many {
		topic := make([]byte, 1024)
		kept = cgo.NewHandle(&topic)
	}
}

var kept cgo.Handle

func subscribeHeld() verdict {
	p := open()
	g := number(p, 1)
	C.held_remember(C.uint64_t(must(g.UnsafeDetach()))) // C's, which forgets to release it
	demand(int(C.held_recall()) == 1 && must(p.Stats()).Held == 0, "C has it, and Go does not")
	return still(p)
}

// readKeptView keeps the slice of an object beyond the function that it was lent to.
//
//go:noinline
func readKeptView() {
	p := open()
	g := number(p, 1)
	var kept []byte
	must(0, g.Use(func(b []byte) error { kept = b; return nil }))
	g.Close()
	sum += int(kept[0])
	p.Close()
}

func readCopy() verdict {
	p := open()
	g := number(p, 1)
	kept := make([]byte, 4)
	must(g.ReadAt(kept, 0))
	g.Close()
	return cannot(kept[0] == 1 && p.Close() == nil)
}

// producer has its callbacks' userdata in a map, as the binding of a message queue had: C gets a number.
type producer struct{ waiting map[int]*delivery }

type delivery struct {
	answer [1024]byte
	sent   func()
}

// produce puts an entry into the map before it asks C, which refuses.
//
//go:noinline
func (p *producer) produce(message int) error {
	p.waiting[message] = &delivery{}
	if C.item_offer(C.int(message)) == 0 {
		return errRefused // and the entry stays
	}
	return nil
}

var (
	errRefused = errors.New("the queue is full")
	queue      = &producer{map[int]*delivery{}}
)

func produceMany() {
	for message := range many {
		demand(queue.produce(message) == errRefused, "C takes none")
	}
}

// produceManyHeld has the userdata in an object that C takes a loan of, if it takes the message.
func produceManyHeld() verdict {
	p := open()
	produce := func() error {
		d := number(p, 1)
		defer d.Close()
		if C.item_offer(1) == 0 {
			return errRefused
		}
		C.held_remember(C.held_lend(C.uint64_t(d.UnsafeHandle())))
		return nil
	}
	for range many {
		demand(produce() == errRefused, "C takes none")
	}
	return cannot(must(p.Stats()).Live == 0 && p.Close() == nil)
}
