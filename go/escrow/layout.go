package escrow

import (
	"fmt"
	"reflect"
)

// layoutError says why values of a type cannot live in C memory.
type layoutError struct {
	of   reflect.Type
	path string // of the field; "" is the type itself
	kind reflect.Kind
}

func (e *layoutError) Error() string {
	if e.path == "" {
		return fmt.Sprintf("escrow: open pool of %s: it holds a Go pointer (%s)", name(e.of), e.kind)
	}
	return fmt.Sprintf("escrow: open pool of %s: field %s holds a Go pointer (%s)", name(e.of), e.path, e.kind)
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

// pointerIn finds the first Go pointer inside t: the path of its field below path, and its kind;
// Invalid when there is none. Structs of C layout, numbers, and arrays of them hold none.
func pointerIn(t reflect.Type, path string) (string, reflect.Kind) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			below := f.Name
			if path != "" {
				below = path + "." + f.Name
			}
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
