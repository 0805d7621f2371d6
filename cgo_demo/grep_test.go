//go:build cgo

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/escrow/cgo_demo/service"
)

// The queries and what each is there for.
var literals = []string{
	"func ",               // common
	"TestDialerLocalAddr", // rare
	"zyxwvutsrq",          // absent
	"err != nil {",
	`.*[]\(){}^$|+?`, // means nothing special here
	"-1",             // looks like an option
	`"%s"`, "\treturn", " //",
	"世界", "é", "\xff\xfe", // not ASCII, and not UTF-8
	"end of a long line", "in the middle", // of the 1 MB line
	"last line without", "carriage return\r", ") {\r",
	"x", "=", "if", "\r", "é"[:1], // one and two bytes
	"abcabcabd",           // after near misses
	"/* ", "TODO", "aaaa", // overlaps with itself
}

// The two syntaxes agree on these.
var expressions = []string{
	`func [A-Z][a-z]+\(`, `^package (net|http)$`, `[0-9]{3}\.[0-9]+`, `(a|b)+c$`, `err(or)?s?\.`,
	`\bfoo\b`, `^$`, `^func .*\) error \{$`, `[^ -~]`, `x*`, `TODO\([a-z]+\)`, `zyxw[v-z]+q`,
	`^[[:space:]]+//`, `a{4}`, `\.$`, `(long|carriage) (line|return)`, `without$`,
}

func TestAnswersAreThoseOfGrep(t *testing.T) {
	if _, err := exec.LookPath("grep"); err != nil {
		t.Fatalf("the comparison needs GNU grep: %v", err)
	}
	trees := []struct{ name, root string }{
		{"nasty", nastyTree(t)},
		{"net", filepath.Join(goRoot(t), "src", "net")},
	}
	if *whole {
		trees = append(trees, struct{ name, root string }{"whole", filepath.Join(goRoot(t), "src")})
	}
	for _, tree := range trees {
		t.Run(tree.name, func(t *testing.T) { compareWithGrep(t, tree.root) })
	}
}

func compareWithGrep(t *testing.T, root string) {
	s := indexed(t, root)
	unlike := judgedOtherwise(t, root)
	total := 0
	compare := func(kind, query string, isRegexp bool) {
		t.Helper()
		got := ours(t, s, query, isRegexp)
		want := greps(t, root, kind, query)
		got, want = without(got, unlike), without(want, unlike)
		total += len(got)
		if !slices.Equal(got, want) {
			i := 0
			for i < len(got) && i < len(want) && got[i] == want[i] {
				i++
			}
			t.Errorf("%q: %d lines, grep %s finds %d; the first that differs:\n ours %.200q\n grep %.200q", query,
				len(got), kind, len(want), got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
		}
	}
	for _, q := range literals {
		compare("-F", q, false)
	}
	for _, q := range expressions {
		compare("-E", q, true)
	}
	t.Logf("%s: %d literal queries and %d expressions, %d lines the same; left out: %q", root, len(literals),
		len(expressions), total, unlike)
	if total == 0 {
		t.Error("nothing was compared")
	}
}

func indexed(t *testing.T, root string) *service.Service {
	t.Helper()
	s, err := service.Open(service.Options{Root: root, MaxFile: 1 << 30, Workers: 2, Queue: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := s.Close(func(pool string, live uint64) {
			if live != 0 {
				t.Errorf("pool %s: %d live handles at the end", pool, live)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err := s.Index(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func ours(t *testing.T, s *service.Service, query string, isRegexp bool) []string {
	t.Helper()
	var lines []string
	_, err := s.Search(context.Background(), service.Query{Text: query, Regexp: isRegexp}, func(m service.Match) error {
		lines = append(lines, fmt.Sprintf("%s%s:%d:%s", s.Root(), m.Path, m.Line, m.Text))
		return nil
	})
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	slices.Sort(lines)
	return lines
}

// greps runs it on bytes: in the C locale every byte is a character.
func greps(t *testing.T, root, kind, query string) []string {
	t.Helper()
	cmd := exec.Command("grep", "-rnI", kind, "-e", query, root)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() <= 2) {
		t.Fatal(err)
	}
	// Status 2 is what an unreadable file leaves; nothing else may be wrong with the call.
	if exit != nil && exit.ExitCode() == 2 && bytes.Contains(exit.Stderr, []byte("grep: -")) {
		t.Fatalf("grep %s %q: %s", kind, query, exit.Stderr)
	}
	lines := strings.SplitAfter(string(out), "\n")
	lines = lines[:len(lines)-1]
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\n")
	}
	slices.Sort(lines)
	return lines
}

// judgedOtherwise lists the files in which the first zero byte comes after 8,000 others: text here,
// while grep decides by what it has read when it prints.
func judgedOtherwise(t *testing.T, root string) (paths []string) {
	t.Helper()
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.IndexByte(text, 0) >= 8000 {
			paths = append(paths, path)
		}
		return nil
	})
	return paths
}

func without(lines, paths []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(line, p+":") })
	})
}

// nastyTree holds what file systems hold beside source code.
func nastyTree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "empty", "")
	write(t, root, "one_line_end", "\n")
	write(t, root, "line_ends", "\n\n\n")
	write(t, root, "one_byte", "x")
	write(t, root, "two_bytes", "if")
	write(t, root, "no_line_end", "first line\nlast line without\n\nlast line without")
	write(t, root, "crlf", "a carriage return\r\nif (x) {\r\n\r\nno carriage return\n")
	write(t, root, "binary_first", "\x00func x\nfunc y\n")
	write(t, root, "binary_later", strings.Repeat("func z = 1\n", 700)+"\x00\n")
	write(t, root, "binary_beyond", strings.Repeat("func z = 1\n", 9000)+"\x00\nfunc after\n")
	write(t, root, "not_utf8", "a \xff\xfe b\nfunc \xe9 latin\n\xc3\n\xa9\ncaf\xc3\xa9 世界\n")
	long := strings.Repeat("abcabcabc ", 52429)
	write(t, root, "long_line", "before\n"+long+"in the middle abcabcabd"+long+"end of a long line\nafter\n")
	write(t, root, "only_long_line", strings.Repeat("a", 1<<20))
	write(t, root, "blocks", strings.Repeat("aabbc\n\nfoo\n .\n", 3000))
	write(t, root, "deep/er/and/deep/er/file.go", "package net\n\nfunc Deep() error {\n\t// TODO(x)\n}\n")
	write(t, root, ".hidden/.file", "func hidden\n")
	write(t, root, "name with spaces: and colon", "func x = 5\n")
	write(t, root, "name\xff", "func x = 6\n")
	write(t, root, "-dash", "func -1\n")

	outside := t.TempDir()
	write(t, outside, "target", "func linked\n")
	if err := errors.Join(
		os.Symlink(filepath.Join(outside, "target"), filepath.Join(root, "link_to_file")),
		os.Symlink(outside, filepath.Join(root, "link_to_directory")),
		os.Symlink(root, filepath.Join(root, "deep/link_to_root")),
		os.Symlink("nowhere", filepath.Join(root, "link_to_nothing")),
		syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644),
		os.Mkdir(filepath.Join(root, "closed"), 0o755),
		os.WriteFile(filepath.Join(root, "closed/inside"), []byte("func inside\n"), 0o644),
		os.WriteFile(filepath.Join(root, "closed_file"), []byte("func closed\n"), 0o644),
		os.Chmod(filepath.Join(root, "closed_file"), 0),
		os.Chmod(filepath.Join(root, "closed"), 0),
	); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(root, "closed"), 0o755) })
	return root
}
