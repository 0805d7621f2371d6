//go:build cgo

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/cgo_demo/service"
)

func reindex(t *testing.T, s *service.Service, scope service.Scope) service.Reindexed {
	t.Helper()
	r, err := s.Reindex(context.Background(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReindexingFindsWhatChanged(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "dir/b", "dir/c", "dir/sub/d", "e"} {
		write(t, root, name, "func old "+name+"\n")
	}
	s := indexed(t, root)
	expect := func(what string, want ...string) {
		t.Helper()
		var lines []string
		for _, line := range ours(t, s, "func", false) {
			lines = append(lines, strings.TrimPrefix(line, s.Root()))
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%s: %q, want %q", what, lines, want)
		}
	}
	write(t, root, "dir/b", "func new b\n")
	write(t, root, "dir/f", "func new f\n")
	write(t, root, "e", "func\x00binary\n")
	if err := os.RemoveAll(filepath.Join(root, "dir/sub")); err != nil {
		t.Fatal(err)
	}
	expect("before", "a:1:func old a", "dir/b:1:func old dir/b", "dir/c:1:func old dir/c", "dir/sub/d:1:func old dir/sub/d", "e:1:func old e")
	if r := reindex(t, s, service.Scope{Path: "dir/b"}); r.Changes != (engine.Changes{Replaced: 1}) || r.Files != 1 || r.Read != 1 {
		t.Errorf("one file: %+v", r)
	}
	expect("one file", "a:1:func old a", "dir/b:1:func new b", "dir/c:1:func old dir/c", "dir/sub/d:1:func old dir/sub/d", "e:1:func old e")
	if r := reindex(t, s, service.Scope{Path: "dir/sub/d"}); r.Changes != (engine.Changes{Removed: 1}) {
		t.Errorf("a file that has gone: %+v", r)
	}
	if r := reindex(t, s, service.Scope{Path: "./dir//"}); r.Changes.Added != 1 || r.Changes.Removed != 0 || r.Files != 3 {
		t.Errorf("a directory: %+v", r)
	}
	expect("a directory", "a:1:func old a", "dir/b:1:func new b", "dir/c:1:func old dir/c", "dir/f:1:func new f", "e:1:func old e")
	if r := reindex(t, s, service.Scope{All: true}); r.Changes != (engine.Changes{Removed: 1, Unchanged: 4}) || r.Skipped.Binary != 1 {
		t.Errorf("all: %+v", r)
	}
	expect("all", "a:1:func old a", "dir/b:1:func new b", "dir/c:1:func old dir/c", "dir/f:1:func new f")
	if _, err := s.Reindex(context.Background(), service.Scope{Path: "../x"}); err == nil || !strings.Contains(err.Error(), "not below the root") {
		t.Errorf("a path outside: %v", err)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reindex(context.Background(), service.Scope{}); err == nil {
		t.Error("no error without a root")
	}
	expect("after the root has gone", "a:1:func old a", "dir/b:1:func new b", "dir/c:1:func old dir/c", "dir/f:1:func new f")
}

// The tree is rewritten, by renames as editors do it, and reindexed, while four goroutines search. A
// line names its file's version; an answer holds one version of each file, of those that were on
// disk and in the index while it was made.
func TestAnswersAreOfOneVersionWhileTheTreeIsReindexed(t *testing.T) {
	root := t.TempDir()
	const files, lines, rounds = 30, 25, 40
	text := func(file, version int) string {
		return strings.Repeat(fmt.Sprintf("func F%d_%d() error { return nil }\n", file, version), lines)
	}
	name := func(file int) string { return fmt.Sprintf("dir%d/file%d.go", file%5, file) }
	store := func(file, version int) {
		temporary := write(t, t.TempDir(), "new", text(file, version))
		if err := os.Rename(temporary, filepath.Join(root, name(file))); err != nil {
			t.Fatal(err)
		}
	}
	var least, most [files]atomic.Int64
	for file := range files {
		write(t, root, name(file), text(file, 1))
		least[file].Store(1)
		most[file].Store(1)
	}
	s := indexed(t, root)
	var done atomic.Bool
	var answers atomic.Int64
	var searchers sync.WaitGroup
	for searcher := range 4 {
		searchers.Go(func() {
			q := []service.Query{{Text: "() error {"}, {Text: `^func F[0-9]+_[0-9]+\(\) error`, Regexp: true}}[searcher%2]
			for !done.Load() && !t.Failed() {
				var lowest [files]int64
				for file := range lowest {
					lowest[file] = least[file].Load()
				}
				var version, count [files]int
				_, err := s.Search(context.Background(), q, func(m service.Match) error {
					var file, v int
					if _, err := fmt.Sscanf(string(m.Text), "func F%d_%d()", &file, &v); err != nil {
						return err
					}
					count[file]++
					if m.Path != name(file) || version[file] != 0 && version[file] != v || m.Line != count[file] {
						return fmt.Errorf("%s:%d: %s, after %d lines of version %d", m.Path, m.Line, m.Text, count[file]-1, version[file])
					}
					version[file] = v
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				for file := range version {
					v, highest := int64(version[file]), most[file].Load()
					if v < lowest[file] || v > highest || count[file] != lines {
						t.Errorf("file %d: %d lines of version %d, current were %d to %d", file, count[file], v, lowest[file], highest)
					}
				}
				answers.Add(1)
			}
		})
	}
	for round := 2; round < rounds && !t.Failed(); round++ {
		for file := range files {
			if (file+round)%3 == 0 {
				most[file].Store(int64(round))
				store(file, round)
			}
		}
		reindex(t, s, service.Scope{Path: []string{"", "dir1"}[round%2]})
		for file := range files {
			if round%2 == 0 || file%5 == 1 {
				least[file].Store(most[file].Load())
			}
		}
	}
	done.Store(true)
	searchers.Wait()
	if answers.Load() < 20 {
		t.Errorf("only %d answers", answers.Load())
	}
	t.Logf("%d answers", answers.Load())
}

// Half of the files change each time, the others are read again; what pools and maps hold stays.
func TestMemoryIsBoundedOverManyReindexings(t *testing.T) {
	root := t.TempDir()
	const files, reindexings = 60, 200
	text := func(file, version int) string {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, "line %d of file %d, version %d: %x\n", i, file, version, (file+1)*(version+1)*(i+1)*2654435761)
		}
		return b.String()
	}
	for file := range files {
		write(t, root, fmt.Sprint(file), text(file, 0))
	}
	s := indexed(t, root)
	held := func() (texts, index, documents uint64, stats service.Stats) {
		t.Helper()
		stats, err := s.Stats()
		if err != nil {
			t.Fatal(err)
		}
		return stats.Pools[0].BytesCommitted, stats.Index.IndexBytes + stats.Index.PathBytes, stats.Index.DocumentBytes, stats
	}
	var texts, index, documents uint64 // after a quarter of them
	for n := 1; n <= reindexings; n++ {
		for file := n % 2; file < files; file += 2 {
			write(t, root, fmt.Sprint(file), text(file, n))
		}
		r := reindex(t, s, service.Scope{All: true})
		if r.Changes != (engine.Changes{Replaced: files / 2, Unchanged: files / 2}) {
			t.Fatalf("reindexing %d: %+v", n, r)
		}
		if n == reindexings/4 {
			texts, index, documents, _ = held()
		}
	}
	nowTexts, nowIndex, nowDocuments, stats := held()
	t.Logf("after a quarter: texts %d, index %d, documents %d bytes; after all %d: %d, %d, %d", texts, index, documents, reindexings,
		nowTexts, nowIndex, nowDocuments)
	const slab = 1 << 20 // memory comes and goes in such steps
	if nowTexts > texts+slab || nowIndex > index+slab/4 || nowDocuments > documents+slab/4 {
		t.Errorf("memory grew: %+v", stats)
	}
	if stats.Index.Files != files || stats.Index.Documents != files || stats.Pools[0].LiveHandles != files || stats.Pools[1].LiveHandles != 0 {
		t.Errorf("%d files, %d documents, pools %+v", stats.Index.Files, stats.Index.Documents, stats.Pools)
	}
	// The same files from scratch have as many lists.
	if fresh, err := indexed(t, root).Stats(); err != nil || fresh.Index.Lists != stats.Index.Lists || fresh.Index.ListBytes != stats.Index.ListBytes {
		t.Errorf("%d lists of %d bytes, %d of %d from scratch, %v", stats.Index.Lists, stats.Index.ListBytes, fresh.Index.Lists,
			fresh.Index.ListBytes, err)
	}
}

func TestWatchingFindsAChangedFile(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.go", "func Old\n")
	s := startServer(t, "-root", root, "-watch", "100ms")
	write(t, root, "a.go", "func New\n")
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, body := get(t, s.address+"search?q=func"); strings.Contains(body, "func New") {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("not found in time: %s", body)
		}
		time.Sleep(20 * time.Millisecond)
	}
	status, stderr := s.end(syscall.SIGTERM)
	if status != exitFound || !strings.Contains(stderr, closedClean) {
		t.Errorf("status %d, stderr %s", status, stderr)
	}
}

// A signal while files are read again leaves nothing either.
func TestSignalsDrainWhileReindexing(t *testing.T) {
	s := startServer(t, "-root", filepath.Join(goRoot(t), "src", "net"))
	var clients sync.WaitGroup
	var answered atomic.Int64
	for range 2 {
		clients.Go(func() {
			for {
				r, err := http.Post(s.address+"reindex?all=1", "", nil)
				if err != nil {
					return
				}
				r.Body.Close()
				answered.Add(1)
			}
		})
	}
	for answered.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	status, stderr := s.end(syscall.SIGTERM)
	clients.Wait()
	if status != exitFound || !strings.Contains(stderr, closedClean) {
		t.Errorf("status %d, stderr %s", status, stderr)
	}
}
