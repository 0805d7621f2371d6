//go:build cgo

package escrow_test

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestBadSizesAndOptionsAreRefused(t *testing.T) {
	p := open(t, escrow.Options{})
	for _, n := range []int{0, -1, -1 << 62, 1 << 32, 1 << 62} {
		g, err := p.Acquire(n)
		is(t, err, escrow.ErrSize)
		is(t, g.Close(), nil)
		is(t, p.AcquireN(n, make([]escrow.Guard, 2)), escrow.ErrSize)
	}
	is(t, p.AcquireN(8, nil), escrow.ErrSize)
	is(t, p.AcquireN(8, make([]escrow.Guard, 65537)), escrow.ErrSize)

	fixed := open(t, escrow.Options{FixedSize: 128})
	_, err := fixed.Acquire(129)
	is(t, err, escrow.ErrSize)

	for _, o := range []escrow.Options{
		{Limit: -1}, {FixedSize: -1}, {Reserve: -1}, {Alignment: -8}, {Alignment: 3}, {Alignment: 8192},
		{Name: strings.Repeat("n", 32)}, {Name: "a\x00b"}, {Reserve: 1 << 20},
	} {
		p, err := escrow.Open(o)
		is(t, err, escrow.ErrOption)
		if p != nil {
			t.Fatalf("a pool from %+v", o)
		}
	}
	_, err = escrow.Open(escrow.Options{FixedSize: 4096, Limit: 4096, Reserve: 1 << 20})
	is(t, err, escrow.ErrFull)
	_, err = open(t, escrow.Options{Limit: 1 << 20}).Acquire(2 << 20)
	is(t, err, escrow.ErrSize)
}

func TestErrorsNameTheOperationOnce(t *testing.T) {
	p := open(t, escrow.Options{FixedSize: 4096, Limit: 1 << 20})
	var held []escrow.Guard
	for {
		g, err := p.Acquire(4096)
		if err != nil {
			is(t, err, escrow.ErrFull)
			if err.Error() != "escrow: acquire 4096 bytes: pool full" {
				t.Fatalf("%q", err)
			}
			break
		}
		held = append(held, g)
		if len(held) > 256 {
			t.Fatal("the limit does not hold")
		}
	}
	if s := stats(t, p); s.BytesLimit != 1<<20 || s.BytesCommitted > 1<<20 || s.Misuse[escrow.ErrFull] == 0 {
		t.Fatalf("%+v", s)
	}
	is(t, held[0].Close(), nil)
	held[0] = acquire(t, p, 4096) // room again
	for _, g := range held {
		is(t, g.Close(), nil)
	}
}

func TestAcquireNIsAllOrNothing(t *testing.T) {
	p := open(t, escrow.Options{FixedSize: 1024, Limit: 1 << 20})
	guards := make([]escrow.Guard, 100)
	is(t, p.AcquireN(1024, guards), nil)
	for i, g := range guards {
		is(t, g.Use(func(b []byte) error { b[0] = byte(i); return nil }), nil)
	}
	more := make([]escrow.Guard, 2000)
	is(t, p.AcquireN(1024, more), escrow.ErrFull)
	if s := stats(t, p); s.Live != 100 {
		t.Fatalf("live %d after a refused batch", s.Live)
	}
	for i, g := range guards {
		is(t, g.Use(func(b []byte) error {
			if b[0] != byte(i) {
				t.Fatal("two guards of one object")
			}
			return nil
		}), nil)
		is(t, g.Close(), nil)
	}
	for _, g := range more {
		is(t, g.Close(), nil) // zero values
	}
}

func TestCallsAfterCloseAndDestroy(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	g := acquire(t, p, 64)
	ticket := moveOut(t, acquire(t, p, 64))
	err := p.Close()
	is(t, err, escrow.ErrLeak)
	if err.Error() != "escrow: close pool: 2 objects: references still out" {
		t.Fatalf("%q", err)
	}
	zombie := func() {
		t.Helper()
		_, err := p.Acquire(8)
		is(t, err, escrow.ErrClosed)
		is(t, p.AcquireN(8, make([]escrow.Guard, 1)), escrow.ErrClosed)
		is(t, p.Close(), escrow.ErrClosed)
		is(t, p.CloseReclaimTickets(), escrow.ErrClosed)
		_, err = p.Trim()
		is(t, err, escrow.ErrClosed)
		_, _, err = p.ReadAll(strings.NewReader("x"))
		is(t, err, escrow.ErrClosed)
	}
	zombie()
	is(t, g.Use(nothing), escrow.ErrRevoked)
	_, err = g.Dup()
	is(t, err, escrow.ErrRevoked)
	_, err = g.MoveOut()
	is(t, err, escrow.ErrRevoked)
	_, err = ticket.MoveIn()
	is(t, err, escrow.ErrRevoked)
	if s := stats(t, p); s.Live != 2 || s.Held != 2 {
		t.Fatalf("%+v", s)
	}
	b, err := g.UnsafeBytes() // the memory is still the guard's
	is(t, err, nil)
	b[63] = 1
	is(t, g.Close(), nil)
	is(t, ticket.Close(), nil)
	if !gone(p) {
		t.Fatal("the last reference ended and the memory is still held")
	}
	zombie()
	s, err := p.Stats()
	is(t, err, escrow.ErrClosed)
	if s.Held != 0 || s.Misuse == nil {
		t.Fatalf("%+v", s)
	}
	_, err = p.Drain()
	is(t, err, escrow.ErrClosed)
	_, err = p.Classes()
	is(t, err, escrow.ErrClosed)
	for r := range p.References() {
		t.Fatalf("a reference in a destroyed pool: %+v", r)
	}
	is(t, g.Close(), nil)
	is(t, g.Use(nothing), escrow.ErrStale)
}

