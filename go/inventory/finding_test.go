package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where the program of the logs in testdata loses memory and where it uses what it freed, outwards.
var (
	lost = []Frame{{Function: "cache_frame", File: "/other/place/native.c", Line: 4, Native: true}, {Function: "main.run", File: "/x/main.go", Line: 8}}
	used = []Frame{{Function: "use_freed", File: "/src/native.c", Line: 9}, {Function: "main", File: "/src/native.c", Line: 17}}
)

func readLog(t *testing.T, name string) []Finding {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := ReadFindings(f)
	if err != nil {
		t.Fatal(name, ": ", err)
	}
	return all
}

func functions(stack []Frame) string {
	var names []string
	for _, f := range stack {
		names = append(names, fmt.Sprintf("%s:%d", f.Function, f.Line))
	}
	return strings.Join(names, " ")
}

// The logs are what gcc 12, clang 14 and Valgrind 3.19 wrote of one program.
func TestLogsOfEveryToolAreRead(t *testing.T) {
	const leak, access = "cache_frame:4 lose:7 main:16", "use_freed:12 main:17"
	for name, want := range map[string][]struct{ tool, stack, allocated string }{
		"lsan_gcc.log":   {{"LeakSanitizer", leak, ""}},
		"lsan_clang.log": {{"LeakSanitizer", leak, ""}},
		"asan_gcc.log":   {{"AddressSanitizer", access, "use_freed:9 main:17"}},
		"memcheck.log":   {{"Memcheck", access, "use_freed:9 main:17"}, {"Memcheck", leak, ""}},
		"memcheck.xml":   {{"Memcheck", access, "use_freed:9 main:17"}, {"Memcheck", leak, ""}},
	} {
		all := readLog(t, name)
		if len(all) != len(want) {
			t.Errorf("%s: %d findings: %+v", name, len(all), all)
			continue
		}
		for i, w := range want {
			f := all[i]
			isLeak := w.stack == leak
			if f.Tool != w.tool || f.Leak != isLeak || f.What == "" || isLeak != (f.Bytes == 100 && f.Objects == 1) {
				t.Errorf("%s: %+v", name, f)
			}
			if got := functions(f.Stack); !strings.Contains(got, w.stack) {
				t.Errorf("%s: stack %s", name, got)
			}
			if got := functions(f.Allocated); !strings.Contains(got, w.allocated) || (got == "") != (w.allocated == "") {
				t.Errorf("%s: allocated by %s", name, got)
			}
			for _, frame := range append(f.Stack, f.Allocated...) {
				if frame.Line == 11 { // of the stack that freed
					t.Errorf("%s: %s; %s", name, functions(f.Stack), functions(f.Allocated))
				}
				if frame.Function == "" || !frame.Native {
					t.Errorf("%s: frame %+v", name, frame)
				}
			}
		}
	}
}

func TestFindingsAreJoinedToTheSitesThatTheyName(t *testing.T) {
	other := []Frame{{Function: "cache_frame", File: "native.c", Line: 5}, {Function: "main.run", File: "/x/main.go", Line: 8}}
	caller := []Frame{{Function: "main", File: "native.c", Line: 99}}
	unnamed := []Frame{{Module: "/lib/x.so", Offset: 7, Native: true}}
	site := func(stack []Frame) Site { return Site{Key: KeyOf(stack), Stack: stack} }
	for name, want := range map[string][]string{
		"lsan_gcc.log": {KeyOf(lost)}, "lsan_clang.log": {KeyOf(lost)}, "asan_gcc.log": {KeyOf(used)},
		"memcheck.log": {KeyOf(used), KeyOf(lost)}, "memcheck.xml": {KeyOf(used), KeyOf(lost)},
	} {
		s := &Snapshot{Sites: []Site{site(other), site(lost), site(caller), site(used), site(unnamed), site(nil)}}
		s.Join(readLog(t, name))
		for i, f := range s.Findings {
			if !slices.Equal(f.Sites, want[i:i+1]) {
				t.Errorf("%s, %s: %v", name, f.What, f.Sites)
			}
		}
		alone := &Snapshot{Sites: []Site{site(other), site(caller), site(unnamed)}}
		alone.Join(readLog(t, name))
		for _, f := range alone.Findings {
			if len(f.Sites) != 0 {
				t.Errorf("%s, %s: fits %v", name, f.What, f.Sites)
			}
		}
		var text strings.Builder
		if err := alone.WriteText(&text); err != nil || !strings.Contains(text.String(), "is no site of the snapshot") {
			t.Error(text.String())
		}
	}
}

