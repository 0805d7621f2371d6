package main

/*
#cgo CFLAGS: -O2
#cgo noescape claims_add
#cgo nocallback claims_add
#include <stdint.h>
uint64_t claims_add(uint64_t *counter);
*/
import "C"

import (
	"sync/atomic"
	"unsafe"

	"example.com/escrow/bench/go/increment"
	"example.com/escrow/go/escrow"
	"example.com/escrow/go/leaf"
)

// counter is a way to get numbers. open makes a fresh one; fill asks it for len(out) numbers, in a
// loop of its own so that what Go can inline is inlined.
type counter struct {
	name string
	racy bool // gives numbers twice
	open func() (fill func(out []uint64), done func())
}

// nothing fills without counting: what a group costs besides.
func nothing(out []uint64) {
	for i := range out {
		out[i] = uint64(i)
	}
}

// word is a counter alone on its cache lines.
type word struct {
	_ [128]byte
	n uint64
	_ [120]byte
}

var addAddress = leaf.Func(C.claims_add)

func ofWord(fill func(n *uint64, out []uint64)) func() (func([]uint64), func()) {
	return func() (func([]uint64), func()) {
		w := new(word)
		return func(out []uint64) { fill(&w.n, out) }, func() {}
	}
}

func ofSequence(block uint64) func() (func([]uint64), func()) {
	return func() (func([]uint64), func()) {
		s, err := escrow.NewSequence(escrow.SequenceOptions{Block: block})
		if err != nil {
			panic(err)
		}
		return func(out []uint64) {
				for i := range out {
					n, err := s.Next()
					if err != nil {
						panic(err)
					}
					out[i] = n
				}
			}, func() {
				if err := s.Close(); err != nil {
					panic(err)
				}
			}
	}
}

const blockNumbers = 1024

// The rows of the table, by the indices that the text below it uses.
const (
	atomicAdd = iota
	assemblyAdd
	articleAdd
	leafAdd
	cgoAdd
	ordered
	unique
)

var counters = []counter{
	atomicAdd: {name: "atomic.AddUint64", open: ofWord(func(n *uint64, out []uint64) {
		for i := range out {
			out[i] = atomic.AddUint64(n, 1)
		}
	})},
	assemblyAdd: {name: "assembly, LOCK XADD", open: ofWord(func(n *uint64, out []uint64) {
		for i := range out {
			out[i] = increment.Add(n)
		}
	})},
	articleAdd: {name: "assembly, LOCK INC, then load", racy: true, open: ofWord(func(n *uint64, out []uint64) {
		for i := range out {
			out[i] = increment.IncrementAndReload(n)
		}
	})},
	leafAdd: {name: "leaf call to C's fetch_add", open: ofWord(func(n *uint64, out []uint64) {
		for i := range out {
			out[i] = leaf.P1(addAddress, unsafe.Pointer(n))
		}
	})},
	cgoAdd: {name: "cgo call to C's fetch_add", open: ofWord(func(n *uint64, out []uint64) {
		for i := range out {
			out[i] = uint64(C.claims_add((*C.uint64_t)(n)))
		}
	})},
	ordered: {name: "escrow.Sequence, ordered", open: ofSequence(0)},
	unique:  {name: "escrow.Sequence, blocks of 1024", open: ofSequence(blockNumbers)},
}