func TestCloseWhileLent(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	g := acquire(t, p, 64)
	is(t, g.Use(func(b []byte) error {
		is(t, p.Close(), escrow.ErrLeak)
		is(t, g.Close(), nil)
		b[0] = 1
		return nil
	}), nil)
	if !eventually(func() bool { return gone(p) }) {
		t.Fatal("the last loan ended and the memory is still held")
	}
}

func TestATicketLostInAChannelIsReclaimedAtClose(t *testing.T) {
	p := openLoose(t, escrow.Options{})
	lost := make(chan escrow.Ticket, 3)
	for range 3 {
		lost <- moveOut(t, acquire(t, p, 64))
	}
	is(t, p.CloseReclaimTickets(), nil)
	if !gone(p) {
		t.Fatal("memory still held")
	}
	for range 3 {
		ticket := <-lost
		_, err := ticket.MoveIn()
		is(t, err, escrow.ErrStale)
		is(t, ticket.Close(), nil)
	}
	if s, _ := p.Stats(); s.Held != 0 {
		t.Fatalf("%d references are held after their end", s.Held)
	}
	kept := openLoose(t, escrow.Options{})
	ticket := moveOut(t, acquire(t, kept, 64))
	is(t, kept.Close(), escrow.ErrLeak) // without the request it is kept
	is(t, ticket.Close(), nil)
}

// TestAPoolDoesNotWaitForTicketsThatItReclaimed: its memory goes with the last reference, at once.
func TestAPoolDoesNotWaitForTicketsThatItReclaimed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no look at pools that wait
	p := openLoose(t, escrow.Options{})
	g, lost := acquire(t, p, 64), moveOut(t, acquire(t, p, 64))
	is(t, p.CloseReclaimTickets(), escrow.ErrLeak)
	if s := stats(t, p); s.Held != 1 || s.Live != 1 {
		t.Fatalf("%+v", s)
	}
	is(t, g.Close(), nil)
	if !gone(p) {
		t.Fatal("memory is held for a ticket that was reclaimed")
	}
	_, err := lost.MoveIn()
	is(t, err, escrow.ErrStale)
	is(t, lost.Close(), nil)
}

func TestForgedAndForeignHandlesAreRefused(t *testing.T) {
	p, q := open(t, escrow.Options{}), open(t, escrow.Options{})
	g := acquire(t, p, 64)
	defer g.Close()
	h := g.UnsafeHandle()
	_, err := q.UnsafeAdopt(h)
	is(t, err, escrow.ErrForeign)
	_, err = q.UnsafeTicket(h)
	is(t, err, escrow.ErrForeign)
	_, err = p.UnsafeAdopt(0)
	is(t, err, escrow.ErrNull)
	_, err = p.UnsafeTicket(0)
	is(t, err, escrow.ErrNull)
	_, err = p.UnsafeAdopt(p.UnsafeID()) // a pool is no object
	if err == nil {
		t.Fatal("adopted a pool")
	}
	_, err = p.UnsafeAdopt(h + 1) // a generation that never was
	is(t, err, escrow.ErrStale)
	for _, forged := range []uint64{1, 1 << 63, ^uint64(0), h | 0xfffffff<<28, 124<<56 | 1<<28 | 1, 125<<56 | 1<<28 | 1} {
		if _, err = p.UnsafeAdopt(forged); err == nil {
			t.Fatalf("adopted %#x", forged)
		}
		if _, err = p.UnsafeTicket(forged); err == nil {
			t.Fatalf("adopted ticket %#x", forged)
		}
	}
	is(t, g.Use(nothing), nil)
}

