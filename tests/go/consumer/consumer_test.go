// Package consumer builds modules that use escrow as a stranger would: vendored, with C and C++ of
// their own, and with an edited header.
// Guarantee R of docs/trust.md.
package consumer

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a command in dir and returns what it said; the environment says nothing about modules.
func run(t *testing.T, dir, name string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Dir = dir
	command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GOFLAGS=") || strings.HasPrefix(v, "GOWORK=") || strings.HasPrefix(v, "PWD=")
	}), "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOPROXY=off", "PWD="+dir)
	out, err := command.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	out, err := run(t, dir, name, arguments...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, out)
	}
	return out
}

// module makes the consumer's module in a folder of its own; escrow is the tree it is replaced by.
func module(t *testing.T, escrow string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "go.mod.txt"), filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	must(t, dir, "go", "mod", "edit", "-replace", "example.com/escrow="+escrow)
	return dir
}

func says(t *testing.T, program, want string) {
	t.Helper()
	if got := must(t, filepath.Dir(program), program); got != want {
		t.Fatalf("%s says\n%swant\n%s", filepath.Base(program), got, want)
	}
}

const serviceSays = "8 of 42\n<nil> <nil>\nmajor 1\n"

func TestVendoredConsumers(t *testing.T) {
	dir := module(t, root(t))
	must(t, dir, "go", "mod", "vendor")
	for _, header := range []string{"escrow.h", "capi.hpp", "escrow.hpp"} {
		if _, err := os.Stat(filepath.Join(dir, "vendor/example.com/escrow/include/escrow", header)); err != nil {
			t.Fatalf("vendoring lost a header: %v", err)
		}
	}
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	must(t, dir, "go", "build", "-mod=vendor", "-o", bin, "./service", "./declares", "./objects", "./table")

	t.Run("plain", func(t *testing.T) { says(t, bin+"service", serviceSays) })
	t.Run("declares from escrow.h", func(t *testing.T) {
		says(t, bin+"declares", "ESCROW_OK\nfrom C\n\x00\x00<nil> ESCROW_E_STALE <nil>\n")
	})
	t.Run("C++ guards", func(t *testing.T) { says(t, bin+"objects", "16 9\n<nil> <nil>\n") })
	t.Run("function table", func(t *testing.T) { says(t, bin+"table", "by the table\n\x00\x00\x00<nil> <nil>\n") })

	t.Run("needs libc alone", func(t *testing.T) {
		for _, name := range []string{"service", "declares", "objects", "table"} {
			needsLibcAlone(t, bin+name)
		}
	})
	t.Run("capi.hpp is refused", func(t *testing.T) {
		refused(t, dir, "./capi", `capi\.hpp:\d+:\d+: error: #error .*exactly one translation unit.*import example\.com/escrow/go/escrow`)
	})
	t.Run("a second facade is refused", func(t *testing.T) {
		refused(t, dir, "./twice", `multiple definition of .?escrow1_`)
	})
}

// needsLibcAlone: no libstdc++, no libgcc_s.
func needsLibcAlone(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(libraries, "libc.so.6") {
		t.Errorf("%s: %v is not the list of a cgo program", program, libraries)
	}
	allowed := regexp.MustCompile(`^(libc|libpthread|libresolv|ld-linux[-a-z0-9]*)\.so\.[0-9]+$`)
	for _, library := range libraries {
		if !allowed.MatchString(library) {
			t.Errorf("%s needs %s", filepath.Base(program), library)
		}
	}
}

func refused(t *testing.T, dir, what, why string) {
	t.Helper()
	out, err := run(t, dir, "go", "build", "-mod=vendor", "-o", os.DevNull, what)
	if err == nil {
		t.Fatalf("%s builds", what)
	}
	if !regexp.MustCompile(why).MatchString(out) {
		t.Fatalf("%s is refused without saying %q:\n%s", what, why, out)
	}
}

// TestAnEditedHeaderIsRebuilt edits a number in a header and wants to see it in what go build makes
// next; and it does not when the cgo package does not import the headers' package. The facade is
// compiled for each edit, so without optimisation, in a quarter of the time.
func TestAnEditedHeaderIsRebuilt(t *testing.T) {
	t.Setenv("CGO_CXXFLAGS", "-g0")
	tree := t.TempDir()
	for _, part := range []string{"go.mod", "go", "include"} {
		must(t, root(t), "cp", "-R", part, tree)
	}
	must(t, tree, "sed", "-i", "s/ -O2 / -O0 /; s/ -Werror=[^ ]*//", "go/internal/cabi/flags.go", "go/internal/cabi/flags_plain.go")
	dir := module(t, tree)
	program := filepath.Join(dir, "service.bin")
	major := func(want string) string {
		header := filepath.Join(tree, "include/escrow/api.h")
		text, err := os.ReadFile(header)
		if err != nil {
			t.Fatal(err)
		}
		edited := regexp.MustCompile(`#define ESCROW_ABI_MAJOR \d+`).ReplaceAll(text, []byte("#define ESCROW_ABI_MAJOR "+want))
		if err := os.WriteFile(header, edited, 0o644); err != nil {
			t.Fatal(err)
		}
		must(t, dir, "go", "build", "-o", program, "./service")
		out := must(t, dir, program)
		return out[strings.LastIndex(out, "major "):]
	}
	if got := major("1"); got != "major 1\n" {
		t.Fatalf("before the edit: %s", got)
	}
	if got := major("7"); got != "major 7\n" {
		t.Fatalf("after the edit: %s", got)
	}

	// The control: without the import the same edit goes unnoticed.
	files, err := filepath.Glob(filepath.Join(tree, "go/internal/cabi/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	imports := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		without := strings.ReplaceAll(string(text), `_ "example.com/escrow/include/escrow"`, "")
		if without != string(text) {
			imports++
			if err := os.WriteFile(name, []byte(without), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if imports == 0 {
		t.Fatal("no file of the cgo package imports the headers' package")
	}
	if got := major("7"); got != "major 7\n" {
		t.Fatalf("without the import: %s", got)
	}
	if got := major("9"); got != "major 7\n" {
		t.Fatalf("the control noticed the edit: %s", got)
	}
}
