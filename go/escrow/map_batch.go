package escrow

import (
	"runtime"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Batches cross once for 64 keys where values are words, and ask for the memory of many keys before
// they touch the first, so that misses overlap. Other values cost a call a key.

// LoadBatch reads the values of keys, zero where there is none, and returns how many there were.
// values and, unless it is nil, found are at least as long as keys; found says which were there.
func (m *Map[K, V]) LoadBatch(keys []K, values []V, found []bool) int {
	if found != nil {
		found = found[:len(keys)]
	}
	count := 0
	for at := 0; at < len(keys); {
		some := keys[at : at+m.crossing(keys[at:])]
		var hits uint64
		if m.values == formWord {
			hits = m.loadSome(some, values[at:at+len(some)])
		} else {
			for i := range some {
				var ok bool
				if values[at+i], ok = m.Load(some[i]); ok {
					hits |= 1 << i
				}
			}
		}
		for i := range some {
			hit := hits>>i&1 != 0
			if hit {
				count++
			}
			if found != nil {
				found[at+i] = hit
			}
		}
		at += len(some)
	}
	return count
}

// crossing is how many keys go at once: as many as a leaf takes, which looks at 4 KiB of keys and says BUSY
// of the others.
func (m *Map[K, V]) crossing(keys []K) int {
	n := min(len(keys), cabi.LeafBatch)
	if m.keys == formWord {
		return n
	}
	room := uint64(4096)
	for i := range n {
		size := bytesOf(&keys[i], m.keys, false, nil).Size
		if size > room {
			return max(i, 1)
		}
		room -= size
	}
	return n
}

// loadSome reads the words of at most 64 keys; bit i: key i was there.
func (m *Map[K, V]) loadSome(keys []K, values []V) (hits uint64) {
	var each facade.Batch
	var s cabi.Status
	var room [cabi.LeafBatch]uint64
	words := wordsIn(values, &room)
	if m.words {
		s = facade.MapGetN(m.id, wordsOf(keys, m.signed.key, new([cabi.LeafBatch]uint64)), words, &each)
	} else {
		s = facade.MapGetKeyedN(m.id, bytesOfAll(keys, m.keys, new([cabi.LeafBatch]cabi.Bytes)), words, &each)
	}
	runtime.KeepAlive(m)
	if s < 0 {
		clear(values)
		return 0
	}
	for i := range values {
		if unsafe.Sizeof(values[i]) != 8 {
			values[i] = ofWord[V](words[i])
		}
		if each[i] == cabi.OK {
			hits |= 1 << i
		}
	}
	return hits
}

// StoreBatch sets the values of keys, in order, and returns how many it has set. values is at least as
// long as keys.
//
// Errors: of the first key that was refused, as Store; others may have been set after it.
func (m *Map[K, V]) StoreBatch(keys []K, values []V) (stored int, err error) {
	for at := 0; at < len(keys); {
		n := m.crossing(keys[at:])
		done, first := m.storeSome(keys[at:at+n], values[at:at+n])
		stored += done
		if err == nil && first < 0 {
			err = mapFailed("store in map", first)
		}
		at += n
	}
	return stored, err
}

func (m *Map[K, V]) storeSome(keys []K, values []V) (stored int, first cabi.Status) {
	if m.values != formWord || !m.words && len(m.padding) != 0 {
		for i := range keys {
			var keyWord, valueWord uint64
			value := values[i]
			s := facade.MapPutBytes(m.id, bytesOf(&keys[i], m.keys, m.signed.key, &keyWord), m.valueBytes(&value, &valueWord))
			if s >= 0 {
				stored++
			} else if first >= 0 {
				first = s
			}
		}
		runtime.KeepAlive(m)
		return stored, first
	}
	var each facade.Batch
	var room [cabi.LeafBatch]uint64
	words := wordsOf(values, m.signed.value, &room)
	if m.words {
		first = facade.MapPutN(m.id, wordsOf(keys, m.signed.key, new([cabi.LeafBatch]uint64)), words, &each)
	} else {
		first = facade.MapPutKeyedN(m.id, bytesOfAll(keys, m.keys, new([cabi.LeafBatch]cabi.Bytes)), words, &each)
	}
	runtime.KeepAlive(m)
	if first < 0 {
		return 0, first
	}
	for _, s := range each[:len(keys)] {
		if s >= 0 {
			stored++
		} else if first >= 0 {
			first = s
		}
	}
	return stored, first
}

// DeleteBatch removes keys and returns how many were there.
func (m *Map[K, V]) DeleteBatch(keys []K) (deleted int) {
	for at := 0; at < len(keys); {
		some := keys[at : at+m.crossing(keys[at:])]
		at += len(some)
		var each facade.Batch
		var s cabi.Status
		switch {
		case m.words:
			s = facade.MapEraseN(m.id, wordsOf(some, m.signed.key, new([cabi.LeafBatch]uint64)), &each)
		case m.values == formWord && m.keys != formWord:
			s = facade.MapEraseKeyedN(m.id, bytesOfAll(some, m.keys, new([cabi.LeafBatch]cabi.Bytes)), &each)
		default:
			for i := range some {
				var word uint64
				each[i] = facade.MapEraseBytes(m.id, bytesOf(&some[i], m.keys, m.signed.key, &word))
			}
		}
		if s < 0 {
			break
		}
		for _, s := range each[:len(some)] {
			if s == cabi.OK {
				deleted++
			}
		}
	}
	runtime.KeepAlive(m)
	return deleted
}

// wordsOf are at most 64 keys or values as words: where they lie, or in room.
func wordsOf[T any](of []T, signed bool, room *[cabi.LeafBatch]uint64) []uint64 {
	if unsafe.Sizeof(of[0]) == 8 {
		return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(of))), len(of))
	}
	for i := range of {
		room[i] = wordOf(of[i], signed)
	}
	return room[:len(of)]
}

// wordsIn is where the words of values are put: into the values, or into room.
func wordsIn[T any](of []T, room *[cabi.LeafBatch]uint64) []uint64 {
	if unsafe.Sizeof(of[0]) == 8 {
		return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(of))), len(of))
	}
	return room[:len(of)]
}

// bytesOfAll are at most 64 keys that are no words.
func bytesOfAll[T any](of []T, f form, room *[cabi.LeafBatch]cabi.Bytes) []cabi.Bytes {
	for i := range of {
		room[i] = bytesOf(&of[i], f, false, nil)
	}
	return room[:len(of)]
}
