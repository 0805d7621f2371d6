package escrow_test

import (
	"hash/fnv"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"example.com/escrow/go/escrow"
)

func layoutOf[T any](t *testing.T) *escrow.Layout {
	t.Helper()
	l, err := escrow.LayoutOf[T]()
	is(t, err, nil)
	return l
}

type (
	corner struct{ X, Y float32 }
	figure struct {
		ID      uint32
		Tint    uint16
		_       [10]byte
		When    uint64
		Corners [3]corner
		Name    [16]byte
		Ready   bool
		Hits    atomic.Uint32
		Range   [2]float64
		Matrix  [2][3]int32
		Wave    complex128
		Pair    [2]complex64
		Raw     [3]byte
		Sign    int8
		None    [0]int64
		Address uintptr
	}
)

func TestLayoutsListWhatTheCompilerMakesOfEachField(t *testing.T) {
	var s figure
	at := func(o uintptr) int { return int(o) }
	corners := at(unsafe.Offsetof(s.Corners))
	want := []escrow.Field{
		{"ID", escrow.Unsigned, 0, 4, 1},
		{"Tint", escrow.Unsigned, 4, 2, 1},
		{"When", escrow.Unsigned, at(unsafe.Offsetof(s.When)), 8, 1},
		{"Corners[0].X", escrow.Float, corners, 4, 1},
		{"Corners[0].Y", escrow.Float, corners + 4, 4, 1},
		{"Corners[1].X", escrow.Float, corners + 8, 4, 1},
		{"Corners[1].Y", escrow.Float, corners + 12, 4, 1},
		{"Corners[2].X", escrow.Float, corners + 16, 4, 1},
		{"Corners[2].Y", escrow.Float, corners + 20, 4, 1},
		{"Name", escrow.Unsigned, at(unsafe.Offsetof(s.Name)), 1, 16},
		{"Ready", escrow.Bool, at(unsafe.Offsetof(s.Ready)), 1, 1},
		{"Hits.v", escrow.Unsigned, at(unsafe.Offsetof(s.Hits)), 4, 1},
		{"Range", escrow.Float, at(unsafe.Offsetof(s.Range)), 8, 2},
		{"Matrix", escrow.Signed, at(unsafe.Offsetof(s.Matrix)), 4, 6},
		{"Wave", escrow.Float, at(unsafe.Offsetof(s.Wave)), 8, 2},
		{"Pair", escrow.Float, at(unsafe.Offsetof(s.Pair)), 4, 4},
		{"Raw", escrow.Unsigned, at(unsafe.Offsetof(s.Raw)), 1, 3},
		{"Sign", escrow.Signed, at(unsafe.Offsetof(s.Sign)), 1, 1},
		{"Address", escrow.Unsigned, at(unsafe.Offsetof(s.Address)), 8, 1},
	}
	l := layoutOf[figure](t)
	if got := l.Fields(); !reflect.DeepEqual(got, want) {
		t.Fatalf("\n%v\nwant\n%v", got, want)
	}
	if l.Size() != int(unsafe.Sizeof(s)) || l.Align() != int(unsafe.Alignof(s)) {
		t.Fatalf("%d bytes aligned to %d", l.Size(), l.Align())
	}
	type spaced struct {
		_     uint32
		Value uint32
	}
	want = []escrow.Field{{"[0].Value", escrow.Unsigned, 4, 4, 1}, {"[1].Value", escrow.Unsigned, 12, 4, 1}}
	if got := layoutOf[[2]spaced](t).Fields(); !reflect.DeepEqual(got, want) {
		t.Errorf("\n%v\nwant\n%v", got, want)
	}
	l.Fields()[0].Offset = 1
	if l.Fields()[0].Offset != 0 {
		t.Fatal("a layout was changed through its list")
	}
}

// The same numbers stand in docs/architecture.md and in the tests of C++.
func TestFingerprintsStayWhatTheyAre(t *testing.T) {
	type sample struct {
		A uint32
		B [2]int16
		C [2]float64
		D bool
	}
	for _, c := range []struct {
		l    *escrow.Layout
		want uint64
	}{
		{layoutOf[uint64](t), 0xB2F3C32FEBA7B7CD},
		{layoutOf[sample](t), 0x5E3EB3CD658D1F37},
	} {
		if got := c.l.Fingerprint(); got != c.want {
			t.Errorf("%#016X, want %#016X", got, c.want)
		}
	}
}

func TestAFingerprintIsFnv1aOfLittleEndianWords(t *testing.T) {
	l := layoutOf[figure](t)
	words := []int{1, l.Size(), l.Align(), len(l.Fields())}
	for _, f := range l.Fields() {
		words = append(words, int(f.Kind), f.Offset, f.Width, f.Count)
	}
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte{byte(w), byte(w >> 8), byte(w >> 16), byte(w >> 24)})
	}
	if h.Sum64() != l.Fingerprint() {
		t.Fatal("not as include/escrow/field.h has it")
	}
}

