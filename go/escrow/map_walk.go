package escrow

import (
	"encoding/binary"
	"iter"
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Entry is a key and its value.
type Entry[K, V any] struct {
	Key   K
	Value V
}

// Cursor is how far a scan of a map has come: a number that may be kept and used later, also by
// another goroutine. A scan begins at 0.
type Cursor uint64

// Done says that the scan is over.
func (c Cursor) Done() bool { return uint64(c) == cabi.MapEnd }

// Scan appends some entries to page, from the cursor on, and returns the page and where to go on.
// Others may write meanwhile, also between two calls. An entry that stays during the scan is seen
// exactly once, one that comes or goes at most once.
//
//	for at := escrow.Cursor(0); !at.Done(); {
//		page, at, err = m.Scan(at, page[:0])
//		...
//	}
//
// Errors: ErrClosed. Cost: a cgo call for some hundred entries.
func (m *Map[K, V]) Scan(at Cursor, page []Entry[K, V]) ([]Entry[K, V], Cursor, error) {
	var w walk
	s := appendPage(m, &w, (*uint64)(&at), &page)
	if s < 0 {
		return page, at, mapFailed("scan map", s)
	}
	return page, at, nil
}

// All are the entries, as in Scan. The loop may call anything, also on the map.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		var w walk
		var at Cursor
		var page []Entry[K, V]
		for !at.Done() {
			page = page[:0]
			if appendPage(m, &w, (*uint64)(&at), &page) < 0 {
				return
			}
			for i := range page {
				if !yield(page[i].Key, page[i].Value) {
					return
				}
			}
		}
	}
}

// Range calls f for the entries, as in All, until it returns false.
func (m *Map[K, V]) Range(f func(key K, value V) bool) { m.All()(f) }

// walk is the room of a scan.
type walk struct {
	words []cabi.MapEntry
	raw   []byte
}

const (
	walkWords = 256
	walkRaw   = 16 << 10
	walkMost  = 132 << 10 // bytes that are always enough to go on
)

// appendPage appends the entries of one call.
func appendPage[K, V any](m *Map[K, V], w *walk, at *uint64, page *[]Entry[K, V]) cabi.Status {
	if !m.words {
		s := m.scanRaw(w, at, func(key, value []byte) {
			var e Entry[K, V]
			if setBytes(&e.Key, m.keys, key) && setBytes(&e.Value, m.values, value) {
				*page = append(*page, e)
			}
		})
		return s
	}
	if w.words == nil {
		w.words = make([]cabi.MapEntry, walkWords)
	}
	for {
		n, s := cabi.MapScan(m.id, at, w.words)
		runtime.KeepAlive(m)
		if s == cabi.Size { // many keys of one hash
			w.words = make([]cabi.MapEntry, 2*len(w.words))
			continue
		}
		for _, e := range w.words[:n] {
			*page = append(*page, Entry[K, V]{ofWord[K](e.Key), ofWord[V](e.Value)})
		}
		return s
	}
}

// scanRaw calls f for the entries of one call. The slices are valid inside f.
func (t *table) scanRaw(w *walk, at *uint64, f func(key, value []byte)) cabi.Status {
	if w.raw == nil {
		w.raw = make([]byte, walkRaw)
	}
	for {
		used, _, s := cabi.MapScanBytes(t.id, at, w.raw)
		runtime.KeepAlive(t)
		if s == cabi.Size {
			w.raw = make([]byte, max(walkMost, 2*len(w.raw)))
			continue
		}
		if s < 0 {
			return s
		}
		for b := w.raw[:used]; len(b) > 0; {
			header := binary.NativeEndian.Uint64(b)
			key, value := header>>32, header&(1<<32-1)
			b = b[8:]
			k := b[:key:key]
			b = b[(key+7)&^7:]
			v := b[:value:value]
			b = b[(value+7)&^7:]
			f(k, v)
		}
		return s
	}
}

// Condition is a test that the map makes itself, in one step with what depends on it: on a value that
// is an integer, or else on its first 8 bytes as one (little-endian; missing bytes are 0).
type Condition struct {
	op      uint32
	operand uint64
}

// IfEqual is met by values that are n.
func IfEqual(n uint64) Condition { return Condition{cabi.IfEqual, n} }

// IfLess is met by values below n, as numbers without a sign.
func IfLess(n uint64) Condition { return Condition{cabi.IfLess, n} }

// IfBefore is met by values below n, as numbers with a sign: times that have passed.
func IfBefore(n int64) Condition { return Condition{cabi.IfLessSigned, uint64(n)} }

// DeleteIf removes a key whose value meets the condition.
func (m *Map[K, V]) DeleteIf(key K, c Condition) (deleted bool) {
	var word uint64
	k := bytesOf(&key, m.keys, m.signed.key, &word)
	s := facade.MapEraseBytesIf(m.id, k, c.op, c.operand)
	runtime.KeepAlive(m)
	return s == cabi.OK
}

// Purge removes every key whose value meets the condition, and returns how many. Entries that come
// meanwhile may stay.
//
// Errors: ErrClosed. Cost: a look at every entry; others go on meanwhile.
func (m *Map[K, V]) Purge(c Condition) (int, error) {
	n, s := cabi.MapPurge(m.id, c.op, c.operand)
	runtime.KeepAlive(m)
	if s < 0 {
		return 0, mapFailed("purge map", s)
	}
	return int(n), nil
}
