package escrow

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// MapOptions configures a map. The zero value is a map of any size.
type MapOptions struct {
	// Expected sets memory up for so many entries.
	Expected int
	// Limit bounds the bytes held from the system; 0 is no bound. At the bound a new key gets ErrFull.
	Limit int64
	// Seed of the hash; 0 is one that nobody can guess, so that nobody can choose keys that collide.
	Seed uint64
}

// form is how a key or a value lies in C memory.
type form uint8

const (
	formWord  form = iota // at most 8 bytes: a 64-bit word, signed integers with their sign
	formFixed             // more bytes, always as many
	formString
	formSlice // []byte
)

// layout is what a map carries for keys or values of type t; nil for text.
func (f form) layout(t reflect.Type) *cabi.Layout {
	if f != formWord && f != formFixed {
		return nil
	}
	l, _ := LayoutOfType(t) // none where it has too many fields to be told
	return l.raw()
}

// table is what maps of all types have: a map in C memory and how Go types lie in it, decided once.
// Methods take a pointer into the map and keep it alive: its cleanup destroys what C has.
type table struct {
	id      uint64
	place   facade.MapPlace // of a map of words
	words   bool            // keys and values are words
	keys    form
	values  form
	signed  struct{ key, value bool }
	padding []span // of values, set to 0 before they are compared
	whole   bool   // values are integers of 64 bits

	layouts struct{ key, value *cabi.Layout } // of words and of fixed size; for C++ to check
}

// mapText is what an error of a map says where that of a pool would say it of a pool.
var mapText = map[error]string{ErrClosed: "map closed", ErrFull: "map full"}

// mapFailed wraps the error of a code below zero once with the operation.
func mapFailed(operation string, s cabi.Status) error { return reworded(operation, s, mapText) }

// formOf is how values of t lie in C memory; an error names the field that cannot.
func formOf(t reflect.Type, operation string) (form, error) {
	switch {
	case t.Kind() == reflect.String:
		return formString, nil
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return formSlice, nil
	}
	if path, kind := pointerIn(t, ""); kind != reflect.Invalid {
		return 0, &layoutError{operation, path, kind}
	}
	switch {
	case t.Size() <= 8:
		return formWord, nil
	case t.Size() > mapMost:
		return 0, fmt.Errorf("escrow: %s: %d bytes, more than %d: %w", operation, t.Size(), mapMost, ErrSize)
	}
	return formFixed, nil
}

// mapMost is the most bytes of a key, and of a value.
const mapMost = 64 << 10

// tableOf decides how keys and values lie in C memory. values is nil for guards.
func tableOf(keys, values reflect.Type) (t table, err error) {
	operation := "open map with keys of " + name(keys)
	if t.keys, err = formOf(keys, operation); err != nil {
		return table{}, err
	}
	if _, before := paddingIn(keys); before != "" {
		return table{}, fmt.Errorf("escrow: %s: the bytes at or after field %s are padding, which equal keys may differ in: %w",
			operation, before, ErrKind)
	}
	t.signed.key = isSigned(keys)
	t.layouts.key = t.keys.layout(keys)
	if values == nil {
		return t, nil
	}
	if t.values, err = formOf(values, "open map with values of "+name(values)); err != nil {
		return table{}, err
	}
	t.padding, _ = paddingIn(values)
	t.signed.value = isSigned(values)
	t.layouts.value = t.values.layout(values)
	t.whole = values.Size() == 8 && isInteger(values)
	t.words = t.keys == formWord && t.values == formWord
	return t, nil
}

func isSigned(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 }

func isInteger(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr }

// open opens the C map. kind is the values'.
func (t *table) open(o MapOptions, values uint32) error {
	const operation = "open map"
	facade.Prepare()
	if s, why := cabi.Available(); s < 0 {
		return fmt.Errorf("escrow: %s: %w: %s", operation, sentinel(s), why)
	}
	if o.Expected < 0 || o.Limit < 0 {
		return mapFailed(operation, cabi.Option)
	}
	keys := cabi.MapWord
	if t.keys != formWord {
		keys = cabi.MapBytes
	}
	id, s := cabi.MapOpen(&cabi.MapOptions{
		Keys: keys, Values: values, Expected: uint64(o.Expected), Limit: uint64(o.Limit), Seed: o.Seed,
		KeyLayout: t.layouts.key, ValueLayout: t.layouts.value})
	if s < 0 {
		return mapFailed(operation, s)
	}
	t.id = id
	if t.words {
		t.place = facade.PlaceMap(id)
	}
	return nil
}

// endMap is the cleanup of a map: nobody is in a call of it, and nobody will be. It hands over to a
// goroutine that may wait, and run destructors.
func endMap(id uint64) { go destroyMap(id) }

func destroyMap(id uint64) {
	cabi.MapClose(id) // unless it is closed
	cabi.MapDestroy(id)
}

// Close refuses every later call: they answer ErrClosed, or false. Its memory is given back some time
// after the map has become unreachable, when nobody can be in a call of it; so a closed map that is
// still referred to keeps it. A map that is forgotten without Close gives its memory back, too.
//
// Errors: ErrClosed the second time, ErrNull for the zero map. Cost: one cgo call.
func (t *table) Close() error {
	s := cabi.MapClose(t.id)
	runtime.KeepAlive(t)
	if s < 0 {
		return mapFailed("close map", s)
	}
	return nil
}

