package escrow

import (
	"fmt"
	"reflect"
)

// layoutError says why values of a type cannot live in C memory.
type layoutError struct {
	operation string
	path      string // of the field; "" is the type itself
	kind      reflect.Kind
}

func (e *layoutError) Error() string {
	if e.path == "" {
		return fmt.Sprintf("escrow: %s: it holds a Go pointer (%s)", e.operation, e.kind)
	}
	return fmt.Sprintf("escrow: %s: field %s holds a Go pointer (%s)", e.operation, e.path, e.kind)
}

// Unwrap makes errors.Is(err, ErrKind) true.
func (e *layoutError) Unwrap() error { return ErrKind }

// name is the type's name without its package, or its text when it has none.
func name(t reflect.Type) string {
	if n := t.Name(); n != "" {
		return n
	}
	return t.String()
}

// fieldPath is the path of a field of the struct that stands at path.
func fieldPath(path string, f reflect.StructField) string {
	if path == "" {
		return f.Name
	}
	return path + "." + f.Name
}

// pointerIn finds the first Go pointer inside t: the path of its field below path, and its kind;
// Invalid when there is none. Structs of C layout, numbers, and arrays of them hold none.
func pointerIn(t reflect.Type, path string) (string, reflect.Kind) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			below := fieldPath(path, f)
			if at, kind := pointerIn(f.Type, below); kind != reflect.Invalid {
				return at, kind
			}
		}
		return "", reflect.Invalid
	case reflect.Array:
		if t.Len() == 0 {
			return "", reflect.Invalid
		}
		return pointerIn(t.Elem(), path+"[0]")
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return "", reflect.Invalid
	}
	return path, t.Kind()
}

// span is some bytes of a value.
type span struct{ at, bytes uintptr }

// paddingIn lists the bytes of t that == does not look at, which two equal values may differ in: what
// the compiler leaves between fields, and blank fields. first is the field before the first of them.
func paddingIn(t reflect.Type) (spans []span, first string) {
	walkPadding(t, "", 0, func(path string, s span) {
		if len(spans) == 0 {
			first = path
		}
		spans = append(spans, s)
	})
	return spans, first
}

func walkPadding(t reflect.Type, path string, at uintptr, found func(path string, s span)) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			below := fieldPath(path, f)
			if f.Name == "_" {
				if f.Type.Size() > 0 {
					found(below, span{at + f.Offset, f.Type.Size()})
				}
			} else {
				walkPadding(f.Type, below, at+f.Offset, found)
			}
			end := t.Size()
			if i+1 < t.NumField() {
				end = t.Field(i + 1).Offset
			}
			if gap := end - f.Offset - f.Type.Size(); gap > 0 {
				found(below, span{at + f.Offset + f.Type.Size(), gap})
			}
		}
	case reflect.Array:
		for i := range t.Len() {
			some := false
			walkPadding(t.Elem(), path+"[0]", at+uintptr(i)*t.Elem().Size(), func(path string, s span) {
				some = true
				found(path, s)
			})
			if !some {
				return
			}
		}
	}
}
