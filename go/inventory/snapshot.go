// Package inventory is who holds what at one moment, as data, and what can be made of it: text for a
// terminal, JSON that can be read back, one HTML page that needs no network, a comparison of two
// snapshots, and the findings of sanitizers beside the sites that they name.
//
// It touches no C memory and needs no cgo; package report takes the snapshots of a running process, and
// the command escrow report reads them elsewhere.
package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Format is the first field of a snapshot in JSON. The number rises when a field changes its meaning or
// goes; fields that come do not raise it.
const Format = "escrow snapshot 1"

// ID names a pool or a reference in a report. In JSON it is a string, "0x7f00000000000001", because
// JavaScript's numbers have 53 bits.
type ID uint64

// String is the number in hexadecimal.
func (id ID) String() string { return "0x" + strconv.FormatUint(uint64(id), 16) }

// MarshalText writes the ID as String does.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 0, 64)
	*id = ID(n)
	return err
}

// Snapshot is who holds what in a process. Durations are nanoseconds in JSON.
type Snapshot struct {
	Format  string        `json:"format"`
	Taken   time.Time     `json:"taken"`
	Took    time.Duration `json:"took_ns"` // how long it took to take
	Program string        `json:"program"`
	PID     int           `json:"pid"`

	Leaked         uint64 `json:"leaked"`          // guards and tickets that a cleanup ended, so far
	ForgottenPools uint64 `json:"forgotten_pools"` // pools that a cleanup closed, so far
	Lost           uint64 `json:"lost"`            // notes whose stack found no place

	Pools    []Pool    `json:"pools"` // most bytes first
	Sites    []Site    `json:"sites"` // most bytes first
	Misuse   []Misuse  `json:"misuse"`
	Lives    []Life    `json:"lives"`
	Findings []Finding `json:"findings"` // of sanitizers; see Join
	Growth   *Growth   `json:"growth,omitempty"`
	Suspects []Suspect `json:"suspects"`
}

// Pool is what one pool holds.
type Pool struct {
	ID         ID        `json:"id"`
	Name       string    `json:"name"`
	Type       uint32    `json:"type"`
	Live       uint64    `json:"live"` // objects
	Duplicates uint64    `json:"duplicates"`
	Loans      uint64    `json:"loans"`
	Borrows    uint64    `json:"borrows"`
	Tickets    uint64    `json:"tickets"`
	Pending    uint64    `json:"pending"`
	Bytes      uint64    `json:"bytes"`     // of live objects, as asked for
	Committed  uint64    `json:"committed"` // bytes from the system
	Peak       uint64    `json:"peak"`      // the most of them
	Limit      uint64    `json:"limit"`     // 0 = none
	Held       uint64    `json:"held"`      // by guards and tickets of Go
	HeldByAge  [4]uint64 `json:"held_by_age"`
	Leaked     uint64    `json:"leaked"` // guards and tickets that a cleanup ended
	Rate       int       `json:"rate"`   // of its ledger: one acquisition in so many is noted; 0 = none is
	States     []Count   `json:"states"`
	Misuse     []Refused `json:"misuse"`
}

// Title is the pool's name, or its ID where it has none.
func (p *Pool) Title() string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID.String()
}

// Count is how many objects of a type are in a state.
type Count struct {
	Type    uint32 `json:"type"`
	State   State  `json:"state"`
	Objects uint64 `json:"objects"`
	Bytes   uint64 `json:"bytes"`
}

// Refused counts calls on a pool's objects that ended in an error.
type Refused struct {
	Error string `json:"error"`
	Count uint64 `json:"count"`
}

// State is one of the states of an object in docs/ownership.md.
type State string

// The states in which an object occupies memory.
const (
	Live          State = "LIVE"
	Shared        State = "SHARED"
	Lent          State = "LENT"
	SharedLent    State = "SHARED+LENT"
	Ownerless     State = "OWNERLESS"
	OwnerlessLent State = "OWNERLESS+LENT"
	Orphan        State = "ORPHAN"
	Transit       State = "TRANSIT"
	Dead          State = "DEAD"
)

// Site is a place in the program that acquired references, and what of them is live.
type Site struct {
	Key     string        `json:"key"` // the same for the same stack in every run of a program
	Stack   []Frame       `json:"stack"`
	Noted   int           `json:"noted"` // live references with a note
	Live    int           `json:"live"`  // how many there are, from the rates of the notes
	Bytes   int64         `json:"bytes"` // of their objects, from the same
	Oldest  time.Duration `json:"oldest_ns"`
	Holders Holders       `json:"holders"`
	Pools   []string      `json:"pools"`
	Labels  []string      `json:"labels"`
	Objects []Object      `json:"objects"` // the oldest of them
}

