package main

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// same compares a folder with what would be written into it.
func same(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the generator writes; go generate ./go/...", filepath.Join(folder, name))
		}
		if strings.HasSuffix(name, ".go") {
			if neat, err := format.Source([]byte(want)); err != nil || string(neat) != want {
				t.Errorf("%s is not as gofmt would have it (%v)", name, err)
			}
		}
	}
}

func TestTheCallsOfPackageLeafAreTheGenerated(t *testing.T) {
	same(t, "../../leaf", calls())
}

func TestTheStubsOfPackageFacadeAreTheGenerated(t *testing.T) {
	list, err := os.ReadFile("../facade/leaves.txt")
	if err != nil {
		t.Fatal(err)
	}
	files, err := stubs(string(list))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "../facade", files)
}

func TestAListWithAMistakeIsRefusedWithItsLine(t *testing.T) {
	for list, want := range map[string]string{
		"read handle:word out:ponter":                        `line 1: "out:ponter"`,
		"# nothing\nreturn":                                  "line 2: 0 parameters",
		"a a:word b:word c:word d:word e:word f:":            `line 1: "f:"`,
		"a a:word b:word c:word d:word e:word f:word g:word": "line 1: 7 parameters",
		"read :word": `line 1: ":word"`,
	} {
		if _, err := stubs(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", list, err, want)
		}
	}
}

func TestEveryShapeIsThereOnce(t *testing.T) {
	text := calls()["calls_trampoline.go"]
	// Of k arguments 0 to k are words: 2+3+4+5+6+7 shapes, with and without a result.
	if n := strings.Count(text, "\nfunc "); n != 2*27 {
		t.Errorf("%d functions", n)
	}
	for _, f := range []string{
		"func P1(fn Func, p unsafe.Pointer) uint64\n", "func W6Void(fn Func, a, b, c, d, e, f uint64)\n",
		"func P2W3(fn Func, p, q unsafe.Pointer, a, b, c uint64) uint64\n",
	} {
		if strings.Count(text, f) != 1 {
			t.Errorf("%q is not there once", f)
		}
	}
}
