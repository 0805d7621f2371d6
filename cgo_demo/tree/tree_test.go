//go:build cgo

package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"example.com/escrow/go/escrow"
)

// received is what Add was given, by path.
type received struct {
	mu    sync.Mutex
	texts map[uint32]string
}

func (r *received) add(ticket escrow.Ticket, file uint32) error {
	guard, err := ticket.MoveIn()
	if err != nil {
		return err
	}
	defer guard.Close()
	return guard.Use(func(b []byte) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.texts[file] = string(b)
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
	r := received{texts: make(map[uint32]string)}
	tree, err := Open(Options{Root: root, MaxFile: 9000, Readers: 3, Pool: pool(t, 0), Add: r.add})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := ""
	for n := range uint32(len(tree.paths)) {
		if text, ok := r.texts[n]; ok {
			if path := tree.Path(n); text != texts[path] || path < last {
				t.Errorf("file %d, %q after %q: %d bytes, want %d", n, path, last, len(text), len(texts[path]))
			}
			last = tree.Path(n)
		}
	}
	if len(r.texts) != len(texts) || tree.Files.Load() != int64(len(texts)) || tree.Bytes.Load() != 1+5+8001+9000+6 {
		t.Errorf("%d files, %d counted, %d bytes", len(r.texts), tree.Files.Load(), tree.Bytes.Load())
	}
	if got, want := tree.Skipped(), (Skipped{Binary: 1, TooLarge: 1, NotRegular: 3, Empty: 1}); got != want {
		t.Errorf("skipped %+v, want %+v", got, want)
	}
}

// The system refuses root nothing that permissions forbid, so the refusals here are of other kinds:
// a file whose reads fail, and one that shrinks.
func TestWhatTheSystemRefusesIsCounted(t *testing.T) {
	for _, refused := range []error{syscall.EIO, syscall.EACCES, fs.ErrPermission, fmt.Errorf("read: %w", os.ErrDeadlineExceeded)} {
		tree := &Tree{}
		if err := tree.refused(refused); err != nil || tree.Skipped().Unreadable != 1 {
			t.Errorf("%v: %v, %+v", refused, err, tree.Skipped())
		}
	}
	root := t.TempDir()
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 1, Pool: pool(t, 0),
		Add: func(ticket escrow.Ticket, _ uint32) error { return errors.Join(ticket.Close(), errors.New("added")) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tree.read(file{filepath.Join(root, "vanished"), 0}),
		os.WriteFile(filepath.Join(root, "text"), []byte("text"), 0o644), os.Symlink("text", filepath.Join(root, "became_link")),
		tree.read(file{filepath.Join(root, "became_link"), 1}), syscall.Mkfifo(filepath.Join(root, "became_pipe"), 0o644),
		tree.read(file{filepath.Join(root, "became_pipe"), 2}), tree.read(file{"/proc/self/mem", 3})); err != nil {
		t.Error(err)
	}
	if got, want := tree.Skipped(), (Skipped{Unreadable: 2, NotRegular: 1, Empty: 1}); got != want {
		t.Errorf("skipped %+v, want %+v", got, want)
	}
}

func TestAFullPoolEndsTheRead(t *testing.T) {
	root := t.TempDir()
	for i := range 20 {
		write(t, filepath.Join(root, fmt.Sprint(i)), strings.Repeat("x", 100000))
	}
	var mu sync.Mutex
	var kept []escrow.Ticket
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 2, Pool: pool(t, 500000),
		Add: func(ticket escrow.Ticket, _ uint32) error {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, ticket)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Read(context.Background()); !errors.Is(err, escrow.ErrFull) {
		t.Errorf("read: %v", err)
	}
	if len(kept) == 0 {
		t.Error("nothing was read before the pool was full")
	}
	for _, ticket := range kept {
		ticket.Close()
	}
}

func TestAnErrorOfAddEndsTheRead(t *testing.T) {
	root := t.TempDir()
	for i := range 50 {
		write(t, filepath.Join(root, fmt.Sprint(i)), "text")
	}
	failed := errors.New("failed")
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 2, Pool: pool(t, 0),
		Add: func(ticket escrow.Ticket, _ uint32) error { return errors.Join(failed, ticket.Close()) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Read(context.Background()); !errors.Is(err, failed) {
		t.Errorf("read: %v", err)
	}
}

func TestACancelledReadLeavesNothing(t *testing.T) {
	root := t.TempDir()
	for i := range 50 {
		write(t, filepath.Join(root, fmt.Sprint(i)), "text")
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := received{texts: make(map[uint32]string)}
	tree, err := Open(Options{Root: root, MaxFile: 1 << 20, Readers: 1, Pool: pool(t, 0),
		Add: func(ticket escrow.Ticket, n uint32) error { cancel(); return r.add(ticket, n) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Read(ctx); !errors.Is(err, context.Canceled) || len(r.texts) > 2 {
		t.Errorf("read: %v after %d files", err, len(r.texts))
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
