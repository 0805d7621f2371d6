//go:build cgo

package engine

import (
	"errors"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestCallsOutOfTurnAreRefused(t *testing.T) {
	f := open(t, 1, 1)
	var at Cursor
	if err := f.Search("abc", 1, &at, nil); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("search before seal: %v", err)
	}
	if err := f.Candidates([]uint32{planAll}, nil); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("candidates before seal: %v", err)
	}
	if err := f.Use(0, nil); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("use before seal: %v", err)
	}
	if _, err := f.Stats(); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("stats before seal: %v", err)
	}
	f.seal()
	if err := f.Seal(); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("second seal: %v", err)
	}
	if err := f.Add(f.ticket("late"), 9); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("add after seal: %v", err)
	}
	if err := f.Use(9, nil); !errors.Is(err, escrow.ErrRange) {
		t.Errorf("use of no file: %v", err)
	}
	for _, c := range []struct {
		text  string
		limit int
		want  error
	}{
		{"", 1, escrow.ErrSize}, {"abc", 0, escrow.ErrSize}, {"abc", MaxLimit + 1, escrow.ErrSize}, {"abc", -1, escrow.ErrSize},
		{strings.Repeat("a", MaxText+1), 1, escrow.ErrSize}, {"a\nb", 1, escrow.ErrOption},
	} {
		if err := f.Search(c.text, c.limit, &at, nil); !errors.Is(err, c.want) {
			t.Errorf("search for %.10q, limit %d: %v, want %v", c.text, c.limit, err, c.want)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
	if err := f.Search("abc", 1, &at, nil); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("search after close: %v", err)
	}
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	f := open(t, 1, 1)
	for _, o := range []Options{
		{f.files, f.results, 0, 1}, {f.files, f.results, 65, 1}, {f.files, f.results, 1, 0},
		{f.files, f.results, 1, 65537}, {f.files, f.results, -1, 1}, {f.files, f.results, 1, -1},
		{f.files, f.results, 1<<32 + 1, 1},
	} {
		if e, err := Open(o); !errors.Is(err, escrow.ErrOption) {
			t.Errorf("workers %d, queue %d: %v %v", o.Workers, o.Queue, e, err)
		}
	}
	if _, err := Open(Options{Workers: 1, Queue: 1}); !errors.Is(err, escrow.ErrNull) {
		t.Errorf("no pools: %v", err)
	}
}

func TestWhatIsNoTicketIsRefusedAtOnce(t *testing.T) {
	f := open(t, 1, 1)
	if err := f.Add(escrow.Ticket{}, 0); !errors.Is(err, escrow.ErrNull) {
		t.Errorf("zero ticket: %v", err)
	}
	taken := f.ticket("abc")
	guard, err := taken.MoveIn()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add(taken, 0); !errors.Is(err, escrow.ErrStale) {
		t.Errorf("ticket taken in before: %v", err)
	}
	guard.Close()
	lost, err := escrow.Open(escrow.Options{Name: "lost"})
	if err != nil {
		t.Fatal(err)
	}
	reclaimed := fixture{t: t, files: lost}.ticket("abc")
	if err := lost.CloseReclaimTickets(); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(reclaimed, 0); !errors.Is(err, escrow.ErrStale) {
		t.Errorf("ticket that its pool reclaimed: %v", err)
	}
	if err := f.Add(f.ticket("abc"), 1<<32-1); !errors.Is(err, escrow.ErrSize) {
		t.Errorf("last number: %v", err)
	}
}
