// Package tree walks a directory and reads its text files straight into pool memory: the system
// copies from its page cache into the pool, and no Go memory is in between. A walk that is not the
// first reads the files that may have changed.
package tree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/go/escrow"
)

// Index keeps the files. Called by several goroutines.
type Index interface {
	// Visit says whether a file is kept as it is on disk.
	Visit(engine.File) (engine.State, error)
	// Put takes a file over: it ends the ticket, also on an error.
	Put(escrow.Ticket, engine.File) error
}

// Options of a tree.
type Options struct {
	Root    string
	MaxFile int64        // larger files are skipped
	Readers int          // how many files are read at once
	Pool    *escrow.Pool // where files go
	Index   Index
}

// Skipped counts what is not searched, by reason.
type Skipped struct {
	Binary     int64 `json:"binary"`      // a zero byte in the first 8,000
	TooLarge   int64 `json:"too_large"`   // above MaxFile
	Unreadable int64 `json:"unreadable"`  // files and directories the system refused, or that changed
	NotRegular int64 `json:"not_regular"` // symbolic links, pipes, sockets, devices
	Empty      int64 `json:"empty"`       // no line, so nothing to find
}

// Tree is a directory.
type Tree struct {
	options Options
	root    string // as it was given, with a separator at its end
	walked  string // the same directory, absolute and without links, with a separator at its end
}

// Walk is one look at a tree or a part of it. Fill in what is to be looked at; the counts may be read
// meanwhile.
type Walk struct {
	Number uint64 // the index tells by it what a walk has seen
	Below  string // a file or directory below the root, as filepath.Clean has it; empty is all
	All    bool   // read also the files that have not changed as far as their times tell

	Files atomic.Int64 // that are kept
	Bytes atomic.Int64 // in them
	Read  atomic.Int64 // of the files, how many were read

	skipped struct{ binary, tooLarge, unreadable, notRegular, empty atomic.Int64 }
}

// sniffBytes is how far a zero byte makes a file binary.
const sniffBytes = 8000

// Open looks whether the root is a directory.
func Open(o Options) (*Tree, error) {
	info, err := os.Stat(o.Root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "search", Path: o.Root, Err: syscall.ENOTDIR}
	}
	walked, err := filepath.EvalSymlinks(o.Root)
	if err == nil {
		walked, err = filepath.Abs(walked)
	}
	if err != nil {
		return nil, err
	}
	return &Tree{options: o, root: withSeparator(o.Root), walked: withSeparator(walked)}, nil
}

func withSeparator(dir string) string {
	if os.IsPathSeparator(dir[len(dir)-1]) {
		return dir
	}
	return dir + string(filepath.Separator)
}

// Root is the root as it was given, with a separator at its end.
func (t *Tree) Root() string { return t.root }

// Skipped counts what was skipped so far.
func (w *Walk) Skipped() Skipped {
	return Skipped{
		Binary:     w.skipped.binary.Load(),
		TooLarge:   w.skipped.tooLarge.Load(),
		Unreadable: w.skipped.unreadable.Load(),
		NotRegular: w.skipped.notRegular.Load(),
		Empty:      w.skipped.empty.Load(),
	}
}

// ErrOutside says that what is to be looked at is not below the root.
var ErrOutside = errors.New("not a path below the root")

// settled is how long a file must have been left alone before its times tell whether it changes:
// file systems count in ticks, and two writes within one look the same.
const settled = 2 * time.Second

type file struct {
	path  string // below the root
	place uint32
}

// Do walks the tree in lexical order and puts each text file into the index that is not there, or
// may have changed. It stops at the first error of the pool or of the index; what the file system
// refuses is only counted, but for the root.
func (t *Tree) Do(ctx context.Context, w *Walk) error {
	if w.Below != "" && !filepath.IsLocal(w.Below) {
		return fmt.Errorf("%q: %w", w.Below, ErrOutside)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan file, 4*t.options.Readers)
	var readers sync.WaitGroup
	for range t.options.Readers {
		readers.Go(func() {
			for f := range queue {
				if ctx.Err() != nil {
					continue
				}
				if err := t.look(w, f); err != nil {
					stop(fmt.Errorf("%s: %w", f.path, err))
				}
			}
		})
	}
	if err := t.walk(ctx, w, queue); err != nil {
		stop(err)
	}
	close(queue)
	readers.Wait()
	return context.Cause(ctx)
}

