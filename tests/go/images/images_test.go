// Package images tests two images with a facade each in one process.
package images

import (
	"bufio"
	"bytes"
	"debug/elf"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func build(t *testing.T, compiler string, arguments ...string) {
	t.Helper()
	if out, err := exec.Command(compiler, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", compiler, strings.Join(arguments, " "), err, out)
	}
}

func TestHandlesOfOneImageAreRefusedByTheOther(t *testing.T) {
	dir := t.TempDir()
	include := "-I" + filepath.Join("..", "..", "..", "include")
	host := filepath.Join(dir, "host")
	build(t, "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", include, "-o", host, filepath.Join("testdata", "host.c"), "-ldl")
	var libraries []string
	for _, name := range []string{"a.so", "b.so"} {
		library := filepath.Join(dir, name)
		build(t, "c++", "-std=c++20", "-O2", "-fPIC", "-shared", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden",
			include, "-o", library, filepath.Join("testdata", "library.cpp"))
		libraries = append(libraries, library)
	}
	onlyTheFacadeIsExported(t, libraries[0])

	out, err := exec.Command(host, libraries...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seen := map[string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		call, answer, _ := strings.Cut(lines.Text(), " ")
		seen[call]++
		code, _ := strconv.Atoi(answer)
		switch {
		case strings.HasPrefix(call, "foreign-"):
			if code >= 0 {
				t.Errorf("%s of the other image's handle: %s", call, answer)
			}
		case call == "own-release":
			if code != 2 { // freed
				t.Errorf("%s: %s", call, answer)
			}
		case call == "payload-a" && answer != "of a", call == "payload-b" && answer != "of b":
			t.Errorf("%s: %s", call, answer)
		case strings.HasPrefix(call, "own-"), strings.HasPrefix(call, "open-"), call == "same-table", call == "live":
			if code != 0 {
				t.Errorf("%s: %s", call, answer)
			}
		}
	}
	if seen["foreign-release"] != 8 || seen["own-release"] != 16 || seen["live"] != 2 || seen["payload-b"] != 8 {
		t.Fatalf("the host did not say all:\n%s", out)
	}
}

// onlyTheFacadeIsExported: C++ symbols of two images must not meet.
func onlyTheFacadeIsExported(t *testing.T, library string) {
	t.Helper()
	file, err := elf.Open(library)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	exported := 0
	for _, s := range symbols {
		if s.Section == elf.SHN_UNDEF {
			continue
		}
		exported++
		if !strings.HasPrefix(s.Name, "escrow1_") {
			t.Errorf("%s is exported", s.Name)
		}
	}
	if exported < 20 {
		t.Fatalf("%d symbols exported", exported)
	}
}
