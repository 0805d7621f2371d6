package main

/*
#include <stdlib.h>
#include "held.h"
#include "item.h"
*/
import "C"

import "unsafe"

// clean makes no mistake: no tool may say anything.
func clean() {
	for i := range many {
		item := C.item_new(C.int(i))
		demand(int(C.item_read(item)) == i, "an item holds its value")
		text := C.CString("text")
		C.hello(text)
		C.free(unsafe.Pointer(text))
		C.item_free(item)
	}
}

func cleanHeld() verdict {
	p := open()
	right := true
	for i := range many {
		g := number(p, byte(i))
		right = right && int(C.held_read(C.uint64_t(g.UnsafeHandle()))) == i
		right = right && g.Close() == nil
	}
	return cannot(right && p.Close() == nil)
}
