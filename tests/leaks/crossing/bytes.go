package main

/*
#include <stdlib.h>
#include "held.h"
#include "item.h"
#include "shape.h"
*/
import "C"

import (
	"errors"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"example.com/escrow/go/escrow"
)

// release is free, for memory of C whatever its type.
func release(p *C.char) { C.free(unsafe.Pointer(p)) }

func pause() { time.Sleep(50 * time.Millisecond) }

var errEmpty = errors.New("empty header")

// parseHeader forgets its buffer where it fails.
//
//go:noinline
func parseHeader(text string) error {
	buffer := C.malloc(64)
	if text == "" {
		return errEmpty
	}
	C.free(buffer)
	return nil
}

func failEarly() {
	apart(func() {
		for range many {
			demand(parseHeader("") == errEmpty && parseHeader("length: 3") == nil, "one of two headers is empty")
		}
	})
}

// parseHeaderHeld forgets its guard where it fails.
func parseHeaderHeld(p *escrow.Pool, text string) error {
	buffer := number(p, 1)
	if text == "" {
		return errEmpty
	}
	return buffer.Close()
}

func failEarlyHeld() verdict {
	p := open()
	forgotten(func(int) {
		demand(parseHeaderHeld(p, "") == errEmpty && parseHeaderHeld(p, "length: 3") == nil, "one is empty")
	})
	return lost(p)
}

//go:noinline
func greetEveryone() {
	apart(func() {
		for range many {
			C.hello(C.CString("a name of some length"))
		}
	})
}

func greetEveryoneHeld() verdict {
	p := open()
	forgotten(func(int) {
		g, _, err := p.ReadAll(strings.NewReader("a name of some length\x00"))
		demand(err == nil && g.Len() == 22, "C's copy of the text")
	})
	return lost(p)
}

const large = 1 << 20

// picture is small for the collector and large in C.
type picture struct{ pixels unsafe.Pointer }

// pileUp drops a gigabyte of C memory, a megabyte at a time; the collector sees sixteen kilobytes.
//
//go:noinline
func pileUp() {
	for range 1024 {
		p := &picture{C.block_new(large)}
		runtime.SetFinalizer(p, func(p *picture) { C.block_free(p.pixels, large) })
	}
	demand(C.block_peak() > 900*large, "no collection came in between")
}

func pileUpHeld() verdict {
	p := open()
	for range 1024 {
		must(p.Acquire(large))
	}
	peak := must(p.Stats()).BytesPeak
	return cannot(peak < 512*large && eventually(func() bool { return must(p.Stats()).Live == 0 }) && p.Close() == nil)
}

var sum int

// readLate reads a slice of C memory that was freed.
//
//go:noinline
func readLate() {
	item := C.item_new(1)
	text := unsafe.Slice((*byte)(unsafe.Pointer(C.item_text(item))), C.ITEM_TEXT)
	C.item_free(item)
	for _, b := range text {
		sum += int(b)
	}
}

func readLateHeld() verdict {
	p := open()
	g := number(p, 1)
	g.Close()
	err := g.Use(func(text []byte) error { sum += int(text[0]); return nil })
	demand(p.Close() == nil, "nothing is out")
	return code(err)
}

// freeTooEarly frees what C has kept.
//
//go:noinline
func freeTooEarly() {
	item := C.item_new(1)
	C.item_remember(item)
	C.item_free(item)
	C.item_recall()
}

func closeTooEarly() verdict {
	p := open()
	g := number(p, 1)
	C.held_remember(C.uint64_t(g.UnsafeHandle()))
	demand(int(C.held_recall()) == 1 && g.Close() == nil, "C sees the object while it is there")
	v := codeOfC(int(C.held_recall()))
	demand(p.Close() == nil, "nothing is out")
	return v
}

// lendToC leaves a pointer into Go memory with C after the call.
//
//go:noinline
func lendToC() {
	apart(func() {
		text := make([]byte, 4096)
		text[0], text[1] = 1, 2
		C.item_remember_bytes((*C.char)(unsafe.Pointer(&text[0])))
	})
	settle()
	C.item_recall_bytes()
}

func lendToCHeld() verdict {
	p := open()
	apart(func() { C.held_remember(C.uint64_t(number(p, 1).UnsafeHandle())) })
	demand(eventually(func() bool { return must(p.Stats()).Live == 0 }), "the guard was forgotten")
	v := codeOfC(int(C.held_recall()))
	demand(p.Close() == nil, "nothing is out")
	return v
}

// describeShort has 16 bytes for what takes 24.
//
//go:noinline
func describeShort() {
	buffer := (*C.char)(C.malloc(16))
	C.describe_into(buffer)
	release(buffer)
}

func describeShortHeld() verdict {
	p := open()
	g := must(p.Acquire(16))
	v := codeOfC(int(C.held_describe(C.uint64_t(g.UnsafeHandle()))))
	demand(g.Close() == nil && p.Close() == nil, "nothing is out")
	return v
}

// describeSlice has 16 bytes of Go for what takes 24: the next object is overwritten.
//
//go:noinline
func describeSlice() {
	buffer := make([]byte, 16)
	C.describe_into((*C.char)(unsafe.Pointer(&buffer[0])))
	sum += int(buffer[0])
}

func describeSliceHeld() verdict {
	p := open()
	g := must(p.Acquire(16))
	_, err := g.WriteAt(make([]byte, C.ITEM_TEXT), 0)
	demand(g.Close() == nil && p.Close() == nil, "nothing is out")
	return code(err)
}

//go:noinline
func freeShape() {
	C.free(C.shape_new())
}

// scheduleRaw lets C decide on a field that nobody set.
//
//go:noinline
func scheduleRaw() {
	item := C.item_raw(1)
	sum += int(C.item_is_due(item))
	C.item_free(item)
}

func scheduleHeld() verdict {
	p := open()
	right := true
	for range 2 * many { // slots are used again, and zero again
		g := must(p.Acquire(64))
		must(0, g.Use(func(b []byte) error {
			for i := range b {
				right = right && b[i] == 0
				b[i] = 0xFF
			}
			return nil
		}))
		g.Close()
	}
	return cannot(right && p.Close() == nil)
}

// entry is a Go value that somebody keeps in memory of C.
type entry struct{ text *[4096]byte }

// storePointer hides a Go pointer from the collector, in C memory.
//
//go:noinline
func storePointer() {
	e := (*entry)(C.malloc(C.size_t(unsafe.Sizeof(entry{}))))
	*(*uintptr)(unsafe.Pointer(e)) = 0 // what malloc left there is no pointer
	e.text = new([4096]byte)
	kept := e.text
	settle()
	sum += int(kept[0])
	C.free(unsafe.Pointer(e))
}

// storePointerHeld asks for typed memory, which takes no type that holds a Go pointer.
func storePointerHeld() verdict {
	_, err := escrow.OpenOf[entry](escrow.Options{})
	return code(err)
}
