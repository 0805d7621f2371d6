package escrow

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// Layout is what the values of a type look like in memory: size, alignment, and every field's offset,
// width and kind. The names of fields and types are no part of it, nor is how structs are nested: no
// byte depends on them, and two languages seldom agree on them. Blank fields are gaps, like padding.
//
// A Layout is immutable. escrow::layout_of<T>() in C++ is the same for a struct of the same memory.
type Layout struct {
	size   int
	align  int
	print  uint64
	fields []Field
	of     reflect.Type // nil: read from C
}

// Field is Count numbers of one kind beside each other. Fields of nested structs stand for themselves;
// an array of structs is its elements' fields in turn, but an array of elements that are one field
// each is one field.
type Field struct {
	Name   string // as Go sees it: "Corners[1].X"; empty when it was read from C
	Kind   FieldKind
	Offset int // bytes from the beginning of the whole
	Width  int // bytes of one number
	Count  int // 1 or more
}

// FieldKind is what the bytes of a number mean.
type FieldKind uint32

// The kinds of fields. Bytes, and chars of C++, are Unsigned; enums of C++ are what they are over; a
// complex number is two floats.
const (
	Unsigned = FieldKind(cabi.FieldUnsigned)
	Signed   = FieldKind(cabi.FieldSigned)
	Float    = FieldKind(cabi.FieldFloat)
	Bool     = FieldKind(cabi.FieldBool)
)

func (k FieldKind) String() string {
	switch k {
	case Unsigned:
		return "unsigned"
	case Signed:
		return "signed"
	case Float:
		return "float"
	case Bool:
		return "bool"
	}
	return "unknown"
}

// LayoutOf is the layout of T.
//
// Errors: one that wraps ErrKind and names the field where T holds a Go pointer; ErrSize for a T
// without a field that is not blank, or with more than 1,024. Cost: computed once for each type.
func LayoutOf[T any]() (*Layout, error) { return LayoutOfType(reflect.TypeFor[T]()) }

var layouts sync.Map // reflect.Type to *Layout

// LayoutOfType is LayoutOf of a type that is known at run time.
func LayoutOfType(t reflect.Type) (*Layout, error) {
	if l, ok := layouts.Load(t); ok {
		return l.(*Layout), nil
	}
	operation := "layout of " + name(t)
	if path, kind := pointerIn(t, ""); kind != reflect.Invalid {
		return nil, &layoutError{operation, path, kind}
	}
	n, ok := fieldsIn(t)
	if !ok {
		return nil, fmt.Errorf("escrow: %s: more than %d fields: %w", operation, cabi.LayoutFields, ErrSize)
	}
	if n == 0 {
		return nil, fmt.Errorf("escrow: %s: it has no fields: %w", operation, ErrSize)
	}
	l := &Layout{size: int(t.Size()), align: t.Align(), of: t, fields: listFields(make([]Field, 0, n), t, "", 0)}
	l.print = l.fingerprint()
	kept, _ := layouts.LoadOrStore(t, l)
	return kept.(*Layout), nil
}

// fieldsIn counts the fields of t, which holds no pointer; false: too many.
func fieldsIn(t reflect.Type) (int, bool) {
	switch t.Kind() {
	case reflect.Struct:
		sum := 0
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Name == "_" {
				continue
			}
			n, ok := fieldsIn(f.Type)
			if sum += n; !ok || sum > cabi.LayoutFields {
				return 0, false
			}
		}
		return sum, true
	case reflect.Array:
		if t.Len() == 0 {
			return 0, true
		}
		n, ok := fieldsIn(t.Elem())
		if ok && n != 0 && !(n == 1 && isOneField(t.Elem())) {
			if t.Len() > cabi.LayoutFields {
				return 0, false
			}
			n *= t.Len()
		}
		return n, ok && n <= cabi.LayoutFields
	}
	return 1, true
}

// isOneField says whether t, of which there is one field, is that field and nothing else.
func isOneField(t reflect.Type) bool {
	f := listFields(nil, t, "", 0)[0]
	return uintptr(f.Width*f.Count) == t.Size()
}