func TestTheZeroPoolAnswersNull(t *testing.T) {
	for _, p := range []*escrow.Pool{nil, {}} {
		_, err := p.Acquire(1)
		is(t, err, escrow.ErrNull)
		is(t, p.AcquireN(1, make([]escrow.Guard, 1)), escrow.ErrNull)
		is(t, p.Close(), escrow.ErrNull)
		_, err = p.Drain()
		is(t, err, escrow.ErrNull)
		_, err = p.Trim()
		is(t, err, escrow.ErrNull)
		_, err = p.Stats()
		is(t, err, escrow.ErrNull)
		_, err = p.Classes()
		is(t, err, escrow.ErrNull)
		_, err = p.UnsafeAdopt(1)
		is(t, err, escrow.ErrNull)
		_, err = p.UnsafeTicket(1)
		is(t, err, escrow.ErrNull)
		_, err = p.ReadFull(strings.NewReader("x"), 1)
		is(t, err, escrow.ErrNull)
		for range p.References() {
			t.Fatal("a reference in no pool")
		}
		if p.UnsafeID() != 0 {
			t.Fatal("an ID of no pool")
		}
	}
}

func TestThreeHundredPoolsOpenAndClose(t *testing.T) {
	// More than the 123 tags of a handle, all open at once and twice over.
	for range 2 {
		var pools []*escrow.Pool
		var guards []escrow.Guard
		for i := range 300 {
			p := openLoose(t, escrow.Options{Name: fmt.Sprint("pool ", i)})
			pools = append(pools, p)
			guards = append(guards, acquire(t, p, 32))
		}
		for i, g := range guards {
			if s := stats(t, pools[i]); s.Name != fmt.Sprint("pool ", i) || s.Live != 1 {
				t.Fatalf("pool %d: %+v", i, s)
			}
			_, err := pools[(i+123)%300].UnsafeAdopt(g.UnsafeHandle()) // the same tag, perhaps
			is(t, err, escrow.ErrForeign)
			is(t, g.Close(), nil)
			is(t, pools[i].Close(), nil)
		}
	}
}

func TestReferencesListsWhoHoldsWhat(t *testing.T) {
	p := open(t, escrow.Options{TypeID: 99})
	var guards []escrow.Guard
	for range 150 { // more than one page
		guards = append(guards, acquire(t, p, 40))
	}
	d := dup(t, guards[0])
	ticket := moveOut(t, guards[1])
	kinds := map[escrow.Kind]int{}
	ids := map[uint64]bool{}
	for r := range p.References() {
		kinds[r.Kind]++
		if ids[r.ID] {
			t.Fatalf("%#x listed twice", r.ID)
		}
		ids[r.ID] = true
		if r.Kind == escrow.KindObject && (r.TypeID != 99 || r.Size != 40 || r.Root != r.ID || r.Address == 0) {
			t.Fatalf("%+v", r)
		}
	}
	if kinds[escrow.KindObject] != 149 || kinds[escrow.KindDuplicate] != 1 || kinds[escrow.KindTicket] != 1 || len(ids) != 151 {
		t.Fatalf("%v", kinds)
	}
	for range p.References() {
		break
	}
	if !regexp.MustCompile(`^ticket Kind\(77\)$`).MatchString(fmt.Sprint(escrow.KindTicket, escrow.Kind(77))) {
		t.Fatal(fmt.Sprint(escrow.KindTicket, escrow.Kind(77)))
	}
	classes, err := p.Classes()
	is(t, err, nil)
	live := uint64(0)
	for _, c := range classes {
		live += c.Live
	}
	if live < 150 {
		t.Fatalf("%+v", classes)
	}
	is(t, d.Close(), nil)
	is(t, ticket.Close(), nil)
	for _, g := range guards {
		is(t, g.Close(), nil)
	}
}

func TestMemoryOfOneSizeServesAnotherAtTheLimit(t *testing.T) {
	p := open(t, escrow.Options{Limit: 4 << 20})
	for _, n := range []int{65536, 16, 1000, 65536, 1 << 20, 4096} {
		var held []escrow.Guard
		for got := 0; got < 2<<20; got += max(n, 64) {
			g, err := p.Acquire(n)
			if err != nil {
				t.Fatalf("%d of %d bytes: %v; %+v", len(held), n, err, stats(t, p))
			}
			held = append(held, g)
		}
		for _, g := range held {
			is(t, g.Close(), nil)
		}
	}
}

func TestTrimGivesMemoryBack(t *testing.T) {
	p := open(t, escrow.Options{})
	guards := make([]escrow.Guard, 64)
	is(t, p.AcquireN(65536, guards), nil)
	for _, g := range guards {
		is(t, g.Close(), nil)
	}
	before := stats(t, p)
	if before.BytesPeak < 64*65536 {
		t.Fatalf("peak %d", before.BytesPeak)
	}
	freed, err := p.Trim()
	is(t, err, nil)
	after := stats(t, p)
	if after.BytesCommitted > 1<<20 || int64(before.BytesCommitted-after.BytesCommitted) != freed {
		t.Fatalf("trim gave %d of %d back, %d left", freed, before.BytesCommitted, after.BytesCommitted)
	}
}
