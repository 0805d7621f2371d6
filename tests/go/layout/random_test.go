package layout_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

const (
	randomStructs = 60
	randomSeed    = 1
)

// numbers are the same number in both languages.
var numbers = []struct {
	cpp  string
	inGo reflect.Type
}{
	{"std::uint8_t", reflect.TypeFor[uint8]()}, {"std::int8_t", reflect.TypeFor[int8]()},
	{"std::uint16_t", reflect.TypeFor[uint16]()}, {"std::int16_t", reflect.TypeFor[int16]()},
	{"std::uint32_t", reflect.TypeFor[uint32]()}, {"std::int32_t", reflect.TypeFor[int32]()},
	{"std::uint64_t", reflect.TypeFor[uint64]()}, {"std::int64_t", reflect.TypeFor[int64]()},
	{"float", reflect.TypeFor[float32]()}, {"double", reflect.TypeFor[float64]()},
	{"bool", reflect.TypeFor[bool]()}, {"char", reflect.TypeFor[byte]()},
	{"tiny", reflect.TypeFor[int8]()}, {"wide", reflect.TypeFor[uint64]()},
	{"std::atomic<std::uint32_t>", reflect.TypeFor[uint32]()},
}

// author writes random types in both languages at once.
type author struct {
	*rand.Rand
	cpp   strings.Builder
	types []reflect.Type // s0, s1, ...
}

// write adds a struct, of numbers, of structs before it, and of arrays of either.
func (a *author) write() {
	name := fmt.Sprintf("s%d", len(a.types))
	var fields []reflect.StructField
	var members, list []string
	count := 1 + a.IntN(8)
	for i := range count {
		cpp, t := "", reflect.Type(nil)
		if len(a.types) > 0 && a.IntN(5) == 0 {
			i := a.IntN(len(a.types))
			cpp, t = fmt.Sprintf("s%d", i), a.types[i]
		} else {
			n := numbers[a.IntN(len(numbers))]
			cpp, t = n.cpp, n.inGo
		}
		extents := ""
		for range a.IntN(3) * a.IntN(2) {
			n := 1 + a.IntN(4)
			extents = fmt.Sprintf("[%d]", n) + extents // Go's outermost is C++'s first
			t = reflect.ArrayOf(n, t)
		}
		if l, err := escrow.LayoutOfType(t); err != nil || len(l.Fields()) > 60 {
			continue // nests too much: with eight of these a struct stays below the limit
		}
		member := fmt.Sprintf("f%d", i)
		goName := strings.ToUpper(member)
		if gap := a.IntN(10) == 0 && (i > 0 || count > 1) && len(list) > 0 && extents == ""; gap {
			members, list = append(members, cpp+" "+member+";"), append(list, "("+member+")")
			goName = "_"
		} else {
			members, list = append(members, cpp+" "+member+extents+";"), append(list, member)
		}
		f := reflect.StructField{Name: goName, Type: t}
		if goName == "_" {
			f.PkgPath = "example.com/escrow/tests/go/layout"
		}
		fields = append(fields, f)
	}
	if len(list) == 0 {
		return
	}
	if l, err := escrow.LayoutOfType(reflect.StructOf(fields)); err != nil || len(l.Fields()) > 1000 {
		return
	}
	fmt.Fprintf(&a.cpp, "struct %s { %s };\nESCROW_LAYOUT(%s, %s);\n", name, strings.Join(members, " "), name, strings.Join(list, ", "))
	a.types = append(a.types, reflect.StructOf(fields))
}

// TestRandomStructsHaveOneLayoutInBothLanguages makes structs by reflection, and the same ones in C++, whose
// compiler says what they look like: size, alignment, fingerprint, and each field's offset.
func TestRandomStructsHaveOneLayoutInBothLanguages(t *testing.T) {
	a := author{Rand: rand.New(rand.NewPCG(randomSeed, 0))}
	for len(a.types) < randomStructs {
		a.write()
	}
	dir := t.TempDir()
	var source strings.Builder
	source.WriteString(`#include <cstdio>
#include "escrow/layout_of.hpp"
enum tiny : std::int8_t {};
enum class wide : std::uint64_t {};
` + a.cpp.String() + `
template <class T> void say() {
  auto const l = escrow::layout_of<T>();
  std::printf("%u %u %016llx", l.size, l.alignment, static_cast<unsigned long long>(l.fingerprint));
  for (auto const &f : l.fields) std::printf(" %s:%u:%u:%u", escrow::layout_difference::kind(f.kind), f.offset, f.width, f.count);
  std::printf("\n");
}
int main() {
`)
	for i := range a.types {
		fmt.Fprintf(&source, "  say<s%d>();\n", i)
	}
	source.WriteString("}\n")
	file, program := filepath.Join(dir, "random.cpp"), filepath.Join(dir, "random")
	if err := os.WriteFile(file, []byte(source.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	compiler := os.Getenv("CXX")
	if compiler == "" {
		compiler = "c++"
	}
	compile := exec.Command(compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-I", filepath.Join("..", "..", "..", "include"), "-o", program, file)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, source.String())
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(a.types) {
		t.Fatalf("%d lines for %d types", len(lines), len(a.types))
	}
	prints := make(map[uint64]string)
	fields := 0
	for i, of := range a.types {
		l, err := escrow.LayoutOfType(of)
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprintf("%d %d %016x", l.Size(), l.Align(), l.Fingerprint())
		for _, f := range l.Fields() {
			said += fmt.Sprintf(" %v:%d:%d:%d", f.Kind, f.Offset, f.Width, f.Count)
			fields++
		}
		if said != lines[i] {
			t.Errorf("s%d, in Go %v:\n%s\nin C++\n%s", i, of, said, lines[i])
		}
		if other, ok := prints[l.Fingerprint()]; ok && other != said {
			t.Errorf("two layouts have the fingerprint %x", l.Fingerprint())
		}
		prints[l.Fingerprint()] = said
	}
	t.Logf("%d structs of %d fields, %d layouts", len(a.types), fields, len(prints))
}