// listFields appends the fields of a t that stands at an offset.
func listFields(list []Field, t reflect.Type, path string, at uintptr) []Field {
	number := func(kind FieldKind, count int) []Field {
		return append(list, Field{Name: path, Kind: kind, Offset: int(at), Width: int(t.Size()) / count, Count: count})
	}
	switch k := t.Kind(); k {
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.Name != "_" {
				list = listFields(list, f.Type, fieldPath(path, f), at+f.Offset)
			}
		}
		return list
	case reflect.Array:
		n, _ := fieldsIn(t)
		switch e := t.Elem(); {
		case n == 0:
			return list
		case n == 1 && t.Len() > 1:
			list = listFields(list, e, path, at)
			list[len(list)-1].Count *= t.Len()
			list[len(list)-1].Name = path
			return list
		default:
			for i := range t.Len() {
				list = listFields(list, e, fmt.Sprintf("%s[%d]", path, i), at+uintptr(i)*e.Size())
			}
			return list
		}
	case reflect.Bool:
		return number(Bool, 1)
	case reflect.Float32, reflect.Float64:
		return number(Float, 1)
	case reflect.Complex64, reflect.Complex128:
		return number(Float, 2)
	default:
		if k >= reflect.Int && k <= reflect.Int64 {
			return number(Signed, 1)
		}
		return number(Unsigned, 1)
	}
}

// fingerprint is FNV-1a of 64 bits over little-endian 32-bit words, as include/escrow/field.h has it.
func (l *Layout) fingerprint() uint64 {
	h := fnv.New64a()
	add := func(words ...int) {
		for _, w := range words {
			h.Write([]byte{byte(w), byte(w >> 8), byte(w >> 16), byte(w >> 24)})
		}
	}
	add(1, l.size, l.align, len(l.fields))
	for _, f := range l.fields {
		add(int(f.Kind), f.Offset, f.Width, f.Count)
	}
	return max(h.Sum64(), 1)
}

// Size is the size of a value in bytes.
func (l *Layout) Size() int { return l.size }

// Align is the alignment of a value in bytes.
func (l *Layout) Align() int { return l.align }

// Fingerprint is equal for equal layouts, in Go and in C++; docs/architecture.md says what is hashed.
func (l *Layout) Fingerprint() uint64 { return l.print }

// Fields lists the fields by offset; the slice is the caller's.
func (l *Layout) Fields() []Field { return slices.Clone(l.fields) }

// Difference says in which thing l first differs from m, in words: "field 3 (Price): offset 16 in
// C++, 12 in Go"; empty when they are one layout. Fields count from 0; here and there name the places
// that the layouts are from.
func (l *Layout) Difference(here string, m *Layout, there string) string {
	for i := range min(len(l.fields), len(m.fields)) {
		f, g := &l.fields[i], &m.fields[i]
		say := func(what string, a, b any) string {
			return fmt.Sprintf("field %d%s: %s %v in %s, %v in %s", i, inParentheses(f, g), what, a, here, b, there)
		}
		switch {
		case f.Offset != g.Offset:
			return say("offset", f.Offset, g.Offset)
		case f.Kind != g.Kind:
			return say("kind", f.Kind, g.Kind)
		case f.Width != g.Width:
			return say("width", f.Width, g.Width)
		case f.Count != g.Count:
			return say("count", f.Count, g.Count)
		}
	}
	missing := func(more, less *Layout, in, out string) string {
		f := &more.fields[len(less.fields)]
		return fmt.Sprintf("field %d%s: at offset %d in %s, missing in %s", len(less.fields), inParentheses(f, f), f.Offset, in, out)
	}
	switch {
	case len(l.fields) > len(m.fields):
		return missing(l, m, here, there)
	case len(l.fields) < len(m.fields):
		return missing(m, l, there, here)
	case l.size != m.size:
		return fmt.Sprintf("size %d in %s, %d in %s", l.size, here, m.size, there)
	case l.align != m.align:
		return fmt.Sprintf("alignment %d in %s, %d in %s", l.align, here, m.align, there)
	}
	return ""
}

// inParentheses is the name of a field, of which C does not know it: the second's, or the first's.
func inParentheses(f, g *Field) string {
	switch {
	case g.Name != "":
		return " (" + g.Name + ")"
	case f.Name != "":
		return " (" + f.Name + ")"
	}
	return ""
}

// raw is the layout as C takes it; nil for nil.
func (l *Layout) raw() *cabi.Layout {
	if l == nil {
		return nil
	}
	r := &cabi.Layout{Size: uint32(l.size), Alignment: uint32(l.align), Fingerprint: l.print}
	for _, f := range l.fields {
		r.Fields = append(r.Fields, cabi.Field{Kind: uint32(f.Kind), Offset: uint32(f.Offset), Width: uint32(f.Width), Count: uint32(f.Count)})
	}
	return r
}

// layoutFrom is a layout that C keeps; nil for nil.
func layoutFrom(r *cabi.Layout) *Layout {
	if r == nil {
		return nil
	}
	l := &Layout{size: int(r.Size), align: int(r.Alignment), print: r.Fingerprint}
	for _, f := range r.Fields {
		l.fields = append(l.fields, Field{Kind: FieldKind(f.Kind), Offset: int(f.Offset), Width: int(f.Width), Count: int(f.Count)})
	}
	return l
}
