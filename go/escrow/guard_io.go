package escrow

import (
	"errors"
	"fmt"
	"io"
)

var (
	_ io.ReaderAt = Guard{}
	_ io.WriterAt = Guard{}
	_ io.WriterTo = Guard{}
)

// errOffset: io.ReaderAt and io.WriterAt name none.
var errOffset = errors.New("negative offset")

// ReadAt copies bytes of the object from off on into p: io.ReaderAt, with io.EOF at the end.
//
// Errors: io.EOF; else as Use.
func (g Guard) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("escrow: read at %d: %w", off, errOffset)
	}
	err = g.Use(func(b []byte) error {
		if off < int64(len(b)) {
			n = copy(p, b[off:])
		}
		if n < len(p) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

// WriteAt copies p into the object from off on: io.WriterAt. What does not fit is not written.
//
// Errors: ErrSize when p reaches over the end; else as Use.
func (g Guard) WriteAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("escrow: write at %d: %w", off, errOffset)
	}
	err = g.Use(func(b []byte) error {
		if off < int64(len(b)) {
			n = copy(b[off:], p)
		}
		if n < len(p) {
			return fmt.Errorf("escrow: write %d bytes at %d of %d: %w", len(p), off, len(b), ErrSize)
		}
		return nil
	})
	return n, err
}

// WriteTo writes the whole object to w, straight from C memory: io.WriterTo. w must not keep the
// slice it is given, as io.Writer says.
//
// Errors: w's; io.ErrShortWrite; else as Use.
func (g Guard) WriteTo(w io.Writer) (n int64, err error) {
	err = g.Use(func(b []byte) error {
		written, err := w.Write(b)
		n = int64(written)
		if err == nil && written < len(b) {
			err = io.ErrShortWrite
		}
		return err
	})
	return n, err
}