// The site whose callers are on the stack, too, is meant, and not each that the innermost function serves.
func TestTheSiteThatAgreesInMostFramesIsMeant(t *testing.T) {
	stack := func(callers ...string) []Frame {
		all := []Frame{{Function: "allocate"}}
		for _, c := range callers {
			all = append(all, Frame{Function: c})
		}
		return all
	}
	a, b := stack("parse", "main"), stack("render", "main")
	s := &Snapshot{Sites: []Site{{Key: "a", Stack: a}, {Key: "b", Stack: b}}}
	s.Join([]Finding{{Stack: append([]Frame{{Function: "malloc"}}, stack("render(int, char const*)", "main")...)}, {Stack: stack("elsewhere")}, {Stack: stack("parse")}})
	for i, want := range [][]string{{"b"}, {"a", "b"}, {"a"}} {
		if got := s.Findings[i].Sites; !slices.Equal(got, want) {
			t.Errorf("%d: %v, not %v", i, got, want)
		}
	}
}

func TestNamesOfFunctionsAreComparedWithoutDecoration(t *testing.T) {
	for name, want := range map[string]string{
		"f": "f", "f(int, char const*)": "f", "void n::f<int>(int)": "n::f<int>", "(anonymous namespace)::f(int)": "f",
		"n::f.constprop.0": "n::f", "f.part.0.cold": "f", "main.(*T).Load": "main.(*T).Load", "f(int (*)(int)) const": "f", "": "",
	} {
		if got := bare(name); got != want {
			t.Errorf("%q is %q", name, got)
		}
	}
}

func TestWhatIsNoLogIsRefused(t *testing.T) {
	if all, err := ReadFindings(strings.NewReader(" \n")); err != nil || len(all) != 0 {
		t.Error("an empty log: ", all, err)
	}
	if all, err := ReadFindings(strings.NewReader("==7== Memcheck, a memory error detector\n==7== ERROR SUMMARY: 0 errors\n")); err != nil || len(all) != 0 {
		t.Error("a log without findings: ", all, err)
	}
	for _, text := range []string{"package main\n", "{}", "#0 0x12 in f a.c:1\n"} {
		if _, err := ReadFindings(strings.NewReader(text)); !errors.Is(err, ErrNoLog) {
			t.Errorf("%q: %v", text, err)
		}
	}
	whole, err := os.ReadFile("testdata/memcheck.xml")
	if err != nil {
		t.Fatal(err)
	}
	cut := strings.Index(string(whole), "</error>") + len("</error>") + 20
	if all, err := ReadFindings(strings.NewReader(string(whole[:cut]))); !errors.Is(err, ErrTruncated) || len(all) != 1 {
		t.Errorf("half a log: %d findings, %v", len(all), err)
	}
}

// With --keep-stacktraces=free Memcheck knows who freed, and not who allocated.
func TestWhoFreedIsNotTakenForWhoAllocated(t *testing.T) {
	const text = `<valgrindoutput><error><kind>InvalidRead</kind><what>Invalid read</what><stack><frame><fn>reads</fn></frame></stack>
<auxwhat>Address 0x1 is 2 bytes inside a block of size 20 free'd</auxwhat><stack><frame><fn>frees</fn></frame></stack></error></valgrindoutput>`
	all, err := ReadFindings(strings.NewReader(text))
	if err != nil || len(all) != 1 || functions(all[0].Stack) != "reads:0" || len(all[0].Allocated) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// Nothing that a log can hold makes the reader fail otherwise.
func FuzzReadFindings(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil || len(names) < 5 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadFindings(strings.NewReader(text))
		if err != nil && len(all) > 0 && !errors.Is(err, ErrTruncated) {
			t.Errorf("findings and %v", err)
		}
		s := full()
		s.Join(all)
		if err := s.WritePage(&strings.Builder{}); err != nil {
			t.Error(err)
		}
	})
}
