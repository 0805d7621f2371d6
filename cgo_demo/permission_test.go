//go:build cgo && linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// What permissions forbid is skipped and counted, and grep finds the same lines. Root may read
// everything, so as root the program runs as nobody.
func TestWhatPermissionsForbidIsSkipped(t *testing.T) {
	root := nastyTree(t)
	cmd := program()
	if os.Getuid() == 0 {
		nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		self := readableByAll(t, cmd.Path)
		for dir := root; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd.Path, cmd.SysProcAttr = self, nobody
	}
	run := func(arguments ...string) outcome {
		again := *cmd
		again.Args = append([]string{cmd.Path, "-root", root}, arguments...)
		return outcomeOf(t, &again)
	}
	got := run("-once", "func")
	if got.status != exitFound || strings.Contains(got.stdout, "closed") || !strings.Contains(got.stdout, "deep/er") {
		t.Errorf("status %d, stderr %s", got.status, got.stderr)
	}
	if got := run("-stats"); got.status != exitFound || !strings.Contains(got.stderr, " 2 unreadable, 5 not regular") {
		t.Errorf("status %d, stderr %s", got.status, got.stderr)
	}
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	slices.Sort(lines)
	want := slices.DeleteFunc(greps(t, root, "-F", "func"), func(line string) bool { return strings.Contains(line, "/closed") })
	unlike := judgedOtherwise(t, root)
	if lines = without(lines, unlike); !slices.Equal(lines, without(want, unlike)) {
		t.Errorf("%d lines, grep finds %d", len(lines), len(want))
	}
}

// readableByAll copies the test binary to where anybody may run it.
func readableByAll(t *testing.T, self string) string {
	t.Helper()
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "cgo_demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, fmt.Sprintf("program%d", os.Getpid()))
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
