package escrow

import (
	"encoding/json"
	"fmt"
	"reflect"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// CellOptions configures a cell. The zero value holds JSON.
type CellOptions[T any] struct {
	// Name shows in Stats and reports; at most 31 bytes, none of them zero.
	Name string
	// Decode makes a T of content, which it may keep; nil is json.Unmarshal, or T's bytes where Raw is set. It
	// runs once for each content that is published, on the swapper's goroutine, or on one of the cell's where C or C++
	// proposes.
	Decode func(content []byte) (T, error)
	// Encode is what SwapValue and OpenCellOf need beside Decode; nil is json.Marshal, or T's bytes.
	Encode func(value T) ([]byte, error)
	// Check looks at a value before it is published; an error refuses it.
	Check func(value *T) error
	// Raw makes the content T's own bytes, as a C struct of the same layout has them, and has the cell carry
	// that layout, for C++ to bind. T holds no Go pointers.
	Raw bool
	// History is how many versions are kept beside the current one, at most 63, for RollBack; 0 is 7, -1 none.
	History int
	// Limit bounds the bytes held from the system; 0 is no bound.
	Limit int64
	// ETag of the first content; empty: computed from it.
	ETag string
}

// raw translates the options; ok is false where a value cannot be said in C.
func (o *CellOptions[T]) raw() (raw cabi.CellOptions, ok bool) {
	pool := Options{Name: o.Name, Limit: o.Limit}
	if _, ok := pool.raw(); !ok || o.History < -1 || o.History >= cabi.CellMostHistory {
		return raw, false
	}
	raw = cabi.CellOptions{Limit: uint64(o.Limit), History: uint32(max(o.History, 0))}
	if o.Name != "" {
		raw.Name = o.Name + "\x00"
	}
	if o.History == 0 {
		raw.History = 7
	}
	if o.Raw {
		t := reflect.TypeFor[T]()
		raw.FixedSize, raw.Alignment = uint64(t.Size()), uint32(max(t.Align(), 16))
		l, _ := LayoutOfType(t) // none where it has too many fields to be told
		raw.Layout = l.raw()
	}
	if !o.Raw || o.Check != nil {
		raw.Flags = cabi.CellDecided
	}
	return raw, true
}

// cellForm is how a T becomes content.
type cellForm[T any] struct {
	encode func(value T) ([]byte, error)
}

// formsOf is how contents become values that are wanted, and values contents.
func formsOf[T any](o *CellOptions[T]) (func([]byte) (*decoded[T], error), *cellForm[T], error) {
	t := reflect.TypeFor[T]()
	decode, encode := o.Decode, o.Encode
	switch {
	case o.Raw && (decode != nil || encode != nil):
		return nil, nil, fmt.Errorf("escrow: open cell of %s: Raw with Decode or Encode: %w", name(t), ErrOption)
	case o.Raw:
		if path, kind := pointerIn(t, ""); kind != reflect.Invalid {
			return nil, nil, &layoutError{"open cell of " + name(t), path, kind}
		}
		if t.Size() == 0 {
			return nil, nil, fmt.Errorf("escrow: open cell of %s: it has no bytes: %w", name(t), ErrSize)
		}
		padding, _ := paddingIn(t)
		decode = func(content []byte) (value T, err error) {
			if uintptr(len(content)) != unsafe.Sizeof(value) {
				return value, fmt.Errorf("%d bytes, not the %d of %s: %w", len(content), unsafe.Sizeof(value), name(t), ErrSize)
			}
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&value)), len(content)), content)
			return value, nil
		}
		encode = func(value T) ([]byte, error) {
			clearPadding(&value, padding)
			return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&value)), unsafe.Sizeof(value))...), nil
		}
	case decode == nil:
		decode = func(content []byte) (value T, err error) {
			err = json.Unmarshal(content, &value)
			return value, err
		}
		if encode == nil {
			encode = func(value T) ([]byte, error) { return json.Marshal(value) }
		}
	}
	check := o.Check
	wanted := func(content []byte) (*decoded[T], error) {
		value, err := decode(content)
		if err != nil {
			return nil, err
		}
		d := &decoded[T]{value: value}
		if check != nil {
			if err := check(&d.value); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return wanted, &cellForm[T]{encode}, nil
}

// content is a value's.
func (f *cellForm[T]) content(operation string, value T) ([]byte, error) {
	if f.encode == nil {
		return nil, fmt.Errorf("escrow: %s: values need Encode beside Decode: %w", operation, ErrOption)
	}
	content, err := f.encode(value)
	if err != nil {
		return nil, fmt.Errorf("escrow: %s: %w", operation, err)
	}
	return content, nil
}
