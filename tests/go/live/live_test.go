// Package live_test reads the profile escrow_live with the library that go tool pprof reads it with.
package live_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/live"
	native "example.com/escrow/tests/go/live"
)

//go:noinline
func acquireFew(t *testing.T, p *escrow.Pool, n int) []escrow.Guard {
	guards := make([]escrow.Guard, n)
	for i := range guards {
		g, err := p.Acquire(1000)
		if err != nil {
			t.Fatal(err)
		}
		guards[i] = g
	}
	return guards
}

//go:noinline
func acquireMany(t *testing.T, p *escrow.Pool, n int) []escrow.Guard {
	return acquireFew(t, p, n)
}

func open(t *testing.T, rate int) *escrow.Pool {
	p, err := escrow.Open(escrow.Options{Name: t.Name(), TypeID: 42})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if err := p.SetLedger(escrow.LedgerOptions{Rate: rate}); err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T) *profile.Profile { return readBy(t, live.WriteProfile) }

func readBy(t *testing.T, write func(io.Writer) error) *profile.Profile {
	t.Helper()
	var file bytes.Buffer
	if err := write(&file); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&file)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPprofReadsWhatIsLive(t *testing.T) {
	p := open(t, 1)
	few := acquireFew(t, p, 3)
	many := acquireMany(t, p.Labeled("batch"), 50)
	dup, err := few[0].Dup()
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := few[1].MoveOut()
	if err != nil {
		t.Fatal(err)
	}
	got := read(t)
	if len(got.SampleType) != 2 || got.SampleType[0].Type != "objects" || got.SampleType[1].Type != "bytes" ||
		got.DefaultSampleType != "bytes" || got.PeriodType.Type != live.Name || got.TimeNanos == 0 {
		t.Fatalf("types %v, %q of %v", got.SampleType, got.DefaultSampleType, got.PeriodType)
	}
	byKind := map[string]int64{}
	for _, s := range got.Sample {
		kind := s.Label["kind"][0]
		wantType := "[42]" // of objects; a duplicate has none of its own
		if kind == "dup" {
			wantType = "[]"
		}
		if s.Label["pool"][0] != t.Name() || fmt.Sprint(s.Label["type"]) != wantType || len(s.Label["age"]) != 1 {
			t.Errorf("labels %v", s.Label)
		}
		byKind[kind] += s.Value[0]
		var names []string
		for _, l := range s.Location {
			for _, line := range l.Line {
				names = append(names, line.Function.Name)
			}
		}
		stack := strings.Join(names, " ")
		if !strings.Contains(stack, "TestPprofReadsWhatIsLive") {
			t.Errorf("stack %s", stack)
		}
		switch {
		case strings.Contains(stack, "acquireMany"):
			if s.Value[0] != 50 || s.Value[1] != 50_000 || s.Label["label"][0] != "batch" {
				t.Errorf("many: %v %v", s.Value, s.Label)
			}
		case kind == "owner":
			if s.Value[0] != 2 || s.Value[1] != 2000 || len(s.Label["label"]) != 0 {
				t.Errorf("few: %v %v", s.Value, s.Label)
			}
		}
	}
	if byKind["owner"] != 52 || byKind["dup"] != 1 || byKind["ticket"] != 1 || len(byKind) != 3 {
		t.Errorf("by kind: %v", byKind)
	}
	ticket.Close()
	dup.Close()
	escrow.ReleaseN(few)
	escrow.ReleaseN(many)
	if n := len(read(t).Sample); n != 0 {
		t.Errorf("%d samples of nothing", n)
	}
}

func TestSamplesAreScaled(t *testing.T) {
	p := open(t, 20)
	guards := acquireMany(t, p, 20_000)
	var objects int64
	for _, s := range read(t).Sample {
		objects += s.Value[0]
	}
	if objects < 15_000 || objects > 25_000 {
		t.Errorf("%d objects estimated, of %d", objects, len(guards))
	}
	escrow.ReleaseN(guards)
}

//go:noinline
func useClosed(g escrow.Guard) error { return g.Use(func([]byte) error { return nil }) }

// namesOf are the functions of a sample's stack, innermost first.
func namesOf(s *profile.Sample) (names []string) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			names = append(names, line.Function.Name)
		}
	}
	return names
}

func TestPprofReadsWhatWasRefused(t *testing.T) {
	p := open(t, 1)
	g := acquireFew(t, p, 1)[0]
	handle := g.UnsafeHandle()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := useClosed(g); !errors.Is(err, escrow.ErrStale) {
			t.Fatal(err)
		}
	}
	native.Release(handle)
	native.Release(handle)
	got := readBy(t, live.WriteMisuse)
	if len(got.SampleType) != 1 || got.SampleType[0].Type != "calls" || got.PeriodType.Type != live.MisuseName {
		t.Fatalf("types %v of %v", got.SampleType, got.PeriodType)
	}
	var inGo, inC int64
	for _, s := range got.Sample {
		if s.Label["pool"][0] != t.Name() || s.Label["error"][0] != escrow.ErrStale.Error() ||
			s.Label["last"][0] != "below 1s" {
			t.Errorf("labels %v", s.Label)
		}
		switch names := namesOf(s); s.Label["operation"][0] {
		case "use":
			inGo += s.Value[0]
			if len(names) < 2 || !strings.HasSuffix(names[0], "useClosed") || !strings.HasSuffix(names[1], t.Name()) {
				t.Errorf("stack %v", names)
			}
		case "release":
			inC += s.Value[0]
			if len(s.Location) != 1 || s.Location[0].Address == 0 {
				t.Errorf("locations %v", s.Location)
			}
		default:
			t.Errorf("labels %v", s.Label)
		}
	}
	if inGo != 3 || inC != 2 {
		t.Errorf("%d calls of Go, %d of C", inGo, inC)
	}
}

// What C does to a traced object is told with what Go does.
func TestATraceJoinsGoAndC(t *testing.T) {
	p := open(t, 0)
	if err := p.SetTrace(escrow.TraceOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	g := acquireFew(t, p, 1)[0]
	root := g.UnsafeHandle()
	handle, err := g.UnsafeDetach()
	if err != nil {
		t.Fatal(err)
	}
	native.BorrowAndRelease(handle)
	var said []string
	for _, e := range escrow.Trace(root) {
		language := "C"
		if e.Goroutine != 0 {
			language = "Go"
		}
		said = append(said, e.Operation.String()+" in "+language)
	}
	if got := strings.Join(said, ", "); got != "acquire in Go, borrow in C, return in C, release in C" {
		t.Error(got)
	}
}
