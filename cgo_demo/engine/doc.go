// Package engine is the search engine: C++ that holds files as escrow memory and finds lines in
// them. Files go in and results come back by ticket; in between Go reads a file's memory on loan.
// Files come, change and go while searches run.
//
// It is a cgo package of its own beside go/escrow, which holds the one translation unit of the
// facade: the C++ here includes escrow's headers and is linked with that unit.
package engine

import "example.com/escrow/go/escrow"

// Options of an engine. Pools, cell and slot outlive it and its searches.
type Options struct {
	Files    *escrow.Pool           // what Put is given comes from here
	Results  *escrow.Pool           // pages of results come back in buffers from here
	Settings *escrow.Cell[Settings] // what searches obey: a raw cell, whose Check is Settings.Check
	Ranking  *escrow.CodeSlot       // of RankingCode; gets the engine's own function as its first version
	Workers  int                    // 1 to 64 threads that index
	Queue    int                    // 1 to 65,536 files that may wait for a worker

	LedgerRate int  // of the engine's own pool: as escrow.LedgerOptions.Rate
	PlantLeak  bool // searches leak results in C++, on purpose: planted.cpp
}

// File is a file as it lies on disk.
type File struct {
	Path  string
	Place uint32 // answers come in this order; or KeepPlace
	Size  int64
	Stamp uint64 // changes when the file does; 0: nobody can say, so it is read again
	Walk  uint64 // number of the walk that sees it; see RemoveUnseen
}

// KeepPlace is where a file was, or after all others.
const KeepPlace = 1<<32 - 1

// State is how what the engine holds of a file compares with the file on disk.
type State int

// States of a file.
const (
	Current State = iota
	Changed       // or it may have: read it and Put it
	Unknown       // not held
)

// Changes is what commits did to files.
type Changes struct {
	Added     uint64 `json:"added"`
	Replaced  uint64 `json:"replaced"`
	Removed   uint64 `json:"removed"`
	Unchanged uint64 `json:"unchanged"` // read, and found to be as they were
}

// Found is a file of a page of results. All of it but Path is on loan.
type Found struct {
	Path    string
	Text    []byte // must not be written
	Matches []Match

	of *Search
	at int // in the page
}

// Score is how early the file should come, with so many matching lines, those of earlier pages included;
// while it is visited. It is by one version of the ranking for all of a search, and by the weights that
// the search obeys. Cost: a cgo call.
//
// Errors: escrow.ErrRefused where the ranking gives no number, escrow.ErrClosed.
func (f Found) Score(matches int) (score float64, ranking uint64, err error) {
	return f.of.score(f.at, matches)
}

// Match is one matching line: bytes [Offset, Offset+Length) of a file, without the line end.
type Match struct {
	Line   uint32 // from 1
	Offset uint32
	Length uint32
}

// Counts is what an engine holds.
type Counts struct {
	Files         uint64 // that can be found
	Bytes         uint64 // of texts, those included that only a search or a batch still holds
	Spans         uint64 // of 16,384 file numbers that were ever in use together
	Documents     uint64 // versions of files, as above
	DocumentBytes uint64 // memory of the pool of documents, without texts
	PathBytes     uint64 // memory of the maps from path and from number to document
	Lists         uint64 // of files by trigram, one for each 16,384 file numbers
	ListBytes     uint64 // in lists
	IndexBytes    uint64 // memory of the map of lists
}

// The bounds of one call of Search.
const (
	MaxText  = 65536
	MaxLimit = 65536
)
