//go:build cgo

package escrow_test

import (
	"testing"

	"example.com/escrow/go/escrow"
)

func TestHandlesWithoutGuards(t *testing.T) {
	p := open(t, escrow.Options{})
	h, err := p.UnsafeAcquire(48)
	is(t, err, nil)
	b, err := escrow.UnsafeView(h)
	if is(t, err, nil); len(b) != 48 || b[0] != 0 || !escrow.UnsafeValid(h) {
		t.Fatalf("%d bytes", len(b))
	}
	g, err := p.UnsafeAdopt(h)
	is(t, err, nil)
	is(t, g.Close(), nil)
	if escrow.UnsafeValid(h) {
		t.Fatal("valid after its end")
	}
	is(t, escrow.UnsafeRelease(h), escrow.ErrStale)
	_, err = escrow.UnsafeView(h)
	is(t, err, escrow.ErrStale)
	_, err = p.UnsafeAcquire(0)
	is(t, err, escrow.ErrSize)

	for _, n := range []int{1, 8, 64, 65, 1000} {
		for _, bytes := range []int{16, 1000, 5000} {
			handles := make([]uint64, n)
			is(t, p.UnsafeAcquireN(bytes, handles), nil)
			seen := map[uint64]bool{}
			for _, h := range handles {
				if seen[h] || !escrow.UnsafeValid(h) {
					t.Fatalf("handle %x of %d", h, n)
				}
				seen[h] = true
			}
			if s := stats(t, p); s.Live != uint64(n) || s.BytesLive != uint64(n*bytes) {
				t.Fatalf("%+v", s)
			}
			last := handles[n-1]
			is(t, escrow.UnsafeReleaseN(handles), nil)
			for _, h := range handles {
				if h != 0 {
					t.Fatal("ended and not zero")
				}
			}
			handles[0] = last
			is(t, escrow.UnsafeReleaseN(handles[:1]), escrow.ErrStale)
			if handles[0] != last {
				t.Fatal("a refused handle is the caller's")
			}
		}
	}
	is(t, p.UnsafeAcquireN(16, nil), escrow.ErrSize)
	is(t, p.UnsafeAcquireN(0, make([]uint64, 2)), escrow.ErrSize)
	limited := open(t, escrow.Options{FixedSize: 1024, Limit: 128 << 10})
	handles := make([]uint64, 1000)
	is(t, limited.UnsafeAcquireN(1024, handles), escrow.ErrFull)
	for _, h := range handles {
		if h != 0 {
			t.Fatal("a handle of a refused batch")
		}
	}
	if s := stats(t, limited); s.Live != 0 {
		t.Fatalf("%d live after a refused batch", s.Live)
	}
	var none *escrow.Pool
	_, err = none.UnsafeAcquire(16)
	is(t, err, escrow.ErrNull)
}

func TestADuplicateIsValidAsLongAsItIsHeld(t *testing.T) {
	p := open(t, escrow.Options{})
	g := acquire(t, p, 16)
	d := dup(t, g)
	first := g.UnsafeHandle()
	if !g.Valid() || !d.Valid() {
		t.Fatal("held")
	}
	is(t, escrow.UnsafeRelease(first), nil) // behind the guard's back; the object lives on by d
	if g.Valid() || escrow.UnsafeValid(first) || !d.Valid() {
		t.Fatalf("guard %v, handle %v, duplicate %v", g.Valid(), escrow.UnsafeValid(first), d.Valid())
	}
	is(t, d.Close(), nil)
	is(t, g.Close(), escrow.ErrStale)
	if d.Valid() || (escrow.Guard{}).Valid() {
		t.Fatal("ended")
	}
}

// TestNumbersThatAreNoHandlesAreNotRead: neither where no slot lies, nor as the object that they resemble.
func TestNumbersThatAreNoHandlesAreNotRead(t *testing.T) {
	p := open(t, escrow.Options{})
	h, err := p.UnsafeAcquire(8)
	is(t, err, nil)
	const kind, index = 127 << 56, (1<<28 - 1) << 28
	for forged, want := range map[uint64]error{
		0:                         escrow.ErrNull,
		h | index:                 escrow.ErrRange, // beyond the last slot
		h | 1<<63:                 escrow.ErrRange,
		h&^kind | 126<<56:         escrow.ErrKind, // a map's
		h&^kind | 124<<56 | index: escrow.ErrKind,
		h + 1:                     escrow.ErrStale, // a generation that never was
		p.UnsafeID():              escrow.ErrKind,
	} {
		_, err := escrow.UnsafeView(forged)
		is(t, err, want)
		if escrow.UnsafeValid(forged) {
			t.Errorf("%#x is valid", forged)
		}
	}
	is(t, escrow.UnsafeRelease(h), nil)
}
