// Package fuzz_test reads the inputs of tests/fuzz/pool_fuzz.cpp as operations of the Go API: the same bytes,
// the same corpus, and a model of its own, of guards and tickets instead of handles.
package fuzz_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"example.com/escrow/go/escrow"
)

const corpus = "../../fuzz/testdata/pool"

var sizes = [...]int{8, 1, 16, 17, 64, 100, 256, 1000, 4096, 5000, 65536, 65537, 100000, 0, -1, 1 << 32}

type object struct {
	pool    int
	size    int
	seed    byte
	owned   bool // by its first guard, or the ticket of that
	copies  int
	revoked bool
}

func (o *object) held() bool { return o.owned || o.copies > 0 }

// reference is a guard or ticket, and what became of it.
type reference struct {
	guard  escrow.Guard
	ticket escrow.Ticket
	of     *object
	first  bool  // the object's own reference, no duplicate
	flies  bool  // it is a ticket
	ended  error // what its operations answer; nil: it lives
}

type subject struct {
	*testing.T
	pools  [2]*escrow.Pool
	closed [2]bool
	all    []*object
	refs   []*reference
}

func (s *subject) want(err, wanted error, what string) {
	s.Helper()
	if !errors.Is(err, wanted) || (err == nil) != (wanted == nil) {
		s.Fatalf("%s: %v, not %v", what, err, wanted)
	}
}

func (s *subject) open(at int, how byte) {
	o := escrow.Options{}
	if how&3 == 2 {
		o.FixedSize = 48
	}
	if how&16 != 0 {
		o.Alignment = 64
	}
	p, err := escrow.Open(o)
	s.want(err, nil, "Open")
	s.pools[at], s.closed[at] = p, false
}

func (s *subject) acquire(at, n int, fixed bool) {
	if len(s.refs) > 200 {
		return
	}
	g, err := s.pools[at].Acquire(n)
	switch {
	case s.closed[at]:
		if err == nil {
			s.Fatal("a closed pool gave memory")
		}
		return
	case n <= 0 || n >= 1<<32 || (fixed && n > 48):
		s.want(err, escrow.ErrSize, "Acquire of a wrong size")
		return
	}
	s.want(err, nil, "Acquire")
	o := &object{pool: at, size: n, seed: byte(len(s.all)), owned: true}
	s.all = append(s.all, o)
	s.want(g.Use(func(b []byte) error {
		if len(b) != n {
			s.Fatalf("%d bytes, not %d", len(b), n)
		}
		for i := range b {
			if b[i] != 0 {
				s.Fatalf("byte %d is not zero", i)
			}
			b[i] = o.seed + byte(i)
		}
		return nil
	}), nil, "Use")
	s.refs = append(s.refs, &reference{guard: g, of: o, first: true})
}

// answer is what a use of r must say.
func (s *subject) answer(r *reference) error {
	if r.ended == nil && r.of.revoked {
		return escrow.ErrRevoked
	}
	return r.ended
}

func (s *subject) dup(r *reference) {
	if r.flies || len(s.refs) > 200 {
		return
	}
	g, err := r.guard.Dup()
	s.want(err, s.answer(r), "Dup")
	if err == nil {
		r.of.copies++
		s.refs = append(s.refs, &reference{guard: g, of: r.of})
	}
}

func (s *subject) close(r *reference) {
	if r.flies {
		err := r.ticket.Close()
		s.want(err, nil, "Ticket.Close")
	} else {
		s.want(r.guard.Close(), nil, "Close")
	}
	if r.ended == nil {
		r.ended = escrow.ErrStale
		if r.first {
			r.of.owned = false
		} else {
			r.of.copies--
		}
	}
}

func (s *subject) use(r *reference) {
	if r.flies {
		return
	}
	err := r.guard.Use(func(b []byte) error {
		if len(b) != r.of.size {
			s.Fatalf("%d bytes, not %d", len(b), r.of.size)
		}
		for i := range b {
			if b[i] != r.of.seed+byte(i) {
				s.Fatalf("byte %d changed", i)
			}
		}
		if r.first { // a duplicate moves, lent or not
			wanted := escrow.ErrLent
			if r.of.copies > 0 {
				wanted = escrow.ErrShared
			}
			_, err := r.guard.MoveOut()
			s.want(err, wanted, "MoveOut of what is lent")
		}
		return nil
	})
	s.want(err, s.answer(r), "Use")
}

