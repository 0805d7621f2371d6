// Package specimen holds C functions for tests of leaf calls.
package specimen

// #cgo CFLAGS: -O2 -fno-plt -fno-omit-frame-pointer
// #include "specimen.h"
import "C"

import "example.com/escrow/go/leaf"

// The addresses; specimen.h says what the functions do.
var (
	Empty         = leaf.Func(C.specimen_empty)
	Weigh         = leaf.Func(C.specimen_weigh)
	Store         = leaf.Func(C.specimen_store)
	Trash         = leaf.Func(C.specimen_trash)
	TrashRoom     = leaf.Func(C.specimen_trash_room)
	Room          = leaf.Func(C.specimen_room)
	Write100      = leaf.Func(C.specimen_write_100)
	Write600      = leaf.Func(C.specimen_write_600)
	Write5000     = leaf.Func(C.specimen_write_5000)
	ReadFramed    = leaf.Func(C.specimen_read_framed)
	ReadFrameless = leaf.Func(C.specimen_read_frameless)
)

// InInit was computed by a leaf before main.
var InInit = leaf.W3(Trash, 3, 4, 10)

// Mixture is what Trash and TrashRoom return.
func Mixture(a, b uint64) uint64 { return (a^b<<7)*0x9e3779b97f4a7c15 + b }

// ThroughGo calls C, which calls Go, which calls the leaf Trash.
func ThroughGo(a, b uint64) uint64 {
	return uint64(C.specimen_through_go(C.uint64_t(a), C.uint64_t(b)))
}

// PlainEmpty is an ordinary cgo call of Empty.
func PlainEmpty(a uint64) uint64 { return uint64(C.specimen_empty(C.uint64_t(a))) }

//export specimenLeaf
func specimenLeaf(a, b C.uint64_t) C.uint64_t {
	return C.uint64_t(leaf.W3(Trash, uint64(a), uint64(b), 20))
}
