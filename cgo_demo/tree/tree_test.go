//go:build cgo

package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/go/escrow"
)

// received is what Put was given, by path. Files whose stamp has not changed are current to it.
type received struct {
	mu     sync.Mutex
	texts  map[string]string
	files  map[string]engine.File
	walks  map[string]uint64 // the last that visited or put
	before func() error      // may fail a Put
}

func newReceived() *received {
	return &received{texts: make(map[string]string), files: make(map[string]engine.File), walks: make(map[string]uint64)}
}

func (r *received) Visit(file engine.File) (engine.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held, ok := r.files[file.Path]
	switch {
	case !ok:
		return engine.Unknown, nil
	case file.Stamp == 0 || held.Stamp != file.Stamp || held.Size != file.Size:
		return engine.Changed, nil
	}
	r.walks[file.Path] = file.Walk
	return engine.Current, nil
}

func (r *received) Put(ticket escrow.Ticket, file engine.File) error {
	if r.before != nil {
		if err := r.before(); err != nil {
			return errors.Join(err, ticket.Close())
		}
	}
	guard, err := ticket.MoveIn()
	if err != nil {
		return err
	}
	defer guard.Close()
	return guard.Use(func(b []byte) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.texts[file.Path], r.files[file.Path], r.walks[file.Path] = string(b), file, file.Walk
		return nil
	})
}

