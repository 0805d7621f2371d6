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

// name is the path of the file whose place is number.
func name(number uint32) string { return fmt.Sprintf("file/%d", number) }

// put adds a file, which comes at place number, to the batch.
func (f fixture) put(number uint32, text string) {
	f.t.Helper()
	if err := f.Put(f.ticket(text), File{Path: name(number), Place: number, Size: int64(len(text))}); err != nil {
		f.t.Fatal(err)
	}
}

func (f fixture) remove(number uint32) {
	f.t.Helper()
	if found, err := f.Remove(name(number)); err != nil || !found {
		f.t.Fatalf("remove %d: %v %v", number, found, err)
	}
}

func (f fixture) commit() Changes {
	f.t.Helper()
	changes, err := f.Commit()
	if err != nil {
		f.t.Fatal(err)
	}
	return changes
}

// line is a match and the file that it is in.
type line struct {
	file uint32
	Match
}

// each passes all pages of a search.
func (f fixture) each(s *Search, err error, page int, visit func(number uint32, found Found)) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
	defer s.Close()
	for !s.Done() {
		err := s.Next(page, func(found Found) error {
			var number uint32
			if _, err := fmt.Sscanf(found.Path, "file/%d", &number); err != nil {
				return fmt.Errorf("path %q: %w", found.Path, err)
			}
			visit(number, found)
			return nil
		})
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// all pages through a search.
func (f fixture) all(text string, page int) (lines []line) {
	f.t.Helper()
	s, err := f.FindText(text)
	f.each(s, err, page, func(number uint32, found Found) {
		if len(found.Matches) > page {
			f.t.Errorf("a page of %d holds %d matches", page, len(found.Matches))
		}
		for _, m := range found.Matches {
			lines = append(lines, line{number, m})
		}
	})
	return lines
}

func (f fixture) candidates(plan ...uint32) (files []uint32) {
	f.t.Helper()
	s, err := f.FindFiles(plan)
	f.each(s, err, 3, func(number uint32, _ Found) { files = append(files, number) })
	return files
}

func TestMatchesAreTheLinesInOrder(t *testing.T) {
	f := open(t, 2, 4)
	f.put(7, "needle\nhay\n  needle needle\r\n")
	f.put(3, "hay\n\nhay needle")
	f.put(5, "hay\n")
	f.commit()
	want := []line{{3, Match{3, 5, 10}}, {7, Match{1, 0, 6}}, {7, Match{3, 11, 16}}}
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
	f.put(0, "x")
	f.put(1, "ab\nx\n")
	f.commit()
	if got, want := f.all("x", 10), []line{{0, Match{1, 0, 1}}, {1, Match{2, 3, 1}}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := f.all("ab", 10), []line{{1, Match{1, 0, 2}}}; !slices.Equal(got, want) {
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
		f.put(uint32(i*300), texts[i])
	}
	f.commit()
	for range 300 {
		b := make([]byte, 1+r.IntN(6))
		for j := range b {
			b[j] = "abc\xff"[r.IntN(4)]
		}
		var want []line
		for i, text := range texts {
			offset := uint32(0)
			for n, words := range strings.Split(text, "\n") {
				if strings.Contains(words, string(b)) {
					want = append(want, line{uint32(i * 300), Match{uint32(n + 1), offset, uint32(len(words))}})
				}
				offset += uint32(len(words)) + 1
			}
		}
		if got := f.all(string(b), 1+r.IntN(20)); !slices.Equal(got, want) {
			t.Fatalf("%q: %d matches, want %d", b, len(got), len(want))
		}
	}
}

func TestAPathTwiceInABatchIsRefused(t *testing.T) {
	f := open(t, 2, 4)
	f.put(1, "abc")
	if err := f.Put(f.ticket("def"), File{Path: name(1)}); !errors.Is(err, escrow.ErrOption) {
		t.Errorf("second put: %v", err)
	}
	f.commit()
	f.remove(1)
	if _, err := f.Remove(name(1)); !errors.Is(err, escrow.ErrOption) {
		t.Errorf("second removal: %v", err)
	}
	f.commit()
	if found, err := f.Remove(name(1)); found || err != nil {
		t.Errorf("removal of what is gone: %v %v", found, err)
	}
}

func TestAnEngineThatHasNotCommittedGivesItsFilesBack(t *testing.T) {
	f := open(t, 1, 64)
	for i := range uint32(64) {
		f.put(i, strings.Repeat("abc ", 10000))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if stats, err := f.Files.Stats(); err != nil || stats.Live != 0 || stats.Tickets != 0 {
		t.Errorf("%d live, %d tickets, %v", stats.Live, stats.Tickets, err)
	}
}

// The memory Go sees is the memory that was read into: no copy, in either direction.
func TestFilesAreLentNotCopied(t *testing.T) {
	f := open(t, 1, 1)
	f.put(0, "the text")
	f.commit()
	held, err := f.Files.Stats()
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.FindText("text")
	if err != nil {
		t.Fatal(err)
	}
	visited := 0
	err = s.Next(1, func(found Found) error {
		visited++
		if string(found.Text) != "the text" {
			t.Errorf("lent %q", found.Text)
		}
		lent, err := f.Files.Stats()
		if lent.Live != held.Live || lent.BytesLive != held.BytesLive || lent.Loans != 1 {
			t.Errorf("%d live, %d bytes, %d loans while lent", lent.Live, lent.BytesLive, lent.Loans)
		}
		return err
	})
	if err != nil || visited != 1 {
		t.Fatalf("%d visited, %v", visited, err)
	}
	s.Close()
	if after, err := f.Files.Stats(); err != nil || after.Loans != 0 {
		t.Errorf("%d loans after, %v", after.Loans, err)
	}
	failed := errors.New("failed")
	if s, err = f.FindText("text"); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Next(1, func(Found) error { return failed }); err != failed {
		t.Errorf("next returns %v", err)
	}
}

func TestALoanOutlivesTheEngine(t *testing.T) {
	f := open(t, 1, 1)
	text := strings.Repeat("text ", 1000)
	f.put(0, text)
	f.commit()
	s, err := f.FindText("text")
	if err != nil {
		t.Fatal(err)
	}
	err = s.Next(1, func(found Found) error {
		if err := f.Close(); err != nil {
			return err
		}
		if !bytes.Equal(found.Text, []byte(text)) {
			t.Error("the bytes changed under the loan")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.Next(1, nil); !errors.Is(err, escrow.ErrClosed) {
		t.Errorf("next after the engine's close: %v", err)
	}
	s.Close()
}

func TestResultsAboveTheLimitAreAnError(t *testing.T) {
	f := open(t, 1, 1)
	small, err := escrow.Open(escrow.Options{Name: "small", Limit: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	o := f.Options
	o.Results = small
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Put(f.ticket(strings.Repeat("abc\n", 65536)), File{Path: "file"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Commit(); err != nil {
		t.Fatal(err)
	}
	next := func(limit int) (n int, err error) {
		s, err := e.FindText("abc")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.Next(limit, func(found Found) error { n = len(found.Matches); return nil })
		return n, err
	}
	if n, err := next(65536); !errors.Is(err, escrow.ErrSize) {
		t.Errorf("%d matches, %v", n, err)
	}
	if n, err := next(100); err != nil || n != 100 {
		t.Errorf("a smaller page: %d matches, %v", n, err)
	}
	if err := errors.Join(e.Close(), small.Close()); err != nil {
		t.Error(err)
	}
}

// Differences between numbers at which a list's encoding takes one more byte, and the ends of spans.
func TestFileNumbersMayBeFarApart(t *testing.T) {
	f := open(t, 2, 4)
	want := []uint32{0, 1, 128, 256, 385, 16383, 16384, 16385, 32767, 65536, 1<<20 - 1, 1<<22 - 1}
	for _, number := range slices.Backward(want) { // out of order, too
		f.put(number, "the same text")
	}
	f.commit()
	if got := f.candidates(gram("tex")); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	var files []uint32
	for _, m := range f.all("text", 3) {
		files = append(files, m.file)
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
				f.put(uint32(a*each+i), fmt.Sprintf("file %d of %d\nshared line\n", i, a))
			}
		})
	}
	group.Wait()
	f.commit()
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
	if err != nil || counts.Files != adders*each || counts.Lists == 0 || counts.ListBytes == 0 {
		t.Errorf("%+v, %v", counts, err)
	}
}
