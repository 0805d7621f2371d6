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
