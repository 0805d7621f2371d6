// Package tree walks a directory and reads its text files straight into pool memory: the system
// copies from its page cache into the pool, and no Go memory is in between.
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

	"example.com/escrow/go/escrow"
)

// Options of a walk.
type Options struct {
	Root    string
	MaxFile int64        // larger files are skipped
	Readers int          // how many files are read at once
	Pool    *escrow.Pool // where files go
	// Add takes a file over: it ends the ticket, also on an error. Called by several goroutines.
	Add func(ticket escrow.Ticket, file uint32) error
}

// Skipped counts what is not searched, by reason.
type Skipped struct {
	Binary     int64 `json:"binary"`      // a zero byte in the first 8,000
	TooLarge   int64 `json:"too_large"`   // above MaxFile
	Unreadable int64 `json:"unreadable"`  // files and directories the system refused, or that changed
	NotRegular int64 `json:"not_regular"` // symbolic links, pipes, sockets, devices
	Empty      int64 `json:"empty"`       // no line, so nothing to find
}

// Tree is a directory that is being read or has been. The counts may be read at any time.
type Tree struct {
	Files atomic.Int64 // handed to Add
	Bytes atomic.Int64 // in them

	skipped struct{ binary, tooLarge, unreadable, notRegular, empty atomic.Int64 }
	options Options
	root    string   // as it was given, with a separator at its end
	walked  string   // the same directory, absolute and without links, with a separator at its end
	paths   []string // below root, by file number; complete once Read has returned
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

// Path is the path of a file below the root. Valid once Read has returned.
func (t *Tree) Path(file uint32) string { return t.paths[file] }

// Root is the root as it was given, with a separator at its end.
func (t *Tree) Root() string { return t.root }

// Skipped counts what was skipped so far.
func (t *Tree) Skipped() Skipped {
	return Skipped{
		Binary:     t.skipped.binary.Load(),
		TooLarge:   t.skipped.tooLarge.Load(),
		Unreadable: t.skipped.unreadable.Load(),
		NotRegular: t.skipped.notRegular.Load(),
		Empty:      t.skipped.empty.Load(),
	}
}

type file struct {
	path   string
	number uint32
}

// Read walks the tree in lexical order, numbers the regular files in it and hands each to Add. It
// stops at the first error of the pool or of Add; what the file system refuses is only counted.
func (t *Tree) Read(ctx context.Context) error {
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
				if err := t.read(f); err != nil {
					stop(fmt.Errorf("%s: %w", f.path, err))
				}
			}
		})
	}
	t.walk(ctx, queue)
	close(queue)
	readers.Wait()
	return context.Cause(ctx)
}

// walk follows no symbolic link but the root itself.
func (t *Tree) walk(ctx context.Context, queue chan<- file) {
	filepath.WalkDir(t.walked, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil:
			t.skipped.unreadable.Add(1)
		case entry.IsDir():
		case !entry.Type().IsRegular():
			t.skipped.notRegular.Add(1)
		default:
			queue <- file{path, uint32(len(t.paths))}
			t.paths = append(t.paths, path[len(t.walked):])
		}
		return nil
	})
}

// read hands one file over. Its error is one of the pool or of Add.
func (t *Tree) read(f file) error {
	// Nonblocking, in case a pipe took the file's place; not through a link, in case one did.
	in, err := os.OpenFile(f.path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		t.skipped.unreadable.Add(1)
		return nil
	}
	defer in.Close()
	info, err := in.Stat()
	switch {
	case err != nil:
		t.skipped.unreadable.Add(1)
		return nil
	case !info.Mode().IsRegular():
		t.skipped.notRegular.Add(1)
		return nil
	case info.Size() == 0:
		t.skipped.empty.Add(1)
		return nil
	case info.Size() > t.options.MaxFile:
		t.skipped.tooLarge.Add(1)
		return nil
	}
	guard, err := t.options.Pool.ReadFull(in, int(info.Size()))
	if err != nil {
		return t.refused(err)
	}
	defer guard.Close() // does nothing once it is moved out
	if binary, err := isBinary(guard); err != nil {
		return err
	} else if binary {
		t.skipped.binary.Add(1)
		return nil
	}
	ticket, err := guard.MoveOut()
	if err != nil {
		return err
	}
	if err := t.options.Add(ticket, f.number); err != nil {
		return err
	}
	t.Files.Add(1)
	t.Bytes.Add(info.Size())
	return nil
}

// refused tells what the file system refused, which is counted, from what the pool did.
func (t *Tree) refused(err error) error {
	for _, ours := range []error{escrow.ErrFull, escrow.ErrNoMemory, escrow.ErrExhausted,
		escrow.ErrClosed, escrow.ErrSize, escrow.ErrNull} {
		if errors.Is(err, ours) {
			return err
		}
	}
	t.skipped.unreadable.Add(1)
	return nil
}

func isBinary(guard escrow.Guard) (binary bool, err error) {
	err = guard.Use(func(b []byte) error {
		binary = bytes.IndexByte(b[:min(len(b), sniffBytes)], 0) >= 0
		return nil
	})
	return binary, err
}
