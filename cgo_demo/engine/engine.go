//go:build cgo && (linux || darwin) && (amd64 || arm64)

package engine

/*
#cgo CFLAGS: -I${SRCDIR}/../../include
#cgo CXXFLAGS: -I${SRCDIR}/../../include -std=c++20 -O3 -fvisibility=hidden -Wall -Wextra -Werror
#cgo noescape engine_open
#cgo nocallback engine_open
#cgo noescape engine_search
#cgo nocallback engine_search
#cgo noescape engine_candidates
#cgo nocallback engine_candidates
#cgo noescape engine_lend_file
#cgo nocallback engine_lend_file
#cgo noescape engine_stats
#cgo nocallback engine_stats
#cgo noescape engine_close
#cgo nocallback engine_close
#include "engine.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow" // an edited header rebuilds this package
)

// The two languages' views of a result are the same bytes.
var _ = [1]struct{}{}[unsafe.Sizeof(Match{})-C.sizeof_engine_match]

// Engine may be used by many goroutines: Add until Seal, then the rest until Close.
type Engine struct {
	files, results *escrow.Pool

	mu  sync.RWMutex // held for reading while a call is inside, for writing by Close
	raw *C.engine    // nil once closed
}

// Open opens an engine and starts its threads. End it with Close.
//
// Errors: escrow.ErrOption, escrow.ErrNoMemory, escrow.ErrNull.
func Open(o Options) (*Engine, error) {
	if o.Files.UnsafeID() == 0 || o.Results.UnsafeID() == 0 {
		return nil, fail("open", C.ESCROW_E_NULL)
	}
	if o.Workers < 0 || o.Queue < 0 || o.Workers > 1<<30 || o.Queue > 1<<30 {
		return nil, fail("open", C.ESCROW_E_OPTION)
	}
	options := C.engine_options{
		results:        C.escrow_pool(o.Results.UnsafeID()),
		workers:        C.uint32_t(o.Workers),
		queue_capacity: C.uint32_t(o.Queue),
	}
	e := &Engine{files: o.Files, results: o.Results}
	if s := C.engine_open(&options, &e.raw); s < 0 {
		return nil, fail("open", s)
	}
	return e, nil
}

// Add gives a file to the engine, and waits while too many wait for a worker. Numbers are used once;
// searches answer in their order. On an error the ticket is closed.
//
// Errors: escrow.ErrClosed after Seal, escrow.ErrSize for the last number, and those of a bad ticket.
func (e *Engine) Add(ticket escrow.Ticket, file uint32) error {
	raw, err := ticket.UnsafeDetach()
	if err != nil {
		return err
	}
	err = e.call("add", func(engine *C.engine) C.escrow_status {
		return C.engine_add(engine, C.escrow_ticket(raw), C.uint32_t(file))
	})
	if err == nil {
		return nil
	}
	back, lost := e.files.UnsafeTicket(raw)
	return errors.Join(err, lost, back.Close())
}

// Seal waits until all files are indexed and opens the engine to searches.
//
// Errors: escrow.ErrClosed the second time, escrow.ErrOption where a number was used twice,
// escrow.ErrNoMemory.
func (e *Engine) Seal() error {
	return e.call("seal", func(engine *C.engine) C.escrow_status { return C.engine_seal(engine) })
}

// Search passes the next matches of text to visit, at most limit, and moves the cursor on; call it
// until the cursor is Done. There may be none and more to come. The slice is on loan: visit must not
// keep it. It returns visit's error.
//
// Errors: escrow.ErrSize for a text or limit out of its range, escrow.ErrOption for a line end in
// the text, escrow.ErrClosed before Seal, escrow.ErrFull, escrow.ErrSize for results above the limit.
func (e *Engine) Search(text string, limit int, at *Cursor, visit func([]Match) error) error {
	if limit < 0 || limit > MaxLimit || text == "" {
		return fail("search", C.ESCROW_E_SIZE)
	}
	cursor := C.engine_cursor{file: C.uint32_t(at.file), line: C.uint32_t(at.line), offset: C.uint32_t(at.offset)}
	if at.Done {
		cursor.done = 1
	}
	var ticket C.escrow_ticket
	var count C.uint32_t
	err := e.call("search", func(engine *C.engine) C.escrow_status {
		chars := (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
		return C.engine_search(engine, chars, C.uint64_t(len(text)), C.uint32_t(limit), &cursor, &ticket, &count)
	})
	if err != nil {
		return err
	}
	*at = Cursor{uint32(cursor.file), uint32(cursor.line), uint32(cursor.offset), cursor.done != 0}
	return e.receive(ticket, func(b []byte) error {
		return visit(unsafe.Slice((*Match)(unsafe.Pointer(unsafe.SliceData(b))), int(count)))
	})
}

// Candidates passes the files that a plan lets through to visit, in order, as Search does.
//
// Errors: escrow.ErrOption for a plan that is no tree, escrow.ErrSize, escrow.ErrClosed,
// escrow.ErrFull, escrow.ErrSize.
func (e *Engine) Candidates(plan []uint32, visit func(files []uint32) error) error {
	if len(plan) == 0 {
		return fail("candidates", C.ESCROW_E_SIZE)
	}
	var ticket C.escrow_ticket
	var count C.uint32_t
	err := e.call("candidates", func(engine *C.engine) C.escrow_status {
		words := (*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(plan)))
		return C.engine_candidates(engine, words, C.uint64_t(len(plan)), &ticket, &count)
	})
	if err != nil {
		return err
	}
	return e.receive(ticket, func(b []byte) error {
		return visit(unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), int(count)))
	})
}

// receive takes a result buffer in, lends it to use, and ends it. No ticket: nothing to use.
func (e *Engine) receive(raw C.escrow_ticket, use func([]byte) error) error {
	if raw == 0 {
		return nil
	}
	ticket, err := e.results.UnsafeTicket(uint64(raw))
	if err != nil {
		return err
	}
	buffer, err := ticket.MoveIn()
	if err != nil {
		return errors.Join(err, ticket.Close())
	}
	defer buffer.Close()
	return buffer.Use(use)
}

// Use lends a file's bytes to f and gives them back after. They must not be written. The loan keeps
// them even if the engine is closed meanwhile.
//
// Errors: f's; escrow.ErrRange for no such file, escrow.ErrClosed before Seal.
func (e *Engine) Use(file uint32, f func(text []byte) error) (err error) {
	var loan C.escrow_loan
	var view C.escrow_view
	err = e.call("lend", func(engine *C.engine) C.escrow_status {
		return C.engine_lend_file(engine, C.uint32_t(file), &loan, &view)
	})
	if err != nil {
		return err
	}
	defer func() {
		if s := C.engine_give_back_file(loan); s < 0 && err == nil {
			err = fail("give back", s)
		}
	}()
	return f(unsafe.Slice((*byte)(view.payload), int(view.size)))
}

// Stats counts what the engine holds.
//
// Errors: escrow.ErrClosed before Seal.
func (e *Engine) Stats() (Counts, error) {
	var c C.engine_counts
	err := e.call("stats", func(engine *C.engine) C.escrow_status { return C.engine_stats(engine, &c) })
	return Counts{
		Files:        uint64(c.files),
		Bytes:        uint64(c.bytes),
		Trigrams:     uint64(c.trigrams),
		PostingBytes: uint64(c.posting_bytes),
		SealNanos:    uint64(c.seal_ns),
	}, err
}

// Close waits for calls that are inside, joins the threads and releases every file.
//
// Errors: escrow.ErrClosed the second time; escrow.ErrStale where files had been released behind the
// engine's back.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.raw == nil {
		return fail("close", C.ESCROW_E_CLOSED)
	}
	var refused C.uint64_t
	s := C.engine_close(e.raw, &refused)
	e.raw = nil
	if s < 0 {
		return fail("close", s)
	}
	if refused != 0 {
		return fmt.Errorf("engine: close: %d files could not be released: %w", refused, escrow.ErrStale)
	}
	return nil
}

// call keeps the engine open while f is inside it.
func (e *Engine) call(operation string, f func(*C.engine) C.escrow_status) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.raw == nil {
		return fail(operation, C.ESCROW_E_CLOSED)
	}
	if s := f(e.raw); s < 0 {
		return fail(operation, s)
	}
	return nil
}

// fail wraps the error of a code once with the operation.
func fail(operation string, s C.escrow_status) error {
	if err, ok := errorOf[s]; ok {
		return fmt.Errorf("engine: %s: %w", operation, err)
	}
	return fmt.Errorf("engine: %s: %s", operation, C.GoString(C.escrow1_status_text(s)))
}

// errorOf holds the codes that somebody may want to match.
var errorOf = map[C.escrow_status]error{
	C.ESCROW_E_NULL:      escrow.ErrNull,
	C.ESCROW_E_RANGE:     escrow.ErrRange,
	C.ESCROW_E_STALE:     escrow.ErrStale,
	C.ESCROW_E_KIND:      escrow.ErrKind,
	C.ESCROW_E_REVOKED:   escrow.ErrRevoked,
	C.ESCROW_E_CLOSED:    escrow.ErrClosed,
	C.ESCROW_E_LIMIT:     escrow.ErrLimit,
	C.ESCROW_E_NOMEM:     escrow.ErrNoMemory,
	C.ESCROW_E_EXHAUSTED: escrow.ErrExhausted,
	C.ESCROW_E_FULL:      escrow.ErrFull,
	C.ESCROW_E_SIZE:      escrow.ErrSize,
	C.ESCROW_E_OPTION:    escrow.ErrOption,
}
