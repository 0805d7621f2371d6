//go:build cgo && (linux || darwin) && (amd64 || arm64)

package engine

/*
#cgo CFLAGS: -I${SRCDIR}/../../include
#cgo CXXFLAGS: -I${SRCDIR}/../../include -std=c++20 -O3 -fvisibility=hidden -Wall -Wextra -Werror
#cgo noescape engine_open
#cgo nocallback engine_open
#cgo noescape visit
#cgo nocallback visit
#cgo noescape put
#cgo nocallback put
#cgo noescape engine_remove
#cgo nocallback engine_remove
#cgo noescape engine_remove_unseen
#cgo nocallback engine_remove_unseen
#cgo noescape engine_commit
#cgo nocallback engine_commit
#cgo noescape engine_find_text
#cgo nocallback engine_find_text
#cgo noescape engine_find_files
#cgo nocallback engine_find_files
#cgo noescape engine_next
#cgo nocallback engine_next
#cgo noescape engine_read_settings
#cgo nocallback engine_read_settings
#cgo noescape engine_score
#cgo nocallback engine_score
#cgo noescape engine_stats
#cgo nocallback engine_stats
#cgo noescape engine_close
#cgo nocallback engine_close
#include "engine.h"

// A path is an argument of its own: Go memory that is passed to C must not hold pointers.
static escrow_status visit(engine *e, char const *path, engine_file const *about) {
  engine_file file = *about;
  file.path = path;
  return engine_visit(e, &file);
}
static escrow_status put(engine *e, escrow_ticket ticket, char const *path, engine_file const *about) {
  engine_file file = *about;
  file.path = path;
  return engine_put(e, ticket, &file);
}
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

// The two languages' views of a result are the same bytes; those of settings are compared by Open.
var _ = [1]struct{}{}[unsafe.Sizeof(Match{})-C.sizeof_engine_match]

// Engine may be used by many goroutines until Close.
type Engine struct {
	files, results *escrow.Pool
	settings       *escrow.Cell[Settings] // C++ reads it while it is reachable
	ranking        *escrow.CodeSlot

	mu  sync.RWMutex // held for reading while a call is inside, for writing by Close
	raw *C.engine    // nil once closed
}

// Open opens an engine and starts its threads. End it with Close.
//
// Errors: escrow.ErrOption, escrow.ErrNoMemory, escrow.ErrNull, escrow.ErrLayout where Go's and C++'s
// settings differ, escrow.ErrClosed.
func Open(o Options) (*Engine, error) {
	if o.Files.UnsafeID() == 0 || o.Results.UnsafeID() == 0 || o.Settings == nil || o.Ranking == nil {
		return nil, fail("open", C.ESCROW_E_NULL)
	}
	if o.Workers < 0 || o.Queue < 0 || o.Workers > 1<<30 || o.Queue > 1<<30 ||
		o.LedgerRate < 0 || int64(o.LedgerRate) > 1<<31 {
		return nil, fail("open", C.ESCROW_E_OPTION)
	}
	options := C.engine_options{
		results:        C.escrow_pool(o.Results.UnsafeID()),
		settings:       C.escrow_cell(o.Settings.UnsafeID()),
		ranking:        C.escrow_code_slot(o.Ranking.UnsafeID()),
		workers:        C.uint32_t(o.Workers),
		queue_capacity: C.uint32_t(o.Queue),
		ledger_rate:    C.uint32_t(o.LedgerRate),
	}
	if o.PlantLeak {
		options.plant_leak = 1
	}
	e := &Engine{files: o.Files, results: o.Results, settings: o.Settings, ranking: o.Ranking}
	if s := C.engine_open(&options, &e.raw); s < 0 {
		return nil, fail("open", s)
	}
	return e, nil
}

// Visit says whether a file is held as it is on disk, notes that a walk has seen it, and where it
// comes in answers.
//
// Errors: escrow.ErrClosed, escrow.ErrSize of the path.
func (e *Engine) Visit(f File) (State, error) {
	state := Current
	err := e.call("visit", func(engine *C.engine) C.escrow_status {
		file := f.raw()
		s := C.visit(engine, chars(f.Path), &file)
		switch s {
		case C.ESCROW_E_ABSENT:
			state, s = Unknown, C.ESCROW_OK
		case C.ESCROW_E_DIFFERS:
			state, s = Changed, C.ESCROW_OK
		}
		return s
	})
	return state, err
}

func chars(s string) *C.char { return (*C.char)(unsafe.Pointer(unsafe.StringData(s))) }

// length is one that is refused where the text is longer than any.
func length(s string) C.uint32_t { return C.uint32_t(min(len(s), 1<<31)) }

// raw is all of it but the path.
func (f File) raw() C.engine_file {
	return C.engine_file{
		path_length: length(f.Path),
		place:       C.uint32_t(f.Place),
		size:        C.uint64_t(f.Size),
		stamp:       C.uint64_t(f.Stamp),
		walk:        C.uint64_t(f.Walk),
	}
}

// Put adds a file, new or changed, to the batch, and waits while too many wait for a worker. A batch
// of 128 MiB commits itself. On an error the ticket is closed.
//
// Errors: escrow.ErrClosed, escrow.ErrSize of the path, escrow.ErrOption for a path that the batch
// has already, those of a bad ticket, and those of Commit.
func (e *Engine) Put(ticket escrow.Ticket, f File) error {
	raw, err := ticket.UnsafeDetach()
	if err != nil {
		return err
	}
	err = e.call("put", func(engine *C.engine) C.escrow_status {
		file := f.raw()
		return C.put(engine, C.escrow_ticket(raw), chars(f.Path), &file)
	})
	if err == nil {
		return nil
	}
	back, lost := e.files.UnsafeTicket(raw)
	return errors.Join(err, lost, back.Close())
}

// Remove adds the removal of a file to the batch; false: there is no such file.
//
// Errors: escrow.ErrClosed, escrow.ErrSize of the path, escrow.ErrOption for a path that the batch
// has already, escrow.ErrNoMemory.
func (e *Engine) Remove(path string) (found bool, err error) {
	found = true
	err = e.call("remove", func(engine *C.engine) C.escrow_status {
		s := C.engine_remove(engine, chars(path), length(path))
		if s == C.ESCROW_E_ABSENT {
			found, s = false, C.ESCROW_OK
		}
		return s
	})
	return found && err == nil, err
}

// RemoveUnseen adds the removal of the files that a walk has not seen to the batch: of those that
// are the file or in the directory below; of all where that is empty.
//
// Errors: escrow.ErrClosed, escrow.ErrNoMemory.
func (e *Engine) RemoveUnseen(below string, walk uint64) error {
	return e.call("remove unseen", func(engine *C.engine) C.escrow_status {
		return C.engine_remove_unseen(engine, chars(below), length(below), C.uint64_t(walk))
	})
}

// Commit makes the changes of the batch and says what was done since the last one: searches that
// begin later see all of them.
//
// Errors: escrow.ErrClosed, escrow.ErrNoMemory, escrow.ErrExhausted above 4,194,304 files, and those
// of a bad ticket. Some changes were made then, the others are forgotten.
func (e *Engine) Commit() (Changes, error) {
	var c C.engine_changes
	err := e.call("commit", func(engine *C.engine) C.escrow_status { return C.engine_commit(engine, &c) })
	return Changes{uint64(c.added), uint64(c.replaced), uint64(c.removed), uint64(c.unchanged)}, err
}

// Search is a search under way, used by one goroutine at a time. End it with Close.
type Search struct {
	engine *Engine
	raw    *C.engine_search // nil once closed
	done   bool
}

// FindText begins a search for the lines that contain text.
//
// Errors: escrow.ErrSize for a text out of its range, escrow.ErrOption for a line end in it,
// escrow.ErrClosed, escrow.ErrNoMemory.
func (e *Engine) FindText(text string) (*Search, error) {
	s := &Search{engine: e}
	if text == "" {
		return nil, fail("find", C.ESCROW_E_SIZE)
	}
	err := e.call("find", func(engine *C.engine) C.escrow_status {
		return C.engine_find_text(engine, chars(text), C.uint64_t(len(text)), &s.raw)
	})
	return s, err
}

// FindFiles begins a search for the files that a plan lets through.
//
// Errors: escrow.ErrOption for a plan that is no tree, escrow.ErrSize, escrow.ErrClosed,
// escrow.ErrNoMemory.
func (e *Engine) FindFiles(plan []uint32) (*Search, error) {
	s := &Search{engine: e}
	if len(plan) == 0 {
		return nil, fail("find files", C.ESCROW_E_SIZE)
	}
	err := e.call("find files", func(engine *C.engine) C.escrow_status {
		words := (*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(plan)))
		return C.engine_find_files(engine, words, C.uint64_t(len(plan)), &s.raw)
	})
	return s, err
}

// Settings is what the search obeys from its beginning to its end, and the version of it. It is C
// memory, valid until Close, and must not be written.
func (s *Search) Settings() (settings *Settings, version uint64) {
	var v C.uint64_t
	settings = (*Settings)(unsafe.Pointer(C.engine_read_settings(s.raw, &v)))
	return settings, uint64(v)
}

// score is Found.Score of a file of the page, from 0.
func (s *Search) score(file, matches int) (score float64, ranking uint64, err error) {
	var value C.double
	var version C.uint64_t
	err = s.engine.call("score", func(*C.engine) C.escrow_status { // NULL once closed, which is refused
		return C.engine_score(s.raw, C.uint32_t(file), C.uint64_t(matches), &value, &version)
	})
	return float64(value), uint64(version), err
}

// Done says that there is no other page.
func (s *Search) Done() bool { return s.done }

// Next passes the files of the next page to visit, in order: those with matches, at most limit in
// all, or at most limit files where no text is searched for. There may be none and more to come. It
// returns visit's error. Texts are on loan until the next call, matches until visit returns.
//
// Errors: escrow.ErrSize for a limit out of its range, and for results above the pool's limit,
// escrow.ErrFull, escrow.ErrClosed.
func (s *Search) Next(limit int, visit func(Found) error) error {
	if limit < 0 || limit > MaxLimit {
		return fail("search", C.ESCROW_E_SIZE)
	}
	var page C.engine_page
	err := s.engine.call("search", func(*C.engine) C.escrow_status {
		return C.engine_next(s.raw, C.uint32_t(limit), &page) // NULL once closed, which is refused
	})
	if err != nil {
		return err
	}
	s.done = page.done != 0
	return s.engine.receive(page.ticket, func(b []byte) error {
		files := unsafe.Slice((*C.engine_found)(unsafe.Pointer(unsafe.SliceData(b))), int(page.files))
		b = b[len(files)*C.sizeof_engine_found:]
		matches := unsafe.Slice((*Match)(unsafe.Pointer(unsafe.SliceData(b))), int(page.matches))
		paths := b[len(matches)*C.sizeof_engine_match:]
		for i, f := range files {
			n := int(f.matches)
			found := Found{
				Path:    string(paths[f.path : f.path+f.path_length]),
				Text:    unsafe.Slice((*byte)(unsafe.Pointer(f.text)), int(f.size)),
				Matches: matches[:n:n],
				of:      s,
				at:      i,
			}
			matches = matches[n:]
			if err := visit(found); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close takes back what the last page lent. It may come after the engine's.
func (s *Search) Close() {
	C.engine_end(s.raw)
	s.raw = nil
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

// Stats counts what the engine holds. Cost: a look at every list.
//
// Errors: escrow.ErrClosed.
func (e *Engine) Stats() (Counts, error) {
	var c C.engine_counts
	err := e.call("stats", func(engine *C.engine) C.escrow_status { return C.engine_stats(engine, &c) })
	return Counts{
		Files:         uint64(c.files),
		Bytes:         uint64(c.bytes),
		Spans:         uint64(c.spans),
		Documents:     uint64(c.documents),
		DocumentBytes: uint64(c.document_bytes),
		PathBytes:     uint64(c.path_bytes),
		Lists:         uint64(c.lists),
		ListBytes:     uint64(c.list_bytes),
		IndexBytes:    uint64(c.index_bytes),
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
	C.ESCROW_E_LAYOUT:    escrow.ErrLayout,
	C.ESCROW_E_REFUSED:   escrow.ErrRefused,
	C.ESCROW_E_ABSENT:    escrow.ErrAbsent,
}