// Holders counts the noted references of a site by who holds them now.
type Holders struct {
	Go          int `json:"go"`          // a guard or a ticket whose block is reachable
	Unreachable int `json:"unreachable"` // one that nothing in Go reaches: a cleanup is about to end it
	Map         int `json:"map"`
	Cell        int `json:"cell"`
	Other       int `json:"other"` // C and C++, and raw handles of Go
	Lent        int `json:"lent"`  // no owner is left; loans or duplicates keep the object
}

// Frame is one of a stack.
type Frame struct {
	Function string `json:"function"` // "" where nobody knows
	File     string `json:"file"`
	Line     int    `json:"line"`
	Native   bool   `json:"native"` // of C or C++
	Module   string `json:"module"` // of a native frame: the file that is mapped there
	Offset   uint64 `json:"offset"` // of a native frame: the address in that file
}

// Object is a live reference that was noted.
type Object struct {
	ID     ID            `json:"id"`
	Root   ID            `json:"root"` // the object that it refers to
	Pool   string        `json:"pool"`
	Type   uint32        `json:"type"`
	Size   int           `json:"size"`
	Kind   string        `json:"kind"`
	Holder string        `json:"holder"` // of Holders: go, unreachable, map, cell, other, lent
	Label  string        `json:"label"`
	Age    time.Duration `json:"age_ns"`
	Weight int           `json:"weight"`      // acquisitions that it stands for
	Rounds int           `json:"collections"` // held by Go: garbage collections that its block has seen
}

// Misuse counts calls of one place that were refused.
type Misuse struct {
	Pool      string        `json:"pool"`
	Operation string        `json:"operation"`
	Error     string        `json:"error"`
	Count     uint64        `json:"count"`
	Last      time.Duration `json:"last_ns"` // since the last one
	Stack     []Frame       `json:"stack"`   // empty: of the whole pool
}

// Innermost is the frame that a person would call the place: the first that has a function, the first of all
// where none has.
func Innermost(stack []Frame) Frame {
	for _, f := range stack {
		if f.Function != "" {
			return f
		}
	}
	if len(stack) > 0 {
		return stack[0]
	}
	return Frame{Function: "[stack unknown]"}
}

// Name is the function, or where it lies in its file.
func (f Frame) Name() string {
	switch {
	case f.Function != "":
		return f.Function
	case f.Module != "":
		return fmt.Sprintf("%s+%#x", f.Module[strings.LastIndexByte(f.Module, '/')+1:], f.Offset)
	}
	return fmt.Sprintf("%#x", f.Offset)
}

// Place is file:line, "" where it is not known.
func (f Frame) Place() string {
	if f.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

// Plainly is the name of a function as its author wrote it, without what a compiler puts behind a dot for a part or
// a variant of it.
func Plainly(function string) string {
	for _, variant := range []string{".constprop.", ".isra.", ".part.", ".cold", ".llvm."} {
		if name, _, found := strings.Cut(function, variant); found {
			function = name
		}
	}
	return function
}

// KeyOf is the key of a stack: FNV-1a over what its frames are called, which addresses are not part of.
func KeyOf(stack []Frame) string {
	hash := uint64(14695981039346656037)
	add := func(text string) {
		for i := range len(text) {
			hash = (hash ^ uint64(text[i])) * 1099511628211
		}
		hash = (hash ^ 0xFF) * 1099511628211
	}
	for _, f := range stack {
		add(f.Name())
		add(f.Place())
	}
	return fmt.Sprintf("%016x", hash)
}

// Sort brings pools and sites into their order, most bytes first.
func (s *Snapshot) Sort() {
	slices.SortStableFunc(s.Pools, func(a, b Pool) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Live, a.Live), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(s.Sites, func(a, b Site) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Live, a.Live), cmp.Compare(a.Key, b.Key))
	})
	slices.SortStableFunc(s.Misuse, func(a, b Misuse) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Error, b.Error))
	})
}

// Held adds up what is live in all pools.
func (s *Snapshot) Held() (objects, bytes uint64) {
	for _, p := range s.Pools {
		objects += p.Live
		bytes += p.Bytes
	}
	return objects, bytes
}