func (s *subject) moveOut(r *reference) {
	if r.flies || len(s.refs) > 200 {
		return
	}
	wanted := s.answer(r)
	if wanted == nil && r.first && r.of.copies > 0 {
		wanted = escrow.ErrShared
	}
	t, err := r.guard.MoveOut()
	s.want(err, wanted, "MoveOut")
	if err == nil {
		r.ended = escrow.ErrMoved
		s.refs = append(s.refs, &reference{ticket: t, of: r.of, first: r.first, flies: true})
	}
}

func (s *subject) moveIn(r *reference) {
	if !r.flies {
		return
	}
	g, err := r.ticket.MoveIn()
	if r.ended != nil {
		if err == nil {
			s.Fatal("a ticket was taken in twice")
		}
		return
	}
	s.want(err, s.answer(r), "MoveIn")
	if err == nil {
		r.ended = escrow.ErrStale
		s.refs = append(s.refs, &reference{guard: g, of: r.of, first: r.first})
	}
}

func (s *subject) revoke(r *reference) {
	if r.flies {
		return
	}
	s.want(r.guard.Revoke(), r.ended, "Revoke")
	if r.ended == nil {
		r.of.revoked = true
	}
}

func (s *subject) closePool(at int) {
	live := 0
	for _, o := range s.all {
		if o.pool == at && o.held() {
			live++
			o.revoked = true
		}
	}
	var wanted error
	switch {
	case s.closed[at]:
		wanted = escrow.ErrClosed
	case live > 0:
		wanted = escrow.ErrLeak
	}
	s.want(s.pools[at].Close(), wanted, "Pool.Close")
	s.closed[at] = true
}

func (s *subject) check() {
	for at, p := range s.pools {
		var live, copies, tickets, bytes, held uint64
		for _, o := range s.all {
			if o.pool == at && o.held() {
				live++
				bytes += uint64(o.size)
				copies += uint64(o.copies)
			}
		}
		for _, r := range s.refs {
			if r.of.pool != at || r.ended != nil {
				continue
			}
			held++
			if r.flies {
				tickets++
			}
		}
		n, err := p.Stats()
		if s.closed[at] && live == 0 {
			continue // destroyed with its last reference
		}
		s.want(err, nil, "Stats")
		if n.Live != live || n.Duplicates != copies || n.Tickets != tickets || n.BytesLive != bytes || n.Held != held {
			s.Fatalf("pool %d: live %d duplicates %d tickets %d bytes %d held %d; model %d %d %d %d %d", at,
				n.Live, n.Duplicates, n.Tickets, n.BytesLive, n.Held, live, copies, tickets, bytes, held)
		}
	}
}

func run(t *testing.T, in []byte) {
	s := &subject{T: t}
	next := func() (b byte) {
		if len(in) > 0 {
			b, in = in[0], in[1:]
		}
		return b
	}
	var fixed [2]bool
	for at := range s.pools {
		how := next()
		fixed[at] = how&3 == 2
		s.open(at, how)
	}
	on := func(which byte, f func(*reference)) {
		if n := len(s.refs); n > 0 {
			f(s.refs[n-1-int(which)%n])
		}
	}
	for len(in) > 0 {
		operation, which, argument := next()%25, next(), next()
		switch operation {
		case 0, 1:
			on(which, s.dup)
		case 2, 3:
			on(which, s.close)
		case 4, 6, 14:
			on(which, s.use)
		case 8, 9:
			on(which, s.moveOut)
		case 10, 11:
			on(which, s.moveIn)
		case 12:
			on(which, s.revoke)
		case 13:
			on(which, func(r *reference) {
				if !r.flies && r.guard.Valid() != (r.ended == nil) { // also what is revoked is there
					s.Fatalf("Valid says %v", r.guard.Valid())
				}
			})
		case 15, 16, 17:
			s.acquire(int(which%2), sizes[argument%16], fixed[which%2])
		case 21:
			if !s.closed[which%2] {
				_, err := s.pools[which%2].Trim()
				s.want(err, nil, "Trim")
			}
		case 23:
			if argument%8 < 2 {
				s.closePool(int(which % 2))
			}
		}
	}
	s.check()
	for _, r := range s.refs {
		s.close(r)
	}
	s.check()
	for at := range s.pools {
		if !s.closed[at] {
			s.closePool(at)
		}
	}
}

func FuzzPool(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(corpus, "*"))
	if err != nil || len(files) == 0 {
		f.Fatal("no corpus in ", corpus)
	}
	for _, name := range files {
		in, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in)
	}
	f.Fuzz(run)
}
