// Package engine is the search engine: C++ that holds files as escrow memory and finds lines in
// them. Files go in and results come back by ticket; in between Go reads a file's memory on loan.
//
// It is a cgo package of its own beside go/escrow, which holds the one translation unit of the
// facade: the C++ here includes escrow's headers and is linked with that unit.
package engine

import "example.com/escrow/go/escrow"

// Options of an engine. Both pools outlive it.
type Options struct {
	Files   *escrow.Pool // what Add is given comes from here
	Results *escrow.Pool // matches and candidates come back in buffers from here
	Workers int          // 1 to 64 threads that index
	Queue   int          // 1 to 65,536 files that may wait for a worker
}

// Match is one matching line: bytes [Offset, Offset+Length) of a file, without the line end.
type Match struct {
	File   uint32
	Line   uint32 // from 1
	Offset uint32
	Length uint32
}

// Cursor is where a search goes on. The zero value begins; Done ends.
type Cursor struct {
	file, line, offset uint32
	Done               bool
}

// Counts is what an engine holds.
type Counts struct {
	Files        uint64
	Bytes        uint64
	Trigrams     uint64 // different ones
	PostingBytes uint64 // memory of the lists of files
	SealNanos    uint64 // what Seal took
}

// The bounds of one call of Search.
const (
	MaxText  = 65536
	MaxLimit = 65536
)
