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
	if got := f.all("abc", 1); got != nil {
		t.Errorf("%v in an empty engine", got)
	}
	f.put(0, "abc")
	if got := f.all("abc", 1); got != nil {
		t.Errorf("%v before the commit", got)
	}
	f.commit()
	for _, c := range []struct {
		text  string
		limit int
		want  error
	}{
		{"", 1, escrow.ErrSize}, {"abc", 0, escrow.ErrSize}, {"abc", MaxLimit + 1, escrow.ErrSize}, {"abc", -1, escrow.ErrSize},
		{strings.Repeat("a", MaxText+1), 1, escrow.ErrSize}, {"a\nb", 1, escrow.ErrOption},
	} {
		s, err := f.FindText(c.text)
		if err == nil {
			err = s.Next(c.limit, nil)
			s.Close()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("search for %.10q, limit %d: %v, want %v", c.text, c.limit, err, c.want)
		}
	}
	for _, path := range []string{"", strings.Repeat("p", 65536)} {
		if err := f.Put(f.ticket("text"), File{Path: path}); !errors.Is(err, escrow.ErrSize) {
			t.Errorf("put of a path of %d bytes: %v", len(path), err)
		}
		if _, err := f.Visit(File{Path: path}); !errors.Is(err, escrow.ErrSize) {
			t.Errorf("visit of a path of %d bytes: %v", len(path), err)
		}
		if _, err := f.Remove(path); !errors.Is(err, escrow.ErrSize) {
			t.Errorf("removal of a path of %d bytes: %v", len(path), err)
		}
	}
	ended, err := f.FindText("abc")
	if err != nil {
		t.Fatal(err)
	}
	ended.Close()
	if err := ended.Next(1, nil); err == nil {
		t.Error("a search goes on after its end")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
	_, find := f.FindText("abc")
	_, commit := f.Commit()
	_, stats := f.Stats()
	for what, err := range map[string]error{"search": find, "commit": commit, "stats": stats, "put": f.Put(f.ticket("late"), File{Path: "p"})} {
		if !errors.Is(err, escrow.ErrClosed) {
			t.Errorf("%s after close: %v", what, err)
		}
	}
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	f := open(t, 1, 1)
	for _, c := range [][2]int{{0, 1}, {65, 1}, {1, 0}, {1, 65537}, {-1, 1}, {1, -1}, {1<<32 + 1, 1}} {
		o := f.Options
		o.Workers, o.Queue = c[0], c[1]
		if e, err := Open(o); !errors.Is(err, escrow.ErrOption) {
			t.Errorf("workers %d, queue %d: %v %v", o.Workers, o.Queue, e, err)
		}
	}
	for what, take := range map[string]func(*Options){
		"files":    func(o *Options) { o.Files = nil },
		"results":  func(o *Options) { o.Results = nil },
		"settings": func(o *Options) { o.Settings = nil },
		"ranking":  func(o *Options) { o.Ranking = nil },
	} {
		o := f.Options
		take(&o)
		if _, err := Open(o); !errors.Is(err, escrow.ErrNull) {
			t.Errorf("no %s: %v", what, err)
		}
	}
}

func TestWhatIsNoTicketIsRefusedAtOnce(t *testing.T) {
	f := open(t, 1, 1)
	if err := f.Put(escrow.Ticket{}, File{Path: "p"}); !errors.Is(err, escrow.ErrNull) {
		t.Errorf("zero ticket: %v", err)
	}
	taken := f.ticket("abc")
	guard, err := taken.MoveIn()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(taken, File{Path: "p"}); !errors.Is(err, escrow.ErrStale) {
		t.Errorf("ticket taken in before: %v", err)
	}
	guard.Close()
	lost, err := escrow.Open(escrow.Options{Name: "lost"})
	if err != nil {
		t.Fatal(err)
	}
	reclaimed := fixture{t: t, Options: Options{Files: lost}}.ticket("abc")
	if err := lost.CloseReclaimTickets(); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(reclaimed, File{Path: "p"}); !errors.Is(err, escrow.ErrStale) {
		t.Errorf("ticket that its pool reclaimed: %v", err)
	}
}
