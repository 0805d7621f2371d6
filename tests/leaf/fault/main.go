//go:build cgo && linux

// Command fault runs a leaf that reads memory which is not there: fault FUNCTION ADDRESS.
package main

/*
#cgo CFLAGS: -O2 -fno-omit-frame-pointer -fno-plt
#include "fault.h"
*/
import "C"

import (
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"example.com/escrow/go/leaf"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fault sum|word|inlined ADDRESS")
		os.Exit(2)
	}
	address, err := strconv.ParseUint(os.Args[2], 0, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	run(os.Args[1], address)
}

// run passes the address as a word, which no check of pointers sees.
//
//go:noinline
func run(function string, address uint64) {
	switch function {
	case "sum":
		leaf.W2(leaf.Func(unsafe.Pointer(C.fault_sum)), address, 4)
	case "word":
		leaf.W1(leaf.Func(unsafe.Pointer(C.fault_word)), address)
	case "inlined":
		leaf.W1(leaf.Func(unsafe.Pointer(C.fault_inlined)), address)
	}
}