func pool(t *testing.T, limit int64) *escrow.Pool {
	t.Helper()
	p, err := escrow.Open(escrow.Options{Name: "tree test", Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestTextFilesAreReadAndTheRestCounted(t *testing.T) {
	root := t.TempDir()
	texts := map[string]string{
		"a": "a", "b/c": "text\n", "b/d": strings.Repeat("y", 8000) + "\x00", "z": strings.Repeat("z", 9000), ".h/.i": "hidden",
	}
	for name, text := range texts {
		write(t, filepath.Join(root, name), text)
	}
	write(t, filepath.Join(root, "empty"), "")
	write(t, filepath.Join(root, "binary"), strings.Repeat("y", 7999)+"\x00")
	write(t, filepath.Join(root, "large"), strings.Repeat("y", 9001))
	if err := errors.Join(syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644), os.Symlink("a", filepath.Join(root, "link")),
		os.Symlink(root, filepath.Join(root, "b/loop"))); err != nil {
		t.Fatal(err)
	}
	r := newReceived()
	tree, err := Open(Options{Root: root, MaxFile: 9000, Readers: 3, Pool: pool(t, 0), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	var walk Walk
	if err := tree.Do(context.Background(), &walk); err != nil {
		t.Fatal(err)
	}
	last, lastPlace := "", uint32(0)
	for _, path := range slices.Sorted(maps.Keys(r.texts)) {
		if r.texts[path] != texts[path] || last != "" && r.files[path].Place <= lastPlace {
			t.Errorf("%q, place %d after %q, %d: %d bytes, want %d", path, r.files[path].Place, last, lastPlace,
				len(r.texts[path]), len(texts[path]))
		}
		last, lastPlace = path, r.files[path].Place
	}
	if len(r.texts) != len(texts) || walk.Files.Load() != int64(len(texts)) || walk.Read.Load() != int64(len(texts)) ||
		walk.Bytes.Load() != 1+5+8001+9000+6 {
		t.Errorf("%d files, %d counted, %d read, %d bytes", len(r.texts), walk.Files.Load(), walk.Read.Load(), walk.Bytes.Load())
	}
	if got, want := walk.Skipped(), (Skipped{Binary: 1, TooLarge: 1, NotRegular: 3, Empty: 1}); got != want {
		t.Errorf("skipped %+v, want %+v", got, want)
	}
}

// The system refuses root nothing that permissions forbid, so the refusals here are of other kinds:
// a file whose reads fail, and one that shrinks.
func TestWhatTheSystemRefusesIsCounted(t *testing.T) {
	for _, refused := range []error{syscall.EIO, syscall.EACCES, fs.ErrPermission, fmt.Errorf("read: %w", os.ErrDeadlineExceeded)} {
		var walk Walk
		if err := walk.refused(refused); err != nil || walk.Skipped().Unreadable != 1 {
			t.Errorf("%v: %v, %+v", refused, err, walk.Skipped())
		}
	}
	root := t.TempDir()
	r := newReceived()
	r.before = func() error { return errors.New("added") }
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 1, Pool: pool(t, 0), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	var walk Walk
	if err := errors.Join(tree.read(&walk, file{"vanished", 0}),
		os.WriteFile(filepath.Join(root, "text"), []byte("text"), 0o644), os.Symlink("text", filepath.Join(root, "became_link")),
		tree.read(&walk, file{"became_link", 1}), syscall.Mkfifo(filepath.Join(root, "became_pipe"), 0o644),
		tree.read(&walk, file{"became_pipe", 2}), os.WriteFile(filepath.Join(root, "became_empty"), nil, 0o644),
		tree.read(&walk, file{"became_empty", 3})); err != nil {
		t.Error(err)
	}
	if got, want := walk.Skipped(), (Skipped{Unreadable: 2, NotRegular: 1, Empty: 1}); got != want {
		t.Errorf("skipped %+v, want %+v", got, want)
	}
}

func TestAFullPoolEndsTheRead(t *testing.T) {
	root := t.TempDir()
	for i := range 20 {
		write(t, filepath.Join(root, fmt.Sprint(i)), strings.Repeat("x", 100000))
	}
	r := &keeping{}
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 2, Pool: pool(t, 500000), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Do(context.Background(), &Walk{}); !errors.Is(err, escrow.ErrFull) {
		t.Errorf("walk: %v", err)
	}
	if len(r.kept) == 0 {
		t.Error("nothing was read before the pool was full")
	}
	for _, ticket := range r.kept {
		ticket.Close()
	}
}

// keeping is an index that leaves every file in its ticket.
type keeping struct {
	mu   sync.Mutex
	kept []escrow.Ticket
}

func (k *keeping) Visit(engine.File) (engine.State, error) { return engine.Unknown, nil }
func (k *keeping) Put(ticket escrow.Ticket, _ engine.File) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = append(k.kept, ticket)
	return nil
}

func TestAnErrorOfPutEndsTheWalk(t *testing.T) {
	root := t.TempDir()
	for i := range 50 {
		write(t, filepath.Join(root, fmt.Sprint(i)), "text")
	}
	failed := errors.New("failed")
	r := newReceived()
	r.before = func() error { return failed }
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 2, Pool: pool(t, 0), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Do(context.Background(), &Walk{}); !errors.Is(err, failed) {
		t.Errorf("walk: %v", err)
	}
}

func TestACancelledWalkLeavesNothing(t *testing.T) {
	root := t.TempDir()
	for i := range 50 {
		write(t, filepath.Join(root, fmt.Sprint(i)), "text")
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := newReceived()
	r.before = func() error { cancel(); return nil }
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 1, Pool: pool(t, 0), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Do(ctx, &Walk{}); !errors.Is(err, context.Canceled) || len(r.texts) > 2 {
		t.Errorf("walk: %v after %d files", err, len(r.texts))
	}
}

// age makes a file one that nobody has touched for long, as far as its times tell; the time of the
// inode is waited for.
func age(t *testing.T, paths ...string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	for _, path := range paths {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(settled + 100*time.Millisecond)
}

func TestAWalkReadsWhatHasChanged(t *testing.T) {
	root := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b/c", "b/d", "e"} {
		paths = append(paths, filepath.Join(root, name))
		write(t, paths[len(paths)-1], "text of "+name)
	}
	r := newReceived()
	tree, err := Open(Options{Root: root, MaxFile: 9000, Readers: 2, Pool: pool(t, 0), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	number := uint64(0)
	walk := func(below string, all bool, files, read int64) {
		t.Helper()
		number++
		w := Walk{Number: number, Below: below, All: all}
		if err := tree.Do(context.Background(), &w); err != nil {
			t.Fatal(err)
		}
		if w.Files.Load() != files || w.Read.Load() != read {
			t.Errorf("walk %d: %d files, %d read, want %d and %d", number, w.Files.Load(), w.Read.Load(), files, read)
		}
	}
	walk("", false, 4, 4)
	walk("", false, 4, 4) // written a moment ago: the same times would not tell a change
	age(t, paths...)
	walk("", false, 4, 4)
	walk("", false, 4, 0)
	for path, seen := range r.walks {
		if seen != number {
			t.Errorf("%s was seen by walk %d, not %d", path, seen, number)
		}
	}
	walk("", true, 4, 4)
	write(t, paths[1], "TEXT of b/c") // as long as before
	walk("b", false, 2, 1)
	if r.texts["b/c"] != "TEXT of b/c" || r.files["b/c"].Place != engine.KeepPlace || r.walks["a"] != number-1 {
		t.Errorf("%q at %d", r.texts["b/c"], r.files["b/c"].Place)
	}
	walk("e", false, 1, 0)
	walk("nowhere", false, 0, 0)
	walk("nowhere/at/all", false, 0, 0)
	if err := os.Symlink("b", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	walk("link", false, 0, 0)
	walk("link/c", false, 0, 0)
	for _, below := range []string{"..", "../x", "/etc"} {
		if err := tree.Do(context.Background(), &Walk{Below: below}); !errors.Is(err, ErrOutside) {
			t.Errorf("%q: %v", below, err)
		}
	}
}

// A write that puts the old time back is seen all the same, by the time of the inode.
func TestAWriteThatHidesItsTimeIsSeen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux' times are read")
	}
	root := t.TempDir()
	path := filepath.Join(root, "a")
	write(t, path, "old text")
	age(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	r := newReceived()
	tree, err := Open(Options{Root: root, MaxFile: 9000, Readers: 1, Pool: pool(t, 0), Index: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Do(context.Background(), &Walk{}); err != nil {
		t.Fatal(err)
	}
	write(t, path, "new text")
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := tree.Do(context.Background(), &Walk{}); err != nil || r.texts["a"] != "new text" {
		t.Errorf("%q, %v", r.texts["a"], err)
	}
}

// Else everything would seem to have gone.
func TestARootThatVanishesIsAnError(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	write(t, filepath.Join(root, "a"), "text")
	tree, err := Open(Options{Root: root, MaxFile: 9000, Readers: 1, Pool: pool(t, 0), Index: newReceived()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if err := tree.Do(context.Background(), &Walk{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("walk: %v", err)
	}
}

func TestARootThatIsNoDirectoryIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if _, err := Open(Options{Root: path}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	write(t, path, "x")
	if _, err := Open(Options{Root: path}); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a file: %v", err)
	}
}
