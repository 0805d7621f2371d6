//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_sequence_next
// #cgo nocallback escrow1_sequence_next
// #cgo noescape escrow1_sequence_next_n
// #cgo nocallback escrow1_sequence_next_n
// #include "escrow/sequence.h"
import "C"

import "unsafe"

// SequenceBytes is the size of an escrow_sequence.
const SequenceBytes = C.sizeof_escrow_sequence

// SequenceInit makes a generator in C memory.
func SequenceInit(s unsafe.Pointer, first, block uint64) Status {
	return Status(C.escrow1_sequence_init((*C.escrow_sequence)(s), C.uint64_t(first), C.uint64_t(block)))
}

// SequenceNext gives one number.
func SequenceNext(s unsafe.Pointer) (number uint64, status Status) {
	var out C.uint64_t
	status = Status(C.escrow1_sequence_next((*C.escrow_sequence)(s), &out))
	return uint64(out), status
}

// SequenceNextN gives count numbers in a row.
func SequenceNextN(s unsafe.Pointer, count uint64) (first uint64, status Status) {
	var out C.uint64_t
	status = Status(C.escrow1_sequence_next_n((*C.escrow_sequence)(s), C.uint64_t(count), &out))
	return uint64(out), status
}
