//go:build cgo

package escrow_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/escrow/go/escrow"
)

func content(t *testing.T, g escrow.Guard) string {
	t.Helper()
	var b strings.Builder
	n, err := g.WriteTo(&b)
	is(t, err, nil)
	if n != int64(b.Len()) || int(n) != g.Len() {
		t.Fatalf("wrote %d of %d", n, g.Len())
	}
	return b.String()
}

func TestReadFullReadsExactly(t *testing.T) {
	p := open(t, escrow.Options{})
	g, err := p.ReadFull(iotest.OneByteReader(strings.NewReader("hello, world")), 5)
	is(t, err, nil)
	if got := content(t, g); got != "hello" {
		t.Fatalf("%q", got)
	}
	is(t, g.Close(), nil)
	for want, r := range map[error]io.Reader{
		io.EOF:              strings.NewReader(""),
		io.ErrUnexpectedEOF: strings.NewReader("he"),
		iotest.ErrTimeout:   iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("hello"))),
	} {
		_, err := p.ReadFull(r, 5)
		is(t, err, want)
		if !strings.HasPrefix(err.Error(), "escrow: read 5 bytes: ") {
			t.Fatalf("%q", err)
		}
	}
	_, err = p.ReadFull(strings.NewReader("x"), 0)
	is(t, err, escrow.ErrSize)
	if s := stats(t, p); s.Live != 0 {
		t.Fatalf("live %d", s.Live)
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("reader") }

func TestReadersThatPanicLeaveNothing(t *testing.T) {
	p := open(t, escrow.Options{})
	for _, read := range []func(){
		func() { p.ReadFull(panicReader{}, 5) },
		func() { p.ReadAll(panicReader{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			read()
		}()
	}
	if s := stats(t, p); s.Live != 0 || s.Borrows != 0 {
		t.Fatalf("%+v", s)
	}
}

// plain hides how much is left.
type plain struct{ r io.Reader }

func (p plain) Read(b []byte) (int, error) { return p.r.Read(b) }

func TestReadAllReadsToTheEnd(t *testing.T) {
	p := open(t, escrow.Options{})
	for _, n := range []int{1, 2, 4095, 4096, 4097, 8192, 100_000} {
		want := strings.Repeat("0123456789", n/10+1)[:n]
		for name, r := range map[string]io.Reader{
			"known":    strings.NewReader(want),
			"unknown":  plain{strings.NewReader(want)},
			"one byte": iotest.OneByteReader(strings.NewReader(want)),
			"half":     iotest.HalfReader(strings.NewReader(want)),
			"data err": iotest.DataErrReader(strings.NewReader(want)),
		} {
			g, read, err := p.ReadAll(r)
			is(t, err, nil)
			if read != int64(n) || content(t, g) != want {
				t.Fatalf("%s: %d of %d bytes", name, read, n)
			}
			is(t, g.Close(), nil)
		}
	}
	_, _, err := p.ReadAll(strings.NewReader(""))
	is(t, err, io.EOF)
	_, _, err = p.ReadAll(plain{strings.NewReader("")})
	is(t, err, io.EOF)
	_, n, err := p.ReadAll(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("hello"))))
	is(t, err, iotest.ErrTimeout)
	if n != 1 {
		t.Fatalf("read %d before the timeout", n)
	}
	_, _, err = p.ReadAll(stuckReader{})
	is(t, err, io.ErrNoProgress)
	_, _, err = p.ReadAll(lyingReader{})
	if err == nil {
		t.Fatal("believed an impossible count")
	}
	if s := stats(t, p); s.Live != 0 {
		t.Fatalf("live %d", s.Live)
	}
}

type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { return 0, nil }

type lyingReader struct{}

func (lyingReader) Read(b []byte) (int, error) { return len(b) + 1, nil }

func TestReadAllOfAFileAcquiresItsSize(t *testing.T) {
	p := open(t, escrow.Options{})
	name := filepath.Join(t.TempDir(), "file")
	is(t, os.WriteFile(name, []byte("heading\nbody\n"), 0o600), nil)
	f, err := os.Open(name)
	is(t, err, nil)
	defer f.Close()
	_, err = f.Seek(8, io.SeekStart)
	is(t, err, nil)
	g, n, err := p.ReadAll(f)
	is(t, err, nil)
	if n != 5 || content(t, g) != "body\n" {
		t.Fatalf("%d bytes", n)
	}
	if s := stats(t, p); s.BytesLive != 5 {
		t.Fatalf("%d bytes live", s.BytesLive)
	}
	is(t, g.Close(), nil)
	dir, err := os.Open(t.TempDir())
	is(t, err, nil)
	defer dir.Close()
	if _, _, err = p.ReadAll(dir); err == nil {
		t.Fatal("read a directory")
	}
}

func TestReadAllAtTheLimitIsFull(t *testing.T) {
	p := open(t, escrow.Options{Limit: 1 << 20})
	_, n, err := p.ReadAll(plain{bytes.NewReader(make([]byte, 2<<20))})
	is(t, err, escrow.ErrFull)
	if n == 0 {
		t.Fatal("nothing was read before")
	}
	if s := stats(t, p); s.Live != 0 {
		t.Fatalf("live %d", s.Live)
	}
}

func TestReaderAtAndWriterAt(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 10)
	n, err := g.WriteAt([]byte("abcdef"), 2)
	if n != 6 || err != nil {
		t.Fatal(n, err)
	}
	n, err = g.WriteAt([]byte("xyz"), 8)
	is(t, err, escrow.ErrSize)
	if n != 2 {
		t.Fatal(n)
	}
	n, err = g.WriteAt([]byte("z"), 11)
	is(t, err, escrow.ErrSize)
	if n != 0 {
		t.Fatal(n)
	}
	b := make([]byte, 4)
	n, err = g.ReadAt(b, 2)
	if n != 4 || err != nil || string(b) != "abcd" {
		t.Fatal(n, err, b)
	}
	n, err = g.ReadAt(b, 8)
	if n != 2 || err != io.EOF || string(b[:2]) != "xy" {
		t.Fatal(n, err, b)
	}
	n, err = g.ReadAt(b, 100)
	if n != 0 || err != io.EOF {
		t.Fatal(n, err)
	}
	if _, err = g.ReadAt(b, -1); err == nil {
		t.Fatal("read before the beginning")
	}
	if _, err = g.WriteAt(b, -1); err == nil {
		t.Fatal("wrote before the beginning")
	}
	section, err := io.ReadAll(io.NewSectionReader(g, 2, 4))
	if string(section) != "abcd" || err != nil {
		t.Fatal(section, err)
	}
	_, err = g.WriteTo(iotest.TruncateWriter(io.Discard, 3))
	is(t, err, nil) // it lies
	_, err = g.WriteTo(shortWriter{})
	is(t, err, io.ErrShortWrite)
	_, err = g.WriteTo(brokenWriter{})
	is(t, err, errBroken)
	is(t, g.Close(), nil)
	_, err = g.ReadAt(b, 0)
	is(t, err, escrow.ErrStale)
	_, err = g.WriteAt(b, 0)
	is(t, err, escrow.ErrStale)
	_, err = g.WriteTo(io.Discard)
	is(t, err, escrow.ErrStale)
}

type shortWriter struct{}

func (shortWriter) Write(b []byte) (int, error) { return len(b) - 1, nil }

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }
