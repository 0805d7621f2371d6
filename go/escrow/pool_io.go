package escrow

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// ReadFull reads exactly n bytes from r, straight into a new object: no Go buffer is in between. r
// must not keep the slice it is given, as io.Reader says.
//
// Errors: as Acquire, and r's, wrapped: io.EOF when nothing could be read, io.ErrUnexpectedEOF when
// less than n. On an error nothing stays acquired.
func (p *Pool) ReadFull(r io.Reader, n int) (Guard, error) {
	g, err := p.Acquire(n)
	if err != nil {
		return Guard{}, err
	}
	done := false
	defer func() {
		if !done { // r may panic
			g.Close()
		}
	}()
	err = g.Use(func(b []byte) error {
		_, err := io.ReadFull(r, b)
		return err
	})
	if err != nil {
		return Guard{}, fmt.Errorf("escrow: read %d bytes: %w", n, err)
	}
	done = true
	return g, nil
}

// ReadAll reads r to its end, straight into pool memory, and returns an object of exactly as many
// bytes. Where r tells its size (Len or Stat, as bytes.Reader and os.File do) that much is acquired
// at once; else memory doubles as it fills, and is copied inside the pool.
//
// Errors: as Acquire, and r's, wrapped; io.EOF when r was empty: an object has at least one byte.
// On an error nothing stays acquired, and the count says how many bytes were read.
func (p *Pool) ReadAll(r io.Reader) (Guard, int64, error) {
	f := filling{p: p}
	defer f.discard() // r may panic
	if err := f.grow(expected(r)); err != nil {
		return Guard{}, 0, err
	}
	for {
		n, err := f.read(r)
		f.used += n
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Guard{}, int64(f.used), fmt.Errorf("escrow: read to the end: %w", err)
		}
		if f.used < f.g.Len() {
			continue
		}
		// Full: often the end, where the size was known. One byte tells.
		var one [1]byte
		switch _, err = io.ReadFull(r, one[:]); {
		case err == nil:
			if err = f.grow(2 * f.used); err == nil {
				_, err = f.g.WriteAt(one[:], int64(f.used))
				f.used++
			}
			if err != nil {
				return Guard{}, int64(f.used), err
			}
			continue
		case !errors.Is(err, io.EOF):
			return Guard{}, int64(f.used), fmt.Errorf("escrow: read to the end: %w", err)
		}
		break
	}
	if f.used == 0 {
		return Guard{}, 0, fmt.Errorf("escrow: read to the end: %w", io.EOF)
	}
	if f.used < f.g.Len() {
		if err := f.grow(f.used); err != nil {
			return Guard{}, int64(f.used), err
		}
	}
	g := f.g
	f.g = Guard{}
	return g, int64(f.used), nil
}

// filling is an object on its way to hold all of a reader.
type filling struct {
	p    *Pool
	g    Guard
	used int
}

func (f *filling) discard() { f.g.Close() }

// grow goes on in an object of n bytes, with what was read so far.
func (f *filling) grow(n int) error {
	next, err := f.p.Acquire(n)
	if err != nil {
		return err
	}
	old := f.g
	f.g = next
	defer old.Close()
	if f.used == 0 {
		return nil
	}
	return old.Use(func(from []byte) error {
		return next.Use(func(to []byte) error {
			copy(to, from[:f.used])
			return nil
		})
	})
}

// read fills what is free with one or more reads of r.
func (f *filling) read(r io.Reader) (n int, err error) {
	err = f.g.Use(func(b []byte) error {
		for empty := 0; f.used+n < len(b); {
			m, err := r.Read(b[f.used+n:])
			if m < 0 || m > len(b)-f.used-n {
				return errors.New("reader returned an impossible count")
			}
			n += m
			if err != nil {
				return err
			}
			if m > 0 {
				empty = 0
			} else if empty++; empty == 100 {
				return io.ErrNoProgress
			}
		}
		return nil
	})
	return n, err
}

// expected is how many bytes r seems to hold, or a start where it does not say.
func expected(r io.Reader) int {
	const start = 4096
	switch r := r.(type) {
	case interface{ Len() int }:
		return max(r.Len(), 1)
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() {
			size := info.Size()
			if s, ok := r.(io.Seeker); ok {
				if at, err := s.Seek(0, io.SeekCurrent); err == nil {
					size -= at
				}
			}
			return int(max(size, 1))
		}
	}
	return start
}
