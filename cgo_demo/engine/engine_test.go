//go:build cgo

package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

// fixture is an engine with its pools; both end with 0 live objects or the test fails.
type fixture struct {
	t              *testing.T
	files, results *escrow.Pool
	*Engine
}

func open(t *testing.T, workers, queue int) fixture {
	t.Helper()
	f := fixture{t: t}
	var err error
	if f.files, err = escrow.Open(escrow.Options{Name: "files"}); err != nil {
		t.Fatal(err)
	}
	if f.results, err = escrow.Open(escrow.Options{Name: "results"}); err != nil {
		t.Fatal(err)
	}
	if f.Engine, err = Open(Options{Files: f.files, Results: f.results, Workers: workers, Queue: queue}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil && !errors.Is(err, escrow.ErrClosed) {
			t.Error(err)
		}
		for _, pool := range []*escrow.Pool{f.results, f.files} {
			if err := pool.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return f
}

// ticket puts a text into pool memory and on its way.
func (f fixture) ticket(text string) escrow.Ticket {
	f.t.Helper()
	guard, err := f.files.ReadFull(strings.NewReader(text), len(text))
	if err != nil {
		f.t.Fatal(err)
	}
	ticket, err := guard.MoveOut()
	if err != nil {
		f.t.Fatal(err)
	}
	return ticket
}

func (f fixture) add(number uint32, text string) {
	f.t.Helper()
	if err := f.Add(f.ticket(text), number); err != nil {
		f.t.Fatal(err)
	}
}

func (f fixture) seal() {
	f.t.Helper()
	if err := f.Seal(); err != nil {
		f.t.Fatal(err)
	}
}

// all pages through a search.
func (f fixture) all(text string, page int) (found []Match) {
	f.t.Helper()
	for at := (Cursor{}); !at.Done; {
		err := f.Search(text, page, &at, func(m []Match) error {
			if len(m) > page {
				f.t.Errorf("a page of %d holds %d matches", page, len(m))
			}
			found = append(found, m...)
			return nil
		})
		if err != nil {
			f.t.Fatal(err)
		}
	}
	return found
}

func (f fixture) candidates(plan ...uint32) (files []uint32) {
	f.t.Helper()
	if err := f.Candidates(plan, func(n []uint32) error { files = slices.Clone(n); return nil }); err != nil {
		f.t.Fatal(err)
	}
	return files
}

func TestMatchesAreTheLinesInOrder(t *testing.T) {
	f := open(t, 2, 4)
	f.add(7, "needle\nhay\n  needle needle\r\n")
	f.add(3, "hay\n\nhay needle")
	f.add(5, "hay\n")
	f.seal()
	want := []Match{{3, 3, 5, 10}, {7, 1, 0, 6}, {7, 3, 11, 16}}
	for page := 1; page <= 4; page++ {
		if got := f.all("needle", page); !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", page, got, want)
		}
	}
	if got := f.all("nothing", 10); got != nil {
		t.Errorf("%v for a text that is not there", got)
	}
}

func TestShortTextsAreFoundToo(t *testing.T) {
	f := open(t, 1, 1)
	f.add(0, "x")
	f.add(1, "ab\nx\n")
	f.seal()
	if got, want := f.all("x", 10), []Match{{0, 1, 0, 1}, {1, 2, 3, 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := f.all("ab", 10), []Match{{1, 1, 0, 2}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Against a search that is too plain to be wrong, on texts over a small alphabet.
func TestRandomTextsAgreeWithAPlainSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := open(t, 3, 2)
	texts := make([]string, 200)
	for i := range texts {
		b := make([]byte, 1+r.IntN(300))
		for j := range b {
			b[j] = "abc\n\xff"[r.IntN(5)]
		}
		texts[i] = string(b)
		f.add(uint32(i*300), texts[i])
	}
	f.seal()
	for range 300 {
		b := make([]byte, 1+r.IntN(6))
		for j := range b {
			b[j] = "abc\xff"[r.IntN(4)]
		}
		var want []Match
		for i, text := range texts {
			offset := uint32(0)
			for n, line := range strings.Split(text, "\n") {
				if strings.Contains(line, string(b)) {
					want = append(want, Match{uint32(i * 300), uint32(n + 1), offset, uint32(len(line))})
				}
				offset += uint32(len(line)) + 1
			}
		}
		if got := f.all(string(b), 1+r.IntN(20)); !slices.Equal(got, want) {
			t.Fatalf("%q: %d matches, want %d", b, len(got), len(want))
		}
	}
}

func TestANumberUsedTwiceFailsTheSeal(t *testing.T) {
	f := open(t, 2, 4)
	f.add(1, "abc")
	f.add(1, "def")
	if err := f.Seal(); !errors.Is(err, escrow.ErrOption) {
		t.Errorf("seal: %v", err)
	}
}

func TestAnEngineThatIsNotSealedGivesItsFilesBack(t *testing.T) {
	f := open(t, 1, 64)
	for i := range uint32(64) {
		f.add(i, strings.Repeat("abc ", 10000))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if stats, err := f.files.Stats(); err != nil || stats.Live != 0 || stats.Tickets != 0 {
		t.Errorf("%d live, %d tickets, %v", stats.Live, stats.Tickets, err)
	}
}

// The memory Go sees is the memory that was read into: no copy, in either direction.
func TestFilesAreLentNotCopied(t *testing.T) {
	f := open(t, 1, 1)
	f.add(0, "the text")
	f.seal()
	held, err := f.files.Stats()
	if err != nil {
		t.Fatal(err)
	}
	err = f.Use(0, func(text []byte) error {
		if string(text) != "the text" {
			t.Errorf("lent %q", text)
		}
		lent, err := f.files.Stats()
		if lent.Live != held.Live || lent.BytesLive != held.BytesLive || lent.Loans != 1 {
			t.Errorf("%d live, %d bytes, %d loans while lent", lent.Live, lent.BytesLive, lent.Loans)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if after, err := f.files.Stats(); err != nil || after.Loans != 0 {
		t.Errorf("%d loans after, %v", after.Loans, err)
	}
	failed := errors.New("failed")
	if err := f.Use(0, func([]byte) error { return failed }); err != failed {
		t.Errorf("use returns %v", err)
	}
}

func TestALoanOutlivesTheEngine(t *testing.T) {
	f := open(t, 1, 1)
	text := strings.Repeat("text ", 1000)
	f.add(0, text)
	f.seal()
	err := f.Use(0, func(lent []byte) error {
		if err := f.Close(); err != nil {
			return err
		}
		if !bytes.Equal(lent, []byte(text)) {
			t.Error("the bytes changed under the loan")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestResultsAboveTheLimitAreAnErrorAndTheCursorStays(t *testing.T) {
	f := open(t, 1, 1)
	small, err := escrow.Open(escrow.Options{Name: "small", Limit: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(Options{Files: f.files, Results: small, Workers: 1, Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Add(f.ticket(strings.Repeat("abc\n", 65536)), 0); err != nil {
		t.Fatal(err)
	}
	if err := e.Seal(); err != nil {
		t.Fatal(err)
	}
	var at Cursor
	if err := e.Search("abc", 65536, &at, nil); !errors.Is(err, escrow.ErrSize) || at != (Cursor{}) {
		t.Errorf("%v, cursor %+v", err, at)
	}
	n := 0
	if err := e.Search("abc", 100, &at, func(m []Match) error { n = len(m); return nil }); err != nil || n != 100 {
		t.Errorf("a smaller page: %d matches, %v", n, err)
	}
	if err := errors.Join(e.Close(), small.Close()); err != nil {
		t.Error(err)
	}
}

// Differences between numbers at which a list's encoding takes one more byte.
func TestFileNumbersMayBeFarApart(t *testing.T) {
	f := open(t, 2, 4)
	want := []uint32{0}
	for _, step := range []uint32{1, 127, 128, 129, 16383, 16384, 1 << 21, 1<<21 - 1, 1 << 28, 1<<28 - 1, 1 << 31} {
		want = append(want, want[len(want)-1]+step)
	}
	for _, number := range slices.Backward(want) { // out of order, too
		f.add(number, "the same text")
	}
	f.seal()
	if got := f.candidates(gram("tex")); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	var files []uint32
	for _, m := range f.all("text", 3) {
		files = append(files, m.File)
	}
	if !slices.Equal(files, want) {
		t.Errorf("matches in %v, want %v", files, want)
	}
}

// Searchers and adders on all sides; what is checked is that nothing is lost and nothing is left.
func TestManyCallersAtOnce(t *testing.T) {
	f := open(t, 2, 3)
	const adders, each = 4, 100
	var group sync.WaitGroup
	for a := range adders {
		group.Go(func() {
			for i := range each {
				f.add(uint32(a*each+i), fmt.Sprintf("file %d of %d\nshared line\n", i, a))
			}
		})
	}
	group.Wait()
	f.seal()
	for range 8 {
		group.Go(func() {
			for range 20 {
				if n := len(f.all("shared", 37)); n != adders*each {
					t.Errorf("%d matches, want %d", n, adders*each)
				}
				if n := len(f.candidates(planOr|2, gram("sha"), gram("zzz"))); n != adders*each {
					t.Errorf("%d candidates, want %d", n, adders*each)
				}
			}
		})
	}
	group.Wait()
	counts, err := f.Stats()
	if err != nil || counts.Files != adders*each || counts.Trigrams == 0 || counts.PostingBytes == 0 {
		t.Errorf("%+v, %v", counts, err)
	}
}
