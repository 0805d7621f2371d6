//go:build cgo

package engine

import (
	"errors"
	"io"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

// parts opens what an engine needs; all of it ends with the test, and 0 live objects or it fails.
func parts(tb testing.TB, workers, queue int) Options {
	tb.Helper()
	o := Options{Workers: workers, Queue: queue}
	var errs [4]error
	o.Files, errs[0] = escrow.Open(escrow.Options{Name: "files"})
	o.Results, errs[1] = escrow.Open(escrow.Options{Name: "results"})
	o.Settings, errs[2] = OpenSettings(DefaultSettings())
	o.Ranking, errs[3] = escrow.OpenCode(RankingCode)
	if err := errors.Join(errs[:]...); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for _, part := range []io.Closer{o.Results, o.Files, o.Settings, o.Ranking} {
			if err := part.Close(); err != nil {
				tb.Error(err)
			}
		}
	})
	return o
}

// fixture is an engine with its parts.
type fixture struct {
	t *testing.T
	Options
	*Engine
}

func open(t *testing.T, workers, queue int) fixture {
	t.Helper()
	f := fixture{t: t, Options: parts(t, workers, queue)}
	var err error
	if f.Engine, err = Open(f.Options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil && !errors.Is(err, escrow.ErrClosed) {
			t.Error(err)
		}
	})
	return f
}

// ticket puts a text into pool memory and on its way.
func (f fixture) ticket(text string) escrow.Ticket {
	f.t.Helper()
	guard, err := f.Files.ReadFull(strings.NewReader(text), len(text))
	if err != nil {
		f.t.Fatal(err)
	}
	ticket, err := guard.MoveOut()
	if err != nil {
		f.t.Fatal(err)
	}
	return ticket
}
