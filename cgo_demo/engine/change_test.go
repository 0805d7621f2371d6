//go:build cgo

package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// numbers are the files of the lines that hold a text.
func (f fixture) numbers(text string) (files []uint32) {
	for _, l := range f.all(text, 10) {
		files = append(files, l.file)
	}
	return files
}

// versions are those that the lines of a file say they are of.
func (f fixture) versions(file uint32) (found []uint64) {
	s, err := f.FindText(fmt.Sprintf("file %d version", file))
	f.each(s, err, 10, func(_ uint32, hit Found) {
		var version uint64
		text := string(hit.Text[strings.Index(string(hit.Text), "version"):])
		if _, err := fmt.Sscanf(text, "version %d", &version); err == nil {
			found = append(found, version)
		}
	})
	return found
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

// Every version of a file says which it is in each of its lines, with words that only it has. While
// versions come and go, each file is found once, whole, and in a version that was current while the
// search ran; one that has gone is found no more, one that stays is never missed.
func TestSearchesSeeOneVersionOfEachFile(t *testing.T) {
	f := open(t, 2, 8)
	const files, lines, rounds, searchers = 40, 12, 120, 4
	// Versions of a file: what a search that begins now may see at least, and at most. 0: no file.
	var settledAt, begunAt [files]atomic.Uint64
	text := func(file uint32, version uint64) string {
		return strings.Repeat(fmt.Sprintf("needle file %d version %d w%dx%d\n", file, version, version*7919, file), lines)
	}
	for file := range uint32(files) {
		f.put(file, text(file, 1))
		settledAt[file].Store(1)
		begunAt[file].Store(1)
	}
	f.commit()

	var done atomic.Bool
	var searches, changed atomic.Int64
	check := func(s *Search, err error, lowest [files]uint64, wantLines bool) error {
		if err != nil {
			return err
		}
		defer s.Close()
		var seen [files]uint64
		var count [files]int
		for !s.Done() {
			err := s.Next(7, func(found Found) error {
				var file, in uint32
				var version uint64
				if _, err := fmt.Sscanf(found.Path, "file/%d", &file); err != nil {
					return err
				}
				first, _, _ := strings.Cut(string(found.Text), "\n")
				if _, err := fmt.Sscanf(first, "needle file %d version %d ", &in, &version); err != nil || in != file {
					return fmt.Errorf("file %d begins with %q: %v", file, first, err)
				}
				if string(found.Text) != text(file, version) {
					return fmt.Errorf("file %d is no version of it", file)
				}
				if seen[file] != 0 && (seen[file] != version || !wantLines) {
					return fmt.Errorf("file %d in versions %d and %d", file, seen[file], version)
				}
				for _, m := range found.Matches {
					if l := string(found.Text[m.Offset : m.Offset+m.Length]); l != first || int(m.Line) != count[file]+1 {
						return fmt.Errorf("file %d line %d after %d: %q", file, m.Line, count[file], l)
					}
					count[file]++
				}
				if len(found.Matches) != 0 || !wantLines {
					seen[file] = version
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		for file := range uint32(files) {
			highest := begunAt[file].Load()
			if highest != lowest[file] {
				changed.Add(1)
			}
			switch {
			case seen[file] == 0 && file%4 != 3: // these never go
				return fmt.Errorf("file %d is missed", file)
			case seen[file] == 0:
				if version := lowest[file]; version == highest && version%3 != 0 {
					return fmt.Errorf("file %d in version %d is missed", file, version)
				}
			case seen[file] < lowest[file] || seen[file] > highest:
				return fmt.Errorf("file %d in version %d, which was not current from %d to %d", file, seen[file], lowest[file], highest)
			case wantLines && count[file] != lines:
				return fmt.Errorf("file %d with %d lines", file, count[file])
			}
		}
		return nil
	}
	var group sync.WaitGroup
	for searcher := range searchers {
		group.Go(func() {
			for n := searcher; !done.Load(); n++ {
				var lowest [files]uint64
				for file := range lowest {
					lowest[file] = settledAt[file].Load()
				}
				var err error
				if n%3 == 2 {
					// A version that is not found has gone, and does not come back.
					file := uint32(n) % files
					version := lowest[file]
					word := fmt.Sprintf("version %d w%dx%d", version, version*7919, file)
					if !slices.Contains(f.numbers(word), file) {
						lines := f.versions(file)
						if slices.Contains(lines, version) {
							err = fmt.Errorf("version %d of file %d is not found, and then found", version, file)
						}
					}
				} else if n%2 == 0 {
					s, failed := f.FindText("needle file")
					err = check(s, failed, lowest, true)
				} else {
					s, failed := f.FindFiles([]uint32{planAnd | 2, gram("nee"), gram("ver")})
					err = check(s, failed, lowest, false)
				}
				if err != nil {
					t.Error(err)
					return
				}
				searches.Add(1)
			}
		})
	}
	r := rand.New(rand.NewPCG(5, 6))
	for round := uint64(2); round < rounds && !t.Failed(); round++ {
		var these []uint32
		for file := range uint32(files) {
			if r.IntN(3) == 0 {
				these = append(these, file)
				begunAt[file].Store(round)
				// A file whose number is 3 modulo 4 is gone in each version that 3 divides.
				if gone := settledAt[file].Load()%3 == 0; file%4 == 3 && round%3 == 0 {
					if !gone {
						f.remove(file)
					}
				} else {
					f.put(file, text(file, round))
				}
			}
		}
		f.commit()
		for _, file := range these {
			settledAt[file].Store(round)
		}
		if gone := fmt.Sprintf("w%dx", (round-1)*7919); round%5 == 0 && slices.ContainsFunc(f.numbers(gone), func(n uint32) bool { return slices.Contains(these, n) }) {
			t.Errorf("%q is found after it was replaced", gone)
		}
	}
	done.Store(true)
	group.Wait()
	if searches.Load() < 20 || changed.Load() == 0 {
		t.Errorf("%d searches, %d files that changed meanwhile: nothing was tried", searches.Load(), changed.Load())
	}
	t.Logf("%d searches; %d times a file changed during one", searches.Load(), changed.Load())
}