type (
	sparse struct {
		A uint32
		B int64
		C float64
	}
	renamed struct {
		First  uint32
		Second int64
		Third  float64
	}
	head struct {
		A uint32
		B int64
	}
	nested struct {
		Of head
		C  float64
	}
	padded struct {
		A uint32
		_ [4]byte
		B int64
		C float64
	}
	wrapped struct {
		A struct{ Of [1]uint32 }
		B int64
		C [1]float64
	}
	signed struct {
		A int32
		B int64
		C float64
	}
	filled struct {
		A      uint32
		Filler uint32
		B      int64
		C      float64
	}
	narrow struct {
		A uint32
		B int32
		C float64
	}
	whole struct {
		A    uint32
		B, C int64
	}
	tailed struct {
		A uint32
		B int64
		C float64
		D bool
	}
	longer struct {
		sparse
		_ int64
	}
	words struct{ A [8]uint16 }
	longs struct {
		_ [0]uint64
		A [8]uint16
	}
	triple struct{ A [3]uint16 }
)

func TestOneThingThatDiffersIsNamed(t *testing.T) {
	for _, c := range []struct {
		a, b *escrow.Layout
		want string
	}{
		{layoutOf[sparse](t), layoutOf[renamed](t), ""},
		{layoutOf[sparse](t), layoutOf[nested](t), ""},
		{layoutOf[sparse](t), layoutOf[padded](t), ""},
		{layoutOf[sparse](t), layoutOf[wrapped](t), ""},
		{layoutOf[uintptr](t), layoutOf[uint64](t), ""},
		{layoutOf[[6]uint64](t), layoutOf[[2][3]uint64](t), ""},
		{layoutOf[complex64](t), layoutOf[[2]float32](t), ""},
		{layoutOf[atomic.Int64](t), layoutOf[int](t), ""},
		{layoutOf[sparse](t), layoutOf[signed](t), "field 0 (A): kind unsigned in C++, signed in Go"},
		{layoutOf[sparse](t), layoutOf[filled](t), "field 1 (Filler): offset 8 in C++, 4 in Go"},
		{layoutOf[sparse](t), layoutOf[narrow](t), "field 1 (B): offset 8 in C++, 4 in Go"},
		{layoutOf[sparse](t), layoutOf[whole](t), "field 2 (C): kind float in C++, signed in Go"},
		{layoutOf[sparse](t), layoutOf[tailed](t), "field 3 (D): at offset 24 in Go, missing in C++"},
		{layoutOf[tailed](t), layoutOf[sparse](t), "field 3 (D): at offset 24 in C++, missing in Go"},
		{layoutOf[sparse](t), layoutOf[longer](t), "size 24 in C++, 32 in Go"},
		{layoutOf[words](t), layoutOf[longs](t), "alignment 2 in C++, 8 in Go"},
		{layoutOf[words](t), layoutOf[triple](t), "field 0 (A): count 8 in C++, 3 in Go"},
		{layoutOf[float32](t), layoutOf[float64](t), "field 0: width 4 in C++, 8 in Go"},
		{layoutOf[bool](t), layoutOf[byte](t), "field 0: kind bool in C++, unsigned in Go"},
	} {
		if got := c.a.Difference("C++", c.b, "Go"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if same := c.a.Fingerprint() == c.b.Fingerprint(); same != (c.want == "") {
			t.Errorf("%q, and the fingerprints are equal: %v", c.want, same)
		}
	}
}

func TestTypesWithGoPointersAreRefusedByName(t *testing.T) {
	refused := func(_ *escrow.Layout, err error) func(error, string) {
		return func(sentinel error, text string) {
			t.Helper()
			is(t, err, sentinel)
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%v, want one with %q", err, text)
			}
		}
	}
	refused(escrow.LayoutOf[struct {
		A int
		B [2]struct{ Name string }
	}]())(escrow.ErrKind, "field B[0].Name holds a Go pointer (string)")
	refused(escrow.LayoutOf[*int]())(escrow.ErrKind, "holds a Go pointer (ptr)")
	refused(escrow.LayoutOf[struct{ _ []byte }]())(escrow.ErrKind, "field _ holds a Go pointer (slice)")
	refused(escrow.LayoutOf[struct{ F unsafe.Pointer }]())(escrow.ErrKind, "field F")
	refused(escrow.LayoutOf[struct{}]())(escrow.ErrSize, "no fields")
	refused(escrow.LayoutOf[struct{ _ int }]())(escrow.ErrSize, "no fields")
	refused(escrow.LayoutOf[[1025]corner]())(escrow.ErrSize, "more than 1024 fields")
	refused(escrow.LayoutOf[[513]corner]())(escrow.ErrSize, "more than 1024 fields")
	refused(escrow.LayoutOf[[2][2][257]corner]())(escrow.ErrSize, "more than 1024 fields")
	if l := layoutOf[[512]corner](t); len(l.Fields()) != 1024 {
		t.Errorf("%d fields", len(l.Fields()))
	}
	if l := layoutOf[[1 << 20]byte](t); len(l.Fields()) != 1 {
		t.Errorf("%d fields", len(l.Fields()))
	}
}

func TestALayoutIsComputedOnceForATypeWhoeverAsks(t *testing.T) {
	type own struct{ A, B int16 }
	var all [8]*escrow.Layout
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() { all[i], _ = escrow.LayoutOf[own]() })
	}
	group.Wait()
	for _, l := range all {
		if l == nil || l != all[0] {
			t.Fatal("several layouts of one type")
		}
	}
}
