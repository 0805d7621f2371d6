package escrow

import (
	"reflect"
	"runtime"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Map is a concurrent map in C memory: the garbage collector neither scans nor moves what is in it.
// Names and meaning are those of sync.Map; where something can fail there is an error besides.
//
// Keys and values are
//   - words: integers, floats, bools, and structs and arrays of them of at most 8 bytes;
//   - fixed: those of more bytes, up to 64 KiB;
//   - string and []byte, of 0 to 64 KiB.
//
// Fields hold no Go pointers, and keys no padding; OpenMap checks that once. Keys are equal when their
// bytes are. So a NaN finds what was stored under the same NaN, 0.0 and -0.0 are two keys, and a value
// that is NaN compares equal to itself. An integer is its value as 64 bits, anything else of at most 8
// bytes its bytes followed by zeros: this is what C and C++ code sees.
//
// What is stored is copied in, what is read is copied out: a string or []byte costs one Go allocation
// (LoadInto none). Everything else allocates nothing in Go.
//
// Any goroutine may call anything at any time. Operations on one key are linearizable, and what a
// goroutine did before it stored is seen by one that has loaded that value, or a later one; as with
// sync.Map. Reads store nothing that is shared. Load of words reads them where they lie, without a call;
// the other methods are leaf calls, some nanoseconds each, for keys and values of at most 1 KiB; those that store into a map whose keys and values are not both words, and
// those that look at the whole map, are cgo calls.
//
// Under -race the detector orders all calls of escrow, of any map, and so sees fewer races than there
// are; it never reports one that is none.
//
// The zero Map answers ErrNull, or false. A Map must not be copied.
type Map[K, V any] struct {
	table
	_ [0]func() // not comparable
}

// OpenMap opens a map, to be ended with Close.
//
// Errors: one that wraps ErrKind and names the field where K or V holds a Go pointer, or K has
// padding; ErrOption; ErrFull (Expected needs more than Limit), ErrSize (too many are expected),
// ErrExhausted (65,535 maps are open), ErrNoMemory, ErrVersion, ErrUnsupported, ErrNoCgo. Cost: some
// microseconds, and the memory for Expected entries.
func OpenMap[K, V any](o MapOptions) (*Map[K, V], error) {
	t, err := tableOf(reflect.TypeFor[K](), reflect.TypeFor[V]())
	if err != nil {
		return nil, err
	}
	kind := cabi.MapWord
	if t.values != formWord {
		kind = cabi.MapBytes
	}
	if err := t.open(o, kind); err != nil {
		return nil, err
	}
	m := &Map[K, V]{table: t}
	runtime.AddCleanup(m, endMap, t.id)
	return m, nil
}

// Load reads the value of a key; ok is false, and the value zero, where there is none, and always once
// the map is closed.
func (m *Map[K, V]) Load(key K) (value V, ok bool) {
	if m.words {
		k := wordOf(key, m.signed.key)
		word, s := m.place.Get(k)
		if s == cabi.Busy {
			word, s = facade.MapGet(m.id, k)
		}
		runtime.KeepAlive(m)
		return ofWord[V](word), s == cabi.OK
	}
	s := fetch(&m.table, opLoad, &key, nil, &value)
	return value, s == cabi.OK
}

// LoadInto is Load for values that are strings or []byte, into buf: no allocation where its capacity
// is enough, else a new slice. For other types of value it gives the bytes of the value.
func (m *Map[K, V]) LoadInto(key K, buf []byte) (value []byte, ok bool) {
	var word uint64
	k := bytesOf(&key, m.keys, m.signed.key, &word)
	b := buf[:cap(buf)]
	for {
		var n uint64
		s := facade.MapGetBytes(m.id, k, cabi.Bytes{Data: unsafe.Pointer(unsafe.SliceData(b)), Size: uint64(len(b))}, &n)
		if s == cabi.Size && n > uint64(len(b)) {
			b = make([]byte, n)
			continue
		}
		runtime.KeepAlive(m)
		return b[:n], s == cabi.OK
	}
}

// Store sets the value of a key.
//
// Errors: ErrSize (more than 64 KiB), ErrFull, ErrNoMemory, ErrExhausted (2^28 entries), ErrClosed, ErrNull;
// the map is then what it was.
func (m *Map[K, V]) Store(key K, value V) error {
	var s cabi.Status
	if m.words {
		s = facade.MapPut(m.id, wordOf(key, m.signed.key), wordOf(value, m.signed.value))
	} else {
		var keyWord, valueWord uint64
		s = cabi.MapPutBytes(m.id, bytesOf(&key, m.keys, m.signed.key, &keyWord), m.valueBytes(&value, &valueWord))
	}
	runtime.KeepAlive(m)
	if s < 0 {
		return mapFailed("store in map", s)
	}
	return nil
}

// LoadOrStore reads the value of a key, or sets it where there is none. loaded says which; actual is
// the key's value either way.
//
// Errors: as Store.
func (m *Map[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool, err error) {
	var s cabi.Status
	if m.words {
		var word uint64
		s = facade.MapPutIfAbsent(m.id, wordOf(key, m.signed.key), wordOf(value, m.signed.value), &word)
		runtime.KeepAlive(m)
		actual = ofWord[V](word)
	} else if s = fetch(&m.table, opLoadOrStore, &key, &value, &actual); s == cabi.Created {
		actual = value
	}
	if s < 0 {
		var none V
		return none, false, mapFailed("load or store in map", s)
	}
	return actual, s == cabi.OK, nil
}

// LoadAndDelete removes a key and returns the value that it had; loaded is false where it had none.
func (m *Map[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	if m.words {
		var word uint64
		s := facade.MapTake(m.id, wordOf(key, m.signed.key), &word)
		runtime.KeepAlive(m)
		return ofWord[V](word), s == cabi.OK
	}
	s := fetch(&m.table, opTake, &key, nil, &value)
	return value, s == cabi.OK
}

// Delete removes a key.
func (m *Map[K, V]) Delete(key K) {
	if m.words {
		facade.MapErase(m.id, wordOf(key, m.signed.key))
	} else {
		var word uint64
		facade.MapEraseBytes(m.id, bytesOf(&key, m.keys, m.signed.key, &word))
	}
	runtime.KeepAlive(m)
}

// Swap sets the value of a key and returns the one before; loaded is false where there was none.
//
// Errors: as Store.
func (m *Map[K, V]) Swap(key K, value V) (previous V, loaded bool, err error) {
	var s cabi.Status
	if m.words {
		var word uint64
		s = facade.MapSwap(m.id, wordOf(key, m.signed.key), wordOf(value, m.signed.value), &word)
		runtime.KeepAlive(m)
		previous = ofWord[V](word)
	} else {
		s = fetch(&m.table, opSwap, &key, &value, &previous)
	}
	if s < 0 {
		var none V
		return none, false, mapFailed("swap in map", s)
	}
	return previous, s == cabi.OK, nil
}

// CompareAndSwap sets the value of a key to new if it is old, byte by byte.
//
// Errors: as Store. A key that is absent, or has another value, is no error.
func (m *Map[K, V]) CompareAndSwap(key K, old, new V) (swapped bool, err error) {
	var s cabi.Status
	if m.words {
		clearPadding(&old, m.padding)
		clearPadding(&new, m.padding)
		s = facade.MapCompareAndSwap(m.id, wordOf(key, m.signed.key), wordOf(old, m.signed.value), wordOf(new, m.signed.value))
	} else {
		var keyWord, oldWord, newWord uint64
		s = cabi.MapCompareAndSwapBytes(m.id, bytesOf(&key, m.keys, m.signed.key, &keyWord),
			m.valueBytes(&old, &oldWord), m.valueBytes(&new, &newWord))
	}
	runtime.KeepAlive(m)
	if s < 0 && !missed(s) {
		return false, mapFailed("compare and swap in map", s)
	}
	return s == cabi.OK, nil
}

// CompareAndDelete removes a key if its value is old, byte by byte.
func (m *Map[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	var s cabi.Status
	if m.words {
		clearPadding(&old, m.padding)
		s = facade.MapEraseIf(m.id, wordOf(key, m.signed.key), cabi.IfEqual, wordOf(old, m.signed.value))
	} else {
		var keyWord, oldWord uint64
		s = facade.MapCompareAndEraseBytes(m.id, bytesOf(&key, m.keys, m.signed.key, &keyWord), m.valueBytes(&old, &oldWord))
	}
	runtime.KeepAlive(m)
	return s == cabi.OK
}

// Add adds delta to the value of a key, where an absent key counts as 0, and returns the new value. It
// wraps around. Values are integers of 64 bits.
//
// Errors: ErrKind for values of another type; else as Store.
func (m *Map[K, V]) Add(key K, delta V) (value V, err error) {
	const operation = "add in map"
	var before uint64
	s := cabi.Null
	switch {
	case m.id == 0:
	case !m.whole:
		s = cabi.Kind
	case m.words:
		s = facade.MapAdd(m.id, wordOf(key, m.signed.key), wordOf(delta, false), &before)
	default:
		var word uint64
		s = cabi.MapAddBytes(m.id, bytesOf(&key, m.keys, m.signed.key, &word), wordOf(delta, false), &before)
	}
	runtime.KeepAlive(m)
	if s < 0 {
		return value, mapFailed(operation, s)
	}
	return ofWord[V](before + wordOf(delta, false)), nil
}

// Clear removes every key at one moment. What the entries held is given up by later writers, or by
// Shrink.
//
// Cost: one cgo call.
func (m *Map[K, V]) Clear() {
	cabi.MapClear(m.id)
	runtime.KeepAlive(m)
}

// valueBytes is a value as C reads it.
func (m *Map[K, V]) valueBytes(p *V, w *uint64) cabi.Bytes {
	clearPadding(p, m.padding)
	return bytesOf(p, m.values, m.signed.value, w)
}

// operation is what fetch does to a key whose value it reads.
type operation uint8

const (
	opLoad operation = iota
	opTake
	opSwap
	opLoadOrStore
)

func (t *table) read(o operation, key, value, out cabi.Bytes, n *uint64) cabi.Status {
	switch o {
	case opLoad:
		return facade.MapGetBytes(t.id, key, out, n)
	case opTake:
		return facade.MapTakeBytes(t.id, key, out, n)
	case opSwap:
		return cabi.MapSwapBytes(t.id, key, value, out, n)
	}
	return cabi.MapPutBytesIfAbsent(t.id, key, value, out, n)
}

// fetch does one operation on maps that are not of words alone, and sets *out to the value that was
// there, with OK. A value that needs more room than it has is asked for again.
func fetch[K, V any](t *table, o operation, key *K, value, out *V) cabi.Status {
	var keyWord, valueWord, n uint64
	k := bytesOf(key, t.keys, t.signed.key, &keyWord)
	var v cabi.Bytes
	if value != nil {
		clearPadding(value, t.padding)
		v = bytesOf(value, t.values, t.signed.value, &valueWord)
	}
	switch t.values {
	case formWord:
		var word uint64
		s := t.read(o, k, v, cabi.Bytes{Data: unsafe.Pointer(&word), Size: 8}, &n)
		runtime.KeepAlive(t)
		if s == cabi.OK {
			*out = ofWord[V](word)
		}
		return s
	case formFixed:
		size := uint64(unsafe.Sizeof(*out))
		s := t.read(o, k, v, cabi.Bytes{Data: unsafe.Pointer(out), Size: size}, &n)
		runtime.KeepAlive(t)
		if s == cabi.OK && n != size { // C code stored another
			clear(unsafe.Slice((*byte)(unsafe.Pointer(out)), size))
			s = cabi.Size
		}
		return s
	}
	var few [512]byte
	s := t.read(o, k, v, cabi.Bytes{Data: unsafe.Pointer(&few), Size: uint64(len(few))}, &n)
	if s == cabi.OK {
		setBytes(out, t.values, few[:n])
	}
	for s == cabi.Size && n > uint64(len(few)) {
		room := n
		b := make([]byte, room) // becomes the value
		s = t.read(o, k, v, cabi.Bytes{Data: unsafe.Pointer(&b[0]), Size: room}, &n)
		if s == cabi.OK {
			setText(out, t.values, b[:n])
		} else if n <= room {
			break
		}
	}
	runtime.KeepAlive(t)
	return s
}

// setText sets a string or []byte to b, which nobody else has.
func setText[V any](out *V, f form, b []byte) {
	if f == formString {
		*(*string)(unsafe.Pointer(out)) = unsafe.String(unsafe.SliceData(b), len(b))
		return
	}
	*(*[]byte)(unsafe.Pointer(out)) = b
}