// Len counts the entries; exact when nobody writes. 0 of a closed map. Cost: one cgo call.
func (t *table) Len() int {
	n, _ := cabi.MapLength(t.id)
	runtime.KeepAlive(t)
	return int(n)
}

// Reserve sets memory up for so many entries in all.
//
// Errors: ErrSize, ErrNoMemory, ErrFull, ErrClosed. Cost: 36 bytes an entry, touched.
func (t *table) Reserve(entries int) error {
	s := cabi.MapReserve(t.id, uint64(entries))
	runtime.KeepAlive(t)
	if s < 0 {
		return mapFailed("reserve map", s)
	}
	return nil
}

// Shrink gives memory back that the entries do not need, and says how many bytes. Others go on
// meanwhile.
//
// Errors: ErrClosed. Cost: a look at every bucket.
func (t *table) Shrink() (int64, error) {
	bytes, s := cabi.MapShrink(t.id)
	runtime.KeepAlive(t)
	if s < 0 {
		return 0, mapFailed("shrink map", s)
	}
	return int64(bytes), nil
}

// UnsafeID is the escrow_map for C and C++ code in this process, which may do everything with it but
// close and destroy it. The map must stay reachable while it does.
func (t *table) UnsafeID() uint64 { return t.id }

// MapStats says what a map holds.
type MapStats struct {
	Entries     uint64
	Buckets     uint64
	Nodes       uint64    // for entries that found no room in their bucket
	Probes      [8]uint64 // entries found in their bucket, in its first node, ..; the last: or later
	Retries     uint64    // reads that began anew because a writer was in the way
	BytesIndex  uint64    // of buckets and nodes
	RecordsLive uint64    // bytes of keys and values that are no words
	RecordsHeld uint64    // bytes of memory for those
}

// Stats says what the map holds; exact when nobody writes.
//
// Errors: ErrClosed. Cost: a look at every bucket.
func (t *table) Stats() (MapStats, error) {
	var raw cabi.MapStats
	s := cabi.MapReadStats(t.id, &raw)
	runtime.KeepAlive(t)
	if s < 0 {
		return MapStats{}, mapFailed("read stats of map", s)
	}
	return MapStats(raw), nil
}

// wordOf is a key or value of at most 8 bytes as its word.
func wordOf[T any](v T, signed bool) (w uint64) {
	if unsafe.Sizeof(v) <= 8 {
		*(*T)(unsafe.Pointer(&w)) = v
	}
	if unsafe.Sizeof(v) < 8 && signed {
		shift := 64 - 8*unsafe.Sizeof(v)
		w = uint64(int64(w<<shift) >> shift)
	}
	return w
}

// ofWord is the value of a word.
func ofWord[T any](w uint64) (v T) {
	if unsafe.Sizeof(v) <= 8 {
		v = *(*T)(unsafe.Pointer(&w))
	}
	return v
}

// bytesOf is a key or value as C reads it; a word is put into w.
func bytesOf[T any](p *T, f form, signed bool, w *uint64) cabi.Bytes {
	switch f {
	case formWord:
		*w = wordOf(*p, signed)
		return cabi.Bytes{Data: unsafe.Pointer(w), Size: 8}
	case formFixed:
		return cabi.Bytes{Data: unsafe.Pointer(p), Size: uint64(unsafe.Sizeof(*p))}
	case formString:
		s := *(*string)(unsafe.Pointer(p))
		return cabi.Bytes{Data: unsafe.Pointer(unsafe.StringData(s)), Size: uint64(len(s))}
	}
	b := *(*[]byte)(unsafe.Pointer(p))
	return cabi.Bytes{Data: unsafe.Pointer(unsafe.SliceData(b)), Size: uint64(len(b))}
}

// setBytes sets a key or value from C's bytes, of which it makes a copy; false when they are too few
// or too many for its type, as only C code can make them.
func setBytes[T any](p *T, f form, b []byte) bool {
	switch f {
	case formWord:
		if len(b) != 8 {
			return false
		}
		*p = ofWord[T](*(*uint64)(unsafe.Pointer(unsafe.SliceData(b))))
	case formFixed:
		if len(b) != int(unsafe.Sizeof(*p)) {
			return false
		}
		copy(unsafe.Slice((*byte)(unsafe.Pointer(p)), len(b)), b)
	case formString:
		*(*string)(unsafe.Pointer(p)) = string(b)
	default:
		*(*[]byte)(unsafe.Pointer(p)) = append(make([]byte, 0, len(b)), b...)
	}
	return true
}

// clearPadding makes the bytes of a value that == does not look at zero.
func clearPadding[T any](p *T, padding []span) {
	for _, s := range padding {
		clear(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(p), s.at)), s.bytes))
	}
}

// missed is true for the two codes that say no without being errors.
func missed(s cabi.Status) bool { return s == cabi.Absent || s == cabi.Differs }
