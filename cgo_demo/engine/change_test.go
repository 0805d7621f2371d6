//go:build cgo

package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// numbers are the files of the lines that hold a text.
func (f fixture) numbers(text string) (files []uint32) {
	for _, l := range f.all(text, 10) {
		files = append(files, l.file)
	}
	return files
}

func TestChangesAreFoundFromTheCommitOn(t *testing.T) {
	f := open(t, 2, 4)
	f.put(1, "first version")
	f.put(2, "another text")
	if got, want := f.commit(), (Changes{Added: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	f.put(1, "second version")
	f.put(3, "a new text")
	f.remove(2)
	for text, want := range map[string][]uint32{"first": {1}, "version": {1}, "text": {2}, "second": nil, "new": nil} {
		if got := f.numbers(text); !slices.Equal(got, want) {
			t.Errorf("%q before the commit: %v, want %v", text, got, want)
		}
	}
	if got, want := f.commit(), (Changes{Added: 1, Replaced: 1, Removed: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for text, want := range map[string][]uint32{"first": nil, "version": {1}, "another": nil, "second": {1}, "text": {3}, "e": {1, 3}} {
		if got := f.numbers(text); !slices.Equal(got, want) {
			t.Errorf("%q after the commit: %v, want %v", text, got, want)
		}
	}
	f.put(3, "a new text")
	if got, want := f.commit(), (Changes{Unchanged: 1}); got != want {
		t.Errorf("the same text again: %+v, want %+v", got, want)
	}
}

func TestVisitSaysWhatIsToBeRead(t *testing.T) {
	f := open(t, 1, 1)
	file := File{Path: name(1), Place: 1, Size: 4, Stamp: 77, Walk: 1}
	expect := func(file File, want State) {
		t.Helper()
		if got, err := f.Visit(file); err != nil || got != want {
			t.Errorf("%+v: %v %v, want %v", file, got, err, want)
		}
	}
	expect(file, Unknown)
	if err := f.Put(f.ticket("text"), file); err != nil {
		t.Fatal(err)
	}
	expect(file, Unknown)
	f.commit()
	expect(file, Current)
	for _, other := range []File{{Path: file.Path, Size: 4, Stamp: 78}, {Path: file.Path, Size: 5, Stamp: 77}, {Path: file.Path, Size: 4}} {
		expect(other, Changed)
	}
	file.Stamp = 78
	if err := f.Put(f.ticket("text"), file); err != nil {
		t.Fatal(err)
	}
	f.commit()
	expect(file, Current) // the same text under another stamp
}

func TestWhatAWalkHasNotSeenGoes(t *testing.T) {
	f := open(t, 2, 4)
	put := func(path string, walk uint64) {
		t.Helper()
		if err := f.Put(f.ticket("text of "+path), File{Path: path, Place: KeepPlace, Size: int64(8 + len(path)), Stamp: 1, Walk: walk}); err != nil {
			t.Fatal(err)
		}
	}
	paths := func() (found []string) {
		t.Helper()
		s, err := f.FindText("text")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for !s.Done() {
			if err := s.Next(10, func(file Found) error { found = append(found, file.Path); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(found)
		return found
	}
	for _, path := range []string{"a", "dir/b", "dir/c", "dir/sub/d", "directory", "e"} {
		put(path, 1)
	}
	f.commit()
	sweep := func(below string, walk uint64, want ...string) {
		t.Helper()
		if err := f.RemoveUnseen(below, walk); err != nil {
			t.Fatal(err)
		}
		f.commit()
		if got := paths(); !slices.Equal(got, want) {
			t.Errorf("below %q: %q, want %q", below, got, want)
		}
	}
	sweep("", 1, "a", "dir/b", "dir/c", "dir/sub/d", "directory", "e")
	sweep("nowhere", 2, "a", "dir/b", "dir/c", "dir/sub/d", "directory", "e")
	put("dir/c", 2) // as it was
	put("dir/new", 2)
	sweep("dir", 2, "a", "dir/c", "dir/new", "directory", "e")
	sweep("a", 3, "dir/c", "dir/new", "directory", "e")
	if state, err := f.Visit(File{Path: "e", Place: KeepPlace, Size: 9, Stamp: 1, Walk: 4}); state != Current || err != nil {
		t.Errorf("visit: %v %v", state, err)
	}
	sweep("", 4, "e")
	sweep("", 5)
	if counts, err := f.Stats(); err != nil || counts.Files != 0 || counts.Documents != 0 || counts.Lists != 0 || counts.Bytes != 0 {
		t.Errorf("after all went: %+v %v", counts, err)
	}
}

// A file that comes first in a later walk comes first in answers, whatever its number.
func TestAnswersComeInTheOrderOfTheLastWalk(t *testing.T) {
	f := open(t, 1, 4)
	for number := range uint32(5) {
		f.put(number, "text")
	}
	f.commit()
	for number := range uint32(5) {
		if _, err := f.Visit(File{Path: name(number), Place: 10 - number}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := f.numbers("text"), []uint32{4, 3, 2, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if err := f.Put(f.ticket("text"), File{Path: name(9), Place: KeepPlace}); err != nil {
		t.Fatal(err)
	}
	f.commit()
	if got, want := f.numbers("text"), []uint32{4, 3, 2, 1, 0, 9}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// After any changes the engine is as if it had been made of what is left, list for list.
func TestRandomChangesLeaveNoGarbage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	f := open(t, 3, 2)
	texts := make(map[uint32]string)
	text := func() string {
		b := make([]byte, 1+r.IntN(200))
		for j := range b {
			b[j] = "abcdef\n\xff"[r.IntN(8)]
		}
		return string(b)
	}
	for range 60 {
		for number := range uint32(60) {
			switch _, there := texts[number]; {
			case r.IntN(4) == 0:
				texts[number] = text()
				f.put(number, texts[number])
			case there && r.IntN(6) == 0:
				delete(texts, number)
				f.remove(number)
			}
		}
		f.commit()
		query := "abcdef"[r.IntN(4):][:r.IntN(2)+1] + "a"
		var want []uint32
		for number := range uint32(60) {
			for _, l := range strings.Split(texts[number], "\n") {
				if strings.Contains(l, query) {
					want = append(want, number)
				}
			}
		}
		if got := f.numbers(query); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", query, got, want)
		}
	}
	// Every trigram over the alphabet: its candidates are the files that hold it.
	for i := range 512 {
		trigram := string([]byte{"abcdef\n\xff"[i&7], "abcdef\n\xff"[i>>3&7], "abcdef\n\xff"[i>>6]})
		var want []uint32
		for number := range uint32(60) {
			if strings.Contains(texts[number], trigram) {
				want = append(want, number)
			}
		}
		if got := f.candidates(gram(trigram)); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", trigram, got, want)
		}
	}
	for number := range texts {
		f.remove(number)
	}
	f.commit()
	if counts, err := f.Stats(); err != nil || counts.Lists != 0 || counts.Documents != 0 || counts.Bytes != 0 {
		t.Errorf("with all files gone: %+v %v", counts, err)
	}
}

// A search that was begun goes on with the files that were there, in the version that a page was cut
// in the middle of.
func TestAPageThatWasCutGoesOnInTheSameVersion(t *testing.T) {
	f := open(t, 1, 1)
	f.put(0, strings.Repeat("old text\n", 10))
	f.put(1, "old text\n")
	f.commit()
	s, err := f.FindText("text")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	collect := func(found Found) error {
		for _, m := range found.Matches {
			got = append(got, fmt.Sprintf("%s:%d:%s", found.Path, m.Line, found.Text[m.Offset:m.Offset+m.Length]))
		}
		return nil
	}
	if err := s.Next(4, collect); err != nil {
		t.Fatal(err)
	}
	f.put(0, "new text\n")
	f.put(1, "new text\n")
	f.put(2, "new text\n")
	f.commit()
	for !s.Done() {
		if err := s.Next(4, collect); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{}
	for i := range 10 {
		want = append(want, fmt.Sprintf("file/0:%d:old text", i+1))
	}
	if want = append(want, "file/1:1:new text"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A file that goes and comes back while a search runs, under a number that the search has yet to look
// at, is not found a second time.
func TestAFileThatComesBackIsNotFoundTwice(t *testing.T) {
	f := open(t, 1, 1)
	f.put(0, "text\n")
	f.put(1, "text\n")
	f.put(2, "text\n")
	f.commit()
	s, err := f.FindText("text")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	collect := func(found Found) error {
		if len(found.Matches) != 0 {
			got = append(got, found.Path)
		}
		return nil
	}
	if err := s.Next(1, collect); err != nil {
		t.Fatal(err)
	}
	f.remove(0)
	f.remove(2)
	f.commit()
	if err := f.Put(f.ticket("text\n"), File{Path: name(0), Place: 2}); err != nil {
		t.Fatal(err)
	}
	f.commit()
	for !s.Done() {
		if err := s.Next(1, collect); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{name(0), name(1)}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNumbersAreGivenAgain(t *testing.T) {
	f := open(t, 2, 64)
	for round := range 3 {
		for i := range uint32(6000) {
			if err := f.Put(f.ticket("t"), File{Path: fmt.Sprintf("file/%d", 10000*round+int(i)), Place: KeepPlace}); err != nil {
				t.Fatal(err)
			}
		}
		f.commit()
		if err := f.RemoveUnseen("", 1); err != nil {
			t.Fatal(err)
		}
		f.commit()
	}
	if counts, err := f.Stats(); err != nil || counts.Files != 0 || counts.Spans != 1 {
		t.Errorf("%+v %v", counts, err)
	}
}