// walk follows no symbolic link but the root itself.
func (t *Tree) walk(ctx context.Context, w *Walk, queue chan<- file) error {
	if !t.reaches(w.Below) {
		return nil
	}
	place := uint32(0)
	return filepath.WalkDir(t.walked+w.Below, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil && path == t.walked:
			return err // else everything would seem to have gone
		case err != nil && path == t.walked+w.Below && errors.Is(err, fs.ErrNotExist):
		case err != nil:
			w.skipped.unreadable.Add(1)
		case entry.IsDir():
		case !entry.Type().IsRegular():
			w.skipped.notRegular.Add(1)
		default:
			f := file{path[len(t.walked):], place}
			if w.Below != "" {
				f.place = engine.KeepPlace
			}
			queue <- f
			place++
		}
		return nil
	})
}

// reaches says whether only directories lead to a path: a walk of all would not follow a link.
func (t *Tree) reaches(below string) bool {
	for i := range len(below) {
		if !os.IsPathSeparator(below[i]) {
			continue
		}
		if info, err := os.Lstat(t.walked + below[:i]); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// look hands a file over unless the index has it as it is. Its error is one of the pool or of the
// index.
func (t *Tree) look(w *Walk, f file) error {
	if !w.All {
		if info, err := os.Lstat(t.walked + f.path); err == nil && t.worth(w, info) == nil {
			state, err := t.options.Index.Visit(t.describe(w, f, info))
			if err != nil {
				return err
			}
			if state == engine.Current {
				w.Files.Add(1)
				w.Bytes.Add(info.Size())
				return nil
			}
		}
	}
	return t.read(w, f)
}

// describe says what the index is to know of a file.
func (t *Tree) describe(w *Walk, f file, info fs.FileInfo) engine.File {
	last, stamp := changed(info)
	if time.Since(last) < settled {
		stamp = 0
	}
	return engine.File{Path: f.path, Place: f.place, Size: info.Size(), Stamp: stamp, Walk: w.Number}
}

// worth is the counter of what makes a file be skipped; nil: nothing does.
func (t *Tree) worth(w *Walk, info fs.FileInfo) *atomic.Int64 {
	switch {
	case !info.Mode().IsRegular():
		return &w.skipped.notRegular
	case info.Size() == 0:
		return &w.skipped.empty
	case info.Size() > t.options.MaxFile:
		return &w.skipped.tooLarge
	}
	return nil
}

// read hands one file over. Its error is one of the pool or of the index.
func (t *Tree) read(w *Walk, f file) error {
	// Nonblocking, in case a pipe took the file's place; not through a link, in case one did.
	in, err := os.OpenFile(t.walked+f.path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		w.skipped.unreadable.Add(1)
		return nil
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		w.skipped.unreadable.Add(1)
		return nil
	}
	if skipped := t.worth(w, info); skipped != nil {
		skipped.Add(1)
		return nil
	}
	about := t.describe(w, f, info) // before it is read: a change that comes later is another stamp
	guard, err := t.options.Pool.ReadFull(in, int(info.Size()))
	if err != nil {
		return w.refused(err)
	}
	defer guard.Close() // does nothing once it is moved out
	if binary, err := isBinary(guard); err != nil {
		return err
	} else if binary {
		w.skipped.binary.Add(1)
		return nil
	}
	ticket, err := guard.MoveOut()
	if err != nil {
		return err
	}
	if err := t.options.Index.Put(ticket, about); err != nil {
		return err
	}
	w.Files.Add(1)
	w.Read.Add(1)
	w.Bytes.Add(info.Size())
	return nil
}

// refused tells what the file system refused, which is counted, from what the pool did.
func (w *Walk) refused(err error) error {
	for _, ours := range []error{escrow.ErrFull, escrow.ErrNoMemory, escrow.ErrExhausted,
		escrow.ErrClosed, escrow.ErrSize, escrow.ErrNull} {
		if errors.Is(err, ours) {
			return err
		}
	}
	w.skipped.unreadable.Add(1)
	return nil
}

func isBinary(guard escrow.Guard) (binary bool, err error) {
	err = guard.Use(func(b []byte) error {
		binary = bytes.IndexByte(b[:min(len(b), sniffBytes)], 0) >= 0
		return nil
	})
	return binary, err
}
