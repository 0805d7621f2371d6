package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"
)

// File is content in a file, which is replaced by a rename or edited in place.
type File struct {
	poller
	path     string
	seen     os.FileInfo // when it was read last; nil: never, or it has to be read again
	readAt   time.Time
	contents string // ETag of the content that was handed over last
}

// OpenFile makes a source of a file. The file need not exist yet.
//
// Errors: an option below zero.
func OpenFile(path string, o Options) (*File, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	return &File{poller: poller{options: o}, path: path}, nil
}

// Run reads the file whenever it has changed, and hands its content to the swapper, under an ETag that
// is the content's SHA-256. It returns the cause of the context's end. One Run at a time.
func (f *File) Run(ctx context.Context, to Swapper) error { return f.run(ctx, f, to) }

func (f *File) from() string { return f.path }

func (f *File) forget() { f.seen, f.contents = nil, "" }

// settled is how long after its modification time a file may be believed to have another one when it
// changes again: file systems count in steps of up to two seconds.
const settled = 2 * time.Second

func (f *File) check(context.Context) (answer, error) {
	now, err := os.Stat(f.path)
	if err != nil {
		f.seen = nil
		return answer{}, fmt.Errorf("source: %w", err)
	}
	if f.seen != nil && unchanged(f.seen, now) && f.readAt.Sub(now.ModTime()) > settled {
		return answer{etag: f.contents}, nil
	}
	at := time.Now()
	content, err := f.read(now)
	if err != nil {
		f.seen = nil
		return answer{}, err
	}
	f.seen, f.readAt = now, at
	etag := tagOf(content)
	if etag == f.contents {
		return answer{etag: etag}, nil
	}
	f.contents = etag
	return answer{content: content, etag: etag}, nil
}

// read reads the file that `before` tells of, and sees to it that it was the same one all the time.
func (f *File) read(before os.FileInfo) ([]byte, error) {
	if before.Size() > f.options.MaxBytes {
		return nil, fmt.Errorf("source: %s has %d bytes, more than %d", f.path, before.Size(), f.options.MaxBytes)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, f.options.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	after, err := os.Stat(f.path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	if !unchanged(before, after) || int64(len(content)) != after.Size() {
		return nil, fmt.Errorf("source: %s changed while it was read", f.path)
	}
	return content, nil
}

func unchanged(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// tagOf is the ETag of content that brings none: a strong one, 128 bits of SHA-256.
func tagOf(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
