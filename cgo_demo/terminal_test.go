//go:build cgo && linux

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal opens both ends of a new pseudo terminal.
func openTerminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { user.Close() })
	var number, unlock uint32
	for request, argument := range map[uintptr]*uint32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, user.Fd(), request, uintptr(unsafe.Pointer(argument))); errno != 0 {
			t.Fatal(errno)
		}
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return user, program
}

func TestOnlyATerminalIsATerminal(t *testing.T) {
	_, program := openTerminal(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if !isTerminal(program) || isTerminal(null) {
		t.Errorf("terminal %v, /dev/null %v", isTerminal(program), isTerminal(null))
	}
}

func TestProgressIsShownOnATerminalOnly(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.go", "func A\n")
	s := indexed(t, root)
	slow := func() chan error { // an indexing that takes longer than a small tree's
		finished := make(chan error, 1)
		time.AfterFunc(800*time.Millisecond, func() { finished <- nil })
		return finished
	}

	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	wait(s, slow(), file)
	if text, err := os.ReadFile(file.Name()); err != nil || len(text) != 0 {
		t.Errorf("in a file: %q %v", text, err)
	}

	user, end := openTerminal(t)
	wait(s, slow(), end)
	end.Close()
	shown, _ := io.ReadAll(user) // EIO is how a terminal says that nobody holds its other end
	if text := string(shown); !strings.HasPrefix(text, "\rindexing: 1 files") || !strings.HasSuffix(text, "\r\x1b[K") {
		t.Errorf("on a terminal: %q", text)
	}
}
